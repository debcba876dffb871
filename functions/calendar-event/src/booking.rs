//! The customer's requests by a link: choose a slot, move the booking, cancel it. The link is that of an invitation (CAL-8), or that of an
//! appointment in a letter about it (APT-8).

use crate::details::{Booked, CustomerPage};
use crate::{booking_file, pages};
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use chrono::{DateTime, NaiveDate, Utc};
use forecourt_domain::appointment::ConfirmationWay;
use forecourt_domain::base::Refusal;
use forecourt_domain::reports::Bound;
use forecourt_domain::rules::appointment::{cancel_by_customer, confirm, move_by_customer};
use forecourt_domain::rules::calendar::invitation;
use forecourt_domain::slots::Slot;
use forecourt_edge::auth::Link;
use forecourt_edge::formats::json::{Loose, Text};
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::routes::Operation;
use forecourt_edge::{Platform, http};
use forecourt_store::Failure;
use futures::FutureExt as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The slot that the customer chooses.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"from": "2026-11-25T09:00:00Z"}))]
pub struct BookingBody {
    /// Start of the slot, as listed in `free`.
    #[schema(value_type = String)]
    from: Loose<Text>,
}

/// A slot.
#[derive(Debug, Serialize, ToSchema)]
pub struct SlotView {
    /// Start time.
    pub from: DateTime<Utc>,
    /// End time.
    pub until: DateTime<Utc>,
}

/// A booking.
#[derive(Debug, Serialize, ToSchema)]
pub struct BookingView {
    /// The booked slot.
    #[serde(flatten)]
    pub slot: SlotView,
    /// Number of changes so far: the `SEQUENCE` of the calendar file.
    pub sequence: u32,
}

/// Why no slot can be chosen.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClosedView {
    /// `over`, `expired`, `too_often` or `unavailable`.
    pub why: &'static str,
    /// The reason as a sentence for the customer, in the customer's language.
    pub text: String,
}

/// The current state of an invitation: its booking and the free slots.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfferView {
    /// Name of the dealer.
    pub dealer: String,
    /// Type of the event to book.
    #[serde(rename = "type")]
    pub kind: String,
    /// Title; absent if the name of the type is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Duration in minutes.
    pub minutes: i64,
    /// IANA time zone of the dealer.
    pub zone: String,
    /// When the link expires.
    pub expires_at: DateTime<Utc>,
    /// `open`, `booked`, `cancelled` or `over`.
    pub standing: &'static str,
    /// The current booking; `null` if there is none.
    pub booking: Option<BookingView>,
    /// Whether the customer confirmed the booking; absent if not (APT-12).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub confirmed: bool,
    /// Why no slot can be chosen; absent if one can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<ClosedView>,
    /// The free slots of up to seven dates.
    pub free: Vec<SlotView>,
    /// The value of `from` that lists later dates; absent if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more_from: Option<NaiveDate>,
}

/// Number of dates with free slots in one answer.
pub(crate) const DATES: usize = 7;

/// Handles a customer's request by link, as JSON or as a page.
pub(crate) async fn handle(platform: &Platform, event: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
    let reader = pages::Reader::of(&event.headers);
    // The link is relative, so that it works under any base URL. All routes but the page itself are one level deeper.
    let up = event.route_key.as_deref().is_some_and(|route| !route.ends_with("{token}"));
    let back = event.path_parameters.get("token").map(|token| format!("{}{token}", if up { "../" } else { "./" }));
    if !reader.prefers_page {
        return http::answer(platform, event, async |call| operate(platform, &with_form_key(call), &reader).boxed().await).await;
    }
    http::answer_as(
        platform,
        event,
        async |call| operate(platform, &with_form_key(call), &reader).boxed().await,
        |problem| pages::problem(&problem, &reader, back.as_deref()),
    )
    .await
}

/// A customer's request by a link.
#[derive(Clone, Copy)]
pub(crate) struct LinkRequest<'a> {
    pub(crate) platform: &'a Platform,
    pub(crate) call: &'a Call,
    pub(crate) link: &'a Link,
    reader: &'a pages::Reader,
    /// The first date whose free slots are listed, or a time on it; today if absent.
    pub(crate) first: Option<Bound>,
}

