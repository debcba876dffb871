//! Documents of leads.

use super::world::{ADMIN, World};
use forecourt_domain::base::LeadId;
use forecourt_edge::files::Files as _;
use serde_json::json;

/// Uploads a document of a lead. Returns its id.
pub async fn uploaded(world: &World, lead: LeadId, title: &str, content: &[u8]) -> String {
    let body = json!({"title": title, "content_type": "application/pdf", "bytes": content.len()});
    let made = world.post(ADMIN, &format!("/leads/{lead}/documents"), &body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.text("/id").to_owned();
    world.bucket.put(&format!("uploads/demo-group/{lead}/{id}"), content.to_vec()).await.unwrap();
    let done = world.post(ADMIN, &format!("/leads/{lead}/documents/{id}/completion"), &json!({})).await;
    assert_eq!(done.status, 200, "{}", done.body);
    id
}
