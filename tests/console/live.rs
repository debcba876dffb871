//! Pages that live: what a poll costs, what it brings, and that nothing typed is lost.

use crate::support::console::{Browser, Desk, Page};
use crate::support::world::{ADMIN, NORDSTERN, Request, dealer, enquiry};
use chrono::{TimeDelta, Utc};
use http::Method;
use serde_json::json;

const HOUR: i64 = 3_600;

/// Asks for a page as the script does. `tag` is that of the page that the browser has.
async fn poll(browser: &mut Browser<'_>, address: &str, tag: &str) -> Page {
    browser.request(Method::GET, address, &[("x-desk", "part"), ("if-none-match", tag)], "").await
}

/// Polls until the page is made no more. Returns its tag.
async fn settled(browser: &mut Browser<'_>, address: &str) -> String {
    let mut tag = String::new();
    for _ in 0..3 {
        let page = poll(browser, address, &tag).await;
        assert!(matches!(page.status, 200 | 304), "{address}: {} {}", page.status, page.text);
        tag = page.header("etag").to_owned();
    }
    tag
}

/// Returns the value of an input as a browser reads it.
fn value(page: &Page, name: &str) -> String {
    page.value(name).unwrap_or_else(|| panic!("no {name}: {}", page.text)).replace("&amp;", "&")
}

/// LEAD-1: an unchanged poll of a lead's page, and of a thing of it, costs one read unit and one call of the API.
#[tokio::test]
async fn lead_1_an_unchanged_poll_of_a_lead_costs_at_most_one_read_unit() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await;
    let comment = desk.world.post(ADMIN, &format!("/leads/{lead}/comments"), &json!({"text": "Asks for the plate"})).await;
    let comment = comment.text("/id").to_owned();
    desk.world.system.settle().await;
    let mut browser = desk.signed_in(ADMIN).await;
    for address in
        [format!("/desk/leads/{lead}"), format!("/desk/leads/{lead}?tab=follow-up"), format!("/desk/leads/{lead}/comments/{comment}")]
    {
        let tag = settled(&mut browser, &address).await;
        desk.asked();
        let before = desk.world.store.spent();
        let same = poll(&mut browser, &address, &tag).await;
        let spent = desk.world.store.spent().since(before);
        println!("unchanged poll of {address}: {spent:?}");
        assert_eq!((same.status, same.text.as_str(), same.header("etag")), (304, "", tag.as_str()), "{address}");
        assert_eq!(desk.asked(), [format!("GET /leads/{lead}")], "{address}");
        assert!(spent.read_units <= 1.0 && spent.write_units == 0.0, "{address}: {spent:?}");
        // A change of somebody else is in the answer to the next poll, and the page settles again.
        let made = desk.world.post(ADMIN, &format!("/leads/{lead}/comments"), &json!({"text": "Will come on Friday"})).await;
        assert_eq!(made.status, 201, "{}", made.body);
        assert_ne!(poll(&mut browser, &address, &tag).await.header("etag"), tag, "{address}");
        let tag = settled(&mut browser, &address).await;
        assert_eq!(poll(&mut browser, &address, &tag).await.status, 304);
    }
}

/// MSG-1: the delivery of a message changes without a change of its lead, so the messages are made anew after a minute. Other pages of the
/// lead are not.
#[tokio::test]
async fn msg_1_the_messages_of_a_lead_are_made_anew_each_minute() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await;
    desk.world.system.settle().await;
    let mut browser = desk.signed_in(ADMIN).await;
    let (messages, details) = (format!("/desk/leads/{lead}?tab=thread"), format!("/desk/leads/{lead}"));
    let (of_messages, of_details) = (settled(&mut browser, &messages).await, settled(&mut browser, &details).await);
    for (seconds, is_new) in [(30, false), (61, true)] {
        desk.world.system.advance_to(desk.world.system.clock.now() + TimeDelta::seconds(seconds)).await;
        desk.asked();
        let page = poll(&mut browser, &messages, &of_messages).await;
        // What is made anew has the age of the lead, too.
        assert_eq!(page.status, if is_new { 200 } else { 304 }, "{seconds}: {}", page.text);
        assert_eq!(desk.asked().contains(&format!("GET /leads/{lead}/communications")), is_new, "{seconds}");
        assert_eq!(poll(&mut browser, &details, &of_details).await.status, 304);
        assert_eq!(desk.asked(), [format!("GET /leads/{lead}")], "{seconds}");
    }
}

