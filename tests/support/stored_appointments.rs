//! Appointments that are stored as given, without any rule.

use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::{Appointment, AppointmentState, Attendance};
use forecourt_domain::base::{Actor, AppointmentId, AppointmentKind, AppointmentOrigin, AppointmentTeam, DealerId, Media};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::enquiry::ContactPreferences;
use forecourt_store::keys::Key;
use forecourt_store::{Load, Store};

/// Returns a telephone appointment that was created by the system two days before its time.
pub fn appointment(id: &str, dealer: &str, created: DateTime<Utc>) -> Appointment {
    Appointment {
        id: AppointmentId::parse(id).unwrap(),
        dealer: DealerId::parse(dealer).unwrap(),
        lead: None,
        of_lead: None,
        event: None,
        customer: "Jana Petersen".into(),
        customer_id: None,
        user: Some("anna.vogt".parse().unwrap()),
        at: created + TimeDelta::days(2),
        kind: AppointmentKind::Telephone,
        origin: AppointmentOrigin::Forecourt,
        team: AppointmentTeam::Dealer,
        by: Actor::System,
        created,
        state: AppointmentState::Booked,
        attendance: Attendance::default(),
        customer_confirmed: None,
        past_confirmations: Vec::new(),
        declines: Vec::new(),
        arrived: None,
        past_arrivals: Vec::new(),
        follows: None,
        followed_by: None,
        visit_check: Default::default(),
        confirmed: Media::default(),
        reminded: Media::default(),
        notified: Vec::new(),
        reminding: Vec::new(),
        sequence: 0,
        reached: ContactPreferences::default(),
        notes: None,
        external: None,
        moved: Vec::new(),
        moves: 0,
        left: Vec::new(),
        former_leads: Vec::new(),
        version: 1,
        updated: created,
        statements: Default::default(),
        given: Vec::new(),
        undone: Vec::new(),
        marked: Vec::new(),
        accepted: None,
        taken: None,
        briefing: Default::default(),
        linked: None,
        request_hash: None,
    }
}

/// Saves an appointment as given, without any rule.
pub async fn save(store: &Store, scope: &Scope, appointment: &Appointment) {
    let key = Key::Appointment(appointment.id.clone());
    let item = Item::Appointment(Box::new(appointment.clone()));
    store.decide(scope, Load::of([key]), |_, _| Ok((Some(Decision::default().with(item.clone())), ()))).await.unwrap();
}
