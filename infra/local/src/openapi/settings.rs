//! The bodies of settings, as the API accepts them. The function reads them as JSON, since a field that is left out keeps its value: these
//! types only describe them. A test compares their fields with those of the settings.

#![expect(dead_code, reason = "the types are only described")]

use super::follow_ups::FollowUpSettingsBody;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The names of the schemas.
pub(super) const NAMES: [&str; 33] = [
    "OpeningHoursBody",
    "WeekBody",
    "HolidaysBody",
    "DayOffBody",
    "EscalationBody",
    "MailboxBody",
    "InstantAnswerBody",
    "MailLayoutBody",
    "LimitsBody",
    "FollowUpSettingsBody",
    "JobTypeBody",
    "MethodStepBody",
    "ConfigurationBody",
    "VehicleSiteBody",
    "CapacityBody",
    "AppointmentSettingsBody",
    "PoolBody",
    "PoolSettingsBody",
    "DistributionGroupsBody",
    "RoutingRulesBody",
    "RoutingRuleBody",
    "RoutingConditionBody",
    "DeadlineRulesBody",
    "DeadlineRuleBody",
    "FollowUpPlansBody",
    "FollowUpPlanBody",
    "PlanStepBody",
    "AbsencesBody",
    "DealerAbsenceBody",
    "DealerSettingsBody",
    "LocationBody",
    "CalendarBody",
    "MemberBody",
];

/// Schemas that also have the fields of others. Their types state only the fields that the others lack or describe differently.
pub(super) const WITH_FIELDS_OF: [(&str, &[&str]); 4] = [
    ("DealerAbsenceBody", &["AbsenceBody"]),
    (
        "DealerSettingsBody",
        &[
            "MailboxBody",
            "ConfigurationBody",
            "PoolBody",
            "DistributionGroupsBody",
            "RoutingRulesBody",
            "DeadlineRulesBody",
            "FollowUpPlansBody",
        ],
    ),
    ("CalendarBody", &["OpeningHoursBody", "HolidaysBody"]),
    ("MemberBody", &["DealerUserBody", "UserAbsencesBody", "AvailabilityBody"]),
];

/// The opening hours (SET-1).
#[derive(ToSchema)]
pub(super) struct OpeningHoursBody {
    /// The IANA time zone, such as `Europe/Berlin`.
    #[schema(max_length = 50)]
    zone: Option<String>,
    /// The weekly hours.
    hours: Option<WeekBody>,
}

/// The hours of each weekday: a list of intervals such as `["09:00", "12:30"]`; a day that is left out is closed.
#[derive(ToSchema)]
pub(super) struct WeekBody {
    mon: Option<Vec<Vec<String>>>,
    tue: Option<Vec<Vec<String>>>,
    wed: Option<Vec<Vec<String>>>,
    thu: Option<Vec<Vec<String>>>,
    fri: Option<Vec<Vec<String>>>,
    sat: Option<Vec<Vec<String>>>,
    sun: Option<Vec<Vec<String>>>,
}

/// The days off and the days with special hours (SET-2).
#[derive(ToSchema)]
pub(super) struct HolidaysBody {
    /// The days off.
    days_off: Option<Vec<DayOffBody>>,
    /// The hours of single dates, by date.
    special_hours: Option<BTreeMap<String, Vec<Vec<String>>>>,
}

/// A day off, or several.
#[derive(ToSchema)]
pub(super) struct DayOffBody {
    /// The first day.
    from: String,
    /// The last day; default: the first.
    until: Option<String>,
    /// The former name of `until`.
    #[schema(deprecated)]
    to: Option<String>,
    /// The name.
    #[schema(max_length = 100)]
    name: String,
    /// A public holiday, or the dealer's own.
    kind: String,
}

/// The durations of the escalation steps in minutes; 0 or `null` turns a step off (SET-3).
#[derive(ToSchema)]
pub(super) struct EscalationBody {
    /// Working minutes from the enquiry to level 1.
    #[schema(maximum = 86_400)]
    level_1: Option<u32>,
    /// Minutes before level 1 at which the seller is reminded.
    #[schema(maximum = 86_400)]
    reminder: Option<u32>,
    /// Minutes from level 1 to level 2.
    #[schema(maximum = 86_400)]
    level_2: Option<u32>,
    /// Minutes from a resubmission to its level 2.
    #[schema(maximum = 86_400)]
    level_2_resubmission: Option<u32>,
}

