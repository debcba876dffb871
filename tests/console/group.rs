//! The screens of the group and of the user's own page.

use crate::support::console::Desk;
use crate::support::dealers::create_dealer;
use crate::support::world::{NORDSTERN, enquiry};
use serde_json::json;

#[tokio::test]
async fn set_7_a_person_is_added_changed_and_removed_by_hand() {
    let desk = Desk::new().await;
    let mut gina = desk.signed_in("gina.group").await;
    let new = "/desk/group/new-person";
    let nina = |id: &'static str| {
        vec![
            ("user", id),
            ("name", "Nina Neu"),
            ("email", "nina.neu@example.com"),
            ("mobile", "+491712345678"),
            ("language", "de"),
            ("role", "seller"),
            ("rights", "read_settings"),
            ("dealers", NORDSTERN),
            ("notices", "on"),
        ]
    };
    for (id, status) in [("", 422), ("Nina Neu", 422), ("anna.vogt", 428), ("nina.neu", 303)] {
        let sent = gina.send(new, &nina(id)).await;
        assert_eq!(sent.status, status, "{id}: {}", sent.text);
    }
    let stored = desk.world.get("gina.group", "/users/nina.neu").await;
    for (field, value) in [("rights", json!(["read_settings"])), ("dealers", json!([NORDSTERN])), ("mobile", json!("+491712345678"))] {
        assert_eq!(stored.body[field], value, "{field}");
    }
    // What is ticked is what is stored; an empty field removes the value.
    let edit = "/desk/group/people/nina.neu/edit";
    let form = gina.get(edit).await;
    assert_eq!(form.text.matches(" checked").count(), 3, "a right, a dealer, the notices: {}", form.text);
    let version = form.value("version").unwrap();
    let changed: Vec<_> = nina("").into_iter().filter(|(name, _)| !["user", "mobile", "rights", "notices"].contains(name)).collect();
    let changed: Vec<(&str, &str)> = changed.into_iter().chain([("mobile", ""), ("version", version.as_str())]).collect();
    let sent = gina.send(edit, &changed).await;
    assert_eq!((sent.status, sent.header("location")), (303, "/desk/group/people/nina.neu?done=group_person"), "{}", sent.text);
    let stored = desk.world.get("gina.group", "/users/nina.neu").await;
    assert_eq!((&stored.body["mobile"], &stored.body["rights"], &stored.body["notices"]), (&json!(null), &json!([]), &json!(false)));
    // The history is in words, and names who changed it.
    let page = gina.get("/desk/group/people/nina.neu").await;
    assert!(page.text.contains("Gina Group") && page.text.contains("Additional rights: Read settings → none"), "{}", page.text);
    assert!(page.text.contains("Gets notices: Yes → No") && page.text.contains("Mobile: +491712345678 → none"), "{}", page.text);
    assert!(!page.text.contains("[&quot;") && !page.text.contains("{&quot;"), "no JSON: {}", page.text);
    let remove = "/desk/group/people/nina.neu/remove";
    let version = gina.get(remove).await.value("version").unwrap();
    assert_eq!(gina.send(remove, &[("version", &version)]).await.status, 303);
    assert!(desk.world.get("gina.group", "/users/nina.neu").await.body["left"].is_string());
}