/// LEAD-8: an unchanged poll of a list costs one read unit and one call of the API, however many leads it has.
#[tokio::test]
async fn lead_8_an_unchanged_poll_of_a_list_costs_at_most_one_read_unit() {
    let desk = Desk::new().await;
    for i in 0..40 {
        desk.world.lead(&enquiry(&format!("n{i:02}"))).await;
    }
    let lead = desk.world.lead(&enquiry("jana")).await;
    desk.world.system.settle().await;
    let mut browser = desk.signed_in(ADMIN).await;
    // Somebody has shown a list for two minutes, so that every process knows of it.
    desk.world.store.pulse(&desk.world.scope(), &dealer(NORDSTERN), Utc::now() - TimeDelta::minutes(2)).await.unwrap();
    for page in ["today", "leads", "board", "tasks", "leads?status=in_progress&overdue=true"] {
        let address = format!("/desk/d/{NORDSTERN}/{page}");
        let tag = settled(&mut browser, &address).await;
        desk.asked();
        let before = desk.world.store.spent();
        let same = poll(&mut browser, &address, &tag).await;
        let spent = desk.world.store.spent().since(before);
        println!("unchanged poll of {address}: {spent:?}");
        assert_eq!((same.status, same.text.as_str(), same.header("etag")), (304, "", tag.as_str()), "{address}");
        assert_eq!(desk.asked(), [format!("GET /dealers/{NORDSTERN}/changes")], "{address}");
        assert!(spent.read_units <= 1.0 && spent.write_units == 0.0, "{address}: {spent:?}");
        // A change of any lead of the dealer makes the page anew.
        let made = desk.world.post(ADMIN, &format!("/leads/{lead}/comments"), &json!({"text": "Will come on Friday"})).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let changed = poll(&mut browser, &address, &tag).await;
        assert_ne!(changed.header("etag"), tag, "{address}");
        let tag = settled(&mut browser, &address).await;
        assert_eq!(poll(&mut browser, &address, &tag).await.status, 304, "{address}");
    }
    let address = format!("/desk/d/{NORDSTERN}/leads");
    let tag = settled(&mut browser, &address).await;
    let newest = desk.world.lead(&enquiry("newcomer")).await;
    let changed = poll(&mut browser, &address, &tag).await;
    assert!(changed.status == 200 && changed.text.contains(&format!("lead-{newest}")), "{} {}", changed.status, changed.text);
}

/// LEAD-8: a change costs a write only while somebody shows a list of its dealer, and a reader gets no mark before every process knows
/// that.
#[tokio::test]
async fn lead_8_a_change_costs_one_write_unit_more_while_a_list_is_shown() {
    let desk = Desk::new().await;
    let (world, store) = (&desk.world, &desk.world.store);
    let lead = world.lead(&enquiry("jana")).await;
    let written = async |text: &str| {
        let before = store.spent();
        let made = world.post(ADMIN, &format!("/leads/{lead}/comments"), &json!({"text": text})).await;
        assert_eq!(made.status, 201, "{}", made.body);
        store.spent().since(before).write_units
    };
    let unseen = written("first").await;
    let (scope, dealer, now) = (world.scope(), dealer(NORDSTERN), Utc::now());
    assert_eq!(store.pulse(&scope, &dealer, now).await.unwrap(), None);
    assert_eq!(store.pulse(&scope, &dealer, now + TimeDelta::seconds(60)).await.unwrap(), None);
    assert_eq!(written("other").await, unseen + 1.0);
    let first = store.pulse(&scope, &dealer, now + TimeDelta::seconds(100)).await.unwrap();
    assert!(first.is_some());
    assert_eq!(store.pulse(&scope, &dealer, now + TimeDelta::seconds(110)).await.unwrap(), first);
    written("third").await;
    assert_ne!(store.pulse(&scope, &dealer, now + TimeDelta::seconds(120)).await.unwrap(), first);
    // After a break, the announcement begins again.
    assert_eq!(store.pulse(&scope, &dealer, now + TimeDelta::hours(1)).await.unwrap(), None);
}