/// The limits of messages to customers (SET-12).
#[derive(ToSchema)]
pub(super) struct LimitsBody {
    /// Letters, which are mails and text messages, to one recipient in a day.
    #[schema(minimum = 1, maximum = 1_000)]
    letters_per_recipient: Option<u32>,
    /// Text messages of the dealer in an hour.
    #[schema(minimum = 1, maximum = 100_000)]
    text_messages_per_hour: Option<u32>,
    /// The countries to whose numbers the dealer sends text messages, as two letters. Default: the dealer's own country and its neighbours.
    #[schema(max_items = 300)]
    text_message_countries: Option<Vec<String>>,
}

/// The capacity of a person (CAL-7).
#[derive(ToSchema)]
pub(super) struct CapacityBody {
    /// The number of timed events with which a quarter-hour is full.
    #[schema(maximum = 50)]
    per_slot: Option<u32>,
    /// The largest number of bookings on a date.
    #[schema(maximum = 200)]
    per_day: Option<u32>,
    /// The earliest start; `null`: the opening time.
    earliest: Option<String>,
    /// The latest finish; `null`: the closing time.
    latest: Option<String>,
    /// Minutes by type of event, 15 to 480 in steps of 15.
    durations: Option<BTreeMap<String, u32>>,
    /// Minutes of a type without an entry, 15 to 480 in steps of 15.
    #[schema(minimum = 15, maximum = 480)]
    default_duration: Option<u32>,
    /// Minutes between two offered starts: 15, 30 or 60.
    #[schema(minimum = 15, maximum = 60)]
    step: Option<u32>,
    /// The shortest time between a booking and its slot in minutes.
    #[schema(maximum = 20_160)]
    notice: Option<u32>,
    /// The number of dates after today that a customer may book.
    #[schema(minimum = 1, maximum = 92)]
    horizon_days: Option<u32>,
}

/// The settings of appointments (APT-2, APT-3).
#[derive(ToSchema)]
pub(super) struct AppointmentSettingsBody {
    /// The accepted origins.
    origins: Option<Vec<String>>,
    /// Hours before an appointment at which its customer is reminded; 0: never.
    #[schema(maximum = 336)]
    reminder_hours: Option<u32>,
    /// The media by which customers are notified.
    media: Option<Vec<String>>,
    /// No reminders are sent before this local time.
    quiet_until: Option<String>,
    /// No reminders are sent from this local time on.
    quiet_from: Option<String>,
    /// Minutes before an appointment at which its salesperson is reminded; 0: never (APT-7).
    #[schema(maximum = 1440)]
    appointment_reminder_minutes: Option<u32>,
    /// Whether each salesperson gets a list of the day's appointments at the opening (APT-7).
    morning_list: Option<bool>,
    /// Opening hours after the end of a visit at which it becomes a no-show if nobody recorded the attendance; 0: never (APT-12).
    #[schema(maximum = 72)]
    no_show_after_hours: Option<u32>,
}

/// The settings of the pool (SET-6).
#[derive(ToSchema)]
pub(super) struct PoolBody {
    /// The pool; `null`: none.
    pool: Option<PoolSettingsBody>,
}

/// A pool in place of the rotation.
#[derive(ToSchema)]
pub(super) struct PoolSettingsBody {
    /// The owner of the leads until a user claims them.
    user: String,
    /// Only the oldest lead may be claimed.
    oldest_only: Option<bool>,
}

/// The distribution groups (DIS-3).
#[derive(ToSchema)]
pub(super) struct DistributionGroupsBody {
    /// The ids of the groups.
    distribution_groups: Option<Vec<String>>,
}

/// The routing rules (DIS-3).
#[derive(ToSchema)]
pub(super) struct RoutingRulesBody {
    /// The rules; the first that matches counts.
    routing_rules: Option<Vec<RoutingRuleBody>>,
}

/// A routing rule.
#[derive(ToSchema)]
pub(super) struct RoutingRuleBody {
    /// One of the dealer's distribution groups.
    group: String,
    /// The condition; without one, the rule matches every lead.
    when: Option<RoutingConditionBody>,
}

