//! When people are there: busy, own weekly hours, absences with hand-overs, and the bookings below them.

use crate::support::appointments::{appointment, made};
use crate::support::console::{Browser, Desk, Page};
use crate::support::world::{ADMIN, NORDSTERN, Request, enquiry};
use serde_json::{Value, json};

const ANNA: &str = "anna.vogt";

/// The address of an own form.
fn own(form: &str) -> String {
    let kind = if form == "days" || form.contains('/') { "absences" } else { "availability" };
    format!("/desk/me/{kind}/{NORDSTERN}/{form}")
}

fn of_anna(rest: &str) -> String {
    format!("/desk/d/{NORDSTERN}/settings/users/{ANNA}/{rest}")
}

async fn availability(desk: &Desk, who: &str) -> Value {
    desk.world.get(who, &format!("/dealers/{NORDSTERN}/users/{ANNA}/availability")).await.body
}

/// Sends a form with the version, the key and the absence that its page has.
async fn fill_in(browser: &mut Browser<'_>, address: &str, fields: &[(&str, &str)]) -> Page {
    let shown = browser.get(address).await;
    assert_eq!(shown.status, 200, "{address}: {}", shown.text);
    let hidden = ["version", "key", "absence"].map(|name| (name, shown.value(name).unwrap_or_default()));
    let hidden = hidden.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (*name, value.as_str()));
    let all: Vec<(&str, &str)> = hidden.chain(fields.iter().copied()).collect();
    browser.send(address, &all).await
}

#[tokio::test]
async fn dis_13_a_seller_is_busy_with_one_click_from_today_and_free_again() {
    let desk = Desk::new().await;
    let mut anna = desk.signed_in(ANNA).await;
    let today = format!("/desk/d/{NORDSTERN}/today");
    let page = anna.get(&today).await;
    for minutes in ["15", "30", "60", "120"] {
        assert!(page.text.contains(&format!("name=\"minutes\" value=\"{minutes}\"")), "{minutes}: {}", page.text);
    }
    assert!(page.text.contains(&format!("action=\"{}\"", own("busy"))) && page.text.contains(&format!("href=\"{}?back=", own("busy"))));
    let sent = anna.send(&own("busy"), &[("minutes", "30"), ("back", &today), ("key", "k1")]).await;
    assert_eq!((sent.status, sent.header("location")), (303, &*format!("{today}?done=availability_busy")), "{}", sent.text);
    assert_eq!(availability(&desk, ANNA).await["busy_until"], "2026-11-23T09:30:00Z");
    let mine = anna.get("/desk/me").await;
    for text in ["beschäftigt bis heute 10:30", "anwesend", "Die Verteilung überspringt diese Person."] {
        assert!(mine.text.contains(text), "{text}: {}", mine.text);
    }
    let until = anna.send(&own("busy-until"), &[("until", "2026-11-23T15:00"), ("key", "k2")]).await;
    assert_eq!((until.status, until.header("location")), (303, &*format!("/desk/me?dealer={NORDSTERN}&done=availability_busy_until")));
    assert_eq!(availability(&desk, ANNA).await["busy_until"], "2026-11-23T14:00:00Z");
    // A wrong time stands beside its field; nothing is no time.
    for (form, field, value) in [("busy", "minutes", "0"), ("busy", "minutes", ""), ("busy-until", "until", "2026-11-26T10:00")] {
        let refused = anna.send(&own(form), &[(field, value), ("key", "k3")]).await;
        assert!(refused.status == 422 && refused.text.contains(&format!("id=\"form-{field}-error\"")), "{form} {value}: {}", refused.text);
    }
    assert_eq!(anna.send(&own("free"), &[("key", "k4")]).await.status, 303);
    assert_eq!(availability(&desk, ANNA).await["busy_until"], json!(null));
}

