//! The history of an appointment, as clients see it.

use chrono::{DateTime, Utc};
use forecourt_domain::appointment::{Appointment, AppointmentState, Arrival, Attendance, CustomerConfirmation};
use forecourt_domain::base::{Actor, Cancellation, CancellationSide};
use serde::Serialize;
use utoipa::ToSchema;

/// Why an appointment was cancelled, and from which side.
#[derive(Debug, Serialize, ToSchema)]
pub struct CancellationView {
    /// The reason: one of the dealer's reasons, or the text of another system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The side: `customer` or `dealer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side: Option<&'static str>,
    /// A note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl CancellationView {
    pub(crate) fn of(state: &AppointmentState) -> Option<Self> {
        let AppointmentState::Cancelled { why, .. } = state else { return None };
        let stated = (*why != Cancellation::default()).then_some(why)?;
        Some(Self { reason: stated.reason.clone(), side: stated.side.map(CancellationSide::name), note: stated.note.clone() })
    }
}

/// A change of an appointment.
#[derive(Debug, Serialize, ToSchema)]
pub struct HappenedView {
    /// Time of the change.
    pub at: DateTime<Utc>,
    /// `made`, `moved`, `given` (to another salesperson, or taken from the previous one), `transferred` (to another dealer), `cancelled`,
    /// `kept` (although the salesperson was absent or the dealer closed), `reinstated` (reopened or moved after a cancellation, and booked
    /// again), `confirmed`, `confirmation_taken_back`, `declined` (the customer answered no to a text message), `arrived`,
    /// `arrival_taken_back`, `linked` (to a lead that was chosen), `unlinked` (it stayed when its lead went to another dealer), or the
    /// attendance that was recorded.
    pub what: &'static str,
    /// Who made the change; `user` alone if you may not know the salesperson of the lead. A rule is `rule:arrival` or
    /// `rule:no_show_after_hours` (APT-12).
    pub by: String,
    /// The way of a confirmation by the customer: `link`, `text`, `telephone` or `partner`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub way: Option<&'static str>,
    /// The previous time, if the appointment was moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<DateTime<Utc>>,
    /// Reason of the no-show, or of the cancellation if somebody stated it (APT-11).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The side from which the cancellation came: `customer` or `dealer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side: Option<&'static str>,
    /// Note of the cancellation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Id of the previous salesperson, if the appointment was given to another one and you may know the salesperson of the lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_user: Option<String>,
    /// Id of the previous dealer, if the appointment was transferred and you may know the salesperson of the lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_dealer: Option<String>,
    /// Id of the former lead, if that went to another dealer and the appointment stayed, and you may know the salesperson of the lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_lead: Option<String>,
}

impl HappenedView {
    fn new(at: DateTime<Utc>, what: &'static str, by: String) -> Self {
        Self {
            at,
            what,
            by,
            way: None,
            from: None,
            reason: None,
            side: None,
            note: None,
            from_user: None,
            from_dealer: None,
            from_lead: None,
        }
    }

    fn cancelled(at: DateTime<Utc>, by: String, why: &Cancellation) -> Self {
        let (reason, side) = (why.reason.clone(), why.side.map(CancellationSide::name));
        Self { reason, side, note: why.note.clone(), ..Self::new(at, "cancelled", by) }
    }
}

