//! Appointments that go to another dealer with their leads: who is notified, and the list of the day there (APT-7, DIS-7), and the choice
//! to cancel them instead (APT-10).

use super::notices::{ANNA, BEN, notices, to};
use crate::support::appointments::seen;
use crate::support::dealers::move_to_dealer;
use crate::support::letters::mails_to;
use crate::support::world::{ADMIN, World, enquiry};
use serde_json::json;

pub(super) const HARBOUR: &str = "harbour-cars-demo";

/// Makes a visit of a lead of anna, with `user` as its salesperson. Returns the ids of the lead and of the appointment.
pub(super) async fn visit(world: &World, user: Option<&str>, at: &str) -> (String, String) {
    let lead = world.lead(&enquiry("jana")).await.to_string();
    world.system.settle().await;
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/assignment"), &json!({"user": ANNA})).await.status, 200);
    let mut body = json!({"lead": lead, "kind": "showroom", "at": at});
    if let Some(user) = user {
        body["user"] = json!(user);
    }
    let made = world.post(ADMIN, "/dealers/autohaus-nordstern-demo/appointments", &body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    world.system.settle().await;
    (lead, made.text("/id").to_owned())
}

/// APT-7, APT-1: after a transfer the former salesperson is notified, and not the supervisor of the other dealer. The former owner of the
/// lead gets the notice of the lead only.
#[tokio::test]
async fn apt_7_the_former_salesperson_learns_that_an_appointment_went_to_another_dealer() {
    for world in [World::new().await, World::delivering_twice().await] {
        let (lead, id) = visit(&world, Some(BEN), "2026-11-26T10:00:00+01:00").await;
        move_to_dealer(&world, &lead, HARBOUR).await;
        assert_eq!(notices(&world, BEN).await, ["23 09:00 Neuer Termin", "23 09:00 Termin abgegeben"]);
        let mail = to(&world, BEN).pop().unwrap();
        assert!(!mail.text.contains("weil"), "{}", mail.text);
        assert_eq!(notices(&world, "sophie.clarke").await, Vec::<String>::new());
        // The history has the transfer and the former salesperson.
        let page = world.get("gina.group", &format!("/appointments/{id}")).await;
        let history = page.body["history"].as_array().unwrap();
        let of = |what: &str| history.iter().find(|happened| happened["what"] == what).unwrap_or_else(|| panic!("{what}: {}", page.body));
        let transferred = of("transferred");
        assert_eq!((&transferred["from_dealer"], &transferred["by"]), (&json!("autohaus-nordstern-demo"), &json!("user:gina.group")));
        assert_eq!((&of("given")["from_user"], &of("given")["by"]), (&json!(BEN), &json!("user:gina.group")));
        let given_away: Vec<String> = world.mails().into_iter().filter(|mail| mail.contains("given away")).collect();
        assert_eq!(given_away, Vec::<String>::new());
    }
    let world = World::new().await;
    let (lead, _) = visit(&world, None, "2026-11-26T10:00:00+01:00").await;
    move_to_dealer(&world, &lead, HARBOUR).await;
    assert_eq!(notices(&world, ANNA).await, ["23 09:00 Neuer Termin"]);
    assert!(to(&world, ANNA).iter().any(|mail| mail.subject.starts_with("Weitergegeben")), "the notice of the lead");
    assert!(world.mails().iter().all(|mail| !mail.contains("given away")), "{:?}", world.mails());
}

/// APT-7: an appointment that is transferred on the day before is in the list of its day at the new dealer.
#[tokio::test]
async fn apt_7_the_list_of_the_day_follows_an_appointment_to_another_dealer() {
    let world = World::new().await;
    let (lead, id) = visit(&world, None, "2026-11-24T15:00:00+01:00").await;
    world.advance_to("2026-11-23T15:00:00Z").await;
    move_to_dealer(&world, &lead, HARBOUR).await;
    world.advance_to("2026-11-24T12:00:00Z").await;
    let page = world.get("gina.group", &format!("/appointments/{id}")).await;
    let (dealer, user) = (page.text("/dealer").to_owned(), page.text("/user").to_owned());
    assert_eq!(dealer, HARBOUR, "{}", page.body);
    let lists = to(&world, &user).into_iter().filter(|mail| mail.subject == "Your appointment today").count();
    assert_eq!(lists, 1, "{user}: {:?}", world.mails());
    assert!(notices(&world, ANNA).await.iter().all(|notice| !notice.contains("heute")));
}

pub(super) const TO_COME: &str = "2026-11-26T10:00:00+01:00";

pub(super) async fn letters(world: &World) -> Vec<(String, String)> {
    world.system.settle().await;
    let written = |subject: &str| subject.split(" – ").next().unwrap().to_owned();
    mails_to(world, "jana").into_iter().map(|(mail, _)| (written(&mail.subject), mail.text)).collect()
}

/// APT-10: without a choice the transfer is refused, the refusal names the appointments, and nothing changes.
#[tokio::test]
async fn apt_10_a_lead_with_an_appointment_to_come_is_transferred_only_with_a_choice() {
    let world = World::new().await;
    let (lead, id) = visit(&world, Some(BEN), TO_COME).await;
    let path = format!("/leads/{lead}/assignment");
    let before = world.page(lead.parse().unwrap()).await.lead;
    let refused = world.post("gina.group", &path, &json!({"dealer": HARBOUR})).await;
    assert_eq!((refused.status, refused.text("/rule")), (409, "APT-10"), "{}", refused.body);
    let named = json!([{"what": "appointment", "appointment": id, "kind": "showroom", "at": "2026-11-26T09:00:00Z"}]);
    assert_eq!(refused.body["obstacles"], named, "{}", refused.body);
    assert!(refused.text("/detail").contains("2026-11-26 10:00"), "{}", refused.body);
    for wrong in [json!({"dealer": HARBOUR, "appointments": "keep"}), json!({"user": BEN, "appointments": "cancel"})] {
        let wrong = world.post("gina.group", &path, &wrong).await;
        assert_eq!((wrong.status, wrong.faults()), (422, vec!["appointments APT-10".into()]));
    }
    assert_eq!(world.page(lead.parse().unwrap()).await.lead, before, "a refusal changes nothing");
    assert_eq!(letters(&world).await.len(), 1, "the confirmation only");
    // An appointment whose time has come needs no choice.
    world.advance_to("2026-11-26T09:30:00Z").await;
    let transferred = world.post("gina.group", &path, &json!({"dealer": HARBOUR})).await;
    assert_eq!((transferred.status, transferred.text("/dealer")), (200, HARBOUR), "{}", transferred.body);
}

/// APT-10: appointments are cancelled before the transfer. Customer and former salesperson are notified once, and the time is free again.
#[tokio::test]
async fn apt_10_a_transfer_cancels_appointments_and_notifies_customer_and_former_salesperson() {
    for user in [BEN, ANNA] {
        let world = World::delivering_twice().await;
        let (lead, id) = visit(&world, Some(user), TO_COME).await;
        let other = json!({"title": "Call", "type": "phone_outbound", "at": "2026-11-27T10:00:00+01:00"});
        assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/events"), &other).await.status, 201);
        let body = json!({"dealer": HARBOUR, "appointments": "cancel"});
        let sent = world.post("gina.group", &format!("/leads/{lead}/assignment"), &body).await;
        assert_eq!((sent.status, sent.text("/dealer")), (200, HARBOUR), "{}", sent.body);
        let subjects: Vec<String> = letters(&world).await.into_iter().map(|(subject, _)| subject).collect();
        assert_eq!(subjects, ["Ihr Termin am 26.11.2026, 10:00 Uhr", "Absage: Ihr Termin am 26.11.2026, 10:00 Uhr"]);
        let page = seen(&world, &id).await;
        let cancelled = (page.text("/state"), page.text("/cancellation/side"), page.text("/dealer"), page.text("/user"));
        assert_eq!(cancelled, ("cancelled", "dealer", "autohaus-nordstern-demo", user));
        assert_eq!(notices(&world, user).await, ["23 09:00 Neuer Termin", "23 09:00 Termin abgesagt"]);
        let at_lead = world.page(lead.parse().unwrap()).await.lead;
        let planned: Vec<Option<&str>> = at_lead.planned.iter().map(|planned| planned.kind.as_deref()).collect();
        assert_eq!((planned, at_lead.calendar_transfer_pending_since), (vec![Some("phone_outbound")], None));
        let events = world.events(lead.parse().unwrap()).await;
        let cancelled = events.iter().find(|event| event.is_appointment()).unwrap();
        assert_eq!((cancelled.dealer.as_str(), &cancelled.taken), ("autohaus-nordstern-demo", &None), "the time is free again");
        // Only the appointment had answered the lead: its clock runs again, with the new owner.
        assert_eq!(at_lead.reaction, None);
        assert!(at_lead.owner.is_some());
    }
}

/// APT-3: a letter about another place does not say that the time has changed, and it has the language of the earlier letters.
#[tokio::test]
async fn apt_3_a_letter_about_a_transfer_names_the_place_in_the_language_of_the_earlier_letters() {
    let world = World::new().await;
    let (lead, id) = visit(&world, Some(BEN), TO_COME).await;
    move_to_dealer(&world, &lead, HARBOUR).await;
    let (subject, text) = letters(&world).await.pop().unwrap();
    assert!(subject.starts_with("Neuer Ort Ihres Termins am 26.11.2026"), "{subject}");
    assert!(text.contains("Der Ort Ihres Termins hat sich geändert: Harbour Cars erwartet Sie") && !text.contains("verschoben"), "{text}");
    // A change of the time states the time.
    let later = world.post("gina.group", &format!("/appointments/{id}/time"), &json!({"at": "2026-11-27T11:00:00Z"})).await;
    assert_eq!(later.status, 200, "{}", later.body);
    let (subject, text) = letters(&world).await.pop().unwrap();
    assert!(subject.starts_with("Ihr neuer Termin am 27.11.2026") && text.contains("verschoben"), "{subject}: {text}");
    // The customer knows the new time when the appointment goes back.
    world.advance_to("2026-11-23T09:05:00Z").await;
    move_to_dealer(&world, &lead, "autohaus-nordstern-demo").await;
    let (subject, text) = letters(&world).await.pop().unwrap();
    assert!(
        subject.starts_with("Neuer Ort Ihres Termins am 27.11.2026") && text.contains("Autohaus Nordstern erwartet Sie"),
        "{subject}: {text}"
    );
}