/// DIS-13, ACC-1: a manager sees and changes it for a user; a colleague does not, and a user without a part is not offered it.
#[tokio::test]
async fn dis_13_a_manager_looks_after_the_availability_of_a_user() {
    let desk = Desk::new().await;
    let mut admin = desk.signed_in(ADMIN).await;
    let user = admin.get(&format!("/desk/d/{NORDSTERN}/settings/users/{ANNA}")).await;
    assert!(user.text.contains(&format!("href=\"{}\"", of_anna("availability"))), "{}", user.text);
    let page = admin.get(&of_anna("availability")).await;
    assert!(page.status == 200 && page.text.contains("Anna Vogt"), "{}", page.text);
    let sent = admin.send(&of_anna("availability/busy"), &[("minutes", "60"), ("key", "k1")]).await;
    assert_eq!((sent.status, sent.header("location")), (303, &*format!("{}?done=availability_busy", of_anna("availability"))));
    assert_eq!(availability(&desk, ADMIN).await["busy_until"], "2026-11-23T10:00:00Z");
    let sent = fill_in(&mut admin, &of_anna("absences/days"), &[("from", "2026-12-21"), ("until", "2026-12-22")]).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let mut ben = desk.signed_in("ben.krause").await;
    for address in [of_anna("availability"), of_anna("week"), of_anna("absences/days"), of_anna("availability/busy")] {
        assert_eq!(ben.get(&address).await.status, 403, "{address}");
    }
    assert_eq!(ben.send(&of_anna("availability/busy"), &[("minutes", "60"), ("key", "k2")]).await.status, 403);
    // Head office reads the settings and changes nothing.
    let mut hugo = desk.signed_in("hugo.office").await;
    let read = hugo.get(&of_anna("availability")).await;
    assert!(read.status == 200 && !read.text.contains("/availability/busy"), "{} {}", read.status, read.text);
    for who in ["hugo.office", "gina.group"] {
        let today = desk.signed_in(who).await.get(&format!("/desk/d/{NORDSTERN}/today")).await;
        assert!(!today.text.contains("name=\"minutes\""), "{who}: {}", today.text);
    }
}

#[tokio::test]
async fn dis_13_a_seller_sets_the_own_week_and_takes_it_back() {
    let desk = Desk::new().await;
    let mut anna = desk.signed_in(ANNA).await;
    let page = anna.get(&own("week")).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let version = page.value("version").unwrap();
    let week = [
        ("hours.mon.0.0", "09:00"),
        ("hours.mon.0.1", "13:00"),
        ("hours.tue.0.0", "09:00"),
        ("hours.tue.0.1", "00:00"),
        ("weekly_absences.0", "row"),
        ("weekly_absences.0.day", "wed"),
        ("weekly_absences.0.deputy", "ben.krause"),
    ];
    let with = |button: &'static str| week.into_iter().chain([("do", button), ("version", version.as_str())]).collect::<Vec<_>>();
    let reviewed = anna.send(&own("week"), &with("review")).await;
    assert!(reviewed.status == 200 && reviewed.text.contains("09:00–13:00") && reviewed.text.contains("Ben Krause"), "{}", reviewed.text);
    let saved = anna.send(&own("week"), &with("save")).await;
    assert_eq!((saved.status, saved.header("location")), (303, &*format!("/desk/me?dealer={NORDSTERN}&done=settings")), "{}", saved.text);
    let stored = availability(&desk, ANNA).await;
    assert_eq!(
        (&stored["hours"]["mon"], &stored["hours"]["tue"]),
        (&json!([["09:00", "13:00"]]), &json!([["09:00", "24:00"]])),
        "{stored}"
    );
    assert_eq!(stored["weekly_absences"], json!([{"day": "wed", "deputy": "ben.krause"}]));
    let mine = anna.get("/desk/me").await;
    for text in ["Montag", "09:00–13:00", "Mittwoch (Vertretung: Ben Krause)"] {
        assert!(mine.text.contains(text), "{text}: {}", mine.text);
    }
    let history = desk.signed_in(ADMIN).await.get(&format!("/desk/d/{NORDSTERN}/settings/history")).await;
    for text in ["Anna Vogt · Eigene Wochenzeiten", "Montag 09:00–13:00; Dienstag 09:00–24:00", "Mittwoch · Vertretung: Ben Krause"] {
        assert!(history.text.contains(text), "{text}: {}", history.text);
    }
    // Without any time there are no own hours. The weekly absence stays, since its row is sent.
    let version = anna.get(&own("week")).await.value("version").unwrap();
    let empty = [("weekly_absences.0", "row"), ("weekly_absences.0.day", "wed"), ("weekly_absences.0.deputy", "ben.krause")];
    let empty: Vec<(&str, &str)> = empty.into_iter().chain([("do", "save"), ("version", version.as_str())]).collect();
    assert_eq!(anna.send(&own("week"), &empty).await.status, 303);
    let stored = availability(&desk, ANNA).await;
    assert_eq!((&stored["hours"], stored["weekly_absences"].as_array().map(Vec::len)), (&json!(null), Some(1)), "{stored}");
    // A problem of the API stands beside its field.
    let version = anna.get(&own("week")).await.value("version").unwrap();
    let twice =
        [("weekly_absences.0", "row"), ("weekly_absences.0.day", "wed"), ("weekly_absences.1", "row"), ("weekly_absences.1.day", "wed")];
    let twice: Vec<(&str, &str)> = twice.into_iter().chain([("do", "save"), ("version", version.as_str())]).collect();
    let refused = anna.send(&own("week"), &twice).await;
    assert!(refused.status == 422 && refused.text.contains("class=\"error\""), "{} {}", refused.status, refused.text);
}