async fn operate(platform: &Platform, call: &Call, reader: &pages::Reader) -> Result<Answer, Problem> {
    let link = call.link.clone().ok_or_else(Problem::no_link)?;
    // The query is checked before anything is changed.
    let first = call.query_as("from", "CAL-8", "a date such as 2026-11-25, or a time with a UTC offset")?;
    let request = LinkRequest { platform, call, link: &link, reader, first };
    let about = request.about();
    let answer = match call.operation {
        Operation::ShowInvitation => respond(reader, 200, &request.read().await?, None),
        Operation::BookSlot => {
            let from = match slot_of(call) {
                // A form without a slot is answered with the page of slots.
                Err(problem) if reader.prefers_page => {
                    let offer = request.read().await?;
                    return Ok(pages::page(reader, problem.status, &offer, Some(pages::Alert::Unpicked))?.about(&about));
                }
                slot => slot?,
            };
            let booked = request.book(from).await;
            request.respond_to_change(booked).await
        }
        Operation::CancelBooking | Operation::CancelByForm => {
            let cancelled = request.cancel().await;
            request.respond_to_change(cancelled).await
        }
        Operation::ConfirmBooking => {
            // The customer confirms the time on the page, which may be older than the latest move.
            let seen = call.form("from").and_then(|from| DateTime::parse_from_rfc3339(from.trim()).ok()).map(|from| from.to_utc());
            let confirmed = request.change_visit(|context, appointment| match seen.filter(|seen| *seen != appointment.at) {
                Some(_) => Err(Refusal::conflict("APT-12", "the appointment has another time now; confirm that time")),
                None => confirm(context, appointment, ConfirmationWay::Link),
            });
            let confirmed = confirmed.await;
            request.respond_to_change(confirmed.map(|()| false)).await
        }
        Operation::BookingFile => booking_file::answer(&request.read().await?, reader),
        _ => Err(Problem::wrong_function()),
    };
    Ok(answer?.about(&about))
}

/// Returns the start of the slot in the body or the form.
fn slot_of(call: &Call) -> Result<DateTime<Utc>, Problem> {
    let mut faults = Vec::new();
    let text = match call.form("from") {
        Some(text) => Some(text),
        None if call.media_type().as_deref() == Some("application/x-www-form-urlencoded") => None,
        None => call.json::<BookingBody>()?.from.text("from", &mut faults),
    };
    let from = text.and_then(|text| DateTime::parse_from_rfc3339(text.trim()).ok()).map(|from| from.to_utc());
    Ok(from.ok_or_else(|| Refusal::field("from", "CAL-8", "must be the start of a slot such as 2026-11-25T10:00:00+01:00"))?)
}

pub(crate) fn token(call: &Call) -> Result<String, Problem> {
    call.part("token", "link").map_err(Problem::from)
}

/// Returns the details as a page or as JSON. `refused` is the reason why a change was not made.
fn respond(reader: &pages::Reader, status: u16, details: &CustomerPage, refused: Option<Refusal>) -> Result<Answer, Problem> {
    if reader.prefers_page {
        return pages::page(reader, status, details, refused.as_ref().map(|_| pages::Alert::NotFree));
    }
    let view = OfferView::of(details, reader);
    let Some(refusal) = refused else { return Ok(Answer::new(status, &view)?) };
    let mut problem = Problem::from(refusal);
    // JSON and page give the same reason.
    if let Some(closed) = view.closed {
        problem.detail = closed.text;
    }
    let taken = SlotTaken { problem, free: view.free };
    Ok(Answer::new(status, &taken)?.header("content-type", "application/problem+json"))
}

/// A refusal with the slots that are still free.
#[derive(Serialize)]
struct SlotTaken {
    #[serde(flatten)]
    problem: Problem,
    free: Vec<SlotView>,
}

impl OfferView {
    fn of(details: &CustomerPage, reader: &pages::Reader) -> Self {
        let slot = |slot: &Slot| SlotView { from: slot.from, until: slot.until };
        let CustomerPage { dealer, .. } = details;
        let texts = pages::texts(reader, details);
        let booking = |booked: &Booked| BookingView { slot: slot(&booked.slot), sequence: booked.sequence };
        Self {
            dealer: dealer.settings.name.clone(),
            kind: details.kind.clone(),
            title: details.title.clone(),
            minutes: details.minutes,
            zone: dealer.settings.calendar.zone().to_string(),
            expires_at: details.expires,
            standing: details.status.name(),
            booking: details.booked().map(booking),
            confirmed: details.booked().is_some_and(|booked| booked.confirmed == Some(true)),
            closed: details.closed.map(|why| ClosedView { why: why.name(), text: texts.closed(why, dealer) }),
            free: details.free.iter().flat_map(|(_, slots)| slots).map(slot).collect(),
            more_from: details.more_from,
        }
    }
}

