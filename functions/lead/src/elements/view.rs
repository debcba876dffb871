//! Elements as clients see them (LEAD-2).

use super::attached::AttachedView;
use super::body::{LineBody, MoneyBody};
use super::received::ReceivedMailView;
use crate::undelivered;
use chrono::{DateTime, NaiveDate, Utc};
use forecourt_domain::base::{Money, Purpose};
use forecourt_domain::calendar::CalendarEvent;
use forecourt_domain::elements::{Communication, Content, Counts, Element, Form, Line};
use forecourt_domain::enquiry::Vehicle;
use forecourt_domain::messages::{Letter, LetterKind, LetterState, TextParts};
use forecourt_edge::formats::vehicle::VehicleBody;
use forecourt_edge::usecase::warnings::WarningView;
use serde::Serialize;
use utoipa::ToSchema;

/// An element of a lead (LEAD-2).
#[derive(Debug, Serialize, ToSchema)]
pub struct ElementView<T: ToSchema> {
    /// Id within the lead.
    pub id: String,
    /// Id of the lead.
    pub lead: String,
    /// Version, as in the `ETag`.
    pub version: u64,
    /// Who created it: `user:…` or `partner:…`.
    pub by: String,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub changed_at: DateTime<Utc>,
    /// When it was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<DateTime<Utc>>,
    /// Who removed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed_by: Option<String>,
    /// The content.
    #[serde(flatten)]
    pub content: T,
}

/// A page of a lead's elements of one kind.
#[derive(Debug, Serialize)]
pub struct ElementsView<T> {
    /// The elements, newest first, without removed ones.
    pub elements: Vec<T>,
    /// Cursor of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A trade-in.
#[derive(Debug, Serialize, ToSchema)]
pub struct TradeInView {
    /// The vehicle.
    #[schema(value_type = VehicleBody)]
    pub vehicle: Vehicle,
    /// The price that the customer asks.
    #[schema(value_type = Option<MoneyBody>)]
    pub asked: Option<Money>,
    /// The price that the dealer offers.
    #[schema(value_type = Option<MoneyBody>)]
    pub offered: Option<Money>,
    /// Free text.
    pub notes: Option<String>,
    /// Whether it comes from the enquiry and has not been changed since.
    pub enquired: bool,
}

/// A quote.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuoteView {
    /// The vehicle.
    #[schema(value_type = VehicleBody)]
    pub vehicle: Vehicle,
    /// Total price.
    #[schema(value_type = MoneyBody)]
    pub price: Money,
    /// The lines of the price.
    #[schema(value_type = Vec<LineBody>)]
    pub lines: Vec<Line>,
    /// Last day on which the quote is valid.
    pub valid_until: Option<NaiveDate>,
    /// Free text.
    pub notes: Option<String>,
}

/// A test drive.
#[derive(Debug, Serialize, ToSchema)]
pub struct TestDriveView {
    /// The vehicle.
    #[schema(value_type = VehicleBody)]
    pub vehicle: Vehicle,
    /// Id of its calendar event. Change time, user and state at `/leads/{id}/events/{event}`.
    pub event: String,
    /// Start.
    pub at: Option<DateTime<Utc>>,
    /// The accompanying user; `null` if it is the lead's owner.
    pub user: Option<String>,
    /// `incomplete`, `completed`, `no_show` or `deleted`.
    pub state: Option<&'static str>,
    /// Free text.
    pub notes: Option<String>,
    /// The reasons against the time and user that this request has set; absent if there are none, and in later responses (APT-8).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<WarningView>,
}

/// A comment.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommentView {
    /// The comment.
    pub text: String,
}