/// DIS-12, APT-9: a long absence offers a hand-over and shows the bookings below it; another absence keeps the hand-over.
#[tokio::test]
async fn dis_12_a_long_absence_shows_its_bookings_and_offers_a_hand_over() {
    let desk = Desk::new().await;
    let mut booked = appointment("jana", "2026-12-02T10:00:00+01:00");
    booked["user"] = json!(ANNA);
    let id = made(&desk.world, ADMIN, &booked).await;
    let mut anna = desk.signed_in(ANNA).await;
    let sent = fill_in(&mut anna, &own("days"), &[("from", "2026-11-30"), ("until", "2026-12-11"), ("deputy", "ben.krause")]).await;
    assert_eq!(sent.status, 200, "{}", sent.text);
    for text in [
        "jana",
        "0171 2345678",
        &format!("/desk/appointments/{id}"),
        "Der Verkäufer ist zu dieser Zeit abwesend.",
        "Die offenen Leads können übergeben werden.",
        &format!("href=\"/desk/me/absences/{NORDSTERN}/hand-over/0?absence="),
        "11 Arbeitstage",
    ] {
        assert!(sent.text.contains(text), "{text}: {}", sent.text);
    }
    let mine = anna.get("/desk/me").await;
    assert!(mine.text.contains("Lange Abwesenheit (11 Arbeitstage)"), "{}", mine.text);
    for _ in 0..2 {
        let sent = fill_in(&mut anna, &own("hand-over/0"), &[("hand_over.to", "user:ben.krause"), ("hand_over.back", "on")]).await;
        assert_eq!(sent.status, 303, "{}", sent.text);
    }
    let stored = async |desk: &Desk| desk.world.get(ANNA, &format!("/dealers/{NORDSTERN}/users/{ANNA}/absences")).await.body;
    let hand_over = json!({"to": "user:ben.krause", "back": true});
    assert_eq!(stored(&desk).await["absences"][0]["hand_over"], hand_over);
    let mine = anna.get("/desk/me").await;
    assert!(
        mine.text.contains("offene Leads an Ben Krause, nach der Rückkehr zurück") && !mine.text.contains("Lange Abwesenheit"),
        "{}",
        mine.text
    );
    // The form of another absence keeps it, and asks for a hand-over of its own; a removal keeps the other.
    let hours = own("days").replace("/days", "/hours");
    let typed = [("from", "2026-12-21T09:00"), ("until", "2026-12-21T11:00"), ("hand_over.to", "distribution")];
    assert_eq!(fill_in(&mut anna, &hours, &typed).await.status, 303);
    let both = stored(&desk).await;
    assert_eq!((&both["absences"][0]["hand_over"], &both["absences"][1]["hand_over"]["to"]), (&hand_over, &json!("distribution")));
    assert_eq!(fill_in(&mut anna, &own("hand-over/1"), &[("hand_over.to", "")]).await.status, 303);
    assert!(stored(&desk).await["absences"][1]["hand_over"].is_null());
    assert_eq!(fill_in(&mut anna, &own("remove/1"), &[]).await.status, 303);
    assert_eq!(stored(&desk).await["absences"][0]["hand_over"], hand_over);
    // To somebody who is away as well, the hand-over is refused beside its field.
    let refused = fill_in(&mut anna, &own("hand-over/0"), &[("hand_over.to", "user:anna.vogt")]).await;
    assert!(refused.status == 422 && refused.text.contains("hand_over-to-error"), "{} {}", refused.status, refused.text);
}

