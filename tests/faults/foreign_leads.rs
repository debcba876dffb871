//! A lead that the sender may not see does not exist for them, whatever else is wrong with the request.

use crate::support::world::{Request, World, enquiry};
use forecourt_edge::routes;
use http::Method;
use serde_json::{Value, json};

/// The bodies: none, one that may be right, one with an unknown field, one with values of wrong types, and one that is no JSON.
fn bodies() -> [Option<Vec<u8>>; 5] {
    let wrong = json!({"title": 7, "text": [], "status": "sold", "kind": {}, "at": "soon", "minutes": "many", "bytes": -1});
    [
        None,
        Some(b"{}".to_vec()),
        Some(json!({"nonsense": true}).to_string().into_bytes()),
        Some(wrong.to_string().into_bytes()),
        Some(b"{".to_vec()),
    ]
}

/// The paths of all operations on a lead, with names of things that do not exist.
fn paths(lead: &str) -> Vec<(Method, String)> {
    let of_lead = routes::all().filter(|route| route.path.starts_with("/leads/{id}"));
    let path = |path: &str| {
        let parts = path.split('/').map(|part| match part {
            "{id}" => lead,
            part if part.starts_with('{') => "none",
            part => part,
        });
        parts.collect::<Vec<_>>().join("/")
    };
    of_lead.map(|route| (route.method.parse().unwrap(), path(route.path))).collect()
}

async fn answer(world: &World, who: &str, (method, path): &(Method, String), body: Option<&Vec<u8>>) -> (u16, Value) {
    let request = Request::new(method.clone(), who, path);
    let request = match body {
        Some(body) => request.headers(&[("content-type", "application/json")]).body(body),
        None => request,
    };
    let mut reply = world.call(request).await;
    reply.body.as_object_mut().unwrap().remove("request_id");
    (reply.status, reply.body)
}

/// LEAD-9, ACC-2: for a user of another group, another dealer or another desk, a lead is not found by any operation with any body, and the
/// answer is that of a number that no lead has.
#[tokio::test]
async fn lead_9_a_foreign_lead_is_not_found_by_any_request() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await.to_string();
    world.system.settle().await;
    let before = world.get("gina.group", &format!("/leads/{lead}")).await;
    let owner = before.text("/owner");
    let colleague = if owner == "ben.krause" { "clara.henning" } else { "ben.krause" };
    let (real, none) = (paths(&lead), paths("0000000000"));
    assert!(real.len() > 40, "{}", real.len());
    for who in ["rival.seller", "alice.moore", colleague] {
        for (real, none) in real.iter().zip(&none) {
            for body in &bodies() {
                let (status, problem) = answer(&world, who, real, body.as_ref()).await;
                assert_eq!(status, 404, "{who} {real:?} {body:?}: {problem}");
                assert_eq!((status, problem), answer(&world, who, none, body.as_ref()).await, "{who} {real:?} {body:?}");
            }
        }
    }
    assert_eq!(world.get("gina.group", &format!("/leads/{lead}")).await.body["version"], before.body["version"]);
}

/// LEAD-9: nor by a parameter that is wrong. Who may see the lead learns what is wrong.
#[tokio::test]
async fn lead_9_a_wrong_parameter_or_field_is_named_to_those_who_see_the_lead() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    for path in [format!("/leads/{lead}/timeline?limit=0"), format!("/leads/{lead}?view=short"), format!("/leads/{lead}/comments?cursor=x")]
    {
        assert_eq!(world.get("alice.moore", &path).await.status, 404, "{path}");
        assert_eq!(world.get("gina.group", &path).await.status, 422, "{path}");
    }
    let document = json!({"title": "Offer", "content_type": "application/pdf", "bytes": "many"});
    for (path, body) in [("documents", &document), ("claim", &json!({"reason": "mine"}))] {
        for (who, status) in [("alice.moore", 404), ("rival.seller", 404), ("gina.group", 422)] {
            assert_eq!(world.post(who, &format!("/leads/{lead}/{path}"), body).await.status, status, "{who} {path}");
        }
    }
}
