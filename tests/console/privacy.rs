//! The privacy page of a contact, and the erasures, access files and legal holds of the group (PRV-2, PRV-4, PRV-5, PRV-6).

use super::things::{GROUP, OFFICE, SELLER};
use crate::support::archive::unpacked;
use crate::support::console::{Browser, Desk, Page, lacks, shows};
use crate::support::documents::uploaded;
use crate::support::world::{ADMIN, Request, World, enquiry};
use axum::body::{Bytes, to_bytes};
use chrono::TimeDelta;
use forecourt_domain::base::LeadId;
use http::{HeaderMap, Method};
use serde_json::json;

/// What only administrators of the group are offered.
const ORDERS: [&str; 4] = ["/access-file\"", "/hold\"", "/erasure\"", "/desk/group/privacy"];

/// Makes a lead of Jana Petersen, which the seller owns.
async fn lead_of_jana(world: &World) -> LeadId {
    let contact = json!({"first_name": "Jana", "last_name": "Petersen", "email": "jana@example.com", "phone": "0171 2345678"});
    let lead = world.lead(&json!({"type": "used_car", "source": "website", "contact": contact})).await;
    world.system.settle().await;
    let mine = world.post(ADMIN, &format!("/leads/{lead}/assignment"), &json!({"user": SELLER})).await;
    assert!(mine.status < 500, "{}", mine.body);
    lead
}

/// Lets the jobs work.
async fn minutes_pass(world: &World) {
    world.system.advance_to(world.system.clock.now() + TimeDelta::minutes(5)).await;
}

/// The privacy page of the main contact.
fn of(lead: LeadId) -> String {
    format!("/desk/leads/{lead}/privacy/000001")
}

/// Sends a form that is carried out. Returns the page to which it leads, without the note of what was done.
async fn done(browser: &mut Browser<'_>, form: &str, fields: &[(&str, &str)], name: &str) -> String {
    let sent = browser.send(form, fields).await;
    assert_eq!(sent.status, 303, "{form}: {}", sent.text);
    let to = sent.header("location").strip_suffix(&format!("?done={name}")).unwrap_or_else(|| panic!("{}", sent.header("location")));
    assert!(!to.to_lowercase().contains("jana") && !to.contains('@'), "{to}");
    to.to_owned()
}

/// Checks that a form was refused with a problem.
fn refused(page: &Page, status: u16, texts: &[&str]) {
    assert_eq!(page.status, status, "{} {}", page.address, page.text);
    for text in texts {
        assert!(page.text.contains(text), "{} lacks {text}: {}", page.address, page.text);
    }
}

