//! The meaning of a document: names, preferred channels, the source, and the condition of the car (INT-2, INT-4).

use super::prospect;
use crate::support::world::{ADMIN, NORDSTERN, Request, World};
use forecourt_domain::enquiry::{NameParts, PreferredChannel};
use serde_json::json;

fn split(full: &str) -> (String, String) {
    let NameParts { first, last, .. } = NameParts::of_full(full);
    (first.unwrap_or_default(), last.unwrap_or_default())
}

#[test]
fn int_4_prefixes_of_a_full_name_belong_to_the_last_name() {
    for (full, first, last) in [
        ("Jana Petersen", "Jana", "Petersen"),
        ("Anna Maria Schulz", "Anna Maria", "Schulz"),
        ("Petersen", "", "Petersen"),
        ("Jan van der Berg", "Jan", "van der Berg"),
        ("JAN VAN DER BERG", "JAN", "VAN DER BERG"),
        ("Jan Van Den Broeck", "Jan", "Van Den Broeck"),
        ("Pieter in 't Veld", "Pieter", "in 't Veld"),
        ("Kees op den Kamp", "Kees", "op den Kamp"),
        ("Anne van den Berg-de Vries", "Anne", "van den Berg-de Vries"),
        ("Jan v.d. Berg", "Jan", "v.d. Berg"),
        ("Ursula von der Leyen", "Ursula", "von der Leyen"),
        ("Karl-Theodor zu Guttenberg", "Karl-Theodor", "zu Guttenberg"),
        ("Otto Graf von Bismarck", "Otto", "Graf von Bismarck"),
        ("Johann Wolfgang von Goethe", "Johann Wolfgang", "von Goethe"),
        ("Carmen de la Cruz", "Carmen", "de la Cruz"),
        ("Pedro de los Santos García", "Pedro", "de los Santos García"),
        ("María del Carmen López", "María del Carmen", "López"),
        ("María de la Cruz", "María", "de la Cruz"),
        ("José Ortega y Gasset", "José", "Ortega y Gasset"),
        ("Leonardo Di Caprio", "Leonardo", "Di Caprio"),
        ("von Berg", "", "von Berg"),
        ("Van Morrison", "Van", "Morrison"),
        ("Tim Ben Schulz", "Tim Ben", "Schulz"),
        ("Berg, Jan van der", "Jan", "van der Berg"),
        ("van der Berg, Jan", "Jan", "van der Berg"),
        ("  Jan   van der  Berg ", "Jan", "van der Berg"),
        ("van der", "", "van der"),
        ("", "", ""),
    ] {
        assert_eq!(split(full), (first.to_owned(), last.to_owned()), "{full}");
    }
}

#[test]
fn int_4_a_middle_name_has_its_own_field_and_a_prefix_belongs_to_the_last_name() {
    for (names, wanted) in [
        (
            "<name part='first'>Jana</name><name part='middle'>K.</name><name part='last'>Petersen</name>",
            [Some("Jana"), Some("K."), Some("Petersen")],
        ),
        (
            "<name part='first'>Jan</name><name part='middle'>van der</name><name part='last'>Berg</name>",
            [Some("Jan"), None, Some("van der Berg")],
        ),
        (
            "<name part='first'>Jan</name><name part='middle'>Piet van</name><name part='last'>Dam</name>",
            [Some("Jan"), Some("Piet"), Some("van Dam")],
        ),
        ("<name part='first'>Jan van der</name><name part='last'>Berg</name>", [Some("Jan"), None, Some("van der Berg")]),
        ("<name part='first'>Nguyen Van</name><name part='last'>An</name>", [Some("Nguyen Van"), None, Some("An")]),
        (
            "<name part='first'>Maria</name><name part='full'>Maria de la Cruz García</name>",
            [Some("Maria"), None, Some("de la Cruz García")],
        ),
        ("<name part='last'>van Dam</name><name part='full'>Jan Piet van Dam</name>", [Some("Jan Piet"), None, Some("van Dam")]),
        ("<name part='full'>Jan van der Berg</name>", [Some("Jan"), None, Some("van der Berg")]),
        ("<name part='middle'>Kim</name><name part='last'>Berg</name>", [Some("Kim"), None, Some("Berg")]),
        ("<name part='first'>Ann</name><name part='last'>Lee</name><name part='suffix'>Jr.</name>", [Some("Ann"), None, Some("Lee Jr.")]),
    ] {
        let read = prospect(&format!("<customer><contact>{names}<email>a@b.example</email></contact></customer>")).enquiry.contact;
        assert_eq!([read.first_name.as_deref(), read.middle_name.as_deref(), read.last_name.as_deref()], wanted, "{names}");
    }
}

