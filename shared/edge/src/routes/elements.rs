//! What belongs to a lead: trade-ins, quotes, test drives, comments, documents.

use super::{Operation, Route};
use forecourt_domain::elements::Kind;

/// What is done with the elements of a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "as their routes")]
pub enum Elements {
    Add(Kind),
    List(Kind),
    Read(Kind),
    Change(Kind),
    Remove(Kind),
    CompleteUpload,
}

impl Elements {
    /// A name of its own among the operations.
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

pub(super) const ROUTES: &[Route] = &[
    Route {
        operation: Operation::Element(Elements::Add(Kind::TradeIn)),
        method: "POST",
        path: "/leads/{id}/trade-ins",
        function: "lead",
        summary: "Add a vehicle that the customer may give in part payment (LEAD-2).",
    },
    Route {
        operation: Operation::Element(Elements::List(Kind::TradeIn)),
        method: "GET",
        path: "/leads/{id}/trade-ins",
        function: "lead",
        summary: "The trade-ins of a lead, those of its enquiries too (LEAD-2).",
    },
    Route {
        operation: Operation::Element(Elements::Read(Kind::TradeIn)),
        method: "GET",
        path: "/leads/{id}/trade-ins/{element}",
        function: "lead",
        summary: "A trade-in (LEAD-2).",
    },
    Route {
        operation: Operation::Element(Elements::Change(Kind::TradeIn)),
        method: "PATCH",
        path: "/leads/{id}/trade-ins/{element}",
        function: "lead",
        summary: "Change a trade-in, as RFC 7396 merges; what it said is kept on the timeline (LEAD-2).",
    },
    Route {
        operation: Operation::Element(Elements::Remove(Kind::TradeIn)),
        method: "DELETE",
        path: "/leads/{id}/trade-ins/{element}",
        function: "lead",
        summary: "Remove a trade-in; the timeline keeps that it was there (LEAD-2).",
    },
    Route {
        operation: Operation::Element(Elements::Add(Kind::Quote)),
        method: "POST",
        path: "/leads/{id}/quotes",
        function: "lead",
        summary: "Add a quote for a vehicle of the dealer's (LEAD-2).",
    },
    Route {
        operation: Operation::Element(Elements::List(Kind::Quote)),
        method: "GET",
        path: "/leads/{id}/quotes",
        function: "lead",
        summary: "The quotes of a lead (LEAD-2).",
    },
    Route {
        operation: Operation::Element(Elements::Read(Kind::Quote)),
        method: "GET",
        path: "/leads/{id}/quotes/{element}",
        function: "lead",
        summary: "A quote (LEAD-2).",
    },
    Route {
        operation: Operation::Element(Elements::Change(Kind::Quote)),
        method: "PATCH",
        path: "/leads/{id}/quotes/{element}",
        function: "lead",
        summary: "Change a quote, as RFC 7396 merges; what it said is kept on the timeline (LEAD-2).",
    },
    Route {
        operation: Operation::Element(Elements::Remove(Kind::Quote)),
        method: "DELETE",
        path: "/leads/{id}/quotes/{element}",
        function: "lead",
        summary: "Remove a quote; the timeline keeps that it was there (LEAD-2).",
    },
    Route {
        operation: Operation::Element(Elements::Add(Kind::TestDrive)),
        method: "POST",
        path: "/leads/{id}/test-drives",
        function: "lead",
        summary: "Schedule a test drive: a calendar event of the type booked_test_drive, and the vehicle (LEAD-2).",
    },
    Route {
        operation: Operation::Element(Elements::List(Kind::TestDrive)),
        method: "GET",
        path: "/leads/{id}/test-drives",
        function: "lead",
        summary: "The test drives of a lead, with their events (LEAD-2).",
    },
    Route {
        operation: Operation::Element(Elements::Read(Kind::TestDrive)),
        method: "GET",
        path: "/leads/{id}/test-drives/{element}",
        function: "lead",
        summary: "A test drive with its event (LEAD-2).",
    },
    Route {
        operation: Operation::Element(Elements::Change(Kind::TestDrive)),
        method: "PATCH",
        path: "/leads/{id}/test-drives/{element}",
        function: "lead",
        summary: "Drive another vehicle; the event is changed at its own routes (LEAD-2).",
    },
    Route {
        operation: Operation::Element(Elements::Remove(Kind::TestDrive)),
        method: "DELETE",
        path: "/leads/{id}/test-drives/{element}",
        function: "lead",
        summary: "Remove a test drive; an event that is still to be is called off (LEAD-2).",
    },
    Route {
        operation: Operation::Element(Elements::Add(Kind::Comment)),
        method: "POST",
        path: "/leads/{id}/comments",
        function: "lead",
        summary: "Comment on a lead (LEAD-2).",
    },
    Route {
        operation: Operation::Element(Elements::List(Kind::Comment)),
        method: "GET",
        path: "/leads/{id}/comments",
        function: "lead",
        summary: "The comments on a lead (LEAD-2).",
    },
    Route {
        operation: Operation::Element(Elements::Read(Kind::Comment)),
        method: "GET",
        path: "/leads/{id}/comments/{element}",
        function: "lead",
        summary: "A comment (LEAD-2).",
    },
    Route {
        operation: Operation::Element(Elements::Change(Kind::Comment)),
        method: "PATCH",
        path: "/leads/{id}/comments/{element}",
        function: "lead",
        summary: "Change a comment: its author, and who may moderate (LEAD-2).",
    },
    Route {
        operation: Operation::Element(Elements::Remove(Kind::Comment)),
        method: "DELETE",
        path: "/leads/{id}/comments/{element}",
        function: "lead",
        summary: "Remove a comment: its author, and who may moderate; the timeline keeps what it said (LEAD-2).",
    },
    Route {
        operation: Operation::Element(Elements::Add(Kind::Document)),
        method: "POST",
        path: "/leads/{id}/documents",
        function: "lead",
        summary: "Announce a document; the answer has a link to upload it by, good for 15 minutes (LEAD-2).",
    },
    Route {
        operation: Operation::Element(Elements::List(Kind::Document)),
        method: "GET",
        path: "/leads/{id}/documents",
        function: "lead",
        summary: "The documents of a lead (LEAD-2).",
    },
    Route {
        operation: Operation::Element(Elements::Read(Kind::Document)),
        method: "GET",
        path: "/leads/{id}/documents/{element}",
        function: "lead",
        summary: "A document, with a link to download it by, good for five minutes (LEAD-2).",
    },
    Route {
        operation: Operation::Element(Elements::Change(Kind::Document)),
        method: "PATCH",
        path: "/leads/{id}/documents/{element}",
        function: "lead",
        summary: "Give a document another title (LEAD-2).",
    },
    Route {
        operation: Operation::Element(Elements::Remove(Kind::Document)),
        method: "DELETE",
        path: "/leads/{id}/documents/{element}",
        function: "lead",
        summary: "Remove a document, its file too (LEAD-2).",
    },
    Route {
        operation: Operation::Element(Elements::CompleteUpload),
        method: "POST",
        path: "/leads/{id}/documents/{element}/completion",
        function: "lead",
        summary: "A document is uploaded: it is looked for, and then on the timeline (LEAD-2).",
    },
    Route {
        operation: Operation::Element(Elements::Add(Kind::Communication)),
        method: "POST",
        path: "/leads/{id}/communications",
        function: "lead",
        summary: "Send the contact an e-mail or an SMS, or note a call (LEAD-3).",
    },
    Route {
        operation: Operation::Element(Elements::List(Kind::Communication)),
        method: "GET",
        path: "/leads/{id}/communications",
        function: "lead",
        summary: "What was said to the contact of a lead, and what has become of it (LEAD-3, MSG-1).",
    },
    Route {
        operation: Operation::Element(Elements::Read(Kind::Communication)),
        method: "GET",
        path: "/leads/{id}/communications/{element}",
        function: "lead",
        summary: "An e-mail, an SMS or a note of a call (LEAD-3).",
    },
];