/// PRV-6: a seller finds the page beside the contact, records what the customer declared, and sees it with its proof.
#[tokio::test]
async fn prv_6_a_declaration_is_recorded_on_the_screen_and_shown_with_its_proof() {
    let desk = Desk::new().await;
    let lead = lead_of_jana(&desk.world).await;
    let mut seller = desk.signed_in(SELLER).await;
    for tab in ["", "?tab=contacts"] {
        shows(&seller.get(&format!("/desk/leads/{lead}{tab}")).await, &[&format!("href=\"{}\"", of(lead))]);
    }
    let page = seller.get(&of(lead)).await;
    shows(&page, &["Datenschutz: Jana Petersen", "nicht bekannt", "kein Stopp", "Für diesen Lead besteht keine Löschsperre."]);
    lacks(&page, &ORDERS);
    assert_eq!(page.text.matches("nicht bekannt").count(), 8, "each channel and purpose: {}", page.text);
    let form = format!("{}/consent", of(lead));
    shows(&seller.get(&form).await, &["jana@example.com", "+491712345678", "Der Kunde stimmt zu"]);
    let typed = [("purpose", "advertising"), ("channel", "email"), ("source", "telephone"), ("at", "2026-11-20T15:30")];
    let with = |more: &[(&'static str, &'static str)]| typed.iter().copied().chain(more.iter().copied()).collect::<Vec<_>>();
    let without_text = seller.send(&form, &with(&[("status", "granted"), ("key", "k1")])).await;
    refused(&without_text, 422, &["id=\"form-text-error\"", "2026-11-20T15:30"]);
    let text = "Darf ich Ihnen Angebote mailen? Ja.";
    // A form that is sent twice is carried out once.
    for _ in 0..2 {
        let to = done(&mut seller, &form, &with(&[("status", "granted"), ("text", text), ("key", "k2")]), "privacy_consent").await;
        assert_eq!(to, of(lead));
    }
    let page = seller.get(&of(lead)).await;
    shows(&page, &["Werbung, E-Mail", "zugestimmt", text, "20. Nov.", "15:30", "Telefon", "Erfasst von Anna Vogt", "jana@example.com"]);
    assert_eq!(page.text.matches("nicht bekannt").count(), 7, "{}", page.text);
    let stored = desk.world.get(SELLER, &format!("/leads/{lead}/consents")).await;
    assert_eq!((stored.text("/consents/0/status"), stored.text("/consents/0/at")), ("granted", "2026-11-20T14:30:00Z"), "{}", stored.body);
    // After a refusal, the seller needs a document that proves the consent.
    let withdrawn = [("purpose", "advertising"), ("channel", "email"), ("source", "telephone"), ("status", "withdrawn"), ("key", "k3")];
    done(&mut seller, &form, &withdrawn, "privacy_consent").await;
    shows(&seller.get(&of(lead)).await, &["abgelehnt"]);
    let again =
        [("purpose", "advertising"), ("channel", "email"), ("source", "form"), ("status", "granted"), ("text", "Ja, bitte"), ("key", "k4")];
    let forbidden = seller.send(&form, &again).await;
    refused(&forbidden, 403, &["role=\"alert\"", "Ja, bitte"]);
    let proof = uploaded(&desk.world, lead, "Unterschrift", b"%PDF-1.7").await;
    shows(&seller.get(&form).await, &["Unterschrift"]);
    let proven: Vec<_> = again.iter().copied().chain([("document", &*proof)]).collect();
    done(&mut seller, &form, &proven, "privacy_consent").await;
    shows(&seller.get(&of(lead)).await, &["Ja, bitte", &format!("/desk/leads/{lead}/documents/{proof}"), "zugestimmt"]);
    assert_eq!(desk.shapes.faults(), Vec::<String>::new());
}

/// MSG-1: the page shows the stops of the contact, and the forms that stop messages and lift a stop lead back to it.
#[tokio::test]
async fn msg_1_the_privacy_page_shows_stops_and_lifts_them() {
    let desk = Desk::new().await;
    let lead = lead_of_jana(&desk.world).await;
    let mut seller = desk.signed_in(SELLER).await;
    let page = seller.get(&of(lead)).await;
    let stop = link(&page, "/stop?contact=000001");
    let fields = [("address", "+491712345678"), ("note", "am Telefon"), ("key", "k1"), ("back", &*of(lead))];
    assert_eq!(done(&mut seller, &stop, &fields, "stop").await, of(lead));
    let page = seller.get(&of(lead)).await;
    shows(&page, &["Keine SMS", "am Telefon", "Anna Vogt"]);
    let lift = link(&page, "/stops/");
    shows(&seller.get(&lift).await, &["+491712345678"]);
    let sent = seller.send(&lift, &[("key", "k2")]).await;
    assert_eq!((sent.status, sent.header("location")), (303, &*format!("{}?done=lift", of(lead))), "{}", sent.text);
    lacks(&seller.get(&of(lead)).await, &["Keine SMS"]);
}

/// Returns the first link of a page that has this part.
fn link(page: &Page, part: &str) -> String {
    let mut links = page.text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let found = links.find(|link| link.contains(part)).unwrap_or_else(|| panic!("no link with {part}: {}", page.text));
    found.replace("&amp;", "&")
}

