//! What a message to the customer can have: its recipients, the canned answers, and what can be attached (LEAD-3).

use super::attached::AttachedView;
use super::{AnsweredMail, recipient, scan};
use crate::canned::{self, CannedAnswerView};
use forecourt_domain::base::{ContactId, ElementId, LeadId, Medium, Money, Purpose, Refusal, Right};
use forecourt_domain::elements::{Content, Element, ElementKind, reply_subject};
use forecourt_domain::enquiry::{Condition, ContactPreferences, Enquiry, Person};
use forecourt_domain::lead::Lead;
use forecourt_domain::messages::{AddressState, SuppressionReason, unwanted};
use forecourt_domain::rules::elements::Enclosures;
use forecourt_domain::settings::{Dealer, DealerSettings};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Queries};
use forecourt_edge::usecase::lead::{enquiry_key, enquiry_of, found};
use forecourt_edge::usecase::letter::{stops, stops_keys};
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};
use serde::Serialize;
use utoipa::ToSchema;

/// What a message to the customer of a lead can have.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageOptionsView {
    /// Display name of the contact who gets it; absent if the lead no longer has this contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// The recipient of an e-mail; absent if the contact has no e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<RecipientView>,
    /// The recipient of a text message; absent if the contact has no number that can be dialled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sms: Option<RecipientView>,
    /// The addresses of the lead's contacts to which a message can go: first those to which it goes without `contact`, then those of the
    /// contacts in their order.
    pub recipients: Vec<ContactAddressView>,
    /// Subject of an answer for which the user gives none; only with `answers`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Why the dealer sends no message to customers at present: `tracking_only` (messages are refused) or `switched` (they are recorded
    /// and suppressed); absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_sent: Option<&'static str>,
    /// The canned answers of both media, as `GET /leads/{id}/canned-answers` returns them, with the name of this contact.
    pub canned_answers: Vec<CannedAnswerView>,
    /// The uploaded documents of the lead, newest first.
    pub documents: Vec<AttachedView>,
    /// The quotes that can be attached: those for a new vehicle, newest first.
    pub quotes: Vec<AttachedQuoteView>,
    /// Name of the vehicle sheet; absent if it cannot be attached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expose: Option<String>,
}

/// The address to which a message goes.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecipientView {
    /// The e-mail address, or the telephone number in E.164.
    pub address: String,
    /// Why a message of the purpose `contract` to it is refused: `bounced`, `complained` or `stopped` (a stop of the address), or `country`
    /// (the dealer sends no text messages to its country); absent if it is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<&'static str>,
    /// Why a message of each purpose is refused. A purpose is absent if its messages are sent.
    pub refused_by_purpose: PurposeRefusalsView,
}

/// An address or number of a contact of the lead.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContactAddressView {
    /// `email` or `sms`.
    pub medium: &'static str,
    /// Id of the contact within the lead, for the field `contact` of a message.
    pub contact: String,
    /// Display name of the contact.
    pub name: String,
    /// Whether a message without `contact` goes there.
    pub default: bool,
    /// The address, for the field `to` of a message, and why a message to it is refused.
    #[serde(flatten)]
    pub recipient: RecipientView,
}

/// Why messages to an address are refused, by purpose: the reasons of `refused`, `unsubscribed`, or `no_consent` (the customer refused such
/// messages, or did not agree to advertising).
#[derive(Debug, Serialize, ToSchema)]
pub struct PurposeRefusalsView {
    /// Answers, and messages about appointments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract: Option<&'static str>,
    /// Service messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<&'static str>,
    /// Advertising.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advertising: Option<&'static str>,
}

/// A quote that can be attached.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttachedQuoteView {
    /// Id of the quote within the lead.
    pub id: String,
    /// The vehicle, in one line.
    pub vehicle: String,
    /// Total price.
    #[schema(value_type = crate::elements::MoneyBody)]
    pub price: Money,
}

