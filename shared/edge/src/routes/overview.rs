//! What appointments and leads come to, and all of them as a file.

use super::{Operation, Report, Route};

pub(super) const ROUTES: &[Route] = &[
    Route {
        operation: Operation::Report(Report::AppointmentOverview),
        method: "GET",
        path: "/overview/appointments",
        function: "overview",
        summary: "What the appointments of a filter come to, and the newest of them (OVR-1 to OVR-3).",
    },
    Route {
        operation: Operation::Report(Report::LeadOverview),
        method: "GET",
        path: "/overview/leads",
        function: "overview",
        summary: "What the leads of a filter come to, by user, source and dealer (OVR-4).",
    },
    Route {
        operation: Operation::Report(Report::AskExport),
        method: "POST",
        path: "/exports",
        function: "export",
        summary: "Have all records of a filter written to a file (EXP-1, EXP-3).",
    },
    Route {
        operation: Operation::Report(Report::DownloadLog),
        method: "GET",
        path: "/exports/log",
        function: "export",
        summary: "Who took which file away, when and from where, newest first (EXP-2).",
    },
    Route {
        operation: Operation::Report(Report::ReadExport),
        method: "GET",
        path: "/exports/{id}",
        function: "export",
        summary: "How far an export has come (EXP-3).",
    },
    Route {
        operation: Operation::Report(Report::DownloadExport),
        method: "GET",
        path: "/exports/{id}/download",
        function: "export",
        summary: "A link to the file, good for five minutes; the log has it first (EXP-2, EXP-3).",
    },
];
