//! Lists: actions of a row without opening its lead, the way from a lead to the next, adding from anywhere, fields edited where they stand.

use crate::support::console::{Desk, Page};
use crate::support::world::{ADMIN, NORDSTERN, enquiry};
use serde_json::json;

/// The text of a page, with the characters that templates escape.
fn plain(page: &Page) -> String {
    assert_eq!(page.status, 200, "{}: {}", page.address, page.text);
    page.text.replace("&#x2f;", "/").replace("&amp;", "&")
}

/// The addresses of the leads of a list, each lead once.
fn opened(text: &str) -> Vec<(String, String)> {
    let mut leads: Vec<(String, String)> = Vec::new();
    for link in text.split("<a class=\"open").skip(1) {
        let address = link.split_once("href=\"").unwrap().1.split_once('"').unwrap().0;
        let id = address.strip_prefix("/desk/leads/").unwrap().split_once('?').unwrap().0;
        if leads.iter().all(|(known, _)| known != id) {
            leads.push((id.to_owned(), address.to_owned()));
        }
    }
    leads
}

/// The lead to which the link `rel` leads.
fn neighbour(text: &str, rel: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("rel=\"{rel}\" href=\"/desk/leads/"))?;
    Some(rest.split_once('?').unwrap().0.to_owned())
}

#[tokio::test]
async fn a_lead_leads_to_the_next_and_the_previous_one_of_each_list_and_back_to_its_place() {
    let desk = Desk::new().await;
    for name in ["anna", "bert", "cora"] {
        desk.world.lead(&enquiry(name)).await;
    }
    let mut browser = desk.signed_in(ADMIN).await;
    for list in ["leads", "board", "today", "tasks"] {
        let rows = plain(&browser.get(&format!("/desk/d/{NORDSTERN}/{list}")).await);
        let leads = opened(&rows);
        assert_eq!(leads.len(), 3, "{list}");
        for (place, (id, address)) in leads.iter().enumerate() {
            let lead = plain(&browser.get(address).await);
            let around = |at: Option<usize>| at.and_then(|at| leads.get(at)).map(|(id, _)| id.clone());
            assert_eq!(neighbour(&lead, "prev"), around(place.checked_sub(1)), "{list} {place}");
            assert_eq!(neighbour(&lead, "next"), around(Some(place + 1)), "{list} {place}");
            assert!(lead.contains(&format!("#lead-{id}\"")) && rows.contains(&format!("id=\"lead-{id}\"")), "{list}");
        }
    }
}

/// A lead that is done leaves its place in a list by what is due. The next one is then the lead at that place.
#[tokio::test]
async fn the_next_lead_after_one_that_is_done_is_the_one_at_its_place() {
    let desk = Desk::new().await;
    for name in ["anna", "bert", "cora"] {
        desk.world.lead(&enquiry(name)).await;
    }
    let mut browser = desk.signed_in(ADMIN).await;
    let leads = opened(&plain(&browser.get(&format!("/desk/d/{NORDSTERN}/today")).await));
    let (id, address) = &leads[0];
    let answered = desk.world.post(ADMIN, &format!("/leads/{id}/reactions"), &json!({"kind": "reply"})).await;
    assert!(answered.status < 300, "{}", answered.body);
    let after = opened(&plain(&browser.get(&format!("/desk/d/{NORDSTERN}/today")).await));
    assert_eq!(after.last().unwrap().0, *id, "nothing is due");
    let lead = plain(&browser.get(address).await);
    assert_eq!((neighbour(&lead, "next"), neighbour(&lead, "prev")), (Some(leads[1].0.clone()), None));
}

#[tokio::test]
async fn a_row_offers_to_call_write_postpone_and_assign() {
    let desk = Desk::new().await;
    let mut sent = enquiry("anna");
    sent["contact"]["phone"] = json!("0171 2345678");
    let id = desk.world.lead(&sent).await;
    let call = json!({"title": "Call her", "type": "phone_outbound", "at": "2026-11-24T10:00:00+01:00"});
    let event = desk.world.post(ADMIN, &format!("/leads/{id}/events"), &call).await.text("/id").to_owned();
    let mut browser = desk.signed_in(ADMIN).await;
    for list in ["leads", "board", "today", "tasks"] {
        let rows = plain(&browser.get(&format!("/desk/d/{NORDSTERN}/{list}")).await);
        for link in ["tel:+491712345678", "https://wa.me/491712345678", "mailto:anna@example.com", &format!("/leads/{id}/assignment?back=")]
        {
            assert!(
                rows.contains(&format!("href=\"{link}")) || rows.contains(&format!("href=\"/desk{link}")),
                "{list} lacks {link}: {rows}"
            );
        }
        let postponed = format!("/desk/leads/{id}/events/{event}/event-move?at=2026-11-25T10%3A00&back=");
        assert!(list == "tasks" || rows.contains(&postponed), "{list}: {rows}");
    }
    let form = browser.get(&format!("/desk/leads/{id}/events/{event}/event-move?at=2026-11-25T10%3A00")).await;
    assert_eq!(form.value("at").as_deref(), Some("2026-11-25T10:00"), "the day after");
}

