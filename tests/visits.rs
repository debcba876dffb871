//! What becomes of a visit while others have their say: misspelt wishes, other people's leads, new settings, times that are over (APT-3, APT-5).

use crate::appointment::{WHEN, appointment, made, make, seen};
use crate::letters::{letters, told};
use crate::world::{ADMIN, NORDSTERN, Reply, World, at, enquiry};
use forecourt_domain::appointment::Origin;
use http::Method;
use serde_json::{Value, json};

async fn corrected(world: &World, id: &str, body: &Value) -> Reply {
    let headers = [("content-type", "application/json"), ("if-match", "*")];
    world.call(Method::PATCH, ADMIN, &format!("/appointments/{id}"), &headers, body.to_string().as_bytes()).await
}

/// APT-3: a wish that is misspelt by a person is not swallowed; other systems say more than we know.
#[tokio::test]
async fn apt_3_what_a_user_misspells_is_refused_and_what_a_system_says_besides_is_not() {
    let world = World::new().await;
    let mut body = appointment("jana", WHEN);
    body["customer"]["refuse"] = json!(["email"]);
    let refused = make(&world, ADMIN, &body).await;
    assert_eq!((refused.status, refused.faults()), (422, vec!["customer.refuse INT-3".to_owned()]), "{}", refused.body);
    let mut typo = appointment("jana", WHEN);
    typo["usr"] = json!("anna.vogt");
    assert_eq!(make(&world, ADMIN, &typo).await.faults(), ["usr INT-3"]);
    body["usr"] = json!("anna.vogt");
    body["external_id"] = json!("c-1");
    made(&world, "partner:centre-demo", &body).await;
    let id = made(&world, ADMIN, &appointment("jana", WHEN)).await;
    let wrong = corrected(&world, &id, &json!({"customer": {"refuse": ["email"]}})).await;
    assert_eq!((wrong.status, wrong.faults()), (422, vec!["customer.refuse INT-3".to_owned()]), "{}", wrong.body);
}

/// LEAD-9, ACC-1: how the contact of somebody else's lead is reached is no more shown by its appointment than by the lead.
#[tokio::test]
async fn lead_9_an_appointment_does_not_show_how_the_contact_of_a_lead_out_of_reach_is_reached() {
    let world = World::new().await;
    let lead = world.lead(&enquiry("jana")).await;
    world.post(ADMIN, &format!("/leads/{lead}/assignment"), &json!({"user": "anna.vogt"})).await;
    let id = made(&world, ADMIN, &json!({"lead": lead, "kind": "showroom", "at": WHEN, "user": "ben.krause"})).await;
    assert_eq!(seen(&world, &id).await.text("/letters/0/to"), "jana@example.com");
    assert_eq!(world.get("ben.krause", &format!("/leads/{lead}")).await.status, 404);
    let page = world.get("ben.krause", &format!("/appointments/{id}")).await;
    assert_eq!((page.status, page.text("/letters/0/fate"), page.body["letters"][0].get("to")), (200, "sent", None), "{}", page.body);
}

/// ACC-1: a dealer's own system names the leads that it brought in; of any other it is told the same as of none.
#[tokio::test]
async fn acc_1_a_dealers_system_makes_appointments_of_leads_of_its_own_intake_only() {
    let world = World::new().await;
    world.settings(|s| s.appointments.origins = [Origin::DealerSystem].into()).await;
    let of = |lead: &str| json!({"external_id": format!("d-{lead}"), "lead": lead, "kind": "showroom", "at": WHEN});
    let foreign = world.lead(&enquiry("jana")).await.to_string();
    let elsewhere = world.post("gina.group", "/dealers/lakeside-motors-demo/leads", &enquiry("kim")).await.text("/id").to_owned();
    let mut answers = Vec::new();
    for lead in [&foreign, &elsewhere] {
        let mut refused = make(&world, "partner:dms-demo", &of(lead)).await;
        refused.body.as_object_mut().unwrap().remove("request_id");
        answers.push((refused.status, refused.faults(), refused.body));
    }
    assert_eq!((answers[0].0, &answers[0].1), (422, &vec!["lead APT-1".to_owned()]), "{answers:?}");
    assert_eq!(answers[0], answers[1]);
    let own = world.post("partner:dms-demo", &format!("/dealers/{NORDSTERN}/leads"), &enquiry("mara")).await;
    made(&world, "partner:dms-demo", &of(own.text("/id"))).await;
}
