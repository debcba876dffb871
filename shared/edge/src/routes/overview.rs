//! Overviews and exports.

use super::problems::{EXPORT_READ, MEDIA_TYPE, NO_DEALER, NO_RIGHT, NO_TOKEN, OVERVIEW, RETRY, UNREADABLE};
use super::query::{CURSOR, DEALERS, LIMIT_25, SOURCE, names};
use super::row::{get, post, routes, routes_of};
use super::{Content, Operation, Query, Route, Row, Values};
use forecourt_domain::base::{AppointmentOrigin, AppointmentTeam, Right};
use forecourt_domain::reports::{AppointmentOrder, AttendanceFilter, FigureDate};

const ORIGINS: &[&str] = &names(&AppointmentOrigin::NAMES);
const ATTENDANCES: &[&str] = &names(&AttendanceFilter::NAMES);
const ORDERS: &[&str] = &names(&AppointmentOrder::NAMES);
const CREATED_UNTIL: Query = Query::new("created_until", Values::Bound, "Created before this time, or on this date or earlier.");
const APPOINTMENT_UNTIL: Query =
    Query::new("appointment_until", Values::Bound, "Takes place before this time, or on this date or earlier.");
const RECEIVED_UNTIL: Query = Query::new("received_until", Values::Bound, "Received before this time, or on this date or earlier.");

const TEAMS: &[&str] = &names(&AppointmentTeam::NAMES);
const DATES: &[&str] = &names(&FigureDate::NAMES);
const USERS: Query = Query::new("user", Values::Ids, "Ids of salespersons, separated by commas.");
const MAKER: Query = Query::new("maker", Values::Text(150), "Who made it: `user:` or `partner:` with an id, `customer`, or `system`.");
const TEAM: Query = Query::new("team", Values::OneOf(TEAMS), "The team that made it.");
const LEAD: Query = Query::new("lead", Values::Text(20), "The id of its lead.");
const ORIGIN: Query = Query::new("origin", Values::OneOf(ORIGINS), "The system in which it was created.");
const KIND: Query = Query::new(
    "kind",
    Values::Text(100),
    "Kinds, separated by commas: `showroom`, `test_drive`, `telephone`, `email`, `video`, `delivery`, `other`. Workshop appointments are \
     not included.",
);
const ATTENDANCE: Query = Query::new(
    "attendance",
    Values::OneOf(ATTENDANCES),
    "The attendance as the box of the overview counts it: `completed`, `no_show` and `unknown` are dated before today, `cancelled` has any \
     date, `today_or_later` is every other.",
);
const CREATED_FROM: Query =
    Query::new("created_from", Values::Bound, "Created at or after this time, or on this date or later in each dealer's own time zone.");
const APPOINTMENT_FROM: Query =
    Query::new("appointment_from", Values::Bound, "Takes place at or after this time, or on this date or later.");