/// LEAD-8: a list is made anew after a quarter of an hour even if its mark is the same: people, rights and the date change too, and a mark
/// that could not be written is missed.
#[tokio::test]
async fn lead_8_a_list_is_made_anew_after_a_quarter_of_an_hour() {
    let desk = Desk::new().await;
    let mut browser = desk.signed_in(ADMIN).await;
    desk.world.store.pulse(&desk.world.scope(), &dealer(NORDSTERN), Utc::now() - TimeDelta::minutes(2)).await.unwrap();
    let address = format!("/desk/d/{NORDSTERN}/leads");
    let mut tag = settled(&mut browser, &address).await;
    let changes = [format!("GET /dealers/{NORDSTERN}/changes")];
    for (time, is_made_anew) in [("2026-11-23T09:14:00Z", false), ("2026-11-23T09:16:00Z", true), ("2026-11-23T09:30:00Z", false)] {
        desk.world.advance_to(time).await;
        desk.asked();
        tag = poll(&mut browser, &address, &tag).await.header("etag").to_owned();
        assert_eq!(desk.asked() != changes, is_made_anew, "{time}");
    }
    // An age that no page can have costs a new page, and nothing else.
    for made in [i64::MIN, i64::MAX] {
        let (_, rest) = tag.split_once('.').unwrap();
        assert!(matches!(poll(&mut browser, &address, &format!("\"{made}.{rest}")).await.status, 200 | 304), "{made}");
    }
}

/// LEAD-1: what a poll brings is the page as it is now.
#[tokio::test]
async fn lead_1_a_poll_shows_the_change_of_somebody_else() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await;
    let mut browser = desk.signed_in(ADMIN).await;
    let address = format!("/desk/leads/{lead}");
    let tag = settled(&mut browser, &address).await;
    let made = desk.world.post(ADMIN, &format!("/leads/{lead}/comments"), &json!({"text": "Will come on Friday"})).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let changed = poll(&mut browser, &address, &tag).await;
    assert!(changed.status == 200 && changed.text.contains("Will come on Friday"), "{} {}", changed.status, changed.text);
}

/// ACC-1: a poll answers nobody whose session has ended.
#[tokio::test]
async fn acc_1_a_poll_of_an_ended_session_is_refused() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await;
    let (mut browser, mut other) = (desk.signed_in(ADMIN).await, desk.signed_in(ADMIN).await);
    let address = format!("/desk/leads/{lead}");
    let tag = settled(&mut browser, &address).await;
    assert_eq!(poll(&mut browser, &address, &tag).await.status, 304);
    other.send("/desk/sign-out", &[("everywhere", "1")]).await;
    let refused = poll(&mut browser, &address, &tag).await;
    assert_eq!((refused.status, refused.text.as_str()), (401, ""));
}

/// SET-10: a form whose object somebody else changed shows both versions, and the user chooses for each field.
#[tokio::test]
async fn set_10_a_form_of_an_older_version_offers_both_versions_of_each_field() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await;
    let tasks = format!("/leads/{lead}/tasks");
    let task = json!({"title": "Send the brochure", "start": "2026-11-25T09:00:00Z", "minutes": 30});
    let task = desk.world.post(ADMIN, &tasks, &task).await.text("/id").to_owned();
    let (path, form) = (format!("{tasks}/{task}"), format!("/desk/leads/{lead}/tasks/{task}/task-change"));
    let mut browser = desk.signed_in(ADMIN).await;
    for (pick, title) in [("mine", "Send the price list"), ("theirs", "Print the brochure")] {
        let reset = json!({"title": "Send the brochure", "minutes": 30});
        let reset = desk.world.call(Request::patch(ADMIN, &path).json(&reset)).await;
        assert_eq!(reset.status, 200, "{}", reset.body);
        let shown = browser.get(&form).await;
        let (start, version, was) = (value(&shown, "start"), value(&shown, "version"), value(&shown, "was"));
        let theirs = json!({"title": "Print the brochure", "minutes": 45});
        let changed = desk.world.call(Request::patch("anna.vogt", &path).json(&theirs)).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        let mine = |version: &str, was: &str, minutes: &str| {
            let own = [("title", "Send the price list"), ("start", &*start), ("minutes", minutes), ("version", version), ("was", was)];
            own.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
        };
        let sent = mine(&version, &was, "30");
        let refused = browser.send(&form, &sent.iter().map(|(name, value)| (&**name, &**value)).collect::<Vec<_>>()).await;
        assert_eq!(refused.status, 412, "{}", refused.text);
        for text in ["Send the brochure", "Send the price list", "Print the brochure", "name=\"pick.title\"", "Anna Vogt"] {
            assert!(refused.text.contains(text), "{text}: {}", refused.text);
        }
        // Nobody typed other minutes: those of the others are in the form.
        assert_eq!((value(&refused, "title").as_str(), value(&refused, "minutes").as_str()), ("Send the price list", "45"));
        assert!(!refused.text.contains("pick.minutes"), "{}", refused.text);
        let mut sent = mine(&value(&refused, "version"), &value(&refused, "was"), "45");
        sent.push(("pick.title".to_owned(), pick.to_owned()));
        let done = browser.send(&form, &sent.iter().map(|(name, value)| (&**name, &**value)).collect::<Vec<_>>()).await;
        assert_eq!(done.status, 303, "{pick}: {}", done.text);
        let stored = desk.world.get(ADMIN, &path).await;
        assert_eq!((stored.text("/title"), stored.body["minutes"].as_u64()), (title, Some(45)), "{pick}: {}", stored.body);
    }
}

