//! The checked content of a new element.

use super::body::{CommentBody, CommunicationBody, DocumentBody, QuoteBody, TestDriveBody, TestDriveRequest, TradeInBody};
use forecourt_domain::base::{ContactId, ElementId, Refusal};
use forecourt_domain::elements::{Content, ElementKind};
use forecourt_domain::rules::elements::CommunicationRequest;
use forecourt_edge::formats::json::known;
use serde_json::Value;

/// Communication, which may create a letter.
#[derive(Debug, Clone)]
pub(crate) struct NewCommunication {
    pub(crate) request: CommunicationRequest,
    /// The received e-mail that it answers.
    pub(crate) answers: Option<ElementId>,
    /// The contact of the lead to whom it goes. `None` means the contact whom it answers.
    pub(crate) contact: Option<ContactId>,
    /// The address or number that its writer saw.
    pub(crate) to: Option<String>,
}

/// The checked content of a new element.
#[derive(Debug, Clone)]
pub(crate) enum NewElement {
    /// Content that is stored as it is.
    Content(Content),
    /// A test drive, whose calendar event is created with it.
    TestDrive(TestDriveRequest),
    /// Communication.
    Communication(NewCommunication),
}

/// Reads the content of a new element.
///
/// # Errors
/// 422 with all faults, by field.
pub(crate) fn read_new(kind: ElementKind, value: Value) -> Result<NewElement, Refusal> {
    Ok(NewElement::Content(match kind {
        ElementKind::TradeIn => Content::TradeIn(known::<TradeInBody>(value)?.check()?),
        ElementKind::Quote => Content::Quote(known::<QuoteBody>(value)?.check()?),
        ElementKind::TestDrive => return known::<TestDriveBody>(value)?.check().map(NewElement::TestDrive),
        ElementKind::Comment => Content::Comment(known::<CommentBody>(value)?.check()?),
        ElementKind::Document => Content::Document(known::<DocumentBody>(value)?.check()?),
        ElementKind::Communication => {
            return known::<CommunicationBody>(value)?.check().map(NewElement::Communication);
        }
    }))
}
