//! Access files (PRV-4): what is in them, and how they are ordered, downloaded and deleted.

mod content;
mod orders;

use super::{GROUP_ADMIN, minutes_pass};
use crate::support::archive::{Entries, unpacked};
use crate::support::world::{Reply, World};
use axum::body::{Bytes, to_bytes};
use forecourt_domain::base::LeadId;
use http::{HeaderMap, Method};
use serde_json::json;

async fn order(world: &World, lead: LeadId, contact: Option<&str>) -> Reply {
    let mut body = json!({"lead": lead});
    if let Some(contact) = contact {
        body["contact"] = json!(contact);
    }
    world.post(GROUP_ADMIN, "/access-files", &body).await
}

/// Downloads from a link. Returns the status and the file.
async fn got(world: &World, url: &str) -> (u16, Vec<u8>) {
    let path = url.strip_prefix("https://desk.example").unwrap();
    let response = world.bucket.linked(&Method::GET, path, &HeaderMap::new(), &Bytes::new());
    (response.status().as_u16(), to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec())
}

async fn downloaded(world: &World, file: &str) -> Entries {
    let link = world.get(GROUP_ADMIN, &format!("{file}/download")).await;
    assert_eq!(link.status, 200, "{}", link.body);
    assert!(link.text("/file_name").ends_with(".zip"));
    let (status, file) = got(world, link.text("/url")).await;
    assert_eq!(status, 200);
    unpacked(file)
}

fn location(ordered: &Reply) -> String {
    assert_eq!((ordered.status, ordered.text("/state")), (202, "running"), "{}", ordered.body);
    ordered.headers["location"].to_str().unwrap().to_owned()
}

/// Orders the file of the contact of a lead. Returns its path and its content.
pub async fn file_of(world: &World, lead: LeadId, contact: Option<&str>) -> (String, Entries) {
    let path = location(&order(world, lead, contact).await);
    minutes_pass(world).await;
    let done = world.get(GROUP_ADMIN, &path).await;
    assert_eq!((done.text("/state"), done.body["progress"].as_u64()), ("done", Some(100)), "{}", done.body);
    let entries = downloaded(world, &path).await;
    assert_eq!(done.body["files"].as_u64(), Some(entries.len() as u64), "{}", done.body);
    (path, entries)
}

/// Returns the content of the file of the only contact of a lead.
pub(super) async fn file_of_contact(world: &World, lead: LeadId) -> Entries {
    file_of(world, lead, None).await.1
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Returns everything as one text.
pub fn whole(entries: &Entries) -> String {
    entries.iter().map(|(name, bytes)| format!("{name}\n{}\n", text(bytes))).collect()
}
