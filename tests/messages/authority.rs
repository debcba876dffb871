//! Who reads and ends the stops and declarations of a customer: the address is shared by all dealers of the group, the authority is not
//! (MSG-1, PRV-6).

use crate::messages::consents::{JANA, consents, declare, granted, last_mail, lead_of, link_of, one_click, write};
use crate::support::documents::uploaded;
use crate::support::world::{ADMIN, Reply, Request, World};
use forecourt_domain::base::LeadId;
use serde_json::{Value, json};

const SELLER: &str = "anna.vogt";
/// A seller of another dealer of the group.
const BOB: &str = "oliver.reed";

/// Makes a lead of another person, which Bob owns, and adds Jana's address as a contact of it.
async fn lead_of_bob(world: &World) -> LeadId {
    let contact = json!({"last_name": "Miller", "email": "miller@example.com"});
    let body = json!({"type": "used_car", "source": "website", "contact": contact});
    let made = world.post("gina.group", "/dealers/harbour-cars-demo/leads", &body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let lead: LeadId = made.text("/id").parse().unwrap();
    let owned = world.post("gina.group", &format!("/leads/{lead}/assignment"), &json!({"user": BOB})).await;
    assert_eq!(owned.status, 200, "{}", owned.body);
    let victim = json!({"last_name": "Petersen", "emails": [JANA]});
    let added = world.post(BOB, &format!("/leads/{lead}/contacts"), &victim).await;
    assert_eq!(added.status, 201, "{}", added.body);
    lead
}

pub(super) async fn stops(world: &World, who: &str, lead: LeadId) -> Vec<Value> {
    let reply = world.get(who, &format!("/leads/{lead}/stops")).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body["stops"].as_array().unwrap().clone()
}

pub(super) async fn lift(world: &World, who: &str, lead: LeadId, stop: &Value, note: Option<&str>) -> Reply {
    let request = Request::delete(who, &format!("/leads/{lead}/stops/{}", stop["id"].as_str().unwrap()));
    world.call(if let Some(note) = note { request.json(&json!({"note": note})) } else { request }).await
}

/// PRV-6, MSG-1: a seller who adds the address of another dealer's customer to a lead sees that there is a stop and a declaration, but not
/// who recorded them, with which lead, and in which words. He cannot lift the stop or record another declaration.
#[tokio::test]
async fn prv_6_another_dealer_neither_reads_nor_ends_what_a_customer_refused() {
    let world = World::new().await;
    let lead = lead_of(&world, "Petersen").await;
    let stop = json!({"address": JANA, "reason": "unsubscribed", "note": "is ill, asked on the telephone"});
    assert_eq!(world.post(SELLER, &format!("/leads/{lead}/stops"), &stop).await.status, 200);
    let withdrawn = json!({"channel": "email", "purpose": "advertising", "status": "withdrawn", "source": "telephone", "text": "is ill"});
    assert_eq!(declare(&world, lead, &withdrawn).await.status, 200);
    let other = lead_of_bob(&world).await;
    let seen = stops(&world, BOB, other).await;
    let facts = json!([seen[0]["reason"], seen[0]["by"], seen[0]["why"], seen[0]["may_lift"]]);
    assert_eq!((seen.len(), facts), (1, json!(["unsubscribed", null, null, false])), "{seen:?}");
    let listed = world.get(BOB, &format!("/leads/{other}/consents")).await;
    let one = &listed.body["consents"][0];
    assert_eq!(json!([one["status"], one["channel"], one["purpose"]]), json!(["withdrawn", "email", "advertising"]));
    for field in ["by", "text", "lead", "document"] {
        assert_eq!(one[field], Value::Null, "{field}: {}", listed.body);
    }
    assert!(!listed.body.to_string().contains(&lead.to_string()), "{}", listed.body);
    world.advance_to("2026-11-23T09:20:00Z").await;
    let refused = lift(&world, BOB, other, &seen[0], Some("wants mail")).await;
    assert_eq!((refused.status, refused.text("/right")), (403, "change_settings"), "{}", refused.body);
    let contacts = world.get(BOB, &format!("/leads/{other}")).await;
    let contact = contacts.body["contacts"].as_array().unwrap().iter().find(|one| one["emails"][0] == JANA).unwrap().clone();
    let path = format!("/leads/{other}/contacts/{}/consents", contact["id"].as_str().unwrap());
    let unknown = json!({"channel": "email", "purpose": "advertising", "status": "unknown", "source": "form"});
    for forged in [granted("email"), unknown] {
        let refused = world.post(BOB, &path, &forged).await;
        assert_eq!((refused.status, refused.text("/rule")), (403, "PRV-6"), "{}", refused.body);
    }
    // The dealer of the customer sees its own records in full, and the seller who recorded the stop lifts it.
    let own = stops(&world, SELLER, lead).await;
    assert_eq!(json!([own[0]["by"], own[0]["why"], own[0]["may_lift"]]), json!(["user:anna.vogt", "is ill, asked on the telephone", true]));
    let declared = consents(&world, lead).await;
    assert_eq!(json!([declared[0]["text"], declared[0]["lead"]]), json!(["is ill", lead.to_string()]), "{declared:?}");
    // The other dealer's administrator may, with a note.
    assert_eq!(lift(&world, "gina.group", other, &seen[0], None).await.faults(), ["note MSG-1"]);
    let lifted = lift(&world, "gina.group", other, &seen[0], Some("came to the shop")).await;
    assert_eq!(lifted.status, 200, "{}", lifted.body);
    assert!(stops(&world, SELLER, lead).await.is_empty());
}

/// PRV-6, MSG-1: a stop that the customer made by the link of a mail is lifted by those who decide for the owner, with a note. A consent
/// after it needs a document or the same right; a stop still outweighs it.
#[tokio::test]
async fn prv_6_a_seller_does_not_end_what_the_customer_stopped() {
    let world = World::new().await;
    let lead = lead_of(&world, "Petersen").await;
    write(&world, lead, "service", "email").await;
    assert_eq!(one_click(&world, &link_of(&last_mail(&world))).await.status, 200);
    world.advance_to("2026-11-23T09:20:00Z").await;
    let stop = stops(&world, SELLER, lead).await.remove(0);
    assert_eq!(json!([stop["by"], stop["may_lift"]]), json!(["customer", false]));
    assert_eq!(lift(&world, SELLER, lead, &stop, Some("wants mail")).await.status, 403);
    assert_eq!(declare(&world, lead, &granted("email")).await.status, 403);
    let letter = declare(&world, lead, &granted("telephone")).await;
    assert_eq!(letter.status, 200, "the customer refused e-mail only: {}", letter.body);
    // A document proves it.
    let mut proved = granted("email");
    proved["document"] = json!(uploaded(&world, lead, "Einwilligung", b"%PDF-1.7 a file").await);
    let recorded = declare(&world, lead, &proved).await;
    assert_eq!(recorded.status, 200, "{}", recorded.body);
    let refused = write(&world, lead, "advertising", "email").await;
    assert_eq!((refused.status, refused.text("/rule")), (409, "PRV-6"), "the stop outweighs it: {}", refused.body);
    assert_eq!(lift(&world, ADMIN, lead, &stop, None).await.faults(), ["note MSG-1"]);
    assert_eq!(lift(&world, ADMIN, lead, &stop, Some("asked for it in the shop")).await.status, 200);
    let page = world.get(ADMIN, &format!("/leads/{lead}")).await;
    assert!(page.body["timeline"].to_string().contains("asked for it in the shop"), "{}", page.body["timeline"]);
    assert_eq!(write(&world, lead, "advertising", "email").await.status, 201);
}
