//! The effects of an answer: clock, notice, the answer to it, closed and moved leads.

use super::{START, Written, answered_by_anna, notices, receive, received, reply_to, to_customer, write};
use crate::support::world::{ADMIN, NORDSTERN, World, at, enquiry};
use forecourt_domain::settings::Absence;
use forecourt_lead_intake::mail_in::{Answered, NotJoined};
use serde_json::json;

/// LEAD-3, INT-6, ESC-1, ESC-7: a seller writes, the customer answers, the owner is notified, a deadline runs in the dealer's hours, and
/// the seller's answer in the thread stops it.
#[tokio::test]
async fn lead_3_an_answer_of_the_customer_joins_its_lead_and_is_answered_in_the_thread() {
    let world = World::at(START).await;
    let (id, first) = answered_by_anna(&world).await;
    world.advance_to("2026-11-23T10:00:00Z").await;
    let answered = receive(&world, &Written::to(&reply_to(&first))).await;
    assert_eq!(answered, Answered::Joined { lead: id, dealer: NORDSTERN.parse().unwrap(), is_customers: true, again: false });
    let lead = world.page(id).await.lead;
    // Two working hours: 11:00 to 12:30 and 13:30 to 14:00 in Berlin.
    assert_eq!((lead.clock_runs(), lead.deadline()), (true, Some(at("2026-11-23T13:00:00Z"))));
    assert_eq!(notices(&world), ["11-23 10:00:00 anna.vogt"]);
    let notice = world.system.mailbox.mails().pop().unwrap();
    let said = format!("{}\n{}", notice.subject, notice.text);
    for part in ["hat geantwortet", "Nachricht: Ja, gerne am Samstag!", "/desk/leads/", "eingegangen 23.11.2026"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let mail = received(&world, id).await.remove(0);
    let details = &mail["received"];
    assert_eq!(
        (&mail["medium"], &mail["subject"], &mail["text"]),
        (&json!("email"), &json!("AW: Ihr Angebot"), &json!("Ja, gerne am Samstag!"))
    );
    assert_eq!((&details["from"], &details["name"]), (&json!("petersen@example.com"), &json!("Jana Petersen")));
    assert_eq!((&details["from_known"], &details["automatic"], &details["flags"]), (&json!(true), &json!(false), &json!([])));
    assert_eq!((mail["by"].as_str(), details["at"].as_str()), (Some("customer"), Some("2026-11-23T10:00:00Z")));
    let page = world.get(ADMIN, &format!("/leads/{id}")).await;
    let entry = page.body["timeline"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&entry["events"][0]["what"], &entry["events"][0]["element"]), (&json!("mail_received"), &mail["id"]));
    world.advance_to("2026-11-23T12:31:00Z").await;
    assert!(world.page(id).await.lead.plan.unwrap().steps()[0].fired.is_some(), "the reminder has happened");
    // The seller gives no subject.
    let answer = json!({"medium": "email", "text": "Samstag um 10 Uhr passt.", "answers": mail["id"]});
    let made = write(&world, id, &answer).await;
    assert_eq!((made.status, made.text("/subject"), &made.body["answers"]), (201, "Re: Ihr Angebot", &mail["id"]), "{}", made.body);
    world.system.settle().await;
    let sent = to_customer(&world).pop().unwrap();
    assert_eq!((sent.subject.as_str(), sent.in_reply_to.as_deref()), ("Re: Ihr Angebot", Some("one@mail.example.com")));
    assert_eq!(sent.references, [first.references[0].as_str(), "one@mail.example.com"]);
    let mime = String::from_utf8(sent.mime("desk@desk.example").unwrap()).unwrap();
    assert!(mime.contains("In-Reply-To: <one@mail.example.com>\r\n"), "{mime}");
    let lead = world.page(id).await.lead;
    let reaction = lead.reaction.clone().unwrap();
    assert_eq!((lead.clock_runs(), reaction.working_seconds, reaction.in_time()), (false, 5_460, Some(true)), "from the customer's answer");
    assert_eq!(lead.further_answers().answered(), 1);
    world.advance_to("2026-11-24T18:00:00Z").await;
    assert_eq!(world.page(id).await.lead.highest_level(), 0, "nothing escalates after the answer");
}

