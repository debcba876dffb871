//! A dealer's settings over HTTP (SET): read, changed as a whole by who saw their version, with their history and what is risky in them.

mod body;
mod view;

pub use view::{ChangeView, FieldView, FindingView, FindingsView, HistoryView, SettingsView};

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use forecourt_domain::access::Right;
use forecourt_domain::dealer::{self, Dealer};
use forecourt_domain::ids::DealerId;
use forecourt_domain::refusal::Refusal;
use forecourt_edge::http::{Answer, Call};
use forecourt_edge::problem::Problem;
use forecourt_edge::routes::Operation;
use forecourt_edge::{Platform, http};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load};

/// How many changes a page of the history has.
const PAGE: usize = 20;

/// A request of one of this function's routes.
pub async fn handle(platform: &Platform, event: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
    http::answer(platform, event, async |call| operate(platform, call).await).await
}

async fn operate(platform: &Platform, call: Call) -> Result<Answer, Problem> {
    let id: DealerId = call.part("dealer", "dealer")?;
    let right = if call.operation == Operation::ChangeSettings { Right::ChangeSettings } else { Right::ReadSettings };
    call.scope.needs(right)?;
    call.scope.reaches(&id)?;
    match call.operation {
        Operation::ReadSettings => read(platform, &call, &id).await,
        Operation::ChangeSettings => change(platform, &call, &id).await,
        Operation::SettingsHistory => history(platform, &call, &id).await,
        Operation::SettingsFindings => findings(platform, &call, &id).await,
        _ => Err(Problem::not_found("this route belongs to another function")),
    }
}

/// The dealer as it is now: who is about to change it must not see what was kept in memory.
async fn now(platform: &Platform, call: &Call, id: &DealerId) -> Result<Dealer, Failure> {
    let loaded = platform.store.load(&call.scope, &Load::of([Key::Dealer(id.clone())])).await?;
    Ok(loaded.dealer(id).cloned().ok_or(Refusal::NotFound("dealer"))?)
}

async fn read(platform: &Platform, call: &Call, id: &DealerId) -> Result<Answer, Problem> {
    answer(&now(platform, call, id).await?)
}

fn answer(dealer: &Dealer) -> Result<Answer, Problem> {
    Ok(Answer::new(200, &SettingsView::of(dealer))?.header("etag", format!("\"{}\"", dealer.version)).about(&dealer.id))
}

/// Replaces the settings, if they still are what the asker saw (SET-10).
async fn change(platform: &Platform, call: &Call, id: &DealerId) -> Result<Answer, Problem> {
    let seen =
        call.if_match()?.ok_or_else(|| Problem::precondition_required("send the ETag of the settings you saw as If-Match (SET-10)"))?;
    let settings = body::read(&call.body)?;
    let by = call.scope.actor();
    let changed = platform.store.decide(&call.scope, Load::of([Key::Dealer(id.clone())]), |loaded, _| {
        let before = loaded.dealer(id).ok_or(Refusal::NotFound("dealer"))?;
        // A repeat of a change whose answer was lost finds what it wanted.
        if before.settings == settings {
            return Ok((None, before.clone()));
        }
        if !seen.contains(&before.version) {
            return Err(Refusal::Stale { current: before.version });
        }
        let (decision, after) = dealer::save(id, Some(before), settings.clone(), by.clone(), call.now);
        Ok((Some(decision), after))
    });
    answer(&changed.await?)
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
