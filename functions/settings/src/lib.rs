//! The function `settings`: a dealer's settings, the group's users, webhooks and partners' secrets, and the requesting user (SET, ACC-1,
//! ACC-4, ACC-5, ACC-6, APT-4, APT-6).
//!
//! - **Does**: reads and changes settings, whole or in parts; imports days off; lists the history and the findings of a dealer; manages
//!   users, their switches at each dealer and their absences; manages webhooks and their deliveries; rotates signing secrets; lists the
//!   access log; returns the requesting user with rights, dealers and colleagues; changes that user's language and notices;
//!   saves the user's views; manages the texts of letters, previews them and sends tests of them to the user. A change by which a user
//!   loses work orders the hand-over of it, and lists the orders and what a user holds (DIS-12).
//! - **Triggers**: HTTP requests of the routes that the route table gives to this function, all with a token.
//! - **Asks**: the mail server that the operator enters for a dealer, before it is stored (SET-4).
//! - **Reads**: always the table, never a cached dealer, so that a client sees the version that it is about to change. Only the requesting
//!   user (`GET /me`) comes from the cache.
//! - **Writes**: the dealer or user with an entry in its history and the tasks that follow from the change (such as new deadlines) in one
//!   transaction. A change needs `If-Match` and is checked as a whole.
//! - **Repeats**: a repeated change finds that the settings have the requested values, and succeeds.
//! - **On failure**: nothing is stored. 422 lists every fault, 412 means that somebody changed the settings in the meantime, 428 that
//!   `If-Match` is missing, 503 that the same request can be sent again.

mod absences;
mod access_log;
mod availability;
mod body;
mod bookings;
mod change;
mod days_off;
mod dealer;
mod deliveries;
mod hand_over;
mod holidays;
pub mod ics;
mod mail_server;
mod me;
mod members;
mod orders;
mod parts;
mod redelivery;
mod retention;
mod secrets;
mod texts;
mod users;
mod view;
mod views;
mod webhooks;

pub use absences::{HandOverOffer, PastAbsenceView, UserAbsencesView};
pub use access_log::{AccessLogView, AccessRecordView};
pub use availability::{AvailabilityView, BusyBody};
pub use bookings::BookingsAffectedView;
pub use deliveries::{DeliveriesView, DeliveryView};
pub use hand_over::{HandOverView, HeldAppointment, HeldEvent, HeldInvitation, HeldLead, HeldTask, MovedView, WorkCounts, WorkView};
pub use holidays::{ImportView, SkippedView};
pub use me::{ColleagueView, MeView, MyDealerView, PlanNameView};
pub use members::{DealerUserView, DealerUsersView, SwitchedDealer, SwitchedView};
pub use orders::{HandOverPageView, HandOversView};
pub use redelivery::{RedeliveryBody, RedeliveryView};
pub use retention::RetentionPreviewView;
pub use secrets::{RotationBody, SigningSecretView};
pub use texts::{
    OwnTextView, ShortestTextView, TextBody, TextChangeView, TextHistoryView, TextKindView, TextPreviewBody, TextPreviewView, TextView,
    TextsView, VariableView,
};
pub use users::{UserView, UsersView};
pub use view::{ChangeView, FieldView, FindingView, FindingsView, HistoryView, SettingsView};
pub use views::{SavedViewBody, SavedViewView, SavedViewsView};
pub use webhooks::{FailingView, WebhookBody, WebhookView, WebhooksView};

use crate::change::Saved;
use crate::dealer::{answer, current};
use crate::hand_over::HandOverRequest;
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use forecourt_domain::base::{DealerId, Right, StopReason, UserId};
use forecourt_domain::settings::{Dealer, returned_notices};
use forecourt_edge::http::{Answer, Call, Mentions, Problem, Queries};
use forecourt_edge::routes::Operation;
use forecourt_edge::{Platform, http};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded};

/// Number of changes on a page of the history.
const PAGE: usize = 20;

/// Handles an HTTP request of one of this function's routes.
pub async fn handle(platform: &Platform, event: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
    http::answer(platform, event, async |call| Box::pin(operate(platform, call)).await).await
}