#[test]
fn int_2_the_preferred_channel_comes_first_and_the_time_is_kept() {
    let contact = "<customer><contact><name>A B</name><email>one@b.example</email><email preferredcontact='0'>two@b.example</email>\
        <phone type='voice'>040 123456</phone><phone type='cellphone' time='evening' preferredcontact='1'>0171 2345678</phone>\
        <phone time='nopreference'>040 123457</phone></contact></customer>";
    let read = prospect(contact).enquiry.contact;
    assert_eq!(read.preferred_channel, Some(PreferredChannel::Phone));
    let phones: Vec<_> = read.phones.iter().map(|phone| (phone.number.as_str(), phone.time.as_deref())).collect();
    assert_eq!(phones, [("0171 2345678", Some("evening")), ("040 123456", None), ("040 123457", None)]);
    assert_eq!(read.emails, ["one@b.example", "two@b.example"]);
    let read = prospect(&contact.replace("'0'", "'1'")).enquiry.contact;
    assert_eq!(
        (read.preferred_channel, read.emails),
        (Some(PreferredChannel::Email), vec!["two@b.example".to_owned(), "one@b.example".to_owned()])
    );
    assert_eq!(prospect(&contact.replace("'1'", "'0'")).enquiry.contact.preferred_channel, None);
}

#[test]
fn int_4_the_source_is_the_source_of_the_id_or_the_providers_name() {
    let provider = "<provider><name part='full'>AutoPortal</name><service>Used Car Search</service></provider>";
    for (inner, source, of) in [
        (format!("<id source='Website'>1</id>{provider}"), Some("Website"), Some("AutoPortal")),
        (format!("<id>1</id>{provider}"), Some("AutoPortal"), Some("AutoPortal")),
        (format!("<id source='A'></id><id source='B'>2</id>{provider}"), Some("B"), Some("AutoPortal")),
        ("<id source='Website'>1</id>".to_owned(), Some("Website"), Some("Website")),
        ("<provider><service>Used Car Search</service></provider>".to_owned(), None, None),
    ] {
        let read = prospect(&inner).enquiry;
        assert_eq!((read.source.as_deref(), read.provider.as_deref()), (source, of), "{inner}");
    }
}