/// A document.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentView {
    /// Title.
    pub title: String,
    /// Media type.
    pub content_type: String,
    /// Size in bytes.
    pub bytes: u64,
    /// `pending` until the upload is completed, then `uploaded`.
    pub state: &'static str,
    /// When the upload was completed.
    pub uploaded_at: Option<DateTime<Utc>>,
    /// State of the malware scan if the file cannot be opened: `pending` (it is being checked), `threat` (the scan found a threat) or
    /// `unreadable` (it could not be checked, for example because it has a password); absent if it can be opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scan: Option<&'static str>,
    /// The upload link; only in the response that created the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload: Option<UploadView>,
    /// The download link; only in a response that shows this document alone, and not before the malware scan has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub download: Option<DownloadView>,
}

/// An e-mail, an SMS or a note of a call.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommunicationView {
    /// `email`, `sms` or `call`.
    pub medium: &'static str,
    /// Subject of an e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Text of an e-mail or an SMS, as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Id of the quote attached to an e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// Form of the attached quote: `overview` or `order_form`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub form: Option<Form>,
    /// Ids of the attached documents of the lead; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<String>,
    /// The documents of the lead that an e-mail has as attachments, also those of a received one; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<AttachedView>,
    /// `true` if the sheet of the vehicle is attached; otherwise absent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub expose: bool,
    /// `true` if Forecourt answered the enquiry automatically; otherwise absent (LEAD-3).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub instant: bool,
    /// Whether the contact was reached by a call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reached: Option<bool>,
    /// Note of a call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Purpose of an e-mail or an SMS if it is `service` or `advertising`; otherwise absent (PRV-6).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<&'static str>,
    /// Id of the received e-mail that an e-mail answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers: Option<String>,
    /// The sender of an e-mail or an SMS that arrived, and the attachments of the e-mail; absent if a user sent it. `text` is then the text
    /// without the quoted history.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received: Option<Box<ReceivedMailView>>,
    /// Address or number to which an e-mail or an SMS was sent last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Delivery state of an e-mail or an SMS: `queued`, `sending`, `sent`, `suppressed`, `failed` or `unclear`; of an e-mail that was sent
    /// also `delivered`, `returned` (not delivered this time), `bounced` (the address does not work), `complained` or `rejected` (MSG-1).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(rename = "fate")]
    pub state: Option<&'static str>,
    /// Reason if it was suppressed, failed or came back; of an e-mail that is delayed, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Id for `POST /dealers/{dealer}/undelivered/{message}/resend`; absent if the message cannot be sent again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resend: Option<String>,
    /// When the provider reported the latest change of the state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reported_at: Option<DateTime<Utc>>,
    /// Encoding of an SMS: `gsm` or `ucs2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<&'static str>,
    /// Number of parts of an SMS. The provider charges each part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts: Option<usize>,
}

/// An upload link: send `PUT` with exactly the announced number of bytes and this `Content-Type`.
#[derive(Debug, Serialize, ToSchema)]
pub struct UploadView {
    /// HTTP method: `PUT`.
    pub method: &'static str,
    /// URL. The request needs no token.
    pub url: String,
    /// Required `Content-Type`.
    pub content_type: String,
    /// When the link expires.
    pub expires_at: DateTime<Utc>,
}

/// A download link.
#[derive(Debug, Serialize, ToSchema)]
pub struct DownloadView {
    /// URL. The request needs no token.
    pub url: String,
    /// When the link expires.
    pub expires_at: DateTime<Utc>,
}

/// Number of elements of each kind (LEAD-1).
#[derive(Debug, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the names explain themselves")]
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

/// The items linked to an element: the calendar event of a test drive, the letter of an e-mail or a text message, the attached documents.
#[derive(Debug, Clone, Default)]
pub(crate) struct Linked<'a> {
    pub(crate) event: Option<&'a CalendarEvent>,
    pub(crate) letter: Option<&'a Letter>,
    pub(crate) documents: Vec<&'a Element>,
}

