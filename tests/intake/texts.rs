//! Texts in several Unicode forms and with invisible characters: storage, comparison and search (INT-3, LEAD-8).

use crate::support::world::{ADMIN, NORDSTERN, Reply, Request, World};
use forecourt_domain::base::LeadId;
use forecourt_domain::base::text::{self, SearchWords};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::lead::Lead;
use forecourt_domain::settings::{DealerSettings, Settings};
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};
use serde_json::{Value, json};

/// A text in Unicode's composed form, and the same text decomposed.
const COMPOSED: &str = "Börse Süd";
const DECOMPOSED: &str = "Bo\u{308}rse Su\u{308}d";

async fn send(world: &World, body: &Value) -> Reply {
    world.post("gina.group", &format!("/dealers/{NORDSTERN}/leads"), body).await
}

/// Returns the names that a query finds, sorted.
async fn found(world: &World, name: &str, value: &str) -> Vec<String> {
    let url = reqwest::Url::parse_with_params("http://desk.example", [(name, value)]).unwrap();
    let page = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/leads?{}", url.query().unwrap())).await;
    assert_eq!(page.status, 200, "{name}={value}: {}", page.body);
    let mut names: Vec<String> =
        page.body["leads"].as_array().unwrap().iter().map(|row| row["contact"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// Changes a stored lead to the form of an earlier release.
async fn stored_as(world: &World, id: LeadId, change: impl Fn(&mut Lead)) {
    let rule = |loaded: &Loaded, _| {
        let mut lead = loaded.lead(id).unwrap().touched(world.system.clock.now());
        change(&mut lead);
        Ok((Some(Decision::default().with(Item::Lead(Box::new(lead)))), ()))
    };
    world.store.decide(&world.scope(), Load::of([Key::Lead(id)]), rule).await.unwrap();
}

#[test]
fn lead_8_a_search_matches_words_in_any_order_without_case_and_accents() {
    for (name, found, not) in [
        (
            "Jörg Häusler",
            vec!["Häusler Jörg", "haeusler", "hausler", "Jörg", "joerg hausler", "j. häus", "HÄUSLER, JÖRG"],
            vec!["jorge", "a. häusler"],
        ),
        ("Jo\u{308}rg Ha\u{308}usler", vec!["Häusler Jörg", "haeusler", "hausler"], vec![]),
        ("Joerg Haeusler", vec!["Häusler", "jörg", "haeusler"], vec!["hausler"]),
        ("Grünwald", vec!["Gru\u{308}nwald", "gruenwald", "grunwald"], vec!["gränwald"]),
        ("Weiß", vec!["WEISS", "Weiss", "weiß", "WEI\u{1E9E}"], vec!["weis s"]),
        ("Strasser", vec!["straßer"], vec![]),
        ("Sinéad O’Brien", vec!["o'brien", "obrien", "o´brien", "o brien", "SINEAD"], vec!["brian"]),
        ("Meyer-Lüdenscheid", vec!["meyer lüd", "luedenscheid meyer", "Meyer-Lüdenscheid"], vec!["meyerlüdenscheid"]),
        ("Łukasz Wałęsa", vec!["lukasz walesa"], vec![]),
        ("Søren Åkesson", vec!["soren akesson", "soeren aakesson", "Søren"], vec![]),
        ("Иванов Пётр", vec!["петр", "ИВАНОВ"], vec!["ivanov"]),
        ("Bauer", vec!["bau"], vec!["baur"]),
        ("ＡＢＣ Motors", vec!["abc"], vec![]),
        ("A\u{AD}uto\u{200B}haus", vec!["autohaus"], vec![]),
        ("jana@example.com", vec!["jana@exa", "EXAMPLE.COM"], vec![]),
    ] {
        for words in found {
            assert!(SearchWords::of(words).match_name(name), "{words} finds {name}");
        }
        for words in not.into_iter().chain(["", "'", "--", "\u{200B}"]) {
            assert!(!SearchWords::of(words).match_name(name), "{words} does not find {name}");
        }
    }
}

#[test]
fn int_3_only_invisible_characters_are_removed() {
    for (typed, shown) in [
        ("\u{202A}+49 171 3920014\u{202C}", "+49 171 3920014"),
        ("\u{FEFF}Jana\u{200B} \u{200F}Kim\u{200E}\u{2069}", "Jana Kim"),
        ("Auto\u{AD}haus\u{2060}", "Autohaus"),
        ("one\u{2028}two", "one two"),
        ("Ja\u{200D}na", "Jana"),
        ("a\u{E0041}b", "ab"),
    ] {
        assert_eq!(text::visible(typed, ' '), shown, "{typed:?}");
    }
    // Joiners, tags and variation selectors that form one character stay.
    for kept in
        ["👨\u{200D}👩\u{200D}👧", "می\u{200C}خواهم", "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}", "❤\u{FE0F}", "Müller"]
    {
        assert_eq!(text::visible(kept, ' '), kept, "{kept:?}");
    }
    assert_eq!(text::composed(DECOMPOSED), COMPOSED);
}

/// LEAD-8: a search finds a lead by every spelling of its name, also if an earlier release stored the lead.
#[tokio::test]
async fn lead_8_a_search_finds_every_spelling_and_stored_form_of_a_name() {
    let world = World::new().await;
    let lead = async |first: &str, last: &str, email: &str, plate: &str| {
        let body = json!({"type": "used_car", "source": COMPOSED, "contact": {"first_name": first, "last_name": last, "email": email}, "trade_in": {"make": "VW", "plate": plate}});
        world.lead(&body).await
    };
    lead("Jörg", "Häusler", "jh@example.com", "TÜ-AB 12").await;
    lead("", "Gru\u{308}nwald", "g@example.com", "").await;
    lead("", "Weiß", "w@example.com", "").await;
    lead("Sinéad", "O’Brien", "o@example.com", "").await;
    let old = lead("Uwe", "Kühn", "k@example.com", "TÜ-K 99").await;
    stored_as(&world, old, |lead| {
        lead.contact = "Uwe Ku\u{308}hn".into();
        lead.source = DECOMPOSED.into();
        lead.plate = Some("TUK99".into());
    })
    .await;
    for (query, wanted) in [
        ("Häusler Jörg", "Jörg Häusler"),
        ("haeusler", "Jörg Häusler"),
        ("hausler", "Jörg Häusler"),
        ("Jörg", "Jörg Häusler"),
        ("Gru\u{308}nwald", "Grünwald"),
        ("Grünwald", "Grünwald"),
        ("gruenwald", "Grünwald"),
        ("WEISS", "Weiß"),
        ("Weiss", "Weiß"),
        ("o'brien", "Sinéad O’Brien"),
        ("sinead", "Sinéad O’Brien"),
        ("\u{202A}sinead\u{202C}", "Sinéad O’Brien"),
        ("tü ab12", "Jörg Häusler"),
        ("Kühn Uwe", "Uwe Ku\u{308}hn"),
        ("kuehn", "Uwe Ku\u{308}hn"),
        ("kuhn", "Uwe Ku\u{308}hn"),
        ("tü-k 99", "Uwe Ku\u{308}hn"),
    ] {
        assert_eq!(found(&world, "q", query).await, [wanted], "{query}");
    }
    assert_eq!(found(&world, "q", "--").await, Vec::<String>::new());
    for source in [COMPOSED, DECOMPOSED, "BÖRSE SÜD"] {
        assert_eq!(found(&world, "source", source).await.len(), 5, "{source}");
    }
}

/// INT-3, OVR-4, DIS-3: two Unicode forms of a source are one source in the enquiry, the routing rules and the overview.
#[tokio::test]
async fn int_3_a_source_in_two_unicode_forms_is_one_source() {
    let world = World::new().await;
    world
        .settings(|settings| {
            settings.distribution_groups = vec!["sued".parse().unwrap()];
            settings.members.iter_mut().find(|member| member.user.as_str() == "ben.krause").unwrap().groups =
                settings.distribution_groups.iter().cloned().collect();
            let rule = json!({"group": "sued", "when": {"sources": [DECOMPOSED]}});
            settings.routing_rules = vec![serde_json::from_value(rule).unwrap()];
        })
        .await;
    let body =
        |source: &str, id: &str, email: &str| json!({"source": source, "external_id": id, "type": "used_car", "contact": {"email": email}});
    let first = send(&world, &body(COMPOSED, "1", "a@example.com")).await;
    assert_eq!((first.status, first.text("/owner")), (201, "ben.krause"), "{}", first.body);
    let old = send(&world, &body(DECOMPOSED, "2", "b@example.com")).await;
    assert_eq!((old.status, old.text("/owner")), (201, "ben.krause"), "{}", old.body);
    // The same enquiry in the other form is a repeat (INT-5).
    assert_eq!(send(&world, &body(DECOMPOSED, "1", "a@example.com")).await.text("/id"), first.text("/id"));
    let page = world.get(ADMIN, &format!("/leads/{}", old.text("/id"))).await;
    assert_eq!(page.text("/source"), COMPOSED);
    stored_as(&world, old.text("/id").parse().unwrap(), |lead| lead.source = DECOMPOSED.into()).await;
    let overview = world.get(ADMIN, &format!("/overview/leads?dealer={NORDSTERN}")).await;
    assert_eq!(overview.status, 200, "{}", overview.body);
    let sources: Vec<(&str, u64)> = overview.body["sources"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(source, counts)| (source.as_str(), counts["received"].as_u64().unwrap()))
        .collect();
    assert_eq!(sources, [("börse süd", 2)], "{}", overview.body);
}

/// INT-3: invisible characters do not cause a refusal, in JSON or in ADF. They are removed and flagged.
#[tokio::test]
async fn int_3_invisible_characters_are_removed_and_flagged() {
    let world = World::new().await;
    let flag = |field: &str| json!({"field": field, "detail": "contained invisible characters, which were removed"});
    let body = json!({"source": "web\u{200B}site", "type": "used_car", "message": "one\u{2028}two \u{202E}three",
        "contact": {"first_name": "\u{FEFF}Jana", "last_name": "Ku\u{308}hn", "email": "\u{200E}jana@example.com", "phone": "\u{202A}0171 2345678\u{202C}"}});
    let made = send(&world, &body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let flags = ["source", "contact.first_name", "contact.email", "contact.phone", "message"].map(flag);
    assert_eq!(made.body["flags"], json!(flags));
    let page = world.get(ADMIN, &format!("/leads/{}", made.text("/id"))).await;
    let enquiry = &page.body["enquiry"];
    assert_eq!((&enquiry["source"], &enquiry["message"]), (&json!("website"), &json!("one\ntwo three")));
    let contact = &enquiry["contact"];
    assert_eq!(
        (&contact["first_name"], &contact["last_name"], &contact["emails"][0]),
        (&json!("Jana"), &json!("Kühn"), &json!("jana@example.com"))
    );
    assert_eq!((&contact["phones"][0]["typed"], &contact["phones"][0]["e164"]), (&json!("0171 2345678"), &json!("+491712345678")));

    let adf = "<adf><prospect><id source='portal'>7</id><vehicle status='ne\u{200B}w'><make>Opel\u{200B}</make></vehicle><customer><contact>\
        <name part='fi\u{200B}rst'>\u{FEFF}Kim</name><name part='last'>\u{200B}</name><email>kim@example.com</email><phone>\u{202A}0171 2345679\u{202C}</phone>\
        </contact><comments>one\u{2028}two</comments></customer></prospect></adf>";
    let made = world.adf(NORDSTERN, adf.as_bytes()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.body["flags"], json!(["contact.first_name", "contact.phone", "vehicle.make"].map(flag)));
    let page = world.get(ADMIN, &format!("/leads/{}", made.text("/id"))).await;
    assert_eq!((page.text("/contact"), page.text("/type"), page.text("/enquiry/message")), ("Kim", "new_car", "one\ntwo"));
    assert_eq!((page.text("/enquiry/vehicles/0/make"), page.text("/enquiry/contact/phones/0/e164")), ("Opel", "+491712345679"));
    // A control character is still refused, because the sender can correct it.
    let refused = send(&world, &json!({"contact": {"last_name": "a\u{7}b", "email": "a@example.com"}})).await;
    assert_eq!((refused.status, refused.faults()), (422, vec!["contact.last_name INT-3".to_owned()]));
}

/// SET-4: the dealer's name is one line, like every other name. A name that an earlier release stored is read as one line.
#[tokio::test]
async fn set_4_the_dealers_name_is_one_line_and_a_stored_name_is_read_as_one() {
    let world = World::new().await;
    let current = world.get(ADMIN, &format!("/dealers/{NORDSTERN}/settings")).await;
    let put = async |name: &str| {
        let mut settings = current.body["settings"].clone();
        settings["name"] = json!(name);
        let headers = [("content-type", "application/json"), ("if-match", "\"1\"")];
        world
            .call(Request::put(ADMIN, &format!("/dealers/{NORDSTERN}/settings")).headers(&headers).body(settings.to_string().as_bytes()))
            .await
    };
    for name in ["", " ", " Nordstern", "Nord\nstern", "Nord\u{7}stern", "\u{200B}", "\u{3164}", &"x".repeat(101)] {
        assert_eq!((put(name).await.status, put(name).await.faults()), (422, vec!["name SET-4".to_owned()]), "{name:?}");
    }
    let named = put("Autoha\u{308}user\u{200B} Nord").await;
    assert_eq!((named.status, named.text("/settings/name")), (200, "Autohäuser Nord"), "{}", named.body);
    for (stored, read) in [(" Nord\nstern ", "Nord stern"), ("Su\u{308}d\u{202E}", "Süd"), ("\u{200B}", "?")] {
        let mut draft: DealerSettings = serde_json::from_value(current.body["settings"].clone()).unwrap();
        draft.name = stored.into();
        assert_eq!(serde_json::from_value::<Settings>(json!(draft)).unwrap().name, read);
    }
}
