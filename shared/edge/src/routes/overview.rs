//! Overviews and exports.

use super::problems::{EXPORT_READ, MEDIA_TYPE, NO_DEALER, NO_RIGHT, NO_TOKEN, OVERVIEW, RETRY, UNREADABLE};
use super::query::{CURSOR, DEALERS, LIMIT_25};
use super::row::{get, post, routes, routes_of};
use super::{Content, Operation, Route, Row};
use forecourt_domain::base::Right;

routes![
    AppointmentOverview = get("/overview/appointments", "overview")
        .summary("Returns the counts of the appointments that match a filter, and the newest of them (OVR-1 to OVR-3).")
        .rights(&[Right::ReadOverview])
        .query(&[
            DEALERS,
            ("user", "The id of the salesperson."),
            ("origin", "forecourt, contact_centre or dealer_system."),
            ("kind", "showroom, test_drive, telephone, email, video, delivery or other. Workshop appointments are not included."),
            ("attendance", "unknown, completed, no_show or cancelled; a cancelled appointment has no other attendance."),
            ("created_from", "Created on this date or later, such as 2026-11-25, in each dealer's own time zone."),
            ("created_to", "Created on this date or earlier."),
            ("appointment_from", "Dated on this date or later."),
            ("appointment_to", "Dated on this date or earlier."),
            ("limit", "The largest number of rows, 0 to 5,000; default 5,000."),
        ])
        .responses(&[(200, "The overview.", Content::Json("AppointmentOverviewView"))])
        .problems(OVERVIEW),
    LeadOverview = get("/overview/leads", "overview")
        .summary("Returns the counts of the leads that match a filter, by user, source and dealer (OVR-4).")
        .rights(&[Right::ReadOverview, Right::ReadLeads])
        .query(&[
            DEALERS,
            ("user", "The id of the lead's owner."),
            ("source", "The source of the enquiry, in upper or lower case."),
            ("received_from", "Received by the dealer on this date or later, such as 2026-11-25, in each dealer's own time zone."),
            ("received_to", "Received on this date or earlier."),
        ])
        .responses(&[(200, "The overview.", Content::Json("LeadOverviewView"))])
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