/// ACC-1, PRV-2: who may not erase is offered nothing, and is refused if the address is typed. Strangers find no such contact.
#[tokio::test]
async fn acc_1_only_administrators_of_the_group_are_offered_erasures_files_and_holds() {
    let desk = Desk::new().await;
    let lead = lead_of_jana(&desk.world).await;
    let lists = ["", "/access-files", "/holds"].map(|list| format!("/desk/group/privacy{list}"));
    let forms = ["access-file", "hold", "erasure"].map(|form| format!("{}/{form}", of(lead)));
    let good = [("reason", "requested"), ("confirm", "yes"), ("holds", "lead"), ("key", "k")];
    for who in [SELLER, ADMIN, OFFICE] {
        let mut browser = desk.signed_in(who).await;
        let page = browser.get(&of(lead)).await;
        assert_eq!(page.status, 200, "{who}: {}", page.text);
        lacks(&page, &ORDERS);
        assert_eq!(page.text.contains("/consent\""), who != OFFICE, "{who}: {}", page.text);
        for address in lists.iter().chain(&forms) {
            assert_eq!(browser.get(address).await.status, 403, "{who} {address}");
        }
        for (form, reason) in forms.iter().zip(["", "other", "requested"]) {
            let fields: Vec<_> = good.into_iter().map(|(name, value)| (name, if name == "reason" { reason } else { value })).collect();
            refused(&browser.send(form, &fields).await, 403, &["role=\"alert\""]);
        }
    }
    assert_eq!(desk.signed_in(OFFICE).await.get(&format!("{}/consent", of(lead))).await.status, 403);
    let mut stranger = desk.signed_in("alice.moore").await;
    let mut group = desk.signed_in(GROUP).await;
    for form in forms.iter().chain([&of(lead), &format!("{}/consent", of(lead))]) {
        assert_eq!(stranger.get(form).await.status, 404, "{form}");
        assert_eq!(stranger.send(form, &good).await.status, 404, "{form}");
        assert_eq!(group.get(&form.replace("000001", "000009")).await.status, 404, "{form}");
    }
    for (list, empty) in lists.iter().zip(["No contact was erased yet", "No access file was ordered yet", "No legal hold was placed yet"]) {
        shows(&group.get(list).await, &[empty, "href=\"/desk/group/privacy\""]);
    }
    shows(&group.get(&of(lead)).await, &ORDERS);
    for list in ["/erasures", "/access-files", "/legal-holds"] {
        let orders = desk.world.get(GROUP, list).await;
        let all = orders.body.as_object().unwrap().values().find_map(|list| list.as_array()).unwrap();
        assert!(all.is_empty(), "nothing was ordered: {}", orders.body);
    }
}

