//! The screen of the figures of appointments (OVR-5).

use crate::support::console::Desk;
use crate::support::stored_appointments::{appointment, save};
use crate::support::world::{NORDSTERN, at};
use forecourt_domain::appointment::{Attendance, Attended, OfLead};

/// OVR-5: the screen shows the funnel with its numbers in a table, in the reader's language. Names lead to the same page with one more
/// filter, and the address keeps the others.
#[tokio::test]
async fn ovr_5_the_screen_shows_the_funnel_and_keeps_the_filters() {
    let desk = Desk::new().await;
    let world = &desk.world;
    for (id, is) in [("a", Attended::Completed), ("b", Attended::NoShow), ("c", Attended::Unknown)] {
        let mut one = appointment(id, NORDSTERN, at("2026-11-16T09:00:00Z"));
        one.attendance = Attendance { is, ..Attendance::default() };
        one.lead = Some("1228167210".parse().unwrap());
        one.of_lead = Some(OfLead { source: "Portal".into(), won: id == "a" });
        save(&world.store, &world.scope(), &one).await;
    }
    let screen = format!("/desk/d/{NORDSTERN}/appointments/figures");
    let mut english = desk.signed_in("gina.group").await;
    let page = english.get(&format!("{screen}?created_from=2026-11-10&kind=telephone&kind=video")).await;
    assert_eq!(page.status, 200, "{}", page.text);
    for text in ["From the appointment to the sale", "33.3 %", "Compared with the period before", "Week by week", "Anna Vogt"] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    let kept = "created_from=2026-11-10";
    let filtered = page.text.split("href=\"").filter(|link| link.starts_with(&screen) && link.contains("user=anna.vogt"));
    let filtered: Vec<&str> = filtered.collect();
    assert!(!filtered.is_empty() && filtered.iter().all(|link| link.contains(kept) && link.contains("telephone")), "{}", page.text);
    for (who, title) in [("hugo.office", None), ("helga.stern", Some("Vom Termin zum Verkauf"))] {
        let mut reader = desk.signed_in(who).await;
        let page = reader.get(&format!("{screen}?created_from=2026-11-10")).await;
        assert!(page.status == 200 && title.is_none_or(|title| page.text.contains(title)), "{who}: {}", page.text);
    }
    let refused = english.get(&format!("{screen}?created_from=2026-11-10&created_until=2026-11-01")).await;
    assert!(refused.status == 422 && refused.text.contains("The end must not be before the beginning."), "{}", refused.text);
    let group = english.get("/desk/group/appointments/figures").await;
    assert!(group.status == 200 && group.text.contains("By dealer"), "{}", group.text);
}