/// CAL-2, DESK-3: each lead has its own result, in the reader's language.
#[tokio::test]
async fn cal_2_a_lead_for_which_no_event_was_planned_is_named_with_the_reason() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("anna")).await.to_string();
    let given = desk.world.post(ADMIN, &format!("/leads/{lead}/assignment"), &json!({"user": "clara.henning"})).await;
    assert_eq!(given.status, 200, "{}", given.body);
    let mut ben = desk.signed_in("ben.krause").await;
    let fields = [("leads", &*lead), ("event.title", "Call"), ("event.type", "phone_outbound"), ("event.at", "2026-11-25"), ("key", "k1")];
    let result = ben.send(&format!("/desk/d/{NORDSTERN}/leads/plan"), &fields).await;
    assert_eq!(result.status, 200, "{}", result.text);
    assert!(plain(&result).contains("Diesen Lead gibt es nicht, oder Sie dürfen ihn nicht sehen."), "{}", result.text);
}

#[tokio::test]
async fn a_lead_is_added_from_anywhere() {
    let desk = Desk::new().await;
    let mut browser = desk.signed_in(ADMIN).await;
    let here = plain(&browser.get(&format!("/desk/d/{NORDSTERN}/tasks")).await);
    assert!(here.contains("data-shortcut=\"n\"") && here.contains("data-shortcut=\"?\""), "{here}");
    let offered = plain(&browser.get(&format!("/desk/d/{NORDSTERN}/new")).await);
    for what in ["new/lead", "new/task", "calendar/plan", "appointments/new"] {
        assert!(offered.contains(&format!("href=\"/desk/d/{NORDSTERN}/{what}")), "{what}: {offered}");
    }
    let form = format!("/desk/d/{NORDSTERN}/new/lead");
    let nobody = browser.send(&form, &[("contact.last_name", "Petersen"), ("type", "used_car"), ("key", "k1")]).await;
    assert_eq!(nobody.status, 422, "{}", nobody.text);
    assert!(nobody.text.contains("id=\"form-contact-first_name-error\"") && nobody.text.contains("Petersen"), "{}", nobody.text);
    let typed = [
        ("contact.last_name", "Petersen"),
        ("contact.phone", "0171 2345678"),
        ("type", "used_car"),
        ("vehicle.make", "Opel"),
        ("key", "k2"),
    ];
    let added = browser.send(&form, &typed).await;
    assert_eq!(added.status, 303, "{}", added.text);
    let to = added.header("location").to_owned();
    assert!(to.starts_with("/desk/leads/") && to.ends_with("?done=quick_lead"), "{to}");
    assert!(plain(&browser.get(&to).await).contains("Petersen"));
    let keys = plain(&browser.get("/desk/keys").await);
    assert_eq!(keys.matches("<kbd>g</kbd>").count(), 8, "a key for each screen: {keys}");
}

/// LEAD-7: a form of one field changes that field alone.
#[tokio::test]
async fn lead_7_a_field_is_edited_where_it_stands() {
    let desk = Desk::new().await;
    let id = desk.world.lead(&enquiry("petersen")).await;
    let mut browser = desk.signed_in(ADMIN).await;
    let contact = format!("/desk/leads/{id}/contacts/000001");
    let lead = plain(&browser.get(&format!("/desk/leads/{id}")).await);
    for field in ["contact-name", "contact-phones", "contact-emails"] {
        assert!(lead.contains(&format!("href=\"{contact}/{field}?back=")), "{field}: {lead}");
    }
    for (field, typed) in [
        ("contact-name", ("first_name", "Jana")),
        ("contact-phones", ("phones.0.number", "0171 2345678")),
        ("contact-address", ("city", "Hannover")),
        ("contact-wishes", ("language", "nl")),
    ] {
        let form = format!("{contact}/{field}");
        let shown = browser.get(&form).await;
        let mut fields = vec![("key", shown.value("key").unwrap()), ("version", shown.value("version").unwrap())];
        // A browser sends what the form shows.
        fields.extend(if field == "contact-name" { Some(("last_name", shown.value("last_name").unwrap())) } else { None });
        fields.push((typed.0, typed.1.to_owned()));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let sent = browser.send(&form, &fields).await;
        assert_eq!(sent.status, 303, "{field}: {}", sent.text);
    }
    let shown = &desk.world.get(ADMIN, &format!("/leads/{id}")).await.body["contacts"][0];
    let person = ["first_name", "last_name", "city", "language"].map(|name| shown[name].as_str().unwrap());
    assert_eq!(person, ["Jana", "petersen", "Hannover", "nl"]);
    assert_eq!((&shown["emails"][0], &shown["phones"][0]["e164"]), (&json!("petersen@example.com"), &json!("+491712345678")));
}
