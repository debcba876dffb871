//! A dealer's settings, whole and in parts.

use super::problems::{FIELDS, NO_DEALER, NO_RIGHT, NO_TOKEN, RETRY, SETTINGS_CHANGE, SETTINGS_READ, UNREADABLE};
use super::query::{BEFORE, DESPITE, DRY_RUN, HAND_OVER};
use super::row::{get, post, put, routes, routes_of};
use super::{Content, Operation, Query, Response, Route, Row, Values};
use forecourt_domain::base::Right;

/// A part of a dealer's settings that has routes of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the summaries of their routes describe them")]
pub enum SettingsPart {
    OpeningHours,
    Holidays,
    Escalation,
    Mailbox,
    Configuration,
    Capacity,
    Appointments,
    Pool,
    DistributionGroups,
    RoutingRules,
    DeadlineRules,
    FollowUpPlans,
    Absences,
    Limits,
    FollowUpSettings,
}

const IMPORT_UNTIL: Query = Query::new("until", Values::Bound, "The last day to import; default two years after the first.");
const SETTINGS: &[Response] = &[(200, "The settings; their version is the ETag.", Content::Json("SettingsView"))];

routes![
    ReadSettings = get("/dealers/{dealer}/settings", "settings")
        .summary("Returns a dealer's settings (SET-1 to SET-6).")
        .rights(&[Right::ReadSettings])
        .responses(SETTINGS)
        .problems(SETTINGS_READ),
    ChangeSettings = put("/dealers/{dealer}/settings", "settings")
        .summary("Replaces a dealer's settings; they are validated as a whole (SET-10, DIS-12).")
        .rights(&[Right::ChangeSettings])
        .query(&[HAND_OVER, DESPITE, DRY_RUN])
        .body(&[Content::Json("DealerSettingsBody")])
        .responses(SETTINGS)
        .if_match()
        .problems(SETTINGS_CHANGE),
    SettingsHistory = get("/dealers/{dealer}/settings/history", "settings")
        .summary("Returns the changes of the settings with author, time, old and new values, newest first (SET-10).")
        .rights(&[Right::ReadSettings])
        .query(&[BEFORE])
        .responses(&[(200, "A page of changes.", Content::Json("HistoryView"))])
        .problems(SETTINGS_READ),
    SettingsFindings = get("/dealers/{dealer}/settings/findings", "settings")
        .summary("Returns the findings: settings that are allowed but risky (SET-8).")
        .rights(&[Right::ReadSettings])
        .responses(&[(200, "The findings.", Content::Json("FindingsView"))])
        .problems(SETTINGS_READ),
    ImportHolidays = post("/dealers/{dealer}/holidays/import", "settings")
        .summary("Adds the days of an iCalendar file to the days off (SET-2).")
        .rights(&[Right::ChangeSettings])
        .body(&[Content::Text("text/calendar", "An iCalendar file (RFC 5545)")])
        .query(&[
            Query::new("from", Values::Bound, "The first day to import; default today."),
            IMPORT_UNTIL,
            IMPORT_UNTIL.formerly("to"),
            Query::new(
                "transparent",
                Values::Flag,
                "`true` also imports transparent entries, which block no time; many national calendars mark all their days as transparent. Default `false`."
            ),
        ])
        .responses(&[(200, "The imported and skipped days; the settings' version is the ETag.", Content::Json("ImportView"))])
        .if_match()
        .problems(SETTINGS_CHANGE),
    DryRun = post("/dealers/{dealer}/dry-run", "lead-intake")
        .summary("Returns the owner, reason and deadlines that a lead would get at a given time, without storing anything (SET-9).")
        .rights(&[Right::ReadSettings])
        .body(&[Content::Json("DryRunBody")])
        .responses(&[(200, "The result of the dry run.", Content::Json("DryRunView"))])
        .problems(&[UNREADABLE, NO_TOKEN, NO_RIGHT, NO_DEALER, FIELDS, RETRY]),
];

const fn read(part: SettingsPart, path: &'static str, summary: &'static str) -> Row {
    let row = get(path, "settings").operation(Operation::ReadPart(part)).summary(summary);
    row.rights(&[Right::ReadSettings]).responses(SETTINGS).problems(SETTINGS_READ)
}