#[test]
fn int_4_any_value_that_shows_the_condition_makes_the_type_new_or_used_car() {
    for (vehicle, kind) in [
        ("<vehicle status='new'><make>VW</make></vehicle>", "new_car"),
        ("<vehicle status='Neu'><make>VW</make></vehicle>", "new_car"),
        ("<vehicle status='Gebraucht'><make>VW</make></vehicle>", "used_car"),
        ("<vehicle status='Certified Pre-Owned'><make>VW</make></vehicle>", "used_car"),
        ("<vehicle><make>VW</make><condition>tweedehands</condition></vehicle>", "used_car"),
        ("<vehicle><make>VW</make><condition>good</condition></vehicle>", "used_car"),
        ("<vehicle><make>VW</make><plate>HH-A 99</plate></vehicle>", "used_car"),
        ("<vehicle><make>VW</make><odometer units='km'>74.000</odometer></vehicle>", "used_car"),
        ("<vehicle><make>VW</make><odometer>12,5</odometer></vehicle>", "other"),
        ("<vehicle><make>VW</make><odometer>10</odometer></vehicle>", "other"),
        ("<vehicle><make>VW</make><comments>Neuwagen mit Winterreifen</comments></vehicle>", "new_car"),
        ("<vehicle><make>VW</make><comments>Your used car of the week</comments></vehicle>", "used_car"),
        ("<vehicle><make>VW</make><comments>with new tyres</comments></vehicle>", "other"),
        ("<vehicle><make>VW</make><comments>new car or used car</comments></vehicle>", "other"),
        ("<vehicle status='new'><make>VW</make><odometer>20000</odometer></vehicle>", "new_car"),
        ("<vehicle><make>VW</make></vehicle><vehicle status='used'><make>Opel</make></vehicle>", "used_car"),
        ("<vehicle><make>VW</make></vehicle><vehicle interest='trade-in' status='used'><make>Opel</make></vehicle>", "other"),
        ("<vehicle><make>VW</make></vehicle><provider><name>P</name><service>Used Car Search</service></provider>", "used_car"),
        ("<vehicle status='new'><make>VW</make></vehicle><provider><service>Used Car Search</service></provider>", "new_car"),
        ("<vehicle interest='trade-in'><make>VW</make></vehicle><provider><service>Used Car Search</service></provider>", "trade_in"),
    ] {
        assert_eq!(prospect(vehicle).enquiry.lead_type.as_deref(), Some(kind), "{vehicle}");
    }
}

/// INT-2, INT-4: the lead shows the parts of the name, the preferred channel and the time for calls. A user can correct each of them.
#[tokio::test]
async fn int_4_the_lead_shows_name_parts_preferred_channel_and_call_time() {
    let world = World::new().await;
    let adf = "<adf><prospect><id source='Website'>1</id><customer><contact><name part='first'>Jan</name><name part='middle'>Piet</name>\
        <name part='last'>van der Berg</name><email>jan@example.com</email><phone time='evening' preferredcontact='1'>0171 2345678</phone>\
        </contact></customer><provider><name>AutoPortal</name><service>Used Car Search</service></provider></prospect></adf>";
    let made = world.adf(NORDSTERN, adf.as_bytes()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let lead = format!("/leads/{}", made.text("/id"));
    let page = world.get(ADMIN, &lead).await;
    assert_eq!(
        (page.text("/contact"), page.text("/source"), page.text("/enquiry/provider")),
        ("Jan van der Berg", "Website", "AutoPortal")
    );
    let contact = &page.body["contacts"][0];
    assert_eq!([&contact["middle_name"], &contact["preferred_channel"], &contact["phones"][0]["time"]], ["Piet", "phone", "evening"]);
    let change = json!({"middle_name": "", "preferred_channel": "email", "phones": [{"number": "0171 2345678", "time": "morning"}]});
    let path = format!("{lead}/contacts/{}", contact["id"].as_str().unwrap());
    let changed =
        world.call(Request::patch(ADMIN, &path).headers(&[("content-type", "application/json")]).body(change.to_string().as_bytes())).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let contact = &changed.body["contacts"][0];
    assert_eq!(
        [&contact["middle_name"], &contact["preferred_channel"], &contact["phones"][0]["time"]],
        [&json!(null), &json!("email"), &json!("morning")]
    );
    for unknown in ["unknown", "fax"] {
        let change = json!({"preferred_channel": unknown}).to_string();
        let refused =
            world.call(Request::patch(ADMIN, &path).headers(&[("content-type", "application/json")]).body(change.as_bytes())).await;
        assert_eq!((refused.status, refused.faults()), (422, vec!["preferred_channel INT-3".to_owned()]), "{unknown}");
    }
    // JSON: if an enquiry has no type, the condition of the vehicle determines it.
    for (condition, kind) in [(Some("used"), "used_car"), (Some("new"), "new_car"), (None, "other")] {
        let email = format!("{kind}@example.com");
        let id =
            world.lead(&json!({"contact": {"last_name": "x", "email": email}, "vehicle": {"make": "VW", "condition": condition}})).await;
        assert_eq!(world.get(ADMIN, &format!("/leads/{id}")).await.text("/type"), kind);
    }
}