/// ESC-12, INT-6: an answer to which nobody replies escalates as a further enquiry does; a second one shares its clock.
#[tokio::test]
async fn esc_12_an_answer_to_which_nobody_replies_escalates() {
    let world = World::at(START).await;
    let (id, mail) = answered_by_anna(&world).await;
    world.advance_to("2026-11-23T10:00:00Z").await;
    let written = Written::to(&reply_to(&mail));
    receive(&world, &written).await;
    world.advance_to("2026-11-23T10:30:00Z").await;
    receive(&world, &Written { id: "two@example.com".into(), body: "Sind Sie noch da?".into(), ..written }).await;
    assert_eq!(world.page(id).await.lead.deadline(), Some(at("2026-11-23T13:00:00Z")));
    world.advance_to("2026-11-24T13:30:00Z").await;
    let lead = world.page(id).await.lead;
    assert_eq!((lead.clock_runs(), lead.level(), lead.further_levels()), (true, 2, [1, 1]));
}

/// ESC-6: outside opening hours the clock and the notice wait for the next opening.
#[tokio::test]
async fn esc_6_an_answer_at_night_is_reported_at_the_next_opening() {
    let world = World::at(START).await;
    let (id, mail) = answered_by_anna(&world).await;
    world.advance_to("2026-11-23T20:00:00Z").await;
    receive(&world, &Written::to(&reply_to(&mail))).await;
    assert!(notices(&world).is_empty());
    assert_eq!(world.page(id).await.lead.deadline(), Some(at("2026-11-24T09:00:00Z")));
    world.advance_to("2026-11-24T07:05:00Z").await;
    assert_eq!(notices(&world).len(), 1, "{:?}", world.mails());
}

/// DIS-5: a closed lead stays closed. The mail is an enquiry like any other; the mail of a program joins without effect.
#[tokio::test]
async fn dis_5_an_answer_to_a_closed_lead_does_not_join_it() {
    let world = World::at(START).await;
    let (id, mail) = answered_by_anna(&world).await;
    world.post(ADMIN, &format!("/leads/{id}/status"), &json!({"status": "lost", "reason": "price"})).await;
    let before = world.page(id).await.lead;
    let written = Written::to(&reply_to(&mail));
    let dealer = NORDSTERN.parse().unwrap();
    assert_eq!(receive(&world, &written).await, Answered::NotJoined { lead: id, dealer, why: NotJoined::Closed });
    assert_eq!(world.page(id).await.lead, before);
    let automatic = Written { id: "auto@example.com".into(), ..written }.header("Auto-Submitted: auto-replied");
    assert!(matches!(receive(&world, &automatic).await, Answered::Joined { .. }));
    let after = world.page(id).await.lead;
    assert_eq!((after.status, after.updated, notices(&world).len()), (before.status, before.updated, 0));
}

/// DIS-7: the answer joins the lead at the dealer to which it has moved, in the hours of that dealer, and notifies the owner there.
#[tokio::test]
async fn dis_7_an_answer_follows_a_lead_to_another_dealer() {
    let world = World::at(START).await;
    let (id, mail) = answered_by_anna(&world).await;
    let moved = world.post("gina.group", &format!("/leads/{id}/assignment"), &json!({"dealer": "harbour-cars-demo"})).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    world.system.settle().await;
    let owner = world.page(id).await.lead.owner.unwrap();
    world.advance_to("2026-11-23T10:00:00Z").await;
    let answered = receive(&world, &Written::to(&reply_to(&mail))).await;
    assert_eq!(answered, Answered::Joined { lead: id, dealer: "harbour-cars-demo".parse().unwrap(), is_customers: true, again: false });
    let lead = world.page(id).await.lead;
    assert!(lead.clock_runs() && lead.deadline().is_some_and(|due| due > at("2026-11-23T10:00:00Z")));
    assert!(notices(&world).iter().all(|line| line.ends_with(owner.as_str())) && notices(&world).len() == 1, "{:?}", notices(&world));
}