#[tokio::test]
async fn apt_6_a_webhook_is_added_its_secret_is_shown_once_and_a_delivery_is_repeated() {
    let desk = Desk::new().await;
    let mut gina = desk.signed_in("gina.group").await;
    let wrong =
        gina.send("/desk/group/new-webhook", &[("url", "http://dms.example/hooks"), ("events", "lead.created"), ("key", "k0")]).await;
    assert!(wrong.status == 422 && wrong.text.contains("url-error"), "{}", wrong.text);
    let without_events = gina.send("/desk/group/new-webhook", &[("url", "https://dms.example/hooks"), ("key", "k0")]).await;
    assert!(without_events.status == 422 && without_events.text.contains("events-error"), "{}", without_events.text);
    let fields = [("url", "https://dms.example/hooks"), ("events", "lead.created"), ("events", "lead.assigned"), ("key", "k1")];
    let made = gina.send("/desk/group/new-webhook", &fields).await;
    assert!(made.status == 200 && made.text.contains("whsec_"), "{} {}", made.status, made.text);
    let list = gina.get("/desk/group/webhooks").await;
    let webhook = list.text.split_once("/desk/group/webhooks/").unwrap().1.split('"').next().unwrap().to_owned();
    let page = format!("/desk/group/webhooks/{webhook}");
    assert!(!list.text.contains("whsec_") && !gina.get(&page).await.text.contains("whsec_"));
    desk.world.lead(&enquiry("jana")).await;
    desk.world.system.settle().await;
    let shown = gina.get(&page).await;
    let redeliver = shown.text.split_once(&format!("{page}/deliveries/")).unwrap().1.split('"').next().unwrap().to_owned();
    let sent = gina.send(&format!("{page}/deliveries/{redeliver}"), &[("key", "k2")]).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let calls = desk.world.system.mailbox.calls().len();
    desk.world.system.settle().await;
    assert_eq!(desk.world.system.mailbox.calls().len(), calls + 1, "the event is sent again");
    // Off and on again, then removed.
    for (form, state) in [("off", "off"), ("on", "on")] {
        let version = gina.get(&format!("{page}/{form}")).await.value("version").unwrap();
        assert_eq!(gina.send(&format!("{page}/{form}"), &[("version", &version)]).await.status, 303, "{form}");
        assert_eq!(desk.world.get("gina.group", &format!("/webhooks/{webhook}")).await.text("/state"), state);
    }
    let version = gina.get(&format!("{page}/remove")).await.value("version").unwrap();
    assert_eq!(gina.send(&format!("{page}/remove"), &[("version", &version)]).await.status, 303);
    assert_eq!(gina.get(&page).await.status, 404);
}

#[tokio::test]
async fn apt_4_the_secret_of_a_partner_is_shown_once_and_stands_in_the_access_log() {
    let desk = Desk::new().await;
    let mut gina = desk.signed_in("gina.group").await;
    let fields = [("partner", "dms-demo"), ("previous_good_for_hours", "48"), ("key", "k1")];
    let made = gina.send("/desk/group/partners", &fields).await;
    assert!(made.status == 200 && made.text.contains("whsec_") && made.text.contains("pingbacks"), "{} {}", made.status, made.text);
    assert_eq!(gina.send("/desk/group/partners", &[("partner", "nobody"), ("key", "k2")]).await.status, 404);
    let wrong = gina.send("/desk/group/partners", &[("partner", "dms-demo"), ("previous_good_for_hours", "many"), ("key", "k3")]).await;
    assert!(wrong.status == 422 && wrong.text.contains("previous_good_for_hours-error"), "{}", wrong.text);
    let log = gina.get("/desk/group/access-log").await;
    assert!(log.text.contains("The partner dms-demo got a new secret.") && log.text.contains("Gina Group"), "{}", log.text);
}

#[tokio::test]
async fn dis_4_a_seller_enters_and_removes_absences() {
    let desk = Desk::new().await;
    let mut anna = desk.signed_in("anna.vogt").await;
    let form = |name: &str| format!("/desk/me/absences/{NORDSTERN}/{name}");
    let version = anna.get(&form("days")).await.value("version").unwrap();
    let wrong = [("from", "2026-12-23"), ("until", "2026-12-21"), ("version", &*version), ("key", "k0")];
    let refused = anna.send(&form("days"), &wrong).await;
    assert!(refused.status == 422 && refused.text.contains("id=\"form-until-error\""), "beside the field: {}", refused.text);
    for (name, from, until) in [("days", "2026-12-21", "2026-12-23"), ("hours", "2026-11-24T09:00", "2026-11-24T11:30")] {
        let version = anna.get(&form(name)).await.value("version").unwrap();
        let fields = [("from", from), ("until", until), ("deputy", "ben.krause"), ("version", &*version), ("key", name)];
        // Sent twice, it is entered once.
        for _ in 0..2 {
            let sent = anna.send(&form(name), &fields).await;
            assert_eq!(sent.status, 303, "{name}: {}", sent.text);
        }
    }
    let page = anna.get("/desk/me").await;
    for text in ["Mo 21. Dez. – Mi 23. Dez.", "morgen 09:00 – morgen 11:30", "Vertretung: Ben Krause"] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    // A removal on an older version could remove another absence: it is refused.
    let shown = anna.get(&form("remove/0")).await;
    let (version, absence) = (shown.value("version").unwrap(), shown.value("absence").unwrap());
    let stale = anna.send(&form("remove/0"), &[("version", "1"), ("absence", &*absence)]).await;
    assert_eq!(stale.status, 412, "{}", stale.text);
    assert_eq!(stale.value("absence").as_deref(), Some(&*absence), "the same absence: {}", stale.text);
    assert_eq!(anna.send(&form("remove/0"), &[("version", &*version), ("absence", &*absence)]).await.status, 303);
    // Another absence is at its place now, and is not the one that the form names.
    let version = anna.get(&form("remove/0")).await.value("version").unwrap();
    for fields in [&[("version", &*version), ("absence", &*absence)][..], &[("version", &*version)][..]] {
        assert_eq!(anna.send(&form("remove/0"), fields).await.status, 404);
    }
    let left = desk.world.get("anna.vogt", &format!("/dealers/{NORDSTERN}/users/anna.vogt/absences")).await;
    assert_eq!(left.body["absences"].as_array().map(Vec::len), Some(1), "{}", left.body);
}