async fn operate(platform: &Platform, call: Call) -> Result<Answer, Problem> {
    match call.operation {
        Operation::RotateSigningSecret => secrets::rotate(platform, &call).await,
        Operation::AccessLog => access_log::list(platform, &call).await,
        Operation::ReadMe => me::read(platform, &call).await,
        Operation::ChangeMe => me::change(platform, &call).await,
        Operation::ListViews | Operation::SaveView | Operation::RemoveView => views::operate(platform, &call).await,
        Operation::SwitchAllUsers => members::switch_all(platform, &call).await,
        Operation::ListUsers | Operation::ReadUser | Operation::UserHistory | Operation::SaveUser | Operation::RemoveUser => {
            Box::pin(users::operate(platform, &call)).await
        }
        Operation::MakeWebhook
        | Operation::ListWebhooks
        | Operation::ReadWebhook
        | Operation::ChangeWebhook
        | Operation::RemoveWebhook
        | Operation::RotateSecret => Box::pin(webhooks::operate(platform, &call)).await,
        Operation::ListTexts
        | Operation::ReadText
        | Operation::TextHistory
        | Operation::SaveText
        | Operation::RemoveText
        | Operation::PreviewText
        | Operation::TestText => Box::pin(texts::operate(platform, &call)).await,
        Operation::ListDeliveries => deliveries::list(platform, &call).await,
        Operation::Redeliver => deliveries::redeliver(platform, &call).await,
        Operation::RedeliverPeriod => redelivery::redeliver(platform, &call).await,
        _ => Box::pin(operate_dealer(platform, &call)).await,
    }
}

/// A request about one dealer's settings or users.
async fn operate_dealer(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let id: DealerId = call.part("dealer", "dealer")?;
    let right = match call.operation {
        Operation::ReadSettings
        | Operation::SettingsHistory
        | Operation::SettingsFindings
        | Operation::ListHandOvers
        | Operation::ReadHandOver
        | Operation::ReadPart(_) => Some(Right::ReadSettings),
        Operation::ChangeSettings | Operation::ChangePart(_) | Operation::ImportHolidays => Some(Right::ChangeSettings),
        _ => members::right(call),
    };
    right.map_or(Ok(()), |right| call.scope.needs(right))?;
    call.scope.reaches(&id)?;
    match call.operation {
        Operation::ReadSettings => {
            let dealer = current(platform, call, &id).await?;
            answer(&dealer, &SettingsView::of(&dealer, &call.scope))
        }
        Operation::ChangeSettings => {
            let request = HandOverRequest::of(call)?;
            let (body, versions) = (body::writable_settings(call)?, change::required_versions(call)?);
            let make = |dealer: &Dealer| body::settings(mail_server::kept(body.clone(), &dealer.settings, &call.scope), &dealer.settings);
            Box::pin(mail_server::check(platform, call, (&id, &body), &versions, make)).await?;
            let saved = Box::pin(change::save_and_hand_over(platform, (call, &request), &id, &versions, make)).await?;
            Box::pin(answer_saved(platform, (call, &request), &saved, SettingsView::of(&saved.dealer, &call.scope))).await
        }
        Operation::ReadPart(part) => {
            let dealer = current(platform, call, &id).await?;
            answer(&dealer, &SettingsView::of_part(part, &dealer, &call.scope).completed(platform, call, part, &dealer).await?)
        }
        Operation::ChangePart(part) => {
            let request = HandOverRequest::of(call)?;
            let (body, versions) = (body::writable_settings(call)?, change::required_versions(call)?);
            let make = |dealer: &Dealer| parts::replaced(part, &dealer.settings, &body);
            Box::pin(mail_server::check(platform, call, (&id, &body), &versions, make)).await?;
            let saved = Box::pin(change::save_and_hand_over(platform, (call, &request), &id, &versions, make)).await;
            let saved = saved.map_err(|failure| match failure {
                Failure::Refused(refusal) => Failure::Refused(parts::relocated(part, refusal)),
                other => other,
            });
            let saved = saved?;
            let view = SettingsView::of_part(part, &saved.dealer, &call.scope).completed(platform, call, part, &saved.dealer).await?;
            Box::pin(answer_saved(platform, (call, &request), &saved, view)).await
        }
        Operation::ImportHolidays => holidays::import(platform, call, &id).await,
        Operation::ListHandOvers => orders::list(platform, call, &id).await,
        Operation::ReadHandOver => orders::read(platform, call, &id).await,
        Operation::UserWork => hand_over::held(platform, call, &id).await,
        Operation::SettingsHistory => history(platform, call, &id).await,
        Operation::SettingsFindings => findings(platform, call, &id).await,
        _ => Box::pin(members::operate(platform, call, &id)).await,
    }
}

