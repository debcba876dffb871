//! The raw form of a mail of which several leads were made (INT-2).

use super::{leads, received};
use crate::support::world::{ADMIN, Request, World, gateway_event};
use aws_lambda_events::encodings::Body;

/// INT-2, ACC-1: the raw mail has the customers of all its leads. Only a reader of all of them gets it.
#[tokio::test]
async fn int_2_a_mail_of_several_leads_is_for_readers_of_all_of_them() {
    let world = World::new().await;
    let one = |name: &str| {
        format!(
            "<prospect><customer><contact><name part=\"full\">{name}</name><email>{name}@example.com</email></contact></customer></prospect>"
        )
    };
    let mail = |customers: &[&str]| {
        let prospects: String = customers.iter().map(|name| one(name)).collect();
        format!("From: a@autoplaza.example\r\n\r\n<?xml version=\"1.0\"?><adf>{prospects}</adf>")
    };
    let made = leads(&received(&world, mail(&["alba", "bert"])).await);
    let alone = leads(&received(&world, mail(&["carl"])).await);
    world.system.settle().await;
    let mut owners = Vec::new();
    for lead in &made {
        owners.push(world.page(*lead).await.lead.owner.unwrap().to_string());
    }
    assert_ne!(owners[0], owners[1], "the rotation gives them to two sellers");
    for (lead, owner) in made.iter().zip(&owners) {
        let path = format!("/leads/{lead}/raw");
        let refused = world.get(owner, &path).await;
        assert_eq!((refused.status, refused.text("/rule")), (403, "INT-2"), "{owner}: {}", refused.body);
        assert!(refused.text("/detail").contains("you may not read all of them"), "{}", refused.body);
        // The readable form has the same data.
        let refused = world.get(owner, &format!("/leads/{lead}/mail")).await;
        assert_eq!((refused.status, refused.text("/rule")), (403, "INT-2"), "{owner}: {}", refused.body);
        assert_eq!(world.get(ADMIN, &format!("/leads/{lead}/mail")).await.status, 200);
        let shown = world.system.http(gateway_event(&world.tokens, Request::get(ADMIN, &path)).unwrap()).await;
        let Some(Body::Text(text)) = shown.body else { panic!("no body") };
        assert!(shown.status_code == 200 && text.contains("alba") && text.contains("bert"), "{text}");
    }
    let owner = world.page(alone[0]).await.lead.owner.unwrap().to_string();
    let shown = world.system.http(gateway_event(&world.tokens, Request::get(&owner, &format!("/leads/{}/raw", alone[0]))).unwrap()).await;
    assert_eq!(shown.status_code, 200, "a mail of one lead is for its seller");
}