/// Returns the changes of an appointment, oldest first. With `knows_users` they name the users of the lead.
pub(crate) fn history(a: &Appointment, knows_users: bool) -> Vec<HappenedView> {
    let name = |by: &Actor| if matches!(by, Actor::User(_)) && !knows_users { "user".to_owned() } else { by.to_string() };
    let made = HappenedView::new(a.created, "made", name(&a.by));
    let moved =
        a.moved.iter().map(|moved| HappenedView { from: Some(moved.from), ..HappenedView::new(moved.at, "moved", name(&moved.by)) });
    let left = |at: DateTime<Utc>| a.left.iter().any(|left| left.at == at);
    let given = a.given.iter().filter(|given| knows_users || !left(given.at)).map(|given| {
        let from_user = Some(given.from.to_string()).filter(|_| knows_users);
        HappenedView { from_user, ..HappenedView::new(given.at, "given", name(&given.by)) }
    });
    // A partner must not notice the move (ACC-1).
    let transferred = a.left.iter().filter(|_| knows_users).map(|left| {
        let by = left.by.as_ref().map_or_else(|| "system".to_owned(), name);
        HappenedView { from_dealer: Some(left.dealer.to_string()), ..HappenedView::new(left.at, "transferred", by) }
    });
    let marked = a.marked.iter().chain([&a.attendance]).filter_map(|attendance: &Attendance| {
        let by = attendance.author(name).unwrap_or_default();
        let at = attendance.as_of?;
        Some(HappenedView { reason: attendance.reason.clone(), ..HappenedView::new(at, attendance.is.name(), by) })
    });
    let cancelled = match &a.state {
        AppointmentState::Cancelled { at, by, why } => Some(HappenedView::cancelled(*at, name(by), why)),
        AppointmentState::Booked | AppointmentState::Unknown => None,
    };
    let undone = a.undone.iter().flat_map(|undone| {
        let cancelled = HappenedView::cancelled(undone.at, name(&undone.by), &undone.why);
        [cancelled, HappenedView::new(undone.again_at, "reinstated", name(&undone.again))]
    });
    let kept = a.accepted.as_ref().and_then(|accepted| accepted.kept.as_ref());
    let kept = kept.map(|kept| HappenedView::new(kept.at, "kept", name(&kept.by)));
    // A partner must not notice the lead (ACC-1).
    let linked = a.linked.as_ref().filter(|_| knows_users).and_then(|linked| linked.chosen.as_ref());
    let linked = linked.map(|chosen| HappenedView::new(chosen.at, "linked", name(&chosen.by)));
    let unlinked = a.former_leads.iter().filter(|_| knows_users).map(|former| HappenedView {
        from_lead: Some(former.lead.to_string()),
        ..HappenedView::new(former.at, "unlinked", name(&former.by))
    });
    let mut all: Vec<HappenedView> = moved
        .chain(transferred)
        .chain(given)
        .chain(kept)
        .chain(linked)
        .chain(unlinked)
        .chain(marked)
        .chain(undone)
        .chain(cancelled)
        .collect();
    all.extend(visit_states(a, &name));
    // A rule that counts an arrival as attended has its time, and comes after it.
    all.sort_by_key(|happened| (happened.at, happened.by.starts_with("rule:")));
    [made].into_iter().chain(all).collect()
}

/// Returns the answers of the customer and the arrivals, with those that were taken back (APT-12, MSG-3).
fn visit_states(a: &Appointment, name: &impl Fn(&Actor) -> String) -> Vec<HappenedView> {
    let confirmed =
        |one: &CustomerConfirmation| HappenedView { way: Some(one.way.name()), ..HappenedView::new(one.at, "confirmed", name(&one.by)) };
    let arrived = |one: &Arrival| HappenedView::new(one.at, "arrived", name(&one.by));
    let mut all: Vec<HappenedView> = a.customer_confirmed.iter().map(confirmed).chain(a.arrived.iter().map(arrived)).collect();
    all.extend(a.declines.iter().map(|decline| HappenedView::new(decline.at, "declined", name(&decline.by))));
    for past in &a.past_confirmations {
        all.push(confirmed(&past.confirmation));
        all.extend(past.taken_back.then(|| HappenedView::new(past.until, "confirmation_taken_back", name(&past.ended_by))));
    }
    for past in &a.past_arrivals {
        all.push(arrived(&past.arrival));
        all.extend(past.taken_back.then(|| HappenedView::new(past.until, "arrival_taken_back", name(&past.ended_by))));
    }
    all
}
