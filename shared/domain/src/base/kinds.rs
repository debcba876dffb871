//! Small enums that several folders use.

use crate::base::{AppointmentId, BOOKED_TEST_DRIVE, LeadId};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

/// The status of a lead (LEAD-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", from = "StoredStatus")]
pub enum Status {
    /// The dealer is working on it.
    InProgress,
    /// Sold.
    Won,
    /// Not sold, with the reason.
    Lost(LostReason),
    /// A status of another release. Lists show the lead; nothing escalates until somebody reopens it.
    Unknown,
}

/// A status as it is stored.
#[derive(Deserialize)]
#[serde(untagged)]
enum StoredStatus {
    Known(KnownStatus),
    Other(IgnoredAny),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum KnownStatus {
    InProgress,
    Won,
    Lost(LostReason),
}

impl From<StoredStatus> for Status {
    fn from(stored: StoredStatus) -> Self {
        match stored {
            StoredStatus::Known(KnownStatus::InProgress) => Status::InProgress,
            StoredStatus::Known(KnownStatus::Won) => Status::Won,
            StoredStatus::Known(KnownStatus::Lost(reason)) => Status::Lost(reason),
            StoredStatus::Other(IgnoredAny) => Status::Unknown,
        }
    }
}

impl Status {
    /// Returns the name without the reason, as the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Status::InProgress => "in_progress",
            Status::Won => "won",
            Status::Lost(_) => "lost",
            Status::Unknown => "unknown",
        }
    }
}

/// Why a lead was lost (LEAD-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names explain themselves")]
pub enum LostReason {
    BoughtElsewhere,
    Price,
    VehicleGone,
    NoInterest,
    NotReached,
    Spam,
    Duplicate,
    Other,
    /// A reason of another release.
    #[serde(other)]
    Unknown,
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

/// A reaction that stops the response clock (ESC-7). An automatic reply is not a reaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names explain themselves")]
pub enum ReactionKind {
    Reply,
    CallReached,
    ContactMade,
    Appointment,
    Won,
    Lost,
}

/// A step of a lead's escalation, in the order of the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// The seller is reminded (ESC-2).
    Reminder,
    /// The first response is overdue: the seller is notified (ESC-1).
    #[serde(rename = "level_1")]
    Level1,
    /// There is still no response: the supervisor is notified (ESC-3).
    #[serde(rename = "level_2")]
    Level2,
}

/// The kind of an appointment (APT-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names explain themselves")]
pub enum AppointmentKind {
    Showroom,
    TestDrive,
    Telephone,
    Email,
    Video,
    Delivery,
    /// In the workshop. The overview of sales appointments does not count it.
    Workshop,
    Other,
    /// A kind of another release.
    #[serde(other)]
    Unknown,
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

    /// Returns the type of calendar event whose duration the appointment has (CAL-7).
    pub fn event_type(self) -> &'static str {
        match self {
            AppointmentKind::Showroom | AppointmentKind::Workshop | AppointmentKind::Other | AppointmentKind::Unknown => "visit_inbound",
            AppointmentKind::TestDrive => BOOKED_TEST_DRIVE,
            AppointmentKind::Telephone | AppointmentKind::Video => "phone_outbound",
            AppointmentKind::Email => "email_outbound",
            AppointmentKind::Delivery => "delivery",
        }
    }

    /// Its name, as the API writes it.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, kind)| *kind == self).map_or("unknown", |(name, _)| name)
    }

    /// Returns the title of its calendar event.
    pub fn title(self) -> &'static str {
        match self {
            AppointmentKind::Showroom => "Showroom Appointment",
            AppointmentKind::TestDrive => "Booked Test Drive",
            AppointmentKind::Telephone => "Telephone Appointment",
            AppointmentKind::Email => "E-mail Appointment",
            AppointmentKind::Video => "Video Appointment",
            AppointmentKind::Delivery => "Delivery",
            AppointmentKind::Workshop => "Workshop Appointment",
            AppointmentKind::Other | AppointmentKind::Unknown => "Appointment",
        }
    }
}

/// The system in which an appointment was made (APT-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppointmentOrigin {
    /// This system.
    Forecourt,
    /// The contact centre's system.
    ContactCentre,
    /// A dealer's own system.
    DealerSystem,
    /// A system of another release.
    #[serde(other)]
    Unknown,
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
        Self::NAMES.iter().find(|(_, origin)| *origin == self).map_or("unknown", |(name, _)| name)
    }
}

/// The team that made an appointment (APT-1, OVR-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppointmentTeam {
    /// The contact centre ("ART").
    ContactCentre,
    /// The dealer, or the customer by an invitation link.
    Dealer,
    /// A team of another release.
    #[serde(other)]
    Unknown,
}

impl AppointmentTeam {
    /// The teams with their names, as the API writes them.
    pub const NAMES: [(&'static str, AppointmentTeam); 2] =
        [("contact_centre", AppointmentTeam::ContactCentre), ("dealer", AppointmentTeam::Dealer)];

    /// Its name, as the API writes it.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, team)| *team == self).map_or("unknown", |(name, _)| name)
    }
}

/// The entity that a letter is about. The letter is stored with it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A lead: the letter goes to the lead's main contact.
    Lead(LeadId),
    /// An appointment: the letter goes to its customer, or to the main contact of its lead.
    Appointment(AppointmentId),
}