/// PRV-2: the form says what happens and asks for a confirmation; the order is carried out, and the page shows its state and receipt.
#[tokio::test]
async fn prv_2_an_erasure_is_ordered_on_the_screen_and_shows_its_progress_and_receipt() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let lead = lead_of_jana(world).await;
    let visit = json!({"title": "Drive", "type": "booked_test_drive", "at": "2026-11-25T10:00:00+01:00"});
    assert_eq!(world.post(ADMIN, &format!("/leads/{lead}/events"), &visit).await.status, 201);
    let mut group = desk.signed_in(GROUP).await;
    let form = format!("{}/erasure", of(lead));
    let number = lead.spoken();
    let shown = group.get(&form).await;
    shows(&shown, &["Jana Petersen", "This cannot be undone.", "One lead of this contact", &number, "is closed", "class=\"danger\""]);
    shows(&shown, &["1 appointment of these leads is erased.", "1 of them is to come and is cancelled."]);
    lacks(&shown, &["0 documents"]);
    for (fields, field) in [(&[("reason", "requested"), ("key", "k1")], "confirm"), (&[("confirm", "yes"), ("key", "k1")], "reason")] {
        refused(&group.send(&form, fields).await, 422, &[&format!("id=\"form-{field}-error\""), "This cannot be undone."]);
    }
    assert!(world.page(lead).await.lead.erased.is_none());
    let fields = [("reason", "requested"), ("confirm", "yes"), ("key", "k2")];
    desk.asked();
    let order = done(&mut group, &form, &fields, "privacy_erase").await;
    let asked: Vec<String> = desk.asked().into_iter().filter(|asked| asked != "GET /me").collect();
    assert!(asked.len() <= 3, "{asked:?}");
    assert!(order.starts_with("/desk/group/privacy/erasures/"), "{order}");
    let running = group.get(&format!("{order}?done=privacy_erase")).await;
    shows(&running, &["The erasure was ordered.", "The contact is being erased.", "<progress", "data-live", "Gina Group", &number]);
    minutes_pass(world).await;
    let finished = group.get(&order).await;
    shows(&finished, &["The contact is erased:", "The person asked for it", "Appointments that were cancelled</dt><dd>1</dd>", &number]);
    lacks(&finished, &["Jana", "Petersen", "<progress"]);
    shows(&group.get("/desk/group/privacy").await, &[&format!("href=\"{order}\""), "Erased", &number]);
    let page = world.get(ADMIN, &format!("/leads/{lead}")).await;
    assert!(!page.text("/erased_at").is_empty() && !page.body.to_string().contains("Petersen"), "{}", page.body);
    // The same form again leads to the same order; another one is refused.
    assert_eq!(done(&mut group, &form, &fields, "privacy_erase").await, order);
    let other = [("reason", "unlawful"), ("confirm", "yes"), ("key", "k3")];
    refused(&group.send(&form, &other).await, 409, &["role=\"alert\"", "erased already"]);
    let privacy = group.get(&of(lead)).await;
    shows(&privacy, &["The contact of this lead was erased:"]);
    lacks(&privacy, &["/erasure\"", "/consent\"", "Petersen"]);
    assert_eq!(desk.shapes.faults(), Vec::<String>::new());
}

/// PRV-5: a hold on the contact is placed, shown to everybody who sees the lead, and forbids the erasure until it is lifted.
#[tokio::test]
async fn prv_5_a_legal_hold_refuses_an_erasure_on_the_screen_until_it_is_lifted() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let lead = lead_of_jana(world).await;
    let mut group = desk.speaking(GROUP, "de").await;
    let form = format!("{}/hold", of(lead));
    refused(&group.send(&form, &[("holds", ""), ("reason", ""), ("key", "k0")]).await, 422, &["form-holds-error", "form-reason-error"]);
    let to = done(&mut group, &form, &[("holds", "contact"), ("reason", "legal_claim"), ("key", "k1")], "privacy_hold").await;
    assert_eq!(to, of(lead));
    let stored = world.get(GROUP, "/legal-holds").await;
    assert_eq!((stored.text("/holds/0/holds"), stored.text("/holds/0/reason")), ("contact", "legal_claim"), "{}", stored.body);
    let page = group.get(&of(lead)).await;
    shows(&page, &["Es besteht eine Löschsperre: Rechtsanspruch.", "Gina Group"]);
    let lift = link(&page, "/lift?back=");
    let mut seller = desk.signed_in(SELLER).await;
    let seen = seller.get(&of(lead)).await;
    shows(&seen, &["Es besteht eine Löschsperre: Rechtsanspruch."]);
    lacks(&seen, &["/lift"]);
    assert_eq!(seller.get(&lift).await.status, 403);
    // The form says beforehand why it would be refused, and so does the refusal.
    let erase = format!("{}/erasure", of(lead));
    let why = format!("Die Löschsperre vom 2026-11-23 für {} besteht noch. Heben Sie sie zuerst auf.", lead.spoken());
    shows(&group.get(&erase).await, &["Dieser Kontakt kann zurzeit nicht gelöscht werden.", &why]);
    let fields = [("reason", "requested"), ("confirm", "yes"), ("key", "k2")];
    refused(&group.send(&erase, &fields).await, 409, &["role=\"alert\"", &why]);
    let list = group.get("/desk/group/privacy/holds").await;
    shows(&list, &["Rechtsanspruch", "Den Kontakt mit allen Leads", "Besteht", &lead.spoken()]);
    shows(&group.get(&lift).await, &[&format!("Leads: {}", lead.spoken())]);
    for _ in 0..2 {
        let sent = group.send(&lift, &[("key", "k3")]).await;
        assert_eq!((sent.status, sent.header("location")), (303, &*format!("{}?done=privacy_lift_hold", of(lead))), "{}", sent.text);
    }
    assert_eq!(group.get(&lift).await.status, 404, "there is nothing to lift");
    shows(&group.get("/desk/group/privacy/holds").await, &["Aufgehoben", "Gina Group"]);
    shows(&group.get(&of(lead)).await, &["Für diesen Lead besteht keine Löschsperre."]);
    done(&mut group, &erase, &fields, "privacy_erase").await;
    // A hold on the lead alone names no contact. The list has the latest first.
    minutes_pass(world).await;
    let other = world.lead(&enquiry("otto")).await;
    done(&mut group, &format!("{}/hold", of(other)), &[("holds", "lead"), ("reason", "authority"), ("key", "k4")], "privacy_hold").await;
    let stored = world.get(GROUP, "/legal-holds").await;
    assert_eq!((stored.text("/holds/0/holds"), stored.text("/holds/0/reason")), ("lead", "authority"), "{}", stored.body);
    assert_eq!(desk.shapes.faults(), Vec::<String>::new());
}