impl LinkRequest<'_> {
    /// The id of what the link is about.
    pub(crate) fn about(&self) -> String {
        match self.link {
            Link::Invitation(link) => link.lead.to_string(),
            Link::Appointment(link) => link.appointment.to_string(),
            Link::Feed(_) | Link::Unsubscribe(_) => String::new(),
        }
    }

    /// Reads the state of the invitation or the appointment, and the free slots.
    async fn read(&self) -> Result<CustomerPage, Problem> {
        match self.link {
            Link::Invitation(link) => match self.read_invitation(link).await? {
                Some(page) => Ok(page),
                None => self.read_visit().await,
            },
            Link::Appointment(_) => self.read_visit().await,
            Link::Feed(_) | Link::Unsubscribe(_) => Err(Problem::no_link()),
        }
    }

    /// Books the slot at `from`, or moves the booking there. Returns whether it is a new booking.
    async fn book(&self, from: DateTime<Utc>) -> Result<bool, Failure> {
        match self.link {
            Link::Invitation(link) => {
                let booked = self.change_invitation(link, |context, invitation, event| invitation::book(context, invitation, event, from));
                match booked.await? {
                    Some(new) => Ok(new),
                    None => self.move_visit(from).await,
                }
            }
            Link::Appointment(_) => self.move_visit(from).await,
            Link::Feed(_) | Link::Unsubscribe(_) => Err(Refusal::NotFound("link").into()),
        }
    }

    async fn move_visit(&self, from: DateTime<Utc>) -> Result<bool, Failure> {
        self.change_visit(|context, appointment| move_by_customer(context, appointment, from)).await.map(|()| false)
    }

    /// Cancels the booking.
    async fn cancel(&self) -> Result<bool, Failure> {
        match self.link {
            Link::Invitation(link) => match self.change_invitation(link, invitation::cancel).await? {
                Some(new) => Ok(new),
                None => self.change_visit(cancel_by_customer).await.map(|()| false),
            },
            Link::Appointment(_) => self.change_visit(cancel_by_customer).await.map(|()| false),
            Link::Feed(_) | Link::Unsubscribe(_) => Err(Refusal::NotFound("link").into()),
        }
    }

    /// Answers a change: with the new state, or with the reason why it was refused.
    async fn respond_to_change(&self, made: Result<bool, Failure>) -> Result<Answer, Problem> {
        let Self { call, reader, .. } = *self;
        let (status, refused) = match made {
            Ok(_) if reader.prefers_page => {
                return Ok(Answer::text(303, pages::HTML, String::new()).header("location", format!("../{}", token(call)?)));
            }
            Ok(new) => (if new && call.operation == Operation::BookSlot { 201 } else { 200 }, None),
            // A customer who was too late gets the slots that are still free.
            Err(Failure::Refused(refusal @ Refusal::Conflict { .. })) => (409, Some(refusal)),
            Err(Failure::Refused(Refusal::NotFound(_))) => return Err(Problem::no_link()),
            Err(other) => return Err(other.into()),
        };
        if reader.prefers_page && refused.is_some() && call.operation == Operation::ConfirmBooking {
            return pages::page(reader, status, &self.read().await?, Some(pages::Alert::Changed));
        }
        respond(reader, status, &self.read().await?, refused)
    }
}

/// Remembered answer of a request that made a new booking.
pub(crate) const NEW_BOOKING: &str = "anew";

/// Uses the key of the form as `Idempotency-Key`. Each page has a new key, so that a form that is sent twice is one request. Operation and
/// slot are part of the key: to confirm and then cancel, or to go back and choose another slot, is another request.
fn with_form_key(mut call: Call) -> Call {
    let key = call.form("key").filter(|key| key.len() == 16 && key.bytes().all(|b| b.is_ascii_alphanumeric()));
    let of_form = key.map(|key| format!("form {key} {} {}", call.operation.id(), call.form("from").unwrap_or_default()));
    call.idempotency_key = call.idempotency_key.take().or(of_form);
    call
}
