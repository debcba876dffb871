//! A dealer's settings and the group's users over HTTP (SET): read, changed whole or in parts by who saw their version, with their history and
//! what is risky in them.

mod body;
mod change;
mod dealer;
mod deliveries;
mod holidays;
pub mod ics;
mod members;
mod parts;
mod secrets;
mod users;
mod view;
mod webhooks;

pub use deliveries::{DeliveriesView, DeliveryView};
pub use holidays::ImportView;
pub use members::{DealerUserView, DealerUsersView, SwitchedDealer, SwitchedView};
pub use secrets::{RotationBody, SigningSecretView};
pub use users::{UserView, UsersView};
pub use view::{ChangeView, FieldView, FindingView, FindingsView, HistoryView, SettingsView};
pub use webhooks::{FailingView, WebhookBody, WebhookView, WebhooksView};

use crate::dealer::{answer, now};
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use forecourt_domain::base::{DealerId, Right};
use forecourt_domain::settings::Dealer;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::routes::{Operation, Part};
use forecourt_edge::{Platform, http};

/// How many changes a page of the history has.
const PAGE: usize = 20;

/// A request of one of this function's routes.
pub async fn handle(platform: &Platform, event: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
    http::answer(platform, event, async |call| operate(platform, call).await).await
}

async fn operate(platform: &Platform, call: Call) -> Result<Answer, Problem> {
    if call.operation == Operation::RotateSigningSecret {
        return secrets::rotate(platform, &call).await;
    }
    if matches!(
        call.operation,
        Operation::ListUsers
            | Operation::ReadUser
            | Operation::UserHistory
            | Operation::SwitchAllUsers
            | Operation::SaveUser
            | Operation::RemoveUser
    ) {
        return match call.operation {
            Operation::SwitchAllUsers => members::switch_all(platform, &call).await,
            _ => users::operate(platform, &call).await,
        };
    }
    if matches!(
        call.operation,
        Operation::MakeWebhook
            | Operation::ListWebhooks
            | Operation::ReadWebhook
            | Operation::ChangeWebhook
            | Operation::RemoveWebhook
            | Operation::RotateSecret
            | Operation::ListDeliveries
            | Operation::Redeliver
    ) {
        call.scope.needs(Right::ManageWebhooks)?;
        return match call.operation {
            Operation::ListDeliveries => deliveries::list(platform, &call).await,
            Operation::Redeliver => deliveries::redeliver(platform, &call).await,
            _ => webhooks::operate(platform, &call).await,
        };
    }
    let id: DealerId = call.part("dealer", "dealer")?;
    let right = match call.operation {
        Operation::ReadSettings | Operation::SettingsHistory | Operation::SettingsFindings | Operation::ReadPart(_) => {
            Some(Right::ReadSettings)
        }
        Operation::ChangeSettings | Operation::ChangePart(_) | Operation::ImportHolidays => Some(Right::ChangeSettings),
        _ => members::right(&call),
    };
    right.map_or(Ok(()), |right| call.scope.needs(right))?;
    call.scope.reaches(&id)?;
    match call.operation {
        Operation::ReadSettings => answer_settings(&now(platform, &call, &id).await?),
        Operation::ChangeSettings => {
            let settings = body::settings(body::json(&call.body)?)?;
            answer_settings(&change::save(platform, &call, &id, &change::seen(&call)?, |_| Ok(settings.clone())).await?)
        }
        Operation::ReadPart(part) => answer_part(part, &now(platform, &call, &id).await?),
        Operation::ChangePart(part) => {
            let body = body::json(&call.body)?;
            answer_part(
                part,
                &change::save(platform, &call, &id, &change::seen(&call)?, |dealer| parts::replaced(part, &dealer.settings, &body)).await?,
            )
        }
        Operation::ImportHolidays => holidays::import(platform, &call, &id).await,
        Operation::SettingsHistory => history(platform, &call, &id).await,
        Operation::SettingsFindings => findings(platform, &call, &id).await,
        _ => members::operate(platform, &call, &id).await,
    }
}

fn answer_settings(dealer: &Dealer) -> Result<Answer, Problem> {
    answer(dealer, &SettingsView::of(dealer))
}

fn answer_part(part: Part, dealer: &Dealer) -> Result<Answer, Problem> {
    answer(dealer, &SettingsView::of_part(part, dealer))
}

async fn history(platform: &Platform, call: &Call, id: &DealerId) -> Result<Answer, Problem> {
    call.only_queries(&["before"], "SET-10")?;
    let before: Option<u64> = call.query_as("before", "SET-10", "a version")?;
    let changes = platform.store.settings_history(&call.scope, id, before, PAGE + 1).await?;
    if changes.is_empty() {
        now(platform, call, id).await?;
    }
    Ok(Answer::new(200, &HistoryView::of(&changes, PAGE)?)?.about(id))
}

async fn findings(platform: &Platform, call: &Call, id: &DealerId) -> Result<Answer, Problem> {
    let dealer = now(platform, call, id).await?;
    Ok(Answer::new(200, &FindingsView::of(&dealer, call.now))?.about(id))
}
