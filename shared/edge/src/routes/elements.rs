//! The elements of a lead: trade-ins, quotes, test drives, comments, documents, communication.

use super::problems::{DOCUMENT_READ, LEAD_CHANGE, READ};
use super::query::{CURSOR, LIMIT_50};
use super::row::{delete, get, patch, post, routes_of};
use super::{Content, Operation, Response, Route, Row};
use forecourt_domain::base::Right;
use forecourt_domain::elements::ElementKind;

/// An operation on the elements of a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the summaries of their routes describe them")]
pub enum Elements {
    Add(ElementKind),
    List(ElementKind),
    Read(ElementKind),
    Change(ElementKind),
    Remove(ElementKind),
    CompleteUpload,
}

impl Elements {
    pub(super) fn name(self) -> String {
        match self {
            Elements::Add(kind) => format!("Add{kind:?}"),
            Elements::List(kind) => format!("List{kind:?}s"),
            Elements::Read(kind) => format!("Read{kind:?}"),
            Elements::Change(kind) => format!("Change{kind:?}"),
            Elements::Remove(kind) => format!("Remove{kind:?}"),
            Elements::CompleteUpload => "CompleteUpload".into(),
        }
    }
}

const fn of(row: Row, what: Elements) -> Row {
    row.operation(Operation::Element(what)).rights(&[Right::WorkLeads]).problems(LEAD_CHANGE)
}

/// The row of an operation on a kind of elements. Its schemas are named after the kind.
macro_rules! row {
    (Add $kind:ident, $path:literal, $summary:literal) => {
        of(post(concat!("/leads/{id}/", $path), "lead"), Elements::Add(ElementKind::$kind))
            .summary($summary)
            .body(&[Content::Json(concat!(stringify!($kind), "Body"))])
            .responses(&[(
                201,
                "The element; `Location` names it, its version is the ETag.",
                Content::Json(concat!(stringify!($kind), "Element")),
            )])
    };
    (List $kind:ident, $path:literal, $summary:literal) => {
        of(get(concat!("/leads/{id}/", $path), "lead"), Elements::List(ElementKind::$kind))
            .summary($summary)
            .rights(&[Right::ReadLeads])
            .query(&[LIMIT_50, CURSOR])
            .responses(&[(200, "The lead's elements of the kind.", Content::Json(concat!(stringify!($kind), "Elements")))])
            .problems(READ)
    };
    (Read $kind:ident, $path:literal, $summary:literal) => {
        of(get(concat!("/leads/{id}/", $path, "/{element}"), "lead"), Elements::Read(ElementKind::$kind))
            .summary($summary)
            .rights(&[Right::ReadLeads])
            .responses(row!(one $kind))
            .problems(READ)
    };
    (Change $kind:ident, $path:literal, $summary:literal) => {
        of(patch(concat!("/leads/{id}/", $path, "/{element}"), "lead"), Elements::Change(ElementKind::$kind))
            .summary($summary)
            .body(&[Content::Json(concat!(stringify!($kind), "Patch"))])
            .responses(row!(one $kind))
            .if_match()
    };
    (Remove $kind:ident, $path:literal, $summary:literal) => {
        of(delete(concat!("/leads/{id}/", $path, "/{element}"), "lead"), Elements::Remove(ElementKind::$kind))
            .summary($summary)
            .responses(row!(one $kind))
            .if_match()
    };
    (one $kind:ident) => {
        &[(200, "The element; its version is the ETag.", Content::Json(concat!(stringify!($kind), "Element")))]
    };
}

const UPLOADED: &[Response] = &[(200, "The document, with a link to it.", Content::Json("DocumentElement"))];

pub(super) const ROWS: &[Row] = &[
    row!(Add TradeIn, "trade-ins", "Adds a trade-in: a vehicle that the customer offers in part payment (LEAD-2)."),
    row!(List TradeIn, "trade-ins", "Returns the trade-ins of a lead, including those of its enquiries (LEAD-2)."),
    row!(Read TradeIn, "trade-ins", "Returns a trade-in (LEAD-2)."),
    row!(Change TradeIn, "trade-ins", "Changes a trade-in by JSON merge patch (RFC 7396); the timeline keeps the old content (LEAD-2)."),
    row!(Remove TradeIn, "trade-ins", "Removes a trade-in; the timeline keeps it (LEAD-2)."),
    row!(Add Quote, "quotes", "Adds a quote for a vehicle of the dealer (LEAD-2)."),
    row!(List Quote, "quotes", "Returns the quotes of a lead (LEAD-2)."),
    row!(Read Quote, "quotes", "Returns a quote (LEAD-2)."),
    row!(Change Quote, "quotes", "Changes a quote by JSON merge patch (RFC 7396); the timeline keeps the old content (LEAD-2)."),
    row!(Remove Quote, "quotes", "Removes a quote; the timeline keeps it (LEAD-2)."),
    row!(Add TestDrive, "test-drives", "Schedules a test drive: a calendar event of type booked_test_drive with a vehicle (LEAD-2)."),
    row!(List TestDrive, "test-drives", "Returns the test drives of a lead with their events (LEAD-2)."),
    row!(Read TestDrive, "test-drives", "Returns a test drive with its event (LEAD-2)."),
    row!(Change TestDrive, "test-drives", "Changes the vehicle of a test drive; its event has routes of its own (LEAD-2)."),
    row!(Remove TestDrive, "test-drives", "Removes a test drive and cancels its event if it is still planned (LEAD-2)."),
    row!(Add Comment, "comments", "Adds a comment to a lead (LEAD-2)."),
    row!(List Comment, "comments", "Returns the comments on a lead (LEAD-2)."),
    row!(Read Comment, "comments", "Returns a comment (LEAD-2)."),
    row!(Change Comment, "comments", "Changes a comment; for its author and for users with the right moderate_comments (LEAD-2)."),
    row!(Remove Comment, "comments", "Removes a comment; for its author and for users with the right moderate_comments (LEAD-2).")
        .description("The timeline keeps its text."),
    row!(Add Document, "documents", "Announces a document and returns a link to upload it, valid for 15 minutes (LEAD-2)."),
    row!(List Document, "documents", "Returns the documents of a lead (LEAD-2)."),
    row!(Read Document, "documents", "Returns a document with a link to download it, valid for five minutes (LEAD-2).")
        .problems(DOCUMENT_READ),
    row!(Change Document, "documents", "Changes the title of a document (LEAD-2)."),
    row!(Remove Document, "documents", "Removes a document and its file (LEAD-2)."),
    of(post("/leads/{id}/documents/{element}/completion", "lead"), Elements::CompleteUpload)
        .summary("Completes an upload: checks that the file exists and has the declared type, and records it on the timeline (LEAD-2).")
        .responses(UPLOADED)
        .if_match(),
    row!(Add Communication, "communications", "Sends the contact an e-mail or a text message, or records a call (LEAD-3)."),
    row!(List Communication, "communications", "Returns the communication with the contact of a lead and its delivery state (LEAD-3, MSG-1)."),
    row!(Read Communication, "communications", "Returns an e-mail, a text message or a recorded call (LEAD-3)."),
];

pub(super) const ROUTES: &[Route] = &routes_of::<{ ROWS.len() }>(ROWS);