/// SET-10: a form that comes back with a problem keeps its version, so that the change that somebody made in the meantime is not lost.
#[tokio::test]
async fn set_10_a_corrected_form_overwrites_no_change_of_the_meantime() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await;
    let comments = format!("/leads/{lead}/comments");
    let made = desk.world.post(ADMIN, &comments, &json!({"text": "First"})).await;
    let (comment, first) = (made.text("/id").to_owned(), made.body["version"].as_u64().unwrap());
    let form = format!("/desk/leads/{lead}/comments/{comment}/comment-change");
    let mut browser = desk.signed_in(ADMIN).await;
    let shown = browser.get(&form).await;
    let (version, was) = (value(&shown, "version"), value(&shown, "was"));
    let path = format!("{comments}/{comment}");
    let changed = desk.world.call(Request::patch(ADMIN, &path).json(&json!({"text": "Second"})).version(first)).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let empty = browser.send(&form, &[("text", ""), ("version", &version), ("was", &was)]).await;
    assert_eq!(empty.status, 422, "{}", empty.text);
    let (version, was) = (value(&empty, "version"), value(&empty, "was"));
    let refused = browser.send(&form, &[("text", "Third"), ("version", &version), ("was", &was)]).await;
    assert_eq!(refused.status, 412, "{}", refused.text);
    assert_eq!(desk.world.get(ADMIN, &path).await.text("/text"), "Second");
}

/// A form that is sent after the session has ended comes back with what was typed, and is carried out once after the sign-in.
#[tokio::test]
async fn what_is_typed_outlives_the_session() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await;
    let mut browser = desk.signed_in(ADMIN).await;
    let form = format!("/desk/leads/{lead}/comment");
    let shown = browser.get(&form).await;
    let key = value(&shown, "key");
    desk.wait(13 * HOUR);
    let ended = browser.send(&form, &[("text", "Called, will come <on> Friday"), ("key", &key)]).await;
    assert_eq!(ended.status, 401, "{}", ended.text);
    assert!(
        ended.text.contains("Called, will come &lt;on&gt; Friday") && ended.text.contains(&format!("action=\"{form}\"")),
        "{}",
        ended.text
    );
    assert_eq!(value(&ended, "key"), key);
    // The script keeps what was typed, so it needs no page.
    let headers = [("x-desk", "part"), ("sec-fetch-site", "same-origin"), ("content-type", "application/x-www-form-urlencoded")];
    let part = browser.request(Method::POST, &form, &headers, "text=typed").await;
    assert_eq!((part.status, part.text.as_str()), (401, ""));
    browser.sign_in(ADMIN, "/desk/").await;
    for _ in 0..2 {
        let sent = browser.send(&form, &[("text", "Called, will come <on> Friday"), ("key", &key)]).await;
        assert_eq!(sent.status, 303, "{}", sent.text);
    }
    let comments = desk.world.get(ADMIN, &format!("/leads/{lead}/comments")).await;
    assert_eq!(comments.body["elements"].as_array().map(Vec::len), Some(1), "{}", comments.body);
}