/// APT-9: an appointment and an event under an absence are shown on their pages with "keep".
#[tokio::test]
async fn apt_9_a_booking_under_an_absence_is_kept_from_its_page() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await;
    let call = json!({"title": "Call", "type": "phone_outbound", "at": "2026-11-26T10:00:00+01:00"});
    let event = desk.world.post(ANNA, &format!("/leads/{lead}/events"), &call).await;
    assert_eq!(event.status, 201, "{}", event.body);
    let mut booked = appointment("karl", "2026-11-26T12:00:00+01:00");
    booked["user"] = json!(ANNA);
    let appointment = made(&desk.world, ADMIN, &booked).await;
    let away = json!({"absences": [{"from": "2026-11-26", "until": "2026-11-26", "deputy": "ben.krause"}]});
    let path = format!("/dealers/{NORDSTERN}/users/{ANNA}/absences");
    assert_eq!(desk.world.call(Request::put(ANNA, &path).json(&away).version(1)).await.status, 200);
    let (mut anna, mut ben) = (desk.signed_in(ANNA).await, desk.signed_in("ben.krause").await);
    let own = format!("/desk/leads/{lead}/events/{}", event.text("/id"));
    for (page, keep) in [
        (format!("/desk/leads/{lead}"), format!("{own}/event-keep")),
        (format!("/desk/leads/{lead}?tab=follow-up"), format!("{own}/event-keep")),
        (own.clone(), format!("{own}/event-keep")),
        (format!("/desk/appointments/{appointment}"), format!("/desk/appointments/{appointment}/keep")),
    ] {
        let shown = ben.get(&page).await;
        assert!(shown.text.contains("Der Verkäufer ist zu dieser Zeit abwesend."), "{page}: {}", shown.text);
        assert!(shown.text.contains(&format!("href=\"{keep}")), "{page}: {}", shown.text);
        // The absent user is shown it, but another user must keep it.
        let of_absent = anna.get(&page).await;
        assert!(of_absent.text.contains("abwesend") && !of_absent.text.contains(&format!("href=\"{keep}")), "{page}: {}", of_absent.text);
    }
    for (page, keep) in [(own.clone(), "event-keep"), (format!("/desk/appointments/{appointment}"), "keep")] {
        let sent = fill_in(&mut ben, &format!("{page}/{keep}"), &[]).await;
        assert_eq!(sent.status, 303, "{keep}: {}", sent.text);
        let shown = ben.get(&page).await;
        assert!(!shown.text.contains("abwesend") && !shown.text.contains(&format!("/{keep}\"")), "{page}: {}", shown.text);
    }
}