/// The deadline rules (ESC-13).
#[derive(ToSchema)]
pub(super) struct DeadlineRulesBody {
    /// The rules; the first that matches counts. Without a match, the dealer's durations apply.
    #[schema(max_items = 200)]
    deadline_rules: Option<Vec<DeadlineRuleBody>>,
}

/// A deadline rule: the durations of the steps of some leads, in minutes.
#[derive(ToSchema)]
pub(super) struct DeadlineRuleBody {
    /// The condition; without one, the rule matches every lead.
    when: Option<RoutingConditionBody>,
    /// Working minutes from the enquiry to level 1; 0: no deadline.
    #[schema(maximum = 86_400)]
    level_1: u32,
    /// Minutes before level 1 at which the seller is reminded; 0: no reminder; default: the dealer's.
    #[schema(maximum = 86_400)]
    reminder: Option<u32>,
    /// Minutes from level 1 to level 2; 0: no level 2; default: the dealer's.
    #[schema(maximum = 86_400)]
    level_2: Option<u32>,
}

/// The condition of a routing or deadline rule. An empty list matches every lead; all lists must match.
#[derive(ToSchema)]
pub(super) struct RoutingConditionBody {
    sources: Option<Vec<String>>,
    types: Option<Vec<String>>,
    makes: Option<Vec<String>>,
    condition: Option<String>,
    sites: Option<Vec<String>>,
    postcodes: Option<Vec<String>>,
    languages: Option<Vec<String>>,
}

/// The absences of all users of a dealer (DIS-4).
#[derive(ToSchema)]
pub(super) struct AbsencesBody {
    /// The absences.
    absences: Option<Vec<DealerAbsenceBody>>,
}

/// An absence of a user of the dealer.
#[derive(ToSchema)]
pub(super) struct DealerAbsenceBody {
    /// The user.
    user: String,
}

/// All settings of a dealer. A field that is left out gets its default.
#[derive(ToSchema)]
pub(super) struct DealerSettingsBody {
    /// The dealer's name, as customers know it.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// The country as two letters.
    #[schema(max_length = 2)]
    country: String,
    /// The language for users and customers without a language of their own.
    language: String,
    location: Option<LocationBody>,
    /// Zone, opening hours, days off and special hours.
    calendar: CalendarBody,
    escalation: Option<EscalationBody>,
    /// The users who work here.
    members: Vec<MemberBody>,
    /// Receives leads if there is no fallback user.
    admin_user: String,
    /// Types of calendar events in addition to those that every dealer has.
    event_types: Option<Vec<String>>,
    /// Reasons of a no-show in addition to those that every dealer has.
    no_show_reasons: Option<Vec<String>>,
    /// Reasons of a cancellation in addition to those that every dealer has.
    cancellation_reasons: Option<Vec<String>>,
    capacity: Option<CapacityBody>,
    appointments: Option<AppointmentSettingsBody>,
    limits: Option<LimitsBody>,
    follow_ups: Option<FollowUpSettingsBody>,
}

/// Where customers find a dealer, and how they call it, as letters state it (SET-4). The country is that of the dealer.
#[derive(ToSchema)]
pub(super) struct LocationBody {
    /// Street and house number.
    #[schema(max_length = 100)]
    street: Option<String>,
    /// Postcode.
    #[schema(max_length = 20)]
    postcode: Option<String>,
    /// Town.
    #[schema(max_length = 100)]
    town: Option<String>,
    /// Telephone number for customers, as letters show it.
    #[schema(max_length = 40, example = "+49 40 123456")]
    phone: Option<String>,
    /// The address of a map, on the public internet.
    #[schema(max_length = 500, example = "https://www.openstreetmap.org/node/1234567890")]
    map_link: Option<String>,
}

/// Zone, opening hours, days off and special hours of a dealer.
#[derive(ToSchema)]
pub(super) struct CalendarBody {
    /// The IANA time zone, such as `Europe/Berlin`.
    #[schema(max_length = 50)]
    zone: String,
    /// The weekly hours.
    hours: WeekBody,
}

/// The settings of one user at a dealer.
#[derive(ToSchema)]
pub(super) struct MemberBody {
    /// The user.
    user: String,
}
