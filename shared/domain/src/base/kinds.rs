//! Small enums that several folders name.

use crate::base::{AppointmentId, BOOKED_TEST_DRIVE, LeadId};
use serde::{Deserialize, Serialize};

/// In progress, won or lost (LEAD-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Being worked.
    InProgress,
    /// Sold.
    Won,
    /// Not sold, and why.
    Lost(LostReason),
}

impl Status {
    /// Its name without the reason, as the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Status::InProgress => "in_progress",
            Status::Won => "won",
            Status::Lost(_) => "lost",
        }
    }
}

/// Why a lead was lost (LEAD-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum LostReason {
    BoughtElsewhere,
    Price,
    VehicleGone,
    NoInterest,
    NotReached,
    Spam,
    Duplicate,
    Other,
}

impl LostReason {
    /// Every reason with its name.
    pub const NAMES: [(&'static str, LostReason); 8] = [
        ("bought_elsewhere", LostReason::BoughtElsewhere),
        ("price", LostReason::Price),
        ("vehicle_gone", LostReason::VehicleGone),
        ("no_interest", LostReason::NoInterest),
        ("not_reached", LostReason::NotReached),
        ("spam", LostReason::Spam),
        ("duplicate", LostReason::Duplicate),
        ("other", LostReason::Other),
    ];
}

/// What stops the response clock (ESC-7). An automatic reply is none of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum ReactionKind {
    Reply,
    CallReached,
    ContactMade,
    Appointment,
    Won,
    Lost,
}

/// A step of a lead's escalation, in the order in which they happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// The seller is reminded (ESC-2).
    Reminder,
    /// The first response is overdue: the seller is told (ESC-1).
    #[serde(rename = "level_1")]
    Level1,
    /// Still no response: the supervisor is told (ESC-3).
    #[serde(rename = "level_2")]
    Level2,
}

/// Of what kind an appointment is (APT-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum AppointmentKind {
    Showroom,
    TestDrive,
    Telephone,
    Email,
    Video,
    Delivery,
    /// In the workshop: outside the overview of sales appointments.
    Workshop,
    Other,
}

impl AppointmentKind {
    /// Every kind with its name, as the API writes it.
    pub const NAMES: [(&'static str, AppointmentKind); 8] = [
        ("showroom", AppointmentKind::Showroom),
        ("test_drive", AppointmentKind::TestDrive),
        ("telephone", AppointmentKind::Telephone),
        ("email", AppointmentKind::Email),
        ("video", AppointmentKind::Video),
        ("delivery", AppointmentKind::Delivery),
        ("workshop", AppointmentKind::Workshop),
        ("other", AppointmentKind::Other),
    ];

    /// The type of calendar event whose duration it takes (CAL-7).
    pub fn event_type(self) -> &'static str {
        match self {
            AppointmentKind::Showroom | AppointmentKind::Workshop | AppointmentKind::Other => "visit_inbound",
            AppointmentKind::TestDrive => BOOKED_TEST_DRIVE,
            AppointmentKind::Telephone | AppointmentKind::Video => "phone_outbound",
            AppointmentKind::Email => "email_outbound",
            AppointmentKind::Delivery => "delivery",
        }
    }

    /// Its name, as the API writes it.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, kind)| *kind == self).map_or("other", |(name, _)| name)
    }
}

/// The system that an appointment was made in (APT-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppointmentOrigin {
    /// Made here.
    Forecourt,
    /// The contact centre's system.
    ContactCentre,
    /// A dealer's own system.
    DealerSystem,
}

impl AppointmentOrigin {
    /// Every origin with its name, as the API writes it.
    pub const NAMES: [(&'static str, AppointmentOrigin); 3] = [
        ("forecourt", AppointmentOrigin::Forecourt),
        ("contact_centre", AppointmentOrigin::ContactCentre),
        ("dealer_system", AppointmentOrigin::DealerSystem),
    ];

    /// Its name, as the API writes it.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, origin)| *origin == self).map_or("forecourt", |(name, _)| name)
    }
}

/// Whose people made an appointment (APT-1, OVR-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppointmentTeam {
    /// The contact centre's ("ART").
    ContactCentre,
    /// The dealer's, or the customer's own self.
    Dealer,
}

/// What a letter is about, and is stored with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A lead: it goes to the lead's main contact.
    Lead(LeadId),
    /// An appointment: it goes to its customer, or the main contact of its lead.
    Appointment(AppointmentId),
}