/// ESC-12: the owner sees whose approval a later deadline waits for; the supervisor approves it on the page of the lead.
#[tokio::test]
async fn esc_12_a_later_deadline_waits_for_the_supervisor_who_approves_it_on_the_lead() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await;
    let (page, deadlines) = (format!("/desk/leads/{lead}"), format!("/desk/leads/{lead}/deadlines/first-contact"));
    let mut anna = desk.signed_in(ANNA).await;
    let moved = fill_in(&mut anna, &format!("{deadlines}/first-contact-move"), &[("at", "2026-11-23T15:00")]).await;
    assert_eq!(moved.header("location"), format!("{page}?tab=follow-up&done=first-contact-move"), "{}", moved.text);
    let asked = fill_in(&mut anna, &format!("{deadlines}/first-contact-move"), &[("at", "2026-11-27T10:00")]).await;
    assert_eq!(asked.header("location"), format!("{page}?tab=follow-up&done=first-contact-request"), "{}", asked.text);
    for tab in ["", "?tab=follow-up"] {
        let own = anna.get(&format!("{page}{tab}")).await;
        assert!(own.text.contains("Der Antrag wartet auf die Genehmigung durch Helga Stern."), "{tab}: {}", own.text);
        assert!(!own.text.contains("first-contact-approve"), "{tab}: {}", own.text);
    }
    let approve = format!("{deadlines}/first-contact-approve");
    assert_eq!(anna.get(&approve).await.status, 403);
    let version = desk.world.get(ADMIN, &format!("/leads/{lead}")).await.body["version"].as_u64().unwrap().to_string();
    assert_eq!(anna.send(&approve, &[("version", &version), ("key", "k1")]).await.status, 403);
    let mut helga = desk.signed_in("helga.stern").await;
    for tab in ["", "?tab=follow-up"] {
        let shown = helga.get(&format!("{page}{tab}")).await;
        assert!(shown.text.contains(&format!("href=\"{deadlines}/first-contact-approve")), "{tab}: {}", shown.text);
        assert!(shown.text.contains("Anna Vogt beantragt eine spätere Frist"), "{tab}: {}", shown.text);
    }
    let form = helga.get(&approve).await;
    assert!(form.text.contains("Anna Vogt beantragt Fr 27. Nov. 10:00 statt heute 15:00."), "{}", form.text);
    // Another time is requested meanwhile: the form shows it, and approves nothing before.
    let again = fill_in(&mut anna, &format!("{deadlines}/first-contact-move"), &[("at", "2026-11-30T11:30")]).await;
    assert_eq!(again.status, 303, "{}", again.text);
    let sent = helga.send(&approve, &[("version", &form.value("version").unwrap()), ("key", "k2")]).await;
    assert!(sent.status == 412 && sent.text.contains("30. Nov. 11:30 statt heute 15:00"), "{} {}", sent.status, sent.text);
    let back = fill_in(&mut anna, &format!("{deadlines}/first-contact-move"), &[("at", "2026-11-27T10:00")]).await;
    assert_eq!(back.status, 303, "{}", back.text);
    let approved = fill_in(&mut helga, &approve, &[]).await;
    assert_eq!(approved.status, 303, "{}", approved.text);
    let lead = desk.world.get(ADMIN, &format!("/leads/{lead}")).await;
    assert_eq!((&lead.body["deadline"]["due"], &lead.body["deadline"]["requested"]), (&json!("2026-11-27T09:00:00Z"), &json!(null)));
    assert!(!helga.get(&page).await.text.contains("beantragt eine spätere Frist"));
    assert_eq!(helga.get(&approve).await.status, 404, "nothing is requested any more");
    assert_eq!(desk.shapes.faults(), Vec::<String>::new());
}

/// DIS-7: who cannot take a lead is named with the reason and with those who can; the lead is assigned despite that after a tick.
#[tokio::test]
async fn dis_7_a_lead_is_assigned_to_somebody_absent_after_a_tick() {
    let desk = Desk::new().await;
    let lead = desk.world.lead(&enquiry("jana")).await;
    let away = json!({"absences": [{"from": "2026-11-23", "until": "2026-11-24"}]});
    let path = format!("/dealers/{NORDSTERN}/users/ben.krause/absences");
    assert_eq!(desk.world.call(Request::put(ADMIN, &path).json(&away).version(1)).await.status, 200);
    let mut admin = desk.signed_in(ADMIN).await;
    let form = format!("/desk/leads/{lead}/assignment");
    assert!(!admin.get(&form).await.text.contains("despite"), "nothing is in the way yet");
    for (language, text) in
        [("de", "Ben Krause ist abwesend. Anwesend und frei: Anna Vogt"), ("en", "Ben Krause is absent; present and free: Anna Vogt")]
    {
        let mut reader = desk.signed_in(if language == "de" { ADMIN } else { "gina.group" }).await;
        let refused = fill_in(&mut reader, &form, &[("user", "ben.krause"), ("note", "Knows <her>")]).await;
        assert_eq!(refused.status, 409, "{}", refused.text);
        assert!(refused.text.contains(text) && !refused.text.contains("send despite"), "{text}: {}", refused.text);
        assert!(
            refused.text.contains("name=\"despite\" value=\"absent\"") && refused.text.contains("Knows &lt;her&gt;"),
            "{}",
            refused.text
        );
    }
    let sent = fill_in(&mut admin, &form, &[("user", "ben.krause"), ("despite", "absent")]).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    assert_eq!(desk.world.get(ADMIN, &format!("/leads/{lead}")).await.text("/owner"), "ben.krause");
}