/// PRV-4: an access file is ordered, its page shows the progress, one click downloads it, and it can be deleted.
#[tokio::test]
async fn prv_4_an_access_file_is_ordered_downloaded_and_deleted_on_the_screen() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let lead = lead_of_jana(world).await;
    let mut group = desk.signed_in(GROUP).await;
    let form = format!("{}/access-file", of(lead));
    shows(&group.get(&form).await, &["everything that the group has about Jana Petersen"]);
    let file = done(&mut group, &form, &[("key", "k1")], "privacy_file").await;
    assert!(file.starts_with("/desk/group/privacy/access-files/"), "{file}");
    let download = format!("{file}/download");
    shows(&group.get(&file).await, &["The file is being written.", "<progress", "data-live", "/cancel\""]);
    lacks(&group.get(&file).await, &["/download\""]);
    assert_eq!(group.get(&download).await.status, 409);
    minutes_pass(world).await;
    let list = "/desk/group/privacy/access-files";
    for page in [&file, list] {
        shows(&group.get(page).await, &[&format!("href=\"{download}\""), &lead.spoken(), "Gina Group"]);
    }
    let link = group.get(&download).await;
    assert_eq!(link.status, 303, "{}", link.text);
    let path = link.header("location").strip_prefix("https://desk.example").unwrap();
    let zip = world.bucket.linked(&Method::GET, path, &HeaderMap::new(), &Bytes::new());
    assert_eq!(zip.status(), 200);
    let entries = unpacked(to_bytes(zip.into_body(), usize::MAX).await.unwrap().to_vec());
    let has_jana = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).contains("jana@example.com");
    assert!(entries.values().any(has_jana), "{:?}", entries.keys());
    shows(&group.get(&file).await, &[&format!("{} files in it", entries.len())]);
    shows(&group.get("/desk/group/access-log").await, &[&format!("/desk/leads/{lead}")]);
    let cancel = format!("{file}/cancel");
    shows(&group.get(&cancel).await, &["class=\"danger\""]);
    for _ in 0..2 {
        assert_eq!(done(&mut group, &cancel, &[("key", "k2")], "privacy_cancel_file").await, list);
    }
    for page in [&file, list] {
        let page = group.get(page).await;
        shows(&page, &["Deleted by an administrator"]);
        lacks(&page, &["/download\"", "/cancel\""]);
    }
    assert_eq!((group.get(&cancel).await.status, group.get(&download).await.status), (404, 410));
    assert_eq!(desk.shapes.faults(), Vec::<String>::new());
}

