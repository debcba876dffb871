//! The function `calendar-event`: the calendar of a lead, of a user and of a dealer (CAL).
//!
//! - **Does**: creates, completes, reschedules and deletes events of leads and marks no-shows, for one lead or in bulk; shows calendars
//!   and the diary, which also has appointments without a lead;
//!   serves calendar feeds; manages invitations, and serves the page on which a customer books, moves or cancels a slot.
//!   It also serves the page on which the recipient of a mail unsubscribes (PRV-6).
//! - **Triggers**: HTTP requests of the routes that the route table gives to this function. Staff routes need a token. The links
//!   `/i/{token}`, `/c/{token}` and `/u/{token}` are signed and need none.
//! - **Reads**: lead, dealer, event, invitation, the appointment of an event, and the days on which users have events.
//! - **Writes**: the event with its lead, timeline, appointment and occupied slots in one transaction; invitations; feeds.
//! - **Repeats**: ids derive from the `Idempotency-Key`, so that a repeat finds what the first request created.
//! - **On failure**: nothing is stored and the client gets a problem; 503 means that the same request can be sent again. A bulk request
//!   reports a result for each lead. Two customers who choose the last slot at the same time: one gets 201, the other 409 with free slots.

mod body;
mod booking;
mod booking_file;
mod bulk;
mod calendar;
mod choices;
mod corrections;
mod details;
mod diary;
mod events;
mod feed;
mod invitations;
mod invited;
mod pages;
mod subscription;
mod view;
mod visit;

pub use body::{BulkBody, CompletionBody, EventBody, EventCorrectionBody, NoShowBody, RescheduleBody};
pub use booking::{BookingBody, BookingView, ClosedView, OfferView, SlotView};
pub use bulk::{BulkResult, BulkView};
pub use calendar::{CalendarEntryView, CalendarView};
pub use choices::{ChoiceView, EventTypesView, NamesView, NoShowReasonsView};
pub use diary::{AllDayView, DiaryEntryView, DiaryView};
pub use feed::{FeedBody, FeedView, FeedsView};
pub use invitations::{InvitationBody, InvitationRowView, InvitationView, InvitationsView};
pub use subscription::{SubscriptionView, UnsubscribeBody};
pub use view::{CalendarEventView, CalendarEventsView};

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use forecourt_domain::base::Cancellation;
use forecourt_domain::rules::calendar::EventAction;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::routes::{Operation, Route};
use forecourt_edge::usecase::cancellation::CancellationBody;
use forecourt_edge::{Platform, http};
use futures::FutureExt as _;

/// Handles an HTTP request of one of this function's routes.
pub async fn handle(platform: &Platform, event: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
    match event.route_key.as_deref().and_then(Route::of) {
        Some(route) if route.operation == Operation::FeedFile => {}
        Some(Route { operation: Operation::ShowSubscription | Operation::Unsubscribe | Operation::Resubscribe, .. }) => {
            return subscription::handle(platform, event).boxed().await;
        }
        Some(route) if route.is_open() => return booking::handle(platform, event).boxed().await,
        _ => {}
    }
    http::answer(platform, event, async |call| operate(platform, call).await).await
}

async fn operate(platform: &Platform, call: Call) -> Result<Answer, Problem> {
    match call.operation {
        Operation::ScheduleEvent => events::create(platform, &call).await,
        Operation::BulkEvents => bulk::schedule(platform, &call).await,
        Operation::ListEvents => events::list(platform, &call).await,
        Operation::ReadEvent => events::read(platform, &call).await,
        Operation::CompleteEvent => {
            let (note, follow_up) = call.json::<CompletionBody>()?.check()?;
            events::apply(platform, &call, EventAction::Complete { note }, follow_up).await
        }
        Operation::NoShowEvent => {
            let (reason, note, follow_up) = call.json::<NoShowBody>()?.check()?;
            events::apply(platform, &call, EventAction::NoShow { reason, note }, follow_up).await
        }
        Operation::RescheduleEvent => {
            let (to, despite) = call.json::<RescheduleBody>()?.check()?;
            events::apply(platform, &call, EventAction::Reschedule { to, despite }, None).await
        }
        Operation::KeepEvent => events::apply(platform, &call, EventAction::Keep, None).await,
        Operation::Invite => invitations::create(platform, &call).await,
        Operation::ListInvitations => invitations::list(platform, &call).await,
        Operation::RevokeInvitation => invitations::revoke(platform, &call).await,
        Operation::Calendar => calendar::show(platform, &call).await,
        Operation::ListEventTypes => choices::event_types(platform, &call).await,
        Operation::ListNoShowReasons => choices::no_show_reasons(platform, &call).await,
        Operation::Diary => diary::show(platform, &call).await,
        Operation::MakeFeed => feed::create(platform, &call).await,
        Operation::ListFeeds => feed::list(platform, &call).await,
        Operation::RevokeFeed => feed::revoke(platform, &call).await,
        Operation::FeedFile => feed::file(platform, &call).await,
        Operation::CancelEvent => {
            let why = call.json::<CancellationBody>()?.check()?;
            events::apply(platform, &call, EventAction::Delete { why }, None).await
        }
        Operation::DeleteEvent => events::apply(platform, &call, EventAction::Delete { why: Cancellation::default() }, None).await,
        Operation::CorrectEvent => {
            let correction = call.json::<EventCorrectionBody>()?.check()?;
            corrections::correct(platform, &call, correction).await
        }
        Operation::ReopenEvent => corrections::reopen(platform, &call).await,
        _ => Err(Problem::wrong_function()),
    }
}
