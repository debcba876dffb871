//! Texts of people who attack the readers: whatever is stored or typed, each page has only the elements and links of its template.

use super::things::{GROUP, OFFICE, SELLER, Things};
use crate::support::console::{Browser, Desk, Page};
use crate::support::world::{ADMIN, NORDSTERN, PUBLIC_URL, Request, World};
use forecourt_console::addresses;
use http::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Texts that end an attribute or a comment, begin an element, are a template, or run if they become a link.
const ATTACKS: [&str; 6] = [
    "\"'><img src=x onerror=alert(1)>",
    "javascript:alert(1)//",
    "{{191*191}}{% raw %}",
    "--></title></textarea></script><svg/onload=alert(1)>",
    "data:text/html,<script>alert(1)</script>",
    "' autofocus onfocus='alert(1)",
];
/// What the template engine would make of one of them.
const CALCULATED: &str = "36481";
/// Marks that turn the direction of the text after them. The API removes them.
const TURNING: [char; 3] = ['\u{202E}', '\u{2066}', '\u{200F}'];
/// The beginnings of the links that templates write.
const LINKS: [&str; 9] = ["/desk/", "/reference/", "#", "?", "mailto:", "tel:", "sms:", "https://wa.me/", "webcal://"];

/// An element with its attributes.
#[derive(Debug)]
struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

/// Reads the start tags of a page as a browser does: attributes with and without quotation marks.
fn tags(page: &str) -> Vec<Tag> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once('<') {
        rest = after;
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '/' | '>')).unwrap_or(rest.len());
        let mut tag = Tag { name: rest[..end].to_ascii_lowercase(), attributes: Vec::new() };
        rest = &rest[end..];
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
            if rest.is_empty() || rest.starts_with('>') {
                break;
            }
            let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '/' | '>' | '=')).unwrap_or(rest.len()).max(1);
            let name = rest[..end].to_ascii_lowercase();
            rest = rest[end..].trim_start();
            let mut value = "";
            if let Some(after) = rest.strip_prefix('=') {
                rest = after.trim_start();
                let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
                (value, rest) = match quote {
                    Some(quote) => rest[1..].split_once(quote).unwrap_or((&rest[1..], "")),
                    None => rest.split_at(rest.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(rest.len())),
                };
            }
            tag.attributes.push((name, value.to_owned()));
        }
        found.push(tag);
    }
    found
}

#[test]
fn the_reader_of_tags_sees_what_a_browser_sees() {
    let links = "<p>a < b</p><img src=x onerror=alert(1)><a href=\"/desk/?a=1&gt;\" title='x>y'>&lt;b&gt;";
    let read = tags(&format!("{links}<svg/onload=a()><br/><input value=\"\"autofocus>"));
    let names: Vec<&str> = read.iter().map(|tag| tag.name.as_str()).collect();
    assert_eq!(names, ["p", "img", "a", "svg", "br", "input"]);
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(read[1].attributes, [pair("src", "x"), pair("onerror", "alert(1)")]);
    assert_eq!(read[2].attributes, [pair("href", "/desk/?a=1&gt;"), pair("title", "x>y")]);
    assert_eq!(read[3].attributes, [pair("onload", "a()")]);
    assert_eq!(read[5].attributes, [pair("value", ""), pair("autofocus", "")]);
}

/// Returns the value of an attribute without its entities.
fn unescaped(value: &str) -> String {
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#39;", "'"), ("&#x2f;", "/"), ("&amp;", "&")];
    entities.iter().fold(value.to_owned(), |text, (entity, character)| text.replace(entity, character))
}