impl CommunicationView {
    fn of(communication: Communication, letter: Option<&Letter>, documents: &[&Element]) -> Self {
        let text = letter.and_then(|letter| if let LetterKind::Text { text, .. } = &letter.kind { Some(text.clone()) } else { None });
        let why = letter.and_then(|letter| match &letter.state {
            LetterState::Suppressed { why, .. } => serde_json::to_value(why).ok()?.as_str().map(str::to_owned),
            LetterState::Failed { why, .. } => Some(why.clone()),
            _ => letter.sent_report().and_then(|report| report.detail.clone()),
        });
        let none = Self {
            medium: "call",
            subject: None,
            text,
            quote: None,
            form: None,
            answers: None,
            received: None,
            attachments: Vec::new(),
            files: documents.iter().filter_map(|element| AttachedView::of(element)).collect(),
            expose: false,
            purpose: letter.map(|letter| letter.purpose).filter(|purpose| !purpose.is_contract()).map(Purpose::name),
            instant: letter.is_some_and(|letter| letter.instant),
            reached: None,
            note: None,
            to: letter.and_then(|letter| letter.to.clone()),
            state: letter.map(Letter::state_name),
            why,
            resend: letter.filter(|letter| letter.may_be_sent_again()).map(undelivered::id_of),
            reported_at: letter.and_then(Letter::sent_report).map(|report| report.at),
            encoding: None,
            parts: None,
        };
        match communication {
            Communication::Email { subject, quote, received, answers, documents, expose } => {
                let (quote, form) = quote.map(|(quote, form)| (quote.to_string(), form)).unzip();
                let text = received.as_ref().map(|mail| mail.text.clone()).or(none.text.clone());
                let (received, answers) =
                    (received.map(|mail| Box::new(ReceivedMailView::of(*mail))), answers.map(|mail| mail.to_string()));
                let attachments = documents.iter().map(ToString::to_string).collect();
                Self { medium: "email", subject: Some(subject), text, quote, form, received, answers, attachments, expose, ..none }
            }
            Communication::Sms { received: Some(text), .. } => {
                Self { medium: "sms", text: Some(text.text.clone()), received: Some(Box::new(ReceivedMailView::of_text(*text))), ..none }
            }
            Communication::Sms { received: None, .. } => {
                let divided = none.text.as_deref().map(TextParts::of);
                let (encoding, parts) = divided.map(|divided| (divided.encoding.name(), divided.parts.len())).unzip();
                Self { medium: "sms", encoding, parts, ..none }
            }
            Communication::Call { reached, note } => Self { reached: Some(reached), note, ..none },
        }
    }
}

/// The content of an element of any kind.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(missing_docs, reason = "the types explain themselves")]
pub enum ContentView {
    TradeIn(TradeInView),
    Quote(QuoteView),
    TestDrive(TestDriveView),
    Comment(CommentView),
    Document(DocumentView),
    Communication(CommunicationView),
}

impl ElementView<ContentView> {
    pub(crate) fn of(element: &Element, linked: Linked<'_>) -> Self {
        let mut content = ContentView::of(&element.content, linked);
        if let ContentView::Communication(CommunicationView { medium: "email", received: Some(mail), .. }) = &mut content {
            mail.raw = Some(format!("/leads/{}/raw?communication={}", element.lead, element.id));
        }
        Self {
            id: element.id.to_string(),
            lead: element.lead.to_string(),
            version: element.version,
            by: element.by.to_string(),
            created_at: element.created,
            changed_at: element.changed,
            removed_at: element.removed.as_ref().map(|removed| removed.at),
            removed_by: element.removed.as_ref().map(|removed| removed.by.to_string()),
            content,
        }
    }
}

impl ContentView {
    pub(crate) fn of(content: &Content, Linked { event, letter, documents }: Linked<'_>) -> Self {
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
                warnings: Vec::new(),
            }),
            Content::Comment(it) => Self::Comment(CommentView { text: it.text }),
            Content::Document(it) => Self::Document(DocumentView {
                title: it.title,
                content_type: it.content_type,
                bytes: it.bytes,
                state: if it.uploaded.is_some() { "uploaded" } else { "pending" },
                uploaded_at: it.uploaded,
                scan: None,
                upload: None,
                download: None,
            }),
            Content::Communication(it) => Self::Communication(CommunicationView::of(it, letter, &documents)),
        }
    }
}
