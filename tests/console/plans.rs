//! Follow-up plans on the screens (CAL-11).

use crate::support::console::{Desk, lacks, shows};
use crate::support::plans::{SELLER, answered, calls, start, world};
use crate::support::world::{ADMIN, NORDSTERN};

/// CAL-11: the tab of follow-up starts and stops a plan, and shows its state and steps, in each language.
#[tokio::test]
async fn cal_11_the_lead_page_starts_shows_and_stops_a_plan() {
    for (language, none, running, stopped, event) in [
        ("en", "No follow-up plan was started", "Running", "Stopped: stopped by a user", "Follow-up plan started"),
        ("de", "Es wurde kein Nachfassplan begonnen", "Läuft", "Beendet: von einem Benutzer beendet", "Nachfassplan begonnen"),
        ("nl", "Er is geen opvolgplan gestart", "Loopt", "Gestopt: gestopt door een gebruiker", "Opvolgplan gestart"),
    ] {
        let desk = Desk::on(world("2026-11-23T09:00:00Z", &[calls()]).await);
        let lead = answered(&desk.world, "jana").await;
        let (page, tab) = (format!("/desk/leads/{lead}"), format!("/desk/leads/{lead}?tab=follow-up"));
        let mut seller = desk.speaking(SELLER, language).await;
        shows(&seller.get(&tab).await, &[none, &format!("{page}/plan?")]);
        shows(&seller.get(&format!("{page}/plan")).await, &["Calls"]);
        let sent = seller.send(&format!("{page}/plan"), &[("id", "calls"), ("key", "k-1")]).await;
        assert_eq!(sent.status, 303, "{}", sent.text);
        let shown = seller.get(&tab).await;
        shows(&shown, &[running, "First call", "Last call", &format!("{page}/plan-stop?")]);
        lacks(&shown, &[&format!("{page}/plan?")]);
        shows(&seller.get(&page).await, &[event]);
        let sent = seller.send(&format!("{page}/plan-stop"), &[("key", "k-2")]).await;
        assert_eq!(sent.status, 303, "{}", sent.text);
        shows(&seller.get(&tab).await, &[stopped]);
    }
}

/// CAL-11, LEAD-10: the bar below the list starts a plan on the ticked leads. A dealer without plans has no such button.
#[tokio::test]
async fn cal_11_the_bar_of_the_list_starts_a_plan_on_ticked_leads() {
    let desk = Desk::on(world("2026-11-23T09:00:00Z", &[calls()]).await);
    let (first, second) = (answered(&desk.world, "jana").await, answered(&desk.world, "tom").await);
    let list = format!("/desk/d/{NORDSTERN}/leads");
    let mut seller = desk.speaking(SELLER, "en").await;
    shows(&seller.get(&list).await, &["value=\"follow-up\""]);
    let (first, second) = (first.to_string(), second.to_string());
    let sent =
        seller.send(&format!("{list}/follow-up"), &[("leads", &first), ("leads", &second), ("plan.id", "calls"), ("key", "k-1")]).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    for lead in [first, second] {
        shows(&seller.get(&format!("/desk/leads/{lead}?tab=follow-up")).await, &["Running"]);
    }
    let without = Desk::on(world("2026-11-23T09:00:00Z", &[]).await);
    answered(&without.world, "jana").await;
    let page = without.speaking(SELLER, "en").await.get(&list).await;
    shows(&page, &["value=\"move\""]);
    lacks(&page, &["value=\"follow-up\""]);
}

/// CAL-11: the settings have the plans with their steps and offer the canned answers; the overview has the yield of each step.
#[tokio::test]
async fn cal_11_settings_and_overview_have_the_plans() {
    let desk = Desk::on(world("2026-11-23T09:00:00Z", &[calls()]).await);
    let lead = answered(&desk.world, "jana").await;
    assert_eq!(start(&desk.world, SELLER, lead, "calls").await.status, 200);
    desk.world.advance_to("2026-11-24T09:00:00Z").await;
    let mut admin = desk.speaking(ADMIN, "en").await;
    shows(&admin.get(&format!("/desk/d/{NORDSTERN}/settings/plans")).await, &["Follow-up plans", "First call", "Still there (E-mail, de)"]);
    shows(&admin.get(&format!("/desk/d/{NORDSTERN}/overview?received_from=")).await, &["Follow-up plan Calls", "First call", "Runs: 1."]);
}