/// Checks that a page has no element and no link that its template does not write.
fn check(page: &Page) {
    let at = &page.address;
    // A browser saves a file, and does not show it.
    if page.is_file() {
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{at}");
        return;
    }
    for tag in tags(&page.text) {
        let Tag { name, attributes } = &tag;
        // A mail is shown in a frame without any right. Its content meets the same demands, except for its own style sheet.
        if name == "iframe" {
            let of = |wanted: &str| attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
            assert_eq!(of("sandbox"), Some(""), "{at}: {tag:?}");
            let text = unescaped(of("srcdoc").unwrap_or_default());
            check(&Page { address: format!("{at} in its frame"), text, ..page.clone() });
            continue;
        }
        assert!(!["object", "embed", "base", "style", "frame", "applet"].contains(&name.as_str()), "{at}: {tag:?}");
        for (attribute, value) in attributes {
            let runs =
                attribute.starts_with("on") || ["style", "srcdoc", "formaction", "http-equiv", "background"].contains(&attribute.as_str());
            assert!(!runs, "{at}: {tag:?}");
            assert!(attribute.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'), "{at}: {tag:?}");
            match (name.as_str(), attribute.as_str()) {
                ("script" | "img" | "link", "src" | "href") => assert!(value.starts_with("/desk/assets/"), "{at}: {tag:?}"),
                (_, "href" | "src" | "action" | "cite" | "data-move") => {
                    let is_ours = value == "/desk" || LINKS.iter().any(|link| value.starts_with(link)) || value.starts_with(PUBLIC_URL);
                    assert!(is_ours && !value.starts_with("//"), "{at}: {tag:?}");
                }
                _ => {}
            }
        }
        assert!(name != "script" || attributes.iter().any(|(attribute, _)| attribute == "src"), "{at}: a script in the page");
    }
    assert!(!page.text.contains(CALCULATED), "{at}: a stored text is a template");
    // The input as its sender wrote it is shown as it is.
    if !at.ends_with("/raw") {
        assert!(!page.text.contains(TURNING), "{at}: a stored text turns the text after it");
    }
}

/// Changes a part of the settings of the dealer.
async fn change(world: &World, who: &str, part: &str, set: impl FnOnce(&mut Value)) {
    let path = format!("/dealers/{NORDSTERN}/{part}");
    let mut present = world.get(who, &path).await.body;
    let version = present["version"].as_u64().unwrap();
    set(&mut present["settings"]);
    let saved = world.call(Request::put(who, &path).json(&present["settings"]).version(version)).await;
    assert_eq!(saved.status, 200, "{part}: {}", saved.body);
}

/// Stores the attack wherever the API takes a text that no other test fills: settings, people, views, webhooks, and a lead of its own.
async fn store(world: &World, attack: &str, number: usize) -> String {
    let turned = format!("{attack}\u{202E}\u{200F}");
    change(world, ADMIN, "holidays", |settings| {
        let day = json!({"from": format!("2026-12-{:02}", 10 + number), "kind": "company_holiday", "name": attack});
        settings["days_off"].as_array_mut().unwrap().push(day);
    })
    .await;
    change(world, ADMIN, "settings", |settings| settings["name"] = json!(attack)).await;
    let mut person = world.get(GROUP, &format!("/users/{SELLER}")).await.body;
    let version = person["version"].as_u64().unwrap();
    let fields = person.as_object_mut().unwrap();
    fields.retain(|name, _| ["email", "language", "role", "rights", "dealers", "notices"].contains(&name.as_str()));
    fields.insert("name".to_owned(), json!(attack));
    let saved = world.call(Request::put(GROUP, &format!("/users/{SELLER}")).json(&person).version(version)).await;
    assert_eq!(saved.status, 200, "{}", saved.body);
    let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("source", attack).finish();
    let view = json!({"name": attack, "screen": "leads", "query": query, "pinned": true, "dealer": NORDSTERN});
    let saved = world.call(Request::put(GROUP, &format!("/me/views/attack-{number}")).json(&view)).await;
    assert_eq!(saved.status, 201, "{}", saved.body);
    let hook = json!({"url": format!("https://dms.example/hooks?{query}"), "events": ["lead.created"]});
    let made = world.post(GROUP, "/webhooks", &hook).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let vehicle = json!({"make": turned, "model": turned, "trim": turned, "colour": turned, "plate": turned, "remarks": turned});
    let enquiry = json!({
        "type": "used_car", "source": turned, "external_id": format!("{number}{attack}"), "message": turned,
        "vehicle": vehicle, "trade_in": vehicle,
        "contact": {"first_name": turned, "last_name": turned, "company": turned, "street": turned, "city": turned,
            "email": format!("attack{number}@example.com"), "phone": format!("0171 234567{number} {turned}")},
    });
    let lead = world.lead(&enquiry).await.to_string();
    let mine = world.post(ADMIN, &format!("/leads/{lead}/assignment"), &json!({"user": SELLER, "note": turned})).await;
    assert!(mine.status < 500, "{}", mine.body);
    let event = json!({"title": turned, "type": "phone_outbound", "at": "2026-11-23T11:00:00+01:00", "notes": turned});
    for (part, body) in [
        ("events", event),
        ("tasks", json!({"title": turned, "start": "2026-11-23T12:00:00+01:00", "minutes": 30})),
        ("deadlines", json!({"title": turned, "at": "2026-11-23T15:00:00+01:00"})),
        ("comments", json!({"text": turned})),
        ("communications", json!({"medium": "call", "reached": true, "note": turned})),
    ] {
        let made = world.post(ADMIN, &format!("/leads/{lead}/{part}"), &body).await;
        assert!(matches!(made.status, 201 | 202), "{part}: {}", made.body);
    }
    lead
}

/// Visits an address as the person who sees it.
async fn visit(browsers: &mut BTreeMap<&'static str, Browser<'_>>, address: &str) -> Page {
    let who = match address {
        _ if address.starts_with("/desk/me") => SELLER,
        _ if address.starts_with("/desk/group/exports") => OFFICE,
        _ => GROUP,
    };
    browsers.get_mut(who).unwrap().get(address).await
}

/// DESK-2: a journey that stores each attack in each text, and then sees every screen.
#[tokio::test]
async fn no_stored_text_becomes_an_element_a_link_or_a_template() {
    let desk = Desk::new().await;
    let things = Things::make(&desk.world).await;
    let mut leads = Vec::new();
    for (number, attack) in ATTACKS.into_iter().enumerate() {
        leads.push(store(&desk.world, attack, number).await);
    }
    desk.world.system.settle().await;
    let mut browsers = BTreeMap::new();
    for who in [SELLER, GROUP, OFFICE] {
        browsers.insert(who, desk.signed_in(who).await);
    }
    let mut pages: Vec<String> =
        addresses().into_iter().filter(|(method, _)| *method == "GET").map(|(_, path)| things.address(&path)).collect();
    pages.extend(
        leads.iter().flat_map(|lead| {
            ["", "?tab=thread", "?tab=follow-up", "?tab=contacts", "/raw"].map(|part| format!("/desk/leads/{lead}{part}"))
        }),
    );
    for (screen, query) in [("calendar", "view=month"), ("calendar", "view=day"), ("overview", ""), ("today", "owner=all")] {
        pages.push(format!("/desk/d/{NORDSTERN}/{screen}?{query}"));
    }
    let mut shown = BTreeMap::new();
    for address in pages {
        let page = visit(&mut browsers, &address).await;
        // Nothing waits for an approval.
        let is_none = address.ends_with("/first-contact-approve") && page.status == 404;
        assert!(is_none || matches!(page.status, 200 | 303), "{address}: {} {}", page.status, page.text);
        check(&page);
        for (number, mark) in
            ["onerror=alert", "javascript:alert", "191*191", "onload=alert", "data:text", "onfocus="].into_iter().enumerate()
        {
            *shown.entry(number).or_insert(0) += usize::from(page.text.contains(mark));
        }
    }
    assert!(shown.values().all(|pages| *pages > 5), "each attack was shown on pages: {shown:?}");
}

/// DESK-4: what is typed into an address or a form comes back as text.
#[tokio::test]
async fn no_typed_text_becomes_an_element_a_link_or_a_template() {
    let desk = Desk::new().await;
    let things = Things::make(&desk.world).await;
    let mut browser = desk.signed_in(GROUP).await;
    let names = [
        "q", "source", "owner", "status", "from", "until", "title", "text", "done", "tab", "list", "back", "cursor", "lead", "name", "at",
        "view", "date", "what", "url", "dealer", "sort", "key", "version",
    ];
    let mut shown = 0;
    // An element and a template: the others differ only in what they would do.
    for attack in [ATTACKS[0], ATTACKS[2]] {
        let fields: Vec<(&str, &str)> = names.into_iter().map(|name| (name, attack)).collect();
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
        for (method, path) in addresses() {
            let address = things.address(&path);
            let page = match method {
                "GET" => browser.request(Method::GET, &format!("{address}?{query}"), &[], "").await,
                // A removal or a sign-out needs no field.
                _ if ["remove", "revoke", "/off", "/secret"].iter().any(|end| address.ends_with(end)) => continue,
                _ => browser.send(&address, &fields).await,
            };
            assert!(page.status < 500, "{method} {address}: {} {}", page.status, page.text);
            // The answers to the script are JSON, which no browser shows.
            if !page.header("content-type").starts_with("application/json") {
                check(&page);
            }
            shown += usize::from(page.text.contains("alert(1)") || page.text.contains("191*191"));
        }
    }
    assert!(shown > 20, "{shown}");
}
