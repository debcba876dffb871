//! The links in what staff get: each opens its page of the console, with the sign-in in between.

use crate::support::console::{Desk, URL};
use crate::support::world::{ADMIN, PUBLIC_URL, Request, World, enquiry};
use serde_json::json;

/// Returns the links to the console in a mail.
fn links(text: &str) -> Vec<&str> {
    text.split_whitespace().filter(|word| word.starts_with(URL)).collect()
}

/// MSG-2: the journey of a seller from the mail to the lead, without a session and with one.
#[tokio::test]
async fn msg_2_the_link_in_a_sellers_notice_opens_the_lead_page_after_the_sign_in() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await;
    desk.world.system.settle().await;
    let mails = desk.world.system.mailbox.mails();
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    let [link] = links(&mail.text)[..] else { panic!("{}", mail.text) };
    assert!(!mail.text.contains(PUBLIC_URL), "{}", mail.text);
    let seller = mail.to.split('@').next().unwrap();
    let page = format!("/desk/leads/{lead}");
    let mut browser = desk.browser();
    let arrived = browser.sign_in(seller, link).await;
    assert_eq!((arrived.status, &arrived.address), (200, &page), "{}", arrived.text);
    assert!(arrived.text.contains("jana") && arrived.text.contains(&lead.spoken()), "{}", arrived.text);
    assert_eq!(browser.get(link).await.status, 200, "with a session, the page comes at once");
    // Mail programs add parameters.
    let arrived = desk.browser().sign_in(seller, &format!("{link}?utm_source=mail&tab=follow-up")).await;
    assert_eq!((arrived.status, arrived.address), (200, format!("{page}?utm_source=mail&tab=follow-up")), "{}", arrived.text);
}

/// ESC-3, MSG-2: a mail about several leads has a link for each.
#[tokio::test]
async fn msg_2_a_supervisors_mail_about_several_leads_has_a_link_to_each() {
    // On a Sunday, so that the notices of all leads are due at the same time.
    let desk = Desk::on(World::at("2026-11-22T12:00:00Z").await);
    let mut pages = Vec::new();
    for name in ["jana", "karl", "lena"] {
        let lead = desk.world.lead(&enquiry(name)).await;
        desk.world.post(ADMIN, &format!("/leads/{lead}/assignment"), &json!({"user": "anna.vogt"})).await;
        pages.push((format!("{URL}/desk/leads/{lead}"), name));
    }
    desk.world.advance_to("2026-11-24T15:00:00Z").await;
    let mails = desk.world.system.mailbox.mails();
    let mail = mails.iter().find(|mail| mail.to.starts_with("helga.stern@") && links(&mail.text).len() == pages.len());
    let mail = mail.unwrap_or_else(|| panic!("{:?}", desk.world.mails()));
    let mut helga = desk.signed_in("helga.stern").await;
    for (page, name) in pages {
        assert!(links(&mail.text).contains(&page.as_str()), "{page} is not in {}", mail.text);
        let shown = helga.get(&page).await;
        assert!(shown.status == 200 && shown.text.contains(name), "{} {}", shown.status, shown.text);
    }
}

/// ESC-4, CAL-4: a user who was given an event of another's lead can work it from the link in the reminder, and sees nothing else of the
/// lead.
#[tokio::test]
async fn esc_4_the_user_of_an_event_works_it_from_the_link_without_access_to_the_lead() {
    let desk = Desk::new().await;
    let world = &desk.world;
    world.settings(|s| s.resubmission_respects_hours = false).await;
    let lead = world.lead(&enquiry("jana")).await;
    assert_eq!(world.post("anna.vogt", &format!("/leads/{lead}/reactions"), &json!({"kind": "reply"})).await.status, 200);
    let call = json!({"title": "Call about the offer", "type": "phone_outbound", "at": "2026-11-24T10:00:00+01:00", "user": "ben.krause"});
    let made = world.post("anna.vogt", &format!("/leads/{lead}/events"), &call).await;
    assert_eq!(made.status, 201, "{}", made.body);
    world.advance_to("2026-11-24T09:30:00Z").await;
    let mails = world.system.mailbox.mails();
    let mail = mails.iter().find(|mail| mail.to.starts_with("ben.krause@")).unwrap_or_else(|| panic!("{:?}", world.mails()));
    let [link] = links(&mail.text)[..] else { panic!("{}", mail.text) };
    let page = format!("/desk/leads/{lead}/events/{}", made.text("/id"));
    let mut ben = desk.browser();
    let arrived = ben.sign_in("ben.krause", link).await;
    assert_eq!((arrived.status, &arrived.address), (200, &page), "{}", arrived.text);
    assert!(arrived.text.contains("Call about the offer") && arrived.text.contains("10:00"), "in the dealer's time: {}", arrived.text);
    assert!(!arrived.text.contains("jana"), "{}", arrived.text);
    assert!(arrived.text.contains("/event-complete") && !arrived.text.contains("/event-delete"), "{}", arrived.text);
    let form = ben.get(&format!("{page}/event-complete")).await;
    let sent = ben.send(&format!("{page}/event-complete"), &[("note", "He takes it"), ("key", &form.value("key").unwrap())]).await;
    assert_eq!((sent.status, sent.header("location")), (303, &*format!("{page}?done=event-complete")), "{}", sent.text);
    let done = ben.follow(sent).await;
    assert!(done.status == 200 && done.text.contains("He takes it"), "{} {}", done.status, done.text);
    assert_eq!(ben.get(&format!("/desk/leads/{lead}")).await.status, 404);
    assert_eq!(desk.signed_in("clara.henning").await.get(&page).await.status, 404, "she sees neither");
}

/// MSG-2: the mails about a webhook and about rights lead to the pages that they speak of.
#[tokio::test]
async fn msg_2_the_links_in_mails_to_admins_open_the_webhook_and_the_access_log() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let hook = json!({"url": "https://dms.example/hooks", "events": ["lead.created"]});
    let hook = world.post("gina.group", "/webhooks", &hook).await.text("/id").to_owned();
    world.system.mailbox.set_status("https://dms.example/hooks".into(), 410);
    world.lead(&enquiry("jana")).await;
    let user = json!({"name": "Nina Neu", "email": "nina@example.com", "language": "en", "role": "head_office", "dealers": []});
    assert_eq!(world.call(Request::put("gina.group", "/users/nina.neu").json(&user)).await.status, 201);
    world.advance_to("2026-11-23T10:00:00Z").await;
    let mails = world.system.mailbox.mails();
    for (kind, page) in [("webhook-", format!("/desk/group/webhooks/{hook}")), ("access-", "/desk/group/access-log".to_owned())] {
        let mail = mails.iter().find(|mail| mail.id.starts_with(kind)).unwrap_or_else(|| panic!("no {kind}: {:?}", world.mails()));
        let [link] = links(&mail.text)[..] else { panic!("{}", mail.text) };
        let arrived = desk.browser().sign_in("gina.group", link).await;
        assert_eq!((arrived.status, arrived.address), (200, page), "{}", arrived.text);
    }
}
