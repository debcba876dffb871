//! Elements as clients see them.

use super::body::{LineBody, MoneyBody};
use chrono::{DateTime, NaiveDate, Utc};
use forecourt_domain::base::Money;
use forecourt_domain::calendar::CalendarEvent;
use forecourt_domain::elements::{Communication, Content, Counts, Element, Form, Line};
use forecourt_domain::enquiry::Vehicle;
use forecourt_domain::messages::{Letter, LetterKind, LetterState};
use forecourt_edge::formats::vehicle::VehicleBody;
use serde::Serialize;
use utoipa::ToSchema;

/// An element of a lead (LEAD-2).
#[derive(Debug, Serialize, ToSchema)]
pub struct ElementView<T: ToSchema> {
    /// Its name within the lead.
    pub id: String,
    /// Of which lead.
    pub lead: String,
    /// Its version, as in the ETag.
    pub version: u64,
    /// Who made it: `user:…` or `partner:…`.
    pub by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub changed_at: DateTime<Utc>,
    /// When it was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<DateTime<Utc>>,
    /// Who removed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed_by: Option<String>,
    /// What it says.
    #[serde(flatten)]
    pub says: T,
}

/// A page of the elements of a lead that are of a kind.
#[derive(Debug, Serialize)]
pub struct ElementsView<T> {
    /// Newest first, without those that were removed.
    pub elements: Vec<T>,
    /// Asks for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A trade-in.
#[derive(Debug, Serialize, ToSchema)]
pub struct TradeInView {
    /// The vehicle.
    #[schema(value_type = VehicleBody)]
    pub vehicle: Vehicle,
    /// What the customer asks.
    #[schema(value_type = Option<MoneyBody>)]
    pub asked: Option<Money>,
    /// What the dealer offers.
    #[schema(value_type = Option<MoneyBody>)]
    pub offered: Option<Money>,
    /// In words.
    pub notes: Option<String>,
    /// It is as the enquiry has it: nobody has changed it here.
    pub enquired: bool,
}

/// A quote.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuoteView {
    /// The vehicle.
    #[schema(value_type = VehicleBody)]
    pub vehicle: Vehicle,
    /// What it costs in all.
    #[schema(value_type = MoneyBody)]
    pub price: Money,
    /// What the price is made of.
    #[schema(value_type = Vec<LineBody>)]
    pub lines: Vec<Line>,
    /// The last day on which it holds.
    pub valid_until: Option<NaiveDate>,
    /// In words.
    pub notes: Option<String>,
}

/// A test drive.
#[derive(Debug, Serialize, ToSchema)]
pub struct TestDriveView {
    /// What is driven.
    #[schema(value_type = VehicleBody)]
    pub vehicle: Vehicle,
    /// Its calendar event, which says all else; changed at `/leads/{id}/events/{event}`.
    pub event: String,
    /// When.
    pub at: Option<DateTime<Utc>>,
    /// Who goes along, where that is not whoever has the lead.
    pub user: Option<String>,
    /// `incomplete`, `completed`, `no_show` or `deleted`.
    pub state: Option<&'static str>,
    /// In words.
    pub notes: Option<String>,
}

/// A comment.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommentView {
    /// What it says.
    pub text: String,
}

/// A document.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentView {
    /// What it is called.
    pub title: String,
    /// Its media type.
    pub content_type: String,
    /// Its size.
    pub bytes: u64,
    /// `pending` until it is uploaded and completed, then `uploaded`.
    pub state: &'static str,
    /// When that was.
    pub uploaded_at: Option<DateTime<Utc>>,
    /// Where to put the file, in the answer to its announcement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload: Option<UploadView>,
    /// Where to get the file, in the answer that shows this document alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub download: Option<DownloadView>,
}

/// An e-mail, an SMS or a note of a call.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommunicationView {
    /// `email`, `sms` or `call`.
    pub medium: &'static str,
    /// Of an e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Of an e-mail or an SMS, as it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The quote that went along with an e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// As what it went along.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub form: Option<Form>,
    /// Of a call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reached: Option<bool>,
    /// Of a call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Of an e-mail or an SMS: `queued`, `sending`, `sent`, `suppressed`, `failed` or `unclear` (MSG-1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fate: Option<&'static str>,
    /// Why it was suppressed or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A link to upload a file by: `PUT` exactly the announced bytes with this `Content-Type`.
#[derive(Debug, Serialize, ToSchema)]
pub struct UploadView {
    /// `PUT`.
    pub method: &'static str,
    /// Where. It needs no token.
    pub url: String,
    /// What to send as `Content-Type`.
    pub content_type: String,
    /// From when on the link is good for nothing.
    pub expires_at: DateTime<Utc>,
}

