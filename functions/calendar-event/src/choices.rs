//! The types of events and the reasons of a no-show among which a user chooses, with their names (CAL-1, CAL-4).

use forecourt_domain::base::{DealerId, Refusal, Right};
use forecourt_domain::calendar::{Labels, NO_SHOW_LABELS, TYPE_LABELS};
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The types of events of a dealer.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventTypesView {
    /// The types that every dealer has, then those that the dealer has added.
    pub event_types: Vec<ChoiceView>,
}

/// The reasons of a no-show of a dealer.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoShowReasonsView {
    /// The reasons that every dealer has, then those that the dealer has added.
    pub no_show_reasons: Vec<ChoiceView>,
}

/// A value with its names.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChoiceView {
    /// The value in requests.
    pub value: String,
    /// Whether the dealer has added it.
    pub own: bool,
    /// The names.
    pub names: NamesView,
}

/// The names of a value. One that the dealer has added has the same name in each language.
#[derive(Debug, Serialize, ToSchema)]
pub struct NamesView {
    /// English.
    pub en: String,
    /// German.
    pub de: String,
    /// Dutch.
    pub nl: String,
}

/// `GET /dealers/{dealer}/event-types`.
pub(crate) async fn event_types(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let dealer = dealer_of(platform, call).await?;
    let event_types = choices(&TYPE_LABELS, &dealer.settings.event_types);
    Ok(Answer::new(200, &EventTypesView { event_types })?.about(&dealer.id))
}

/// `GET /dealers/{dealer}/no-show-reasons`.
pub(crate) async fn no_show_reasons(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let dealer = dealer_of(platform, call).await?;
    let no_show_reasons = choices(&NO_SHOW_LABELS, &dealer.settings.no_show_reasons);
    Ok(Answer::new(200, &NoShowReasonsView { no_show_reasons })?.about(&dealer.id))
}

async fn dealer_of(platform: &Platform, call: &Call) -> Result<Arc<Dealer>, Problem> {
    call.scope.needs(Right::WorkLeads)?;
    let id: DealerId = call.part("dealer", "dealer")?;
    call.scope.reaches(&id)?;
    Ok(platform.store.dealer(&call.scope, &id).await?.ok_or(Refusal::NotFound("dealer"))?)
}

fn choices(known: &[(&str, Labels)], own: &[String]) -> Vec<ChoiceView> {
    let known = known.iter().map(|(value, [en, de, nl])| {
        let names = NamesView { en: (*en).to_owned(), de: (*de).to_owned(), nl: (*nl).to_owned() };
        ChoiceView { value: (*value).to_owned(), own: false, names }
    });
    let own = own.iter().map(|name| {
        let names = NamesView { en: name.clone(), de: name.clone(), nl: name.clone() };
        ChoiceView { value: name.clone(), own: true, names }
    });
    known.chain(own).collect()
}