/// DIS-4: the deputy of an absent owner is notified.
#[tokio::test]
async fn dis_4_the_deputy_of_an_absent_owner_is_notified_of_an_answer() {
    let world = World::at(START).await;
    let (id, mail) = answered_by_anna(&world).await;
    let away: Absence =
        serde_json::from_value(json!({"from": "2026-11-23T23:00:00Z", "until": "2026-11-27T23:00:00Z", "deputy": "ben.krause"})).unwrap();
    world.settings(|s| s.members.iter_mut().filter(|m| m.user.as_str() == "anna.vogt").for_each(|m| m.absences.push(away.clone()))).await;
    world.advance_to("2026-11-24T10:00:00Z").await;
    receive(&world, &Written::to(&reply_to(&mail))).await;
    assert_eq!(world.page(id).await.lead.owner.unwrap().as_str(), "anna.vogt");
    assert_eq!(notices(&world), ["11-24 10:00:00 ben.krause"]);
}

/// DIS-8: an answer to a lead that waits in the pool joins it there, and starts its clock.
#[tokio::test]
async fn dis_8_an_answer_joins_a_lead_in_the_pool() {
    let world = World::at(START).await;
    let user = json!({"id": "pool.nordstern", "name": "Pool", "email": "pool@demo-group.example", "language": "en", "role": "seller",
        "dealers": [NORDSTERN], "notices": false});
    let group = forecourt_domain::base::GroupId::parse("demo-group").unwrap();
    world.store.put_user(&group, &serde_json::from_value(user).unwrap()).await.unwrap();
    world
        .settings(|s| {
            s.members.iter_mut().for_each(|member| member.receives_leads = false);
            s.members.push(serde_json::from_value(json!({"user": "pool.nordstern", "supervisor": "helga.stern"})).unwrap());
            s.pool = Some(serde_json::from_value(json!({"user": "pool.nordstern"})).unwrap());
        })
        .await;
    let id = world.lead(&enquiry("petersen")).await;
    assert_eq!(world.page(id).await.lead.owner.unwrap().as_str(), "pool.nordstern");
    let address = forecourt_edge::usecase::thread::reply_address(&world.system.platform, &world.scope(), id).unwrap();
    world.advance_to("2026-11-23T09:10:00Z").await;
    assert!(matches!(receive(&world, &Written::to(&address.wire())).await, Answered::Joined { .. }));
    let lead = world.page(id).await.lead;
    assert_eq!((lead.owner.as_ref().unwrap().as_str(), lead.clock_runs()), ("pool.nordstern", true));
    assert_eq!(received(&world, id).await.len(), 1);
}

/// INT-9: an answer costs two reads and one transaction; a repeat costs one read.
#[tokio::test]
async fn int_9_an_answer_costs_three_calls_and_a_repeat_one() {
    let world = World::at(START).await;
    let (_, mail) = answered_by_anna(&world).await;
    let written = Written::to(&reply_to(&mail));
    let before = world.store.spent();
    super::receive_as(&world, &written, "mail/one", "demo-group").await;
    let first = world.store.spent().since(before);
    let before = world.store.spent();
    super::receive_as(&world, &written, "mail/one", "demo-group").await;
    let again = world.store.spent().since(before);
    let before = world.store.spent();
    assert_eq!(super::receive_as(&world, &Written::to("x@in.example.com"), "mail/two", "demo-group").await, Answered::No);
    let none = world.store.spent().since(before);
    println!("answer: {first:?}\nrepeat: {again:?}");
    assert_eq!((first.calls, again.calls, none.calls), (3, 1, 0));
    assert!(first.write_units <= 16.0, "{first:?}");
}
