//! The day of the calendar with a column for each person (CAL-6).

use crate::support::appointments::made;
use crate::support::console::Desk;
use crate::support::world::{ADMIN, NORDSTERN, enquiry};
use serde_json::json;

/// CAL-6: the day has a column for each person of the dealer, also without an entry, with the absence in its head. An appointment without
/// a lead is in the column of its person and opens its page. A seller has the own column only.
#[tokio::test]
async fn cal_6_the_day_has_a_column_for_each_person() {
    let desk = Desk::new().await;
    let away = json!([{"from": "2026-11-24T06:00:00Z", "until": "2026-11-25T06:00:00Z"}]);
    desk.world
        .settings(|settings| {
            let ben = settings.members.iter_mut().find(|member| member.user.as_str() == "ben.krause").unwrap();
            ben.absences = serde_json::from_value(away).unwrap();
        })
        .await;
    let lead = desk.world.lead(&enquiry("jana")).await;
    let call = json!({"title": "Call her", "type": "phone_outbound", "at": "2026-11-24T09:00:00Z", "user": "anna.vogt"});
    assert_eq!(desk.world.post(ADMIN, &format!("/leads/{lead}/events"), &call).await.status, 201);
    let visit = json!({"customer": {"name": "Karl", "email": "karl@example.com"}, "kind": "showroom", "at": "2026-11-24T10:00:00Z", "user": "clara.henning"});
    let karl = made(&desk.world, ADMIN, &visit).await;
    let open = json!({"customer": {"name": "Otto", "email": "otto@example.com"}, "kind": "showroom", "at": "2026-11-24T10:00:00Z"});
    made(&desk.world, ADMIN, &open).await;
    let day = format!("/desk/d/{NORDSTERN}/calendar?view=day&date=2026-11-24");
    let page = desk.signed_in(ADMIN).await.get(&day).await;
    let head = page.text.split("<thead>").nth(1).and_then(|rest| rest.split("</thead>").next()).expect("a table");
    for name in ["Anna Vogt", "Ben Krause <span class=\"tag\">abwesend</span>", "Clara Henning", "David Roth", "Noch niemand"] {
        assert!(head.contains(&format!("<th scope=\"col\">{name}")), "{name}: {head}");
    }
    let cell = |label: &str, clock: &str| {
        let from = page.text.split(&format!("data-clock=\"{clock}\" data-label=\"{label}\"")).nth(1).expect("a cell");
        from.split("</td>").next().unwrap().to_owned()
    };
    assert!(cell("Anna Vogt", "10:00").contains("Call her") && !cell("Clara Henning", "10:00").contains("Call her"), "{}", page.text);
    let of_clara = cell("Clara Henning", "11:00");
    assert!(of_clara.contains(&format!("/desk/appointments/{karl}?back=")) && of_clara.contains("Karl"), "{of_clara}");
    assert!(cell("Noch niemand", "11:00").contains("Otto"), "{}", page.text);
    // The colleagues whose work a seller does not see would look free.
    let own = desk.signed_in("anna.vogt").await.get(&day).await;
    assert!(own.text.contains("<th scope=\"col\">Anna Vogt") && !own.text.contains("<th scope=\"col\">Clara Henning"), "{}", own.text);
    // The month has the appointment, too.
    let month = desk.signed_in(ADMIN).await.get(&format!("/desk/d/{NORDSTERN}/calendar?view=month&date=2026-11-24")).await;
    assert!(month.text.contains(&format!("/desk/appointments/{karl}?back=")), "{}", month.text);
    assert_eq!(desk.shapes.faults(), Vec::<String>::new());
}