/// DIS-4: an absence that ended long ago is not saved, and the form says so beside the end with what was typed.
#[tokio::test]
async fn dis_4_an_absence_in_the_past_is_refused_beside_its_end() {
    let desk = Desk::new().await;
    let mut anna = desk.signed_in(ANNA).await;
    let past = [("from", "2026-11-02"), ("until", "2026-11-06"), ("deputy", "ben.krause")];
    let refused = fill_in(&mut anna, &own("days"), &past).await;
    assert!(refused.status == 422 && refused.text.contains("id=\"form-until-error\""), "{} {}", refused.status, refused.text);
    for typed in ["value=\"2026-11-02\"", "value=\"2026-11-06\"", "value=\"ben.krause\" selected"] {
        assert!(refused.text.contains(typed), "{typed}: {}", refused.text);
    }
    let version = refused.value("version").unwrap();
    let later = [("from", "2026-12-07"), ("until", "2026-12-08"), ("version", &*version), ("key", "k9")];
    assert_eq!(anna.send(&own("days"), &later).await.status, 303);
    // In the section of all absences, the page after it lists what was not saved.
    let mut admin = desk.signed_in(ADMIN).await;
    let address = format!("/desk/d/{NORDSTERN}/settings/absences");
    let version = admin.get(&address).await.value("version").unwrap();
    let rows = [
        ("absences.0", "row"),
        ("absences.0.user", ANNA),
        ("absences.0.from", "2026-11-02"),
        ("absences.0.until", "2026-11-06"),
        ("do", "save"),
        ("version", &version),
    ];
    let saved = admin.send(&address, &rows).await;
    assert!(saved.status == 200 && saved.text.contains("Nicht gespeichert") && saved.text.contains("Anna Vogt ·"), "{}", saved.text);
}

/// DIS-13: the review of an own week without times says that there are no own hours, not that the days are closed.
#[tokio::test]
async fn dis_13_an_own_week_without_times_is_reviewed_as_none() {
    let desk = Desk::new().await;
    let week = json!({"hours": {"mon": [["09:00", "13:00"]]}});
    let path = format!("/dealers/{NORDSTERN}/users/{ANNA}/availability");
    assert_eq!(desk.world.call(Request::put(ANNA, &path).json(&week).version(1)).await.status, 200);
    let mut anna = desk.signed_in(ANNA).await;
    let version = anna.get(&own("week")).await.value("version").unwrap();
    let reviewed = anna.send(&own("week"), &[("do", "review"), ("version", &version)]).await;
    for text in ["Eigene Wochenzeiten", "Montag 09:00–13:00", "während der Betrieb geöffnet ist"] {
        assert!(reviewed.text.contains(text), "{text}: {}", reviewed.text);
    }
    assert!(!reviewed.text.contains("geschlossen"), "{}", reviewed.text);
}

/// DIS-13: a person who receives no leads, or holds as many as they may, is not shown as one who takes leads.
#[tokio::test]
async fn dis_13_a_person_without_new_leads_is_shown_as_passed_over() {
    let desk = Desk::new().await;
    assert_eq!(availability(&desk, ADMIN).await["takes_leads"], true);
    let path = format!("/dealers/{NORDSTERN}/users/{ANNA}");
    let off = Request::put(ADMIN, &path).json(&json!({"receives_leads": false})).version(1);
    assert_eq!(desk.world.call(off).await.status, 200);
    assert_eq!(availability(&desk, ADMIN).await["takes_leads"], false);
}

/// DIS-12: the form of an absence offers no pool without one, and nobody who is not assignable.
#[tokio::test]
async fn dis_12_an_absence_offers_only_possible_targets() {
    let desk = Desk::new().await;
    desk.world
        .settings(|settings| {
            settings.members.iter_mut().filter(|member| member.user.as_str() == "ben.krause").for_each(|member| {
                member.assignable = false;
                member.receives_leads = false;
            });
        })
        .await;
    let form = desk.signed_in(ADMIN).await.get(&of_anna("absences/days")).await;
    for (target, offered) in [("distribution", true), ("user:clara.henning", true), ("user:ben.krause", false), ("pool", false)] {
        assert_eq!(form.text.contains(&format!("<option value=\"{target}\"")), offered, "{target}: {}", form.text);
    }
}
