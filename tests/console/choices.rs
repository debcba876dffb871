//! The choices that forms and filters offer to a seller, who may not read the settings.

use crate::support::console::{Desk, Page};
use crate::support::world::{NORDSTERN, World, enquiry};
use serde_json::json;

const ANNA: &str = "anna.vogt";

/// A dealer with an own type of events and an own reason of a no-show, and a former user.
async fn desk() -> Desk {
    let world = World::new().await;
    world
        .settings(|settings| {
            settings.event_types.push("Winter check".into());
            settings.no_show_reasons.push("Car broke down".into());
            settings.members.retain(|member| member.user.as_str() != "greta.sommer");
        })
        .await;
    Desk::on(world)
}

fn offers(page: &Page, value: &str) -> bool {
    assert_eq!(page.status, 200, "{}", page.text);
    page.text.contains(&format!("<option value=\"{value}\""))
}

#[tokio::test]
async fn acc_4_the_own_lists_of_each_dealer_are_returned() {
    let desk = desk().await;
    let me = desk.world.get(ANNA, "/me").await;
    let here = &me.body["dealers"][0];
    assert_eq!((&here["event_types"], &here["no_show_reasons"]), (&json!(["Winter check"]), &json!(["Car broke down"])));
    assert_eq!(desk.world.get(ANNA, &format!("/dealers/{NORDSTERN}/settings")).await.status, 403, "the seller may not read the settings");
    let other = desk.world.get("gina.group", "/me?dealer=harbour-cars-demo").await;
    assert_eq!((&other.body["dealers"][0]["event_types"], &other.body["dealers"][0]["no_show_reasons"]), (&json!(null), &json!(null)));
}

#[tokio::test]
async fn cal_1_a_seller_chooses_among_all_types_and_reasons_of_the_dealer() {
    let desk = desk().await;
    let lead = desk.world.post("ingo.brandt", &format!("/dealers/{NORDSTERN}/leads"), &enquiry("jana")).await.text("/id").to_owned();
    desk.world.system.settle().await;
    assert_eq!(desk.world.post("ingo.brandt", &format!("/leads/{lead}/assignment"), &json!({"user": ANNA})).await.status, 200);
    let mut anna = desk.signed_in(ANNA).await;
    for form in [
        format!("/desk/leads/{lead}/event"),
        format!("/desk/leads/{lead}/invitation"),
        format!("/desk/d/{NORDSTERN}/leads/plan?leads={lead}"),
        format!("/desk/d/{NORDSTERN}/calendar/plan/{lead}"),
    ] {
        let page = anna.get(&form).await;
        for kind in ["Winter check", "phone_outbound"] {
            assert!(offers(&page, kind), "{form} {kind}: {}", page.text);
        }
        assert!(!offers(&page, "greta.sommer"), "a former user gets no new work: {form}");
    }
    let event = [("title", "Check"), ("type", "Winter check"), ("at", "2026-11-23T10:30"), ("key", "k1")];
    let sent = anna.send(&format!("/desk/leads/{lead}/event"), &event).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let events = desk.world.events(lead.parse().unwrap()).await;
    let event = events.iter().find(|event| event.kind == "Winter check").unwrap();
    let form = format!("/desk/leads/{lead}/events/{}/event-no-show", event.id);
    let page = anna.get(&form).await;
    for reason in ["Car broke down", "did_not_come"] {
        assert!(offers(&page, reason), "{reason}: {}", page.text);
    }
    assert!(!page.text.contains("Grund, falls verloren"), "the reason of a lost lead is another one: {}", page.text);
    desk.world.advance_to("2026-11-23T09:40:00Z").await;
    let sent = anna.send(&form, &[("reason", "Car broke down"), ("key", "k2")]).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
}

/// APT-1: the reasons of an appointment are those of the dealer too.
#[tokio::test]
async fn apt_1_a_seller_chooses_among_all_reasons_for_an_appointment() {
    let desk = desk().await;
    let customer = json!({"name": "Jana Petersen", "email": "jana@example.com"});
    let body = json!({"customer": customer, "kind": "showroom", "at": "2026-11-24T10:00:00+01:00", "user": ANNA});
    let made = desk.world.post(ANNA, &format!("/dealers/{NORDSTERN}/appointments"), &body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let mut anna = desk.signed_in(ANNA).await;
    let page = anna.get(&format!("/desk/appointments/{}/attendance", made.text("/id"))).await;
    assert!(offers(&page, "Car broke down") && offers(&page, "did_not_come"), "{}", page.text);
}

/// LEAD-8: the filter of the list and of the board proposes the sources of the leads that it shows.
#[tokio::test]
async fn lead_8_the_filter_proposes_the_sources_of_the_list() {
    let desk = desk().await;
    desk.world.lead(&enquiry("jana")).await;
    let mut admin = desk.signed_in("ingo.brandt").await;
    for screen in ["leads", "board"] {
        let page = admin.get(&format!("/desk/d/{NORDSTERN}/{screen}")).await;
        let list = page.text.split_once("<datalist id=\"sources\">").unwrap().1.split_once("</datalist>").unwrap().0;
        assert_eq!(list.matches("value=\"website\"").count(), 1, "{screen}: {list}");
    }
}
