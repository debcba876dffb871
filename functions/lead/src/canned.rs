//! The canned answers of a dealer with the values of a lead (LEAD-3, MSG-2).

use forecourt_domain::base::{LeadId, Right};
use forecourt_domain::enquiry::ContactPreferences;
use forecourt_domain::lead::Lead;
use forecourt_domain::settings::Dealer;
use forecourt_domain::texts::{DealerText, TextKind, Values, Variable, text_language};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::usecase::lead::{enquiry_key, enquiry_of, found};
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};
use serde::Serialize;
use utoipa::ToSchema;

/// A canned answer, ready to be edited and sent with `POST /leads/{id}/communications`.
#[derive(Debug, Serialize, ToSchema)]
pub struct CannedAnswerView {
    /// Id of the dealer's text.
    pub id: String,
    /// The name of the text.
    pub name: String,
    /// `email` or `sms`.
    pub medium: &'static str,
    /// `en`, `de` or `nl`.
    pub language: String,
    /// The subject of a mail.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// The text.
    pub text: String,
    /// The variables without a value because of which lines of the text were left out, such as `vehicle`; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<&'static str>,
}

/// The canned answers for a lead.
#[derive(Debug, Serialize, ToSchema)]
pub struct CannedAnswersView {
    /// Those for the type of the lead and for every type: first those in the customer's language, then by name.
    pub answers: Vec<CannedAnswerView>,
}

/// `GET /leads/{id}/canned-answers`.
pub(crate) async fn list(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadLeads)?;
    let id: LeadId = call.part("id", "lead")?;
    let load = Load::of([Key::Lead(id)]).then(|loaded| {
        let dealer = loaded.lead(id).map(|lead| lead.dealer.clone());
        dealer
            .into_iter()
            .flat_map(|dealer| [Key::Dealer(dealer.clone()), Key::DealerTexts(dealer)])
            .chain([enquiry_key(loaded, id)])
            .collect()
    });
    let loaded = platform.store.load(&call.scope, &load).await?;
    let (lead, dealer) = found(&loaded, id)?;
    call.scope.needs_on(Right::ReadLeads, lead, &dealer.settings, call.now)?;
    let addressee = lead.addressee(&lead.latest_enquirer(), enquiry_of(&loaded, lead));
    let addressee = addressee.as_ref().map(|(name, reached)| (name.as_str(), reached));
    Ok(Answer::new(200, &CannedAnswersView { answers: filled(&loaded, (lead, dealer), call, addressee) })?.about(&id))
}

/// Returns the canned answers for a message to `addressee`: name and addresses of a contact of the lead. Without it, they have the name of
/// the main contact.
pub(crate) fn filled(
    loaded: &Loaded,
    (lead, dealer): (&Lead, &Dealer),
    call: &Call,
    addressee: Option<(&str, &ContactPreferences)>,
) -> Vec<CannedAnswerView> {
    let name = addressee.map_or(lead.contact.as_str(), |(name, _)| name);
    let language = addressee.and_then(|(_, reached)| reached.language.as_ref());
    let customers = language.unwrap_or(&dealer.settings.language);
    let seller = call.scope.as_user().map(|user| user.name.as_str()).unwrap_or_default();
    let filled = |text: &DealerText| {
        let values = Values::of(&dealer.settings, &text.language, name, &lead.vehicle).with_lead(lead.id).with_seller(seller);
        let written = text.write(&values)?;
        Some(CannedAnswerView {
            id: text.id.to_string(),
            name: text.name.clone(),
            medium: text.medium.name(),
            language: text.language.as_str().to_owned(),
            subject: written.subject,
            text: written.text,
            left_out: text.left_out(&values).into_iter().map(Variable::name).collect(),
        })
    };
    let texts = loaded.dealer_texts(&dealer.id).map(|texts| texts.texts.as_slice()).unwrap_or_default();
    let fits = |text: &&DealerText| text.kind == TextKind::Canned && text.lead_type.is_none_or(|kind| kind == lead.lead_type);
    let mut answers: Vec<CannedAnswerView> = texts.iter().filter(fits).filter_map(filled).collect();
    let preferred = text_language(customers);
    answers.sort_by_cached_key(|answer| (answer.language != preferred, answer.name.to_lowercase(), answer.id.clone()));
    answers
}
