//! Calendar events over HTTP: what is planned for a lead is scheduled, completed, marked as no-show, rescheduled, deleted (CAL-1 to CAL-4).

mod body;
mod booking;
mod booking_file;
mod bulk;
mod calendar;
mod details;
mod events;
mod feed;
mod invitations;
mod pages;
mod view;

pub use body::{BulkBody, CompletionBody, EventBody, NoShowBody, RescheduleBody};
pub use booking::{BookingBody, BookingView, ClosedView, OfferView, SlotView};
pub use bulk::{BulkResult, BulkView};
pub use calendar::{CalendarEntryView, CalendarView};
pub use feed::{FeedBody, FeedView, FeedsView};
pub use invitations::{InvitationBody, InvitationRowView, InvitationView, InvitationsView};
pub use view::{CalendarEventView, CalendarEventsView};

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use forecourt_domain::rules::calendar::EventAction;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::routes::{Operation, Route};
use forecourt_edge::{Platform, http};
use futures::FutureExt as _;

/// A request of one of this function's routes.
pub async fn handle(platform: &Platform, event: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
    match event.route_key.as_deref().and_then(Route::of) {
        Some(route) if route.operation == Operation::FeedFile => {}
        Some(route) if route.is_open() => return booking::customer(platform, event).boxed().await,
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
            events::end(platform, &call, EventAction::Complete { note }, follow_up).await
        }
        Operation::NoShowEvent => {
            let (reason, note, follow_up) = call.json::<NoShowBody>()?.check()?;
            events::end(platform, &call, EventAction::NoShow { reason, note }, follow_up).await
        }
        Operation::RescheduleEvent => {
            let to = call.json::<RescheduleBody>()?.check()?;
            events::end(platform, &call, EventAction::Reschedule { to }, None).await
        }
        Operation::Invite => invitations::invite(platform, &call).await,
        Operation::ListInvitations => invitations::list(platform, &call).await,
        Operation::RevokeInvitation => invitations::revoke(platform, &call).await,
        Operation::Calendar => calendar::show(platform, &call).await,
        Operation::MakeFeed => feed::make(platform, &call).await,
        Operation::ListFeeds => feed::list(platform, &call).await,
        Operation::RevokeFeed => feed::revoke(platform, &call).await,
        Operation::FeedFile => feed::file(platform, &call).await,
        Operation::DeleteEvent => events::end(platform, &call, EventAction::Delete, None).await,
        _ => Err(Problem::wrong_function()),
    }
}