routes![
    AppointmentOverview = get("/overview/appointments", "overview")
        .summary("Returns the counts of the appointments that match a filter, and a page of them (OVR-1 to OVR-3).")
        .rights(&[Right::ReadOverview])
        .query(&[
            DEALERS,
            USERS,
            MAKER,
            TEAM,
            LEAD,
            ORIGIN,
            KIND,
            ATTENDANCE,
            CREATED_FROM,
            CREATED_UNTIL,
            CREATED_UNTIL.formerly("created_to"),
            APPOINTMENT_FROM,
            APPOINTMENT_UNTIL,
            APPOINTMENT_UNTIL.formerly("appointment_to"),
            Query::new("limit", Values::Number(0, 5_000), "The largest number of rows; default 5,000."),
            Query::new(
                "sort",
                Values::OneOf(ORDERS),
                "The order of the rows: by the time of creation or of the appointment, latest (desc) or earliest (asc) first. The default \
                 is created_desc. A cursor is valid for its own order."
            ),
            CURSOR,
        ])
        .responses(&[(200, "The overview.", Content::Json("AppointmentOverviewView"))])
        .problems(OVERVIEW),
    AppointmentFigures = get("/overview/appointments/figures", "overview")
        .summary("Returns how many appointments were made, confirmed, shown and sold, by salesperson, maker, team, source, kind and week (OVR-5).")
        .rights(&[Right::ReadOverview])
        .query(&[
            DEALERS,
            USERS,
            MAKER,
            TEAM,
            LEAD,
            ORIGIN,
            KIND,
            ATTENDANCE,
            CREATED_FROM,
            CREATED_UNTIL,
            APPOINTMENT_FROM,
            APPOINTMENT_UNTIL,
            Query::new(
                "date",
                Values::OneOf(DATES),
                "The date by which appointments belong to a week and to the period that is compared: `created` (the default), or \
                 `appointment`, the day on which they take place."
            ),
            Query::new(
                "compare",
                Values::OneOf(&["previous"]),
                "`previous` adds the counts of the preceding period of equal length. Needs the beginning of the period: `created_from`, or \
                 `appointment_from` with `date=appointment`. A period without an end ends with today."
            ),
        ])
        .responses(&[(200, "The figures.", Content::Json("AppointmentFiguresView"))])
        .problems(OVERVIEW),
    LeadOverview = get("/overview/leads", "overview")
        .summary("Returns the counts of the leads that match a filter, by user, source and dealer (OVR-4).")
        .rights(&[Right::ReadOverview, Right::ReadLeads])
        .query(&[
            DEALERS,
            Query::new("user", Values::Id, "The id of the lead's owner."),
            SOURCE,
            Query::new(
                "received_from",
                Values::Bound,
                "Received by the dealer at or after this time, or on this date or later in each dealer's own time zone."
            ),
            RECEIVED_UNTIL,
            RECEIVED_UNTIL.formerly("received_to"),
        ])
        .responses(&[(200, "The overview.", Content::Json("LeadOverviewView"))])
        .problems(OVERVIEW),
    PlanFigures = get("/overview/plans", "overview")
        .summary("Returns the yield of each step of the follow-up plans, of the leads that match a filter (CAL-11).")
        .rights(&[Right::ReadOverview, Right::ReadLeads])
        .query(&[
            DEALERS,
            Query::new("user", Values::Id, "The id of the lead's owner."),
            SOURCE,
            Query::new(
                "received_from",
                Values::Bound,
                "Received by the dealer at or after this time, or on this date or later in each dealer's own time zone."
            ),
            RECEIVED_UNTIL,
        ])
        .responses(&[(200, "The yield of the plans.", Content::Json("PlanFiguresView"))])
        .problems(OVERVIEW),
    AskExport = post("/exports", "export")
        .summary("Requests a file with all records that match a filter (EXP-1, EXP-3).")
        .rights(&[Right::Export])
        .body(&[Content::Json("ExportBody")])
        .responses(&[(
            202,
            "The file is being written; `Location` names the export. A repeat gets the same export, with `Idempotent-Replay: true`.",
            Content::Json("ExportView")
        )])
        .problems(&[
            UNREADABLE,
            NO_TOKEN,
            NO_RIGHT,
            NO_DEALER,
            MEDIA_TYPE,
            (422, "Fields break rules; `errors` names each. Or the key was used before with another export."),
            RETRY,
        ]),
    ListExports = get("/exports", "export")
        .summary("Returns the exports that you requested, newest first; each is listed for two days (EXP-3).")
        .description("Users see their own exports here. An administrator of a dealer sees them while the dealer may export its records.")
        .rights(&[Right::Export])
        .query(&[LIMIT_25])
        .responses(&[(200, "The exports.", Content::Json("ExportsView"))])
        .problems(OVERVIEW),
    DownloadLog = get("/exports/log", "export")
        .summary("Returns the log of downloads with user, time and network address, newest first (EXP-2).")
        .rights(&[Right::Export])
        .query(&[LIMIT_25, CURSOR])
        .responses(&[(200, "A page of downloads.", Content::Json("DownloadLogView"))])
        .problems(OVERVIEW),
    ReadExport = get("/exports/{id}", "export")
        .summary("Returns the progress of an export (EXP-3).")
        .rights(&[Right::Export])
        .responses(&[(200, "The export.", Content::Json("ExportView"))])
        .problems(EXPORT_READ),
    DownloadExport = get("/exports/{id}/download", "export")
        .summary("Returns a link to the file, valid for five minutes (EXP-2, EXP-3).")
        .description("The download is logged before the link is returned.")
        .rights(&[Right::Export])
        .responses(&[(200, "The link; the download is in the log.", Content::Json("LinkView"))])
        .problems(EXPORT_READ),
];
