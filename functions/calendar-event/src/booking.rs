//! Booking by the customer with an invitation's link: choose a slot, move the booking, cancel it (CAL-8).

use crate::details::InvitationDetails;
use crate::{booking_file, pages};
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use chrono::{DateTime, NaiveDate, Utc};
use forecourt_domain::base::{Actor, Refusal, UserId};
use forecourt_domain::calendar::{CalendarEvent, Invitation, InvitationStatus};
use forecourt_domain::decision::Decision;
use forecourt_domain::lead::Lead;
use forecourt_domain::reports::Bound;
use forecourt_domain::rules::appointment::with_appointments;
use forecourt_domain::rules::calendar::{CalendarContext, OfferRefusal, invitation};
use forecourt_domain::settings::Dealer;
use forecourt_domain::slots::{Diary, LoadDay, Slot};
use forecourt_edge::auth::link::{InvitationLink, Link};
use forecourt_edge::formats::json::{Loose, Text};
use forecourt_edge::http::{Answer, Call, Problem, Request, new_name, request};
use forecourt_edge::routes::Operation;
use forecourt_edge::usecase::lead::{self, found};
use forecourt_edge::{Platform, http};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded};
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
const DATES: usize = 7;

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

/// A customer's request by the link of an invitation.
#[derive(Clone, Copy)]
struct LinkRequest<'a> {
    platform: &'a Platform,
    call: &'a Call,
    link: &'a InvitationLink,
    reader: &'a pages::Reader,
    /// The first date whose free slots are listed, or a time on it; today if absent.
    first: Option<Bound>,
}

async fn operate(platform: &Platform, call: &Call, reader: &pages::Reader) -> Result<Answer, Problem> {
    let Some(Link::Invitation(link)) = call.link.clone() else { return Err(Problem::no_link()) };
    let about = link.lead;
    // The query is checked before anything is changed.
    let first = call.query_as("from", "CAL-8", "a date such as 2026-11-25, or a time with a UTC offset")?;
    let request = LinkRequest { platform, call, link: &link, reader, first };
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
            let booked = request.change(|context, invitation, event| invitation::book(context, invitation, event, from)).await;
            request.respond_to_change(booked).await
        }
        Operation::CancelBooking | Operation::CancelByForm => {
            let cancelled = request.change(invitation::cancel).await;
            request.respond_to_change(cancelled).await
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

fn token(call: &Call) -> Result<String, Problem> {
    call.part("token", "link").map_err(Problem::from)
}

/// Returns the details as a page or as JSON. `refused` is the reason why a change was not made.
fn respond(reader: &pages::Reader, status: u16, details: &InvitationDetails, refused: Option<Refusal>) -> Result<Answer, Problem> {
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
    fn of(details: &InvitationDetails, reader: &pages::Reader) -> Self {
        let slot = |slot: &Slot| SlotView { from: slot.from, until: slot.until };
        let InvitationDetails { dealer, invitation, .. } = details;
        let texts = pages::texts(reader, Some((invitation, dealer)));
        let booking = |(event, slot): (&CalendarEvent, Slot)| BookingView {
            slot: SlotView { from: slot.from, until: slot.until },
            sequence: event.sequence(),
        };
        Self {
            dealer: dealer.settings.name.clone(),
            kind: invitation.kind.clone(),
            title: invitation.title.clone(),
            minutes: details.minutes,
            zone: dealer.settings.calendar.zone().to_string(),
            expires_at: details.expires,
            standing: details.status.name(),
            booking: details.booked().map(booking),
            closed: details.closed.map(|why| ClosedView { why: why.name(), text: texts.closed(why, dealer) }),
            free: details.free.iter().flat_map(|(_, slots)| slots).map(slot).collect(),
            more_from: details.more_from,
        }
    }
}

/// Lead, dealer, invitation and the booked event.
type LinkedItems<'a> = (&'a Lead, &'a Dealer, &'a Invitation, Option<&'a CalendarEvent>);

/// Returns the items behind a link. A lead or an invitation that is missing, revoked or expired counts as an invalid link.
fn linked_items<'a>(loaded: &'a Loaded, link: &InvitationLink, now: DateTime<Utc>) -> Result<LinkedItems<'a>, Refusal> {
    let (lead, dealer) = found(loaded, link.lead)?;
    let invitation = loaded.invitation(link.lead, &link.invitation).ok_or(Refusal::NotFound("invitation"))?;
    let event = invitation.event.as_ref().and_then(|event| loaded.event(link.lead, event));
    if invitation.is_good(event, now) { Ok((lead, dealer, invitation, event)) } else { Err(Refusal::NotFound("invitation")) }
}

/// Loads the items behind a link: lead, invitation, dealer, event and appointment, the days that `read_days` reads, and the
/// `remembered` request.
fn load<'a>(
    link: &'a InvitationLink,
    remembered: Option<Key>,
    now: DateTime<Utc>,
    read_days: impl Fn(LinkedItems<'_>, LoadDay<'_>) + Send + Sync + 'a,
) -> Load<'a> {
    let InvitationLink { lead, invitation } = link;
    let first = [Key::Lead(*lead), Key::Invitation(*lead, invitation.clone())];
    Load::of(first.into_iter().chain(remembered)).then(move |loaded| {
        let dealer = loaded.lead(*lead).map(|lead| Key::Dealer(lead.dealer.clone()));
        let event = loaded.invitation(*lead, invitation).and_then(|found| found.event.clone()).map(|event| Key::Event(*lead, event));
        let ready = dealer.iter().chain(&event).all(|key| loaded.holds(key));
        let days = linked_items(loaded, link, now).ok().filter(|_| ready).map(|items| lead::days_of(|days| read_days(items, days)));
        let event: Vec<Key> = event.into_iter().collect();
        let appointment = loaded.appointments_of(&event);
        dealer.into_iter().chain(event).chain(appointment).chain(days.into_iter().flatten()).collect()
    })
}