/// A link to download a file by.
#[derive(Debug, Serialize, ToSchema)]
pub struct DownloadView {
    /// Where. It needs no token.
    pub url: String,
    /// From when on the link is good for nothing.
    pub expires_at: DateTime<Utc>,
}

/// How many elements a lead has (LEAD-1).
#[derive(Debug, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the names say it")]
pub struct CountsView {
    pub trade_ins: u32,
    pub quotes: u32,
    pub test_drives: u32,
    pub comments: u32,
    pub documents: u32,
    pub communications: u32,
}

impl CountsView {
    pub(crate) fn of(counts: Counts) -> Self {
        let Counts { trade_ins, quotes, test_drives, comments, documents, communications } = counts;
        Self { trade_ins, quotes, test_drives, comments, documents, communications }
    }
}

/// What is stored beside an element: a test drive's event, the letter of what was sent.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Beside<'a> {
    pub(crate) event: Option<&'a CalendarEvent>,
    pub(crate) letter: Option<&'a Letter>,
}

impl CommunicationView {
    fn of(communication: Communication, letter: Option<&Letter>) -> Self {
        let text = letter.and_then(|letter| if let LetterKind::Text { text, .. } = &letter.says { Some(text.clone()) } else { None });
        let why = letter.and_then(|letter| match &letter.fate {
            LetterState::Suppressed { why, .. } => serde_json::to_value(why).ok()?.as_str().map(str::to_owned),
            LetterState::Failed { why, .. } => Some(why.clone()),
            _ => None,
        });
        let none = Self {
            medium: "call",
            subject: None,
            text,
            quote: None,
            form: None,
            reached: None,
            note: None,
            fate: letter.map(|letter| letter.fate.name()),
            why,
        };
        match communication {
            Communication::Email { subject, quote } => {
                let (quote, form) = quote.map(|(quote, form)| (quote.to_string(), form)).unzip();
                Self { medium: "email", subject: Some(subject), quote, form, ..none }
            }
            Communication::Sms { .. } => Self { medium: "sms", ..none },
            Communication::Call { reached, note } => Self { reached: Some(reached), note, ..none },
        }
    }
}

/// What an element of any kind says.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(missing_docs, reason = "the types say it")]
pub enum SaysView {
    TradeIn(TradeInView),
    Quote(QuoteView),
    TestDrive(TestDriveView),
    Comment(CommentView),
    Document(DocumentView),
    Communication(CommunicationView),
}

impl ElementView<SaysView> {
    pub(crate) fn of(element: &Element, beside: Beside<'_>) -> Self {
        Self {
            id: element.id.to_string(),
            lead: element.lead.to_string(),
            version: element.version,
            by: element.by.to_string(),
            created_at: element.created,
            changed_at: element.changed,
            removed_at: element.removed.as_ref().map(|removed| removed.at),
            removed_by: element.removed.as_ref().map(|removed| removed.by.to_string()),
            says: SaysView::of(&element.content, beside),
        }
    }
}

impl SaysView {
    pub(crate) fn of(content: &Content, Beside { event, letter }: Beside<'_>) -> Self {
        match content.clone() {
            Content::TradeIn(it) => Self::TradeIn(TradeInView {
                vehicle: it.vehicle,
                asked: it.asked,
                offered: it.offered,
                notes: it.notes,
                enquired: it.enquired,
            }),
            Content::Quote(it) => Self::Quote(QuoteView {
                vehicle: it.vehicle,
                price: it.price,
                lines: it.lines,
                valid_until: it.valid_until,
                notes: it.notes,
            }),
            Content::TestDrive(it) => Self::TestDrive(TestDriveView {
                vehicle: it.vehicle,
                event: it.event.to_string(),
                at: event.map(|event| event.at),
                user: event.and_then(|event| event.user.as_ref()).map(ToString::to_string),
                state: event.map(|event| event.state.name()),
                notes: event.and_then(|event| event.notes.clone()),
            }),
            Content::Comment(it) => Self::Comment(CommentView { text: it.text }),
            Content::Document(it) => Self::Document(DocumentView {
                title: it.title,
                content_type: it.content_type,
                bytes: it.bytes,
                state: if it.uploaded.is_some() { "uploaded" } else { "pending" },
                uploaded_at: it.uploaded,
                upload: None,
                download: None,
            }),
            Content::Communication(it) => Self::Communication(CommunicationView::of(it, letter)),
        }
    }
}