impl RecipientView {
    fn of(address: &str, medium: Medium, state: Option<&AddressState>, dealer: &Dealer) -> Self {
        let abroad = medium == Medium::Sms && !dealer.settings.may_text(address);
        let country = abroad.then(|| SuppressionReason::Country.name());
        let refused = |purpose| unwanted(state, medium, purpose, &dealer.id).map(|why| SuppressionReason::from(why).name()).or(country);
        let [contract, service, advertising] = [Purpose::Contract, Purpose::Service, Purpose::Advertising].map(refused);
        let refused_by_purpose = PurposeRefusalsView { contract, service, advertising };
        Self { address: address.to_owned(), refused: contract, refused_by_purpose }
    }
}

/// Returns the e-mail of a lead that the message answers. `None` if it answers none.
fn answered_by<'a>(lead: LeadId, mail: Option<&ElementId>, loaded: &'a Loaded) -> Result<Option<AnsweredMail<'a>>, Refusal> {
    mail.map(|mail| AnsweredMail::of(loaded.element(lead, ElementKind::Communication, mail))).transpose()
}

/// Returns why the dealer sends no message to customers at present.
fn not_sent(settings: &DealerSettings) -> Option<&'static str> {
    let reason = match (settings.lead_tracking_only, settings.send_external_mail) {
        (true, _) => SuppressionReason::TrackingOnly,
        (false, false) => SuppressionReason::Switched,
        (false, true) => return None,
    };
    Some(reason.name())
}

/// `GET /leads/{id}/message-options`: the lead, then its dealer with texts and enquiry, then the stops of the addresses; beside these the
/// documents and the quotes.
pub(super) async fn read(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadLeads)?;
    let id: LeadId = call.part("id", "lead")?;
    let mut queries = Queries::of(call, "LEAD-3");
    let answers: Option<ElementId> = queries.parse("answers", "the id of a received e-mail");
    let chosen: Option<ContactId> = queries.parse("contact", "the id of a contact of the lead");
    queries.done()?;
    // The recipient of the message, and the one without the choice of a contact.
    let recipients = |loaded: &Loaded| -> Result<[Option<Addressee>; 2], Refusal> {
        let Some(lead) = loaded.lead(id) else { return Ok([None, None]) };
        let enquiry = enquiry_of(loaded, lead);
        let answered = answered_by(id, answers.as_ref(), loaded).ok().flatten();
        let addressee = |chosen: Option<&ContactId>| -> Result<Option<Addressee>, Refusal> {
            let to = recipient((chosen, None), answered, lead, enquiry)?;
            Ok(lead.addressee(&to, enquiry).map(|(name, reached)| Addressee { contact: to.contact, name, reached }))
        };
        Ok([addressee(chosen.as_ref())?, addressee(None)?])
    };
    let secret = platform.store.secret();
    let keys = |reached: &ContactPreferences| -> Vec<Key> {
        [Medium::Email, Medium::Sms].into_iter().flat_map(|medium| stops_keys(secret, &call.scope, medium, reached)).collect()
    };
    let answered = answers.clone().map(|mail| Key::Element(id, ElementKind::Communication, mail));
    let load = Load::of([Key::Lead(id)].into_iter().chain(answered)).then(|loaded| {
        let dealer = loaded.lead(id).map(|lead| [Key::Dealer(lead.dealer.clone()), Key::DealerTexts(lead.dealer.clone())]);
        let people = loaded.lead(id).map(|lead| addresses(lead, enquiry_of(loaded, lead))).unwrap_or_default();
        let stops: Vec<Key> = people.iter().flat_map(|(_, _, reached)| keys(reached)).collect();
        dealer.into_iter().flatten().chain([enquiry_key(loaded, id)]).chain(stops).collect()
    });
    let (loaded, documents, quotes) = tokio::try_join!(
        platform.store.load(&call.scope, &load),
        platform.store.elements(&call.scope, id, ElementKind::Document),
        platform.store.elements(&call.scope, id, ElementKind::Quote),
    )?;
    let (lead, dealer) = found(&loaded, id)?;
    call.scope.needs_on(Right::ReadLeads, lead, &dealer.settings, call.now)?;
    let answered = answered_by(id, answers.as_ref(), &loaded)?;
    let [to, usual] = recipients(&loaded)?;
    let (contact, reached) = to.map(|to| (to.name, to.reached)).unzip();
    let reached = reached.unwrap_or_default();
    let view_of = |reached: &ContactPreferences, medium| {
        let state = stops(secret, &call.scope, (medium, reached), &loaded);
        Some(RecipientView::of(address_of(reached, medium)?, medium, state.as_ref(), dealer))
    };
    let shown = |(contact, name, own): (ContactId, String, ContactPreferences)| {
        let medium = if own.email.is_some() { Medium::Email } else { Medium::Sms };
        let is_usual = |usual: &Addressee| usual.contact == contact && address_of(&usual.reached, medium) == address_of(&own, medium);
        let default = usual.as_ref().is_some_and(is_usual);
        let recipient = view_of(&own, medium)?;
        Some(ContactAddressView { medium: medium.name(), contact: contact.to_string(), name, default, recipient })
    };
    let enquiry = enquiry_of(&loaded, lead);
    let mut recipients: Vec<ContactAddressView> = addresses(lead, enquiry).into_iter().filter_map(shown).collect();
    recipients.sort_by_key(|recipient| !recipient.default);
    let enclosures = Enclosures { vehicle: enquiry.and_then(|enquiry| enquiry.vehicles.first()), ..Enclosures::default() };
    let mut files: Vec<AttachedView> = newest_first(documents).iter().filter_map(AttachedView::uploaded).collect();
    scan::note_attached(platform, call, id, &mut files).await?;
    let view = MessageOptionsView {
        email: view_of(&reached, Medium::Email),
        sms: view_of(&reached, Medium::Sms),
        recipients,
        subject: answered.map(|mail| reply_subject(mail.subject(), id)),
        not_sent: not_sent(&dealer.settings),
        canned_answers: canned::filled(&loaded, (lead, dealer), call, contact.as_deref().zip(Some(&reached))),
        documents: files,
        quotes: newest_first(quotes).iter().filter_map(AttachedQuoteView::of).collect(),
        expose: dealer.settings.expose.clone().filter(|_| enclosures.has_sheet(&dealer.settings)),
        contact,
    };
    Ok(Answer::new(200, &view)?.about(&id))
}

