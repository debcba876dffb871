//! The daily notice of the administrator, and the limit of reports (INT-7).

use super::{COPIES, MAILS, REPORTS, addresses, arrive, newsletter, no_lead, read, sent};
use crate::support::world::{ADMIN, CONSOLE_URL, NORDSTERN, World, at, dealer};
use forecourt_domain::mail::{MailStepState, MailWatch};
use forecourt_store::Load;
use forecourt_store::keys::Key;
use serde_json::json;

async fn watch(world: &World) -> Option<MailWatch> {
    let loaded = world.store.load(&world.scope(), &Load::of([Key::MailWatch(dealer(NORDSTERN))])).await.unwrap();
    loaded.mail_watch(&dealer(NORDSTERN)).cloned()
}

/// INT-7: without `unparsed_mail_to` the administrator gets one notice each open day at the opening while mails wait, and none after that.
#[tokio::test]
async fn int_7_the_administrator_is_notified_once_a_day_while_mails_wait() {
    let world = World::at("2026-11-26T15:00:00Z").await;
    assert_eq!(watch(&world).await, None);
    for id in ["m1", "m2", "m3"] {
        arrive(&world, id, newsletter()).await;
    }
    world.advance_to("2026-11-26T20:00:00Z").await;
    assert_eq!(sent(&world).len(), 0);
    // Friday, Saturday at nine, and Monday.
    world.advance_to("2026-11-30T12:00:00Z").await;
    let times: Vec<String> = sent(&world).iter().map(|mail| mail.at.format("%a %H:%M").to_string()).collect();
    assert_eq!(times, ["Fri 07:00", "Sat 08:00", "Mon 07:00"]);
    for mail in sent(&world) {
        assert_eq!(mail.to, "ingo.brandt@autohaus-nordstern-demo.example");
        assert_eq!(mail.subject, "3 E-Mails warten im Posteingang von Autohaus Nordstern");
        assert!(mail.text.contains(&format!("{CONSOLE_URL}/desk/d/{NORDSTERN}/mails")), "{}", mail.text);
    }
    for id in ["m1", "m2"] {
        assert_eq!(world.post(ADMIN, &format!("{MAILS}/{id}/completion"), &json!({})).await.status, 200);
    }
    world.advance_to("2026-12-01T12:00:00Z").await;
    assert_eq!(sent(&world).last().unwrap().subject, "Eine E-Mail wartet im Posteingang von Autohaus Nordstern");
    assert_eq!(world.post(ADMIN, &format!("{MAILS}/m3/completion"), &json!({})).await.status, 200);
    world.advance_to("2026-12-10T12:00:00Z").await;
    assert_eq!(sent(&world).len(), 4);
    assert_eq!(watch(&world).await.unwrap().due(), None);
    // It starts again.
    arrive(&world, "m4", newsletter()).await;
    world.advance_to("2026-12-11T12:00:00Z").await;
    assert_eq!(sent(&world).len(), 5);
}

/// INT-7, DIS-4: the user who stands in for the administrator gets the notice, and can follow its link. Mail of the system itself and mail
/// that was reported wait for nobody.
#[tokio::test]
async fn int_7_the_notice_goes_to_the_deputy_of_an_absent_administrator() {
    let world = World::new().await;
    world
        .settings(|settings| {
            let ingo = settings.members.iter_mut().find(|member| member.user.as_str() == ADMIN).unwrap();
            let absence = json!({"from": at("2026-11-23T00:00:00Z"), "until": at("2026-11-26T00:00:00Z"), "deputy": "anna.vogt"});
            ingo.absences = vec![serde_json::from_value(absence).unwrap()];
        })
        .await;
    arrive(&world, "own", no_lead("own_mail")).await;
    world.advance_to("2026-11-24T08:00:00Z").await;
    assert_eq!(sent(&world).len(), 0);
    arrive(&world, "m1", newsletter()).await;
    world.advance_to("2026-11-25T08:00:00Z").await;
    let [notice] = sent(&world).try_into().unwrap();
    assert_eq!(notice.to, "anna.vogt@autohaus-nordstern-demo.example");
    assert_eq!(world.get("anna.vogt", MAILS).await.status, 200);
}

/// INT-7, SET-12: a flood of mails makes twenty reports in an hour, and one summary of the others. Copies are not limited by that.
#[tokio::test]
async fn int_7_a_flood_of_mails_is_summarised() {
    let world = World::new().await;
    addresses(&world, Some(COPIES), Some(REPORTS)).await;
    for i in 0..30 {
        arrive(&world, &format!("m{i:02}"), newsletter()).await;
    }
    world.advance_to("2026-11-23T11:30:00Z").await;
    let of = |kind: &str| sent(&world).iter().filter(|mail| mail.id.starts_with(&format!("inbox-{kind}-"))).count();
    assert_eq!((of("forward"), of("report"), of("summary")), (30, 20, 1));
    let sent_mails = sent(&world);
    let summary = sent_mails.iter().find(|mail| mail.id.starts_with("inbox-summary-")).unwrap();
    assert_eq!((summary.to.as_str(), summary.at), (REPORTS, at("2026-11-23T10:00:00Z")));
    assert_eq!(summary.subject, "10 E-Mails warten im Posteingang von Autohaus Nordstern");
    // The summary counts as their report.
    world.advance_to("2026-11-25T12:00:00Z").await;
    assert_eq!(sent(&world).len(), 51);
    // Another hour has reports of its own.
    arrive(&world, "later", newsletter()).await;
    world.system.settle().await;
    assert!(matches!(read(&world, "later").await.report.unwrap().state, MailStepState::Sent { .. }));
}

/// MSG-1: a sender that stopped eight times without a result may have sent the message: it is not sent again and the administrator is
/// notified.
#[tokio::test]
async fn int_7_a_report_that_fails_is_named_in_the_daily_notice() {
    let world = World::new().await;
    addresses(&world, None, Some(REPORTS)).await;
    let mut mail = super::record("m1", super::LETTER.as_bytes(), newsletter(), world.system.clock.now());
    let step = mail.report.as_mut().unwrap();
    (step.state, step.unclear, step.attempts) = (MailStepState::Sending, 7, 7);
    super::store(&world, mail, super::LETTER.as_bytes()).await;
    // The end of a lease sends no wake-up: the sweep finds it.
    world.advance_to("2026-11-23T09:05:00Z").await;
    world.system.outbox.sweep().await.unwrap();
    world.advance_to("2026-11-24T08:00:00Z").await;
    let page = world.get(ADMIN, &format!("{MAILS}/m1")).await;
    assert_eq!((page.text("/report/state"), page.text("/report/why")), ("failed", "no answer in eight attempts; it may have arrived"));
    let [notice] = sent(&world).try_into().unwrap();
    assert_eq!(notice.subject, "Eine E-Mail wartet im Posteingang von Autohaus Nordstern");
}