/// The answer of a change of settings: `view` with what follows from the change.
async fn answer_saved(
    platform: &Platform,
    (call, request): (&Call, &HandOverRequest),
    saved: &Saved,
    view: SettingsView,
) -> Result<Answer, Problem> {
    let hand_overs = hand_over::views(platform, call, request, &saved.orders).await?;
    let hand_over_offered = absences::newly_offered(platform, call, saved).await?;
    let (past_absences, bookings) = (PastAbsenceView::all(&saved.past), saved.bookings(platform, call).await?);
    let changed =
        saved.change().filter(|(before, after)| request.dry_run && before.settings.retention_months != after.settings.retention_months);
    let retention_preview = match changed {
        Some((_, after)) => Box::pin(retention::preview(platform, call, after)).await?,
        None => None,
    };
    answer(&saved.dealer, &SettingsView { hand_overs, hand_over_offered, past_absences, bookings, retention_preview, ..view })
}

async fn history(platform: &Platform, call: &Call, id: &DealerId) -> Result<Answer, Problem> {
    let mut queries = Queries::of(call, "SET-10");
    let before: Option<u64> = queries.parse("before", "a version");
    queries.done()?;
    let changes = platform.store.settings_history(&call.scope, id, before, PAGE + 1).await?;
    if changes.is_empty() {
        current(platform, call, id).await?;
    }
    Ok(Answer::new(200, &HistoryView::of(&changes, PAGE)?.seen_by(&call.scope).named(platform, call).await?)?.about(id))
}

async fn findings(platform: &Platform, call: &Call, id: &DealerId) -> Result<Answer, Problem> {
    let dealer = current(platform, call, id).await?;
    let bookings = Box::pin(bookings::findings(platform, call, &dealer)).await?;
    let users = dealer.settings.members.iter().map(|member| Key::User(member.user.clone()));
    let address = |loaded: &Loaded, user: &UserId| {
        let user = loaded.user(user)?;
        Some(platform.store.secret().channel(&call.scope, &user.email.key()))
    };
    let load = Load::of(members::counting_key(&dealer).into_iter().chain([retention::key(&dealer)]).chain(users))
        .then(|loaded| dealer.settings.members.iter().filter_map(|member| address(loaded, &member.user)).map(Key::AddressState).collect());
    let loaded = platform.store.load(&call.scope, &load).await?;
    let open = |user: &UserId| loaded.open_leads(&dealer).map_or(0, |open| open.of(user));
    let returns = |user: &UserId| {
        let state = address(&loaded, user).and_then(|key| loaded.address_state(&key));
        // A complaint is no returned mail, and no delivery ends it.
        state.is_some_and(|state| state.stops_at(&dealer.id).any(|stop| stop.kind == StopReason::Bounced))
    };
    let mut found = forecourt_domain::settings::findings(&dealer, &open, call.now);
    found.extend(returned_notices(&dealer.settings, returns));
    found.extend(Box::pin(retention::finding(platform, call, &dealer, &loaded)).await?);
    let mentions = Mentions::of(platform, &call.scope, found.iter().map(|finding| finding.detail.as_str())).await;
    Ok(Answer::new(200, &FindingsView::of(found, bookings, &mentions))?.about(id))
}