impl LinkRequest<'_> {
    /// Reads the items behind the link and the free slots.
    async fn read(&self) -> Result<InvitationDetails, Problem> {
        let Self { platform, call, link, first: from, .. } = *self;
        let now = call.now;
        let free = |(lead, dealer, invitation, event): LinkedItems<'_>, days: LoadDay<'_>| {
            let offer = invitation.offer(lead, dealer, event, now)?;
            Ok(offer.free(&Diary::new(days), from.map(|from| from.date(&dealer.settings.calendar)), DATES))
        };
        let read_days = |items: LinkedItems<'_>, days: LoadDay<'_>| {
            let _ = free(items, days);
        };
        let loaded = platform.store.load(&call.scope, &load(link, None, now, read_days)).await?;
        let items = linked_items(&loaded, link, now).map_err(|_| Problem::no_link())?;
        let days = |user: &UserId, date| loaded.day(user, date);
        let (lead, dealer, invitation, event) = items;
        let offered: Result<_, OfferRefusal> = free(items, &days);
        let closed = offered.as_ref().err().copied();
        let (mut free, more_from) = offered.unwrap_or_default();
        let status = invitation.status(event, now);
        // The slot of the current booking is not offered.
        let here = event.filter(|_| status == InvitationStatus::Booked).map(|event| event.at);
        free.iter_mut().for_each(|(_, slots)| slots.retain(|slot| Some(slot.from) != here));
        free.retain(|(_, slots)| !slots.is_empty());
        Ok(InvitationDetails {
            token: token(call)?,
            key: new_name(platform, call, link.lead, "form"),
            dealer: dealer.clone(),
            vehicle: lead.vehicle.clone(),
            invitation: invitation.clone(),
            event: event.cloned(),
            status,
            minutes: dealer.capacity().duration(&invitation.kind).num_minutes(),
            expires: invitation.ends(event),
            closed,
            rebooks: invitation.rebooks(lead, dealer, now),
            free,
            more_from,
            later: from.is_some(),
        })
    }

    /// Applies a change once per `Idempotency-Key`. Returns whether it made a new booking.
    async fn change(
        &self,
        rule: impl Fn(&CalendarContext<'_>, &Invitation, Option<&CalendarEvent>) -> Result<Option<Decision>, Refusal> + Send + Sync,
    ) -> Result<bool, Failure> {
        let Self { platform, call, link, .. } = *self;
        let request = request(platform, call, link.lead);
        let apply = |(lead, dealer, invitation, event): LinkedItems<'_>, days: LoadDay<'_>| {
            rule(&CalendarContext { lead, dealer, days, by: &Actor::Customer, now: call.now }, invitation, event)
        };
        let read_days = |items: LinkedItems<'_>, days: LoadDay<'_>| {
            let _ = apply(items, days);
        };
        // Many customers may compete for the last slot. The losers must get 409, not 503: use the long retry budget.
        let load = load(link, request.as_ref().map(Request::remembered_at), call.now, read_days).with_long_retry();
        let decided = platform.store.decide(&call.scope, load, |loaded, _| {
            let days = |user: &UserId, date| loaded.day(user, date);
            let items = linked_items(loaded, link, call.now)?;
            if let Some(request) = &request
                && let Some(answer) = request.answered(loaded, call.now)?
            {
                return Ok((None, (answer == NEW_BOOKING, true)));
            }
            let new = items.3.is_none_or(|event| items.2.status(Some(event), call.now) == InvitationStatus::Cancelled);
            let decision = apply(items, &days)?;
            let decision = decision.map(|decision| with_appointments(decision, items.0, items.1, |id| loaded.appointment(id), call.now));
            let new = new && decision.is_some();
            let decision = match &request {
                Some(request) => Some(request.answering(decision.unwrap_or_default(), if new { NEW_BOOKING } else { "" }.into(), call.now)),
                None => decision,
            };
            Ok((decision, (new, false)))
        });
        let (new, again) = decided.await?;
        call.note_repeat(again);
        Ok(new)
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
        respond(reader, status, &self.read().await?, refused)
    }
}

/// Remembered answer of a request that made a new booking.
const NEW_BOOKING: &str = "anew";

/// Uses the key of the form as `Idempotency-Key`. Each page has a new key, so that a form that is sent twice is one request. The slot is
/// part of the key: going back and choosing another slot is another request.
fn with_form_key(mut call: Call) -> Call {
    let key = call.form("key").filter(|key| key.len() == 16 && key.bytes().all(|b| b.is_ascii_alphanumeric()));
    let of_form = key.map(|key| format!("form {key} {}", call.form("from").unwrap_or_default()));
    call.idempotency_key = call.idempotency_key.take().or(of_form);
    call
}
