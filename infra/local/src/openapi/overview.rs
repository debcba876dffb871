//! Overviews and exports.

use super::{add, reference};
use forecourt_edge::routes::Report;
use forecourt_export::{DownloadLogView, ExportBody, ExportView, LinkView};
use forecourt_overview::{AppointmentOverviewView, LeadOverviewView};
use utoipa::openapi::{Ref, RefOr, Schema};

/// The shapes of these routes.
pub(super) fn add_all(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    add::<AppointmentOverviewView>(schemas);
    add::<LeadOverviewView>(schemas);
    add::<ExportBody>(schemas);
    add::<ExportView>(schemas);
    add::<LinkView>(schemas);
    add::<DownloadLogView>(schemas);
}

/// What their queries say.
pub(super) fn queries(report: Report) -> &'static [(&'static str, &'static str)] {
    match report {
        Report::AppointmentOverview => &[
            ("dealer", "Ids of dealers, with commas between; all within reach if not said."),
            ("user", "The id of the salesperson."),
            ("origin", "forecourt, contact_centre or dealer_system."),
            ("kind", "showroom, test_drive, telephone, email, video, delivery or other. Workshop appointments are outside."),
            ("attendance", "unknown, completed, no_show, or cancelled: who called it off has no other."),
            ("created_from", "Made on this date or later, such as 2026-11-25, in each dealer's own zone."),
            ("created_to", "Made on this date or earlier."),
            ("appointment_from", "Dated on this date or later."),
            ("appointment_to", "Dated on this date or earlier."),
            ("limit", "How many rows at most, 0 to 5,000; 5,000 if not said."),
        ],
        Report::LeadOverview => &[
            ("dealer", "Ids of dealers, with commas between; all within reach if not said."),
            ("user", "The id of the lead's owner."),
            ("source", "Where the customer asked; capital letters make no difference."),
            ("received_from", "Received by the dealer on this date or later, such as 2026-11-25, in each dealer's own zone."),
            ("received_to", "Received on this date or earlier."),
        ],
        Report::DownloadLog => {
            &[("limit", "How many on a page, 1 to 100; 25 if not said."), ("cursor", "From the answer with the page before.")]
        }
        Report::AskExport | Report::ReadExport | Report::DownloadExport => &[],
    }
}

/// What is answered where it goes well.
pub(super) fn success(report: Report) -> Vec<(&'static str, &'static str, Ref)> {
    match report {
        Report::AppointmentOverview => vec![("200", "What they come to.", reference::<AppointmentOverviewView>())],
        Report::LeadOverview => vec![("200", "What they come to.", reference::<LeadOverviewView>())],
        Report::AskExport => vec![(
            "202",
            "It is being written; `Location` says where to look. A repeat gets the same job, with `Idempotent-Replay: true`.",
            reference::<ExportView>(),
        )],
        Report::ReadExport => vec![("200", "How far it has come.", reference::<ExportView>())],
        Report::DownloadExport => vec![("200", "The link; the log has the download.", reference::<LinkView>())],
        Report::DownloadLog => vec![("200", "A page of downloads.", reference::<DownloadLogView>())],
    }
}

/// What stands in the way.
pub(super) fn problems(report: Report) -> &'static [(&'static str, &'static str)] {
    match report {
        Report::AppointmentOverview | Report::LeadOverview | Report::DownloadLog => &[
            ("401", "No good token."),
            ("403", "A right is missing; it is named."),
            ("404", "There is no such dealer within your reach."),
            ("422", "A parameter breaks a rule."),
            ("503", "Not done; try again."),
        ],
        Report::AskExport => &[
            ("400", "The body cannot be read."),
            ("401", "No good token."),
            ("403", "A right is missing; it is named."),
            ("404", "There is no such dealer within your reach."),
            ("415", "The media type is not read here."),
            ("422", "Fields break rules; each is named. Or the key was used before for another export."),
            ("503", "Not done; try again."),
        ],
        Report::ReadExport | Report::DownloadExport => &[
            ("401", "No good token."),
            ("403", "A right is missing; it is named."),
            ("404", "There is no such export, or not any more."),
            ("409", "It is still being written."),
            ("503", "Not done; try again."),
        ],
    }
}