/// PRV-2, PRV-6: of a lead with several contacts, each has a page with its own addresses, and one is erased without the other.
#[tokio::test]
async fn prv_2_each_contact_of_a_lead_has_a_page_of_its_own() {
    let desk = Desk::new().await;
    let world = &desk.world;
    let lead = lead_of_jana(world).await;
    let tom = json!({"first_name": "Tom", "last_name": "Lindner", "emails": ["tom@example.com"]});
    let added = world.post(ADMIN, &format!("/leads/{lead}/contacts"), &tom).await;
    assert_eq!(added.status, 201, "{}", added.body);
    let mut group = desk.signed_in(GROUP).await;
    let first = group.get(&of(lead)).await;
    let second = link(&first, "/privacy/000002");
    let consent = [("purpose", "service"), ("channel", "email"), ("status", "withdrawn"), ("source", "letter"), ("key", "k1")];
    assert_eq!(done(&mut group, &format!("{second}/consent"), &consent, "privacy_consent").await, second);
    let page = group.get(&second).await;
    shows(&page, &["Privacy: Tom Lindner", "tom@example.com", "refused"]);
    lacks(&page, &["jana@example.com"]);
    lacks(&group.get(&of(lead)).await, &["tom@example.com", "refused"]);
    lacks(&group.get(&format!("{second}/consent")).await, &["jana@example.com"]);
    // Both have the number of the household: a declaration about it is recorded with either, and shown on both pages.
    let number = json!({"phones": [{"number": "0171 2345678"}]});
    let version = world.get(ADMIN, &format!("/leads/{lead}")).await.body["version"].as_u64().unwrap();
    let corrected = Request::patch(ADMIN, &format!("/leads/{lead}/contacts/000002")).json(&number).version(version);
    assert_eq!(world.call(corrected).await.status, 200);
    let by_phone = [("purpose", "service"), ("channel", "sms"), ("status", "withdrawn"), ("source", "telephone"), ("key", "k3")];
    done(&mut group, &format!("{second}/consent"), &by_phone, "privacy_consent").await;
    for page in [&second, &of(lead)] {
        shows(&group.get(page).await, &["+491712345678", "refused"]);
    }
    let form = format!("{second}/erasure");
    shows(&group.get(&form).await, &["Tom Lindner", "keeps another contact"]);
    done(&mut group, &form, &[("reason", "requested"), ("confirm", "yes"), ("key", "k2")], "privacy_erase").await;
    minutes_pass(world).await;
    let page = world.get(ADMIN, &format!("/leads/{lead}")).await;
    assert!(page.body.to_string().contains("jana@example.com") && !page.body.to_string().contains("Lindner"), "{}", page.body);
    shows(&group.get(&of(lead)).await, &["Privacy: Jana Petersen", "/erasure\""]);
}

/// PRV-5: a long list has pages.
#[tokio::test]
async fn prv_5_the_list_of_legal_holds_has_pages() {
    let desk = Desk::new().await;
    let lead = lead_of_jana(&desk.world).await;
    for _ in 0..26 {
        let placed = desk.world.post(GROUP, "/legal-holds", &json!({"lead": lead, "reason": "other"})).await;
        assert_eq!(placed.status, 201, "{}", placed.body);
    }
    let mut group = desk.signed_in(GROUP).await;
    let first = group.get("/desk/group/privacy/holds").await;
    let lifts = |page: &Page| page.text.matches("/lift\"").count();
    let next = link(&first, "?cursor=");
    let second = group.get(&format!("/desk/group/privacy/holds{next}")).await;
    assert_eq!((lifts(&first), lifts(&second)), (25, 1), "{}", second.text);
    lacks(&second, &["rel=\"next\""]);
}