#[tokio::test]
async fn cal_6_a_seller_makes_and_revokes_a_calendar_link() {
    let desk = Desk::new().await;
    let mut anna = desk.signed_in("anna.vogt").await;
    assert_eq!(anna.send("/desk/me/calendar", &[("dealer", ""), ("key", "k1")]).await.status, 303);
    let page = anna.get("/desk/me").await;
    assert!(page.text.contains("calendar.ics"), "{}", page.text);
    let feeds = desk.world.get("anna.vogt", "/calendar-feeds").await;
    let revoke = format!("/desk/me/calendar/{}/revoke", feeds.text("/feeds/0/id"));
    assert!(page.text.contains(&revoke), "{}", page.text);
    assert_eq!(anna.send(&revoke, &[]).await.status, 303);
    assert!(!anna.get("/desk/me").await.text.contains("calendar.ics"));
}

#[tokio::test]
async fn acc_6_a_seller_changes_language_and_notices_and_the_next_page_shows_them() {
    let desk = Desk::new().await;
    let mut anna = desk.signed_in("anna.vogt").await;
    let form = "/desk/me/details";
    assert!(anna.get("/desk/me").await.text.contains(&format!("href=\"{form}\"")));
    let shown = anna.get(form).await;
    assert!(shown.text.contains("<option value=\"de\" selected>") && shown.text.contains(" checked"), "{}", shown.text);
    let version = shown.value("version").unwrap();
    let sent = anna.send(form, &[("language", "nl"), ("version", &*version)]).await;
    assert_eq!((sent.status, sent.header("location")), (303, "/desk/me?done=me_details"), "{}", sent.text);
    let page = anna.get("/desk/me").await;
    assert!(page.text.contains("<html lang=\"nl\"") && page.text.contains("worden u niet gestuurd"), "{}", page.text);
    let stored = desk.world.get("gina.group", "/users/anna.vogt").await;
    assert_eq!((stored.text("/language"), &stored.body["notices"]), ("nl", &json!(false)));
    // The second browser of the same person has the former version: it overwrites nothing, and its form then has the current one.
    let stale = anna.send(form, &[("language", "en"), ("version", &*version)]).await;
    assert!(stale.status == 412 && stale.text.contains("role=\"alert\""), "{} {}", stale.status, stale.text);
    let version = stale.value("version").unwrap();
    assert_eq!(anna.send(form, &[("language", "en"), ("notices", "on"), ("version", &*version)]).await.status, 303);
    assert!(anna.get("/desk/me").await.text.contains("<html lang=\"en\""));
    assert_eq!(anna.send(form, &[("language", ""), ("version", &*version)]).await.status, 422);
}

/// ACC-4: a user of more dealers than one response of `GET /me` has sees the pages of all, also after a change of their own.
#[tokio::test]
async fn acc_4_the_last_dealer_of_a_large_group_has_pages() {
    let desk = Desk::new().await;
    for number in 0..60 {
        create_dealer(&desk.world, &format!("site-{number:02}")).await;
    }
    let mut gina = desk.signed_in("gina.group").await;
    let (last, form) = ("/desk/d/site-59/leads", "/desk/me/details");
    let page = gina.get(last).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let version = gina.get(form).await.value("version").unwrap();
    let sent = gina.send(form, &[("language", "nl"), ("notices", "on"), ("version", &version)]).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let page = gina.get(last).await;
    assert!(page.status == 200 && page.text.contains("<html lang=\"nl\""), "{} {}", page.status, page.text);
}