/// A contact as the recipient of a message.
struct Addressee {
    contact: ContactId,
    name: String,
    reached: ContactPreferences,
}

/// Returns the address of a recipient for a medium.
fn address_of(reached: &ContactPreferences, medium: Medium) -> Option<&str> {
    match medium {
        Medium::Email => reached.email.as_ref().map(|email| email.as_str()),
        Medium::Sms => reached.phone.as_ref().and_then(|phone| phone.texted()),
        Medium::Unknown => None,
    }
}

/// Returns each address of the contacts of a lead to which messages can go: the contact, the contact's name, and the address alone.
fn addresses(lead: &Lead, enquiry: Option<&Enquiry>) -> Vec<(ContactId, String, ContactPreferences)> {
    let of_person = |person: &Person| -> Vec<ContactPreferences> {
        let emails = person.emails.iter().map(|email| ContactPreferences { email: Some(email.clone()), ..ContactPreferences::default() });
        let numbers = person.phones.iter().filter(|phone| phone.texted().is_some());
        let numbers = numbers.map(|phone| ContactPreferences { phone: Some(phone.clone()), ..ContactPreferences::default() });
        emails.chain(numbers).collect()
    };
    let people = lead.known_people(enquiry);
    people.iter().flat_map(|one| of_person(&one.person).into_iter().map(|own| (one.id.clone(), one.person.display_name(), own))).collect()
}

fn newest_first(mut elements: Vec<Element>) -> Vec<Element> {
    elements.sort_by_cached_key(|element| std::cmp::Reverse((element.created, element.id.to_string())));
    elements
}

impl AttachedQuoteView {
    /// `None` if the quote cannot be attached.
    fn of(element: &Element) -> Option<Self> {
        match &element.content {
            Content::Quote(quote) if quote.vehicle.condition == Some(Condition::New) => {
                Some(Self { id: element.id.to_string(), vehicle: quote.vehicle.line(), price: quote.price })
            }
            _ => None,
        }
    }
}