const fn change(part: SettingsPart, path: &'static str, summary: &'static str, body: &'static [Content]) -> Row {
    let row = put(path, "settings").operation(Operation::ChangePart(part)).summary(summary).rights(&[Right::ChangeSettings]);
    let row = row.description("A field that is left out keeps its value; `null` is its default. The body may be what `GET` returned.");
    let row = row.body(body).responses(SETTINGS).if_match().problems(SETTINGS_CHANGE);
    // Only a change of the pool hands over work (DIS-12).
    match part {
        SettingsPart::Pool => row.query(&[HAND_OVER, DESPITE, DRY_RUN]),
        // The retention erases leads (PRV-5).
        SettingsPart::Configuration => row.query(&[DRY_RUN]),
        _ => row,
    }
}

/// Two rows for each part: it is read, and it is replaced. A part whose two summaries differ in more than the verb gives the second one.
macro_rules! parts {
    (@change $what:literal) => { concat!("Replaces ", $what, ".") };
    (@change $what:literal, $change:literal) => { $change };
    ($($part:ident: $path:literal, $body:literal, $what:literal $(, $change:literal)?;)*) => {
        pub(super) const PART_ROWS: &[Row] = &[$(
            read(SettingsPart::$part, $path, concat!("Returns ", $what, ".")),
            change(SettingsPart::$part, $path, parts!(@change $what $(, $change)?), &[Content::Json($body)]),
        )*];
    };
}

parts! {
    OpeningHours: "/dealers/{dealer}/opening-hours", "OpeningHoursBody", "the time zone and the weekly opening hours (SET-1)";
    Holidays: "/dealers/{dealer}/holidays", "HolidaysBody", "the days off and the days with special hours (SET-2)";
    Escalation: "/dealers/{dealer}/escalation", "EscalationBody", "the durations of the escalation steps (SET-3)";
    Mailbox: "/dealers/{dealer}/mailbox", "MailboxBody", "the lead address, the forwarding addresses and the vehicle sheet (SET-4)";
    Configuration: "/dealers/{dealer}/configuration", "ConfigurationBody", "the switches and addresses of the configuration (SET-4, SET-5, DIS-10)";
    Capacity: "/dealers/{dealer}/capacity", "CapacityBody", "the capacity: how many customers a user takes per slot and day, when, and for how long (CAL-7)";
    Appointments: "/dealers/{dealer}/appointment-settings", "AppointmentSettingsBody",
        "the accepted kinds of appointments, and how and when their customers are notified (APT-2, APT-3)";
    Pool: "/dealers/{dealer}/pool", "PoolBody",
        "the settings of the pool; null if there is none (SET-6)",
        "Replaces the settings of the pool; null removes the pool (SET-6).";
    DistributionGroups: "/dealers/{dealer}/distribution-groups", "DistributionGroupsBody",
        "the distribution groups (DIS-3)",
        "Replaces the distribution groups; only the operator and group admins may do this (DIS-3).";
    RoutingRules: "/dealers/{dealer}/routing-rules", "RoutingRulesBody", "the routing rules: the first rule that matches a lead selects its group (DIS-3)";
    DeadlineRules: "/dealers/{dealer}/deadline-rules", "DeadlineRulesBody",
        "the deadline rules: the first rule that matches a lead sets the durations of its steps, else the dealer's apply (ESC-13)";
    FollowUpPlans: "/dealers/{dealer}/follow-up-plans", "FollowUpPlansBody",
        "the follow-up plans: steps that make events and send messages until the customer reacts (CAL-11)";
    Absences: "/dealers/{dealer}/absences", "AbsencesBody", "the absences of users and their deputies (DIS-4)";
    Limits: "/dealers/{dealer}/limits", "LimitsBody",
        "the limits of messages to customers: letters to a recipient, text messages, and the countries of text messages (SET-12)";
    FollowUpSettings: "/dealers/{dealer}/follow-up-settings", "FollowUpSettingsBody",
        "the settings of follow-ups: the job types with their chains of contact methods, and the reasons of customers who decline (FUP-1, FUP-3)";
}

pub(super) const PART_ROUTES: &[Route] = &routes_of::<{ PART_ROWS.len() }>(PART_ROWS);
