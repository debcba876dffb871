//! The contacts of a lead: add, correct, make the main contact, remove (LEAD-7).

use crate::page::LeadContactView;
use forecourt_domain::base::{ChannelKey, ContactId, Country, LeadId, Refusal, numbered};
use forecourt_domain::decision::Decision;
use forecourt_domain::directory::Contact;
use forecourt_domain::enquiry::{Enquiry, Person, PreferredChannel, RawContact, RawPhone};
use forecourt_domain::lead::Lead;
use forecourt_domain::rules::lead::contacts::{self, ContactChange, ContactsContext};
use forecourt_edge::Platform;
use forecourt_edge::formats::json::{Loose, Text};
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::usecase::directory::{channels, contact_of, records};
use forecourt_edge::usecase::lead::{self, LeadContext, LeadRequest, described, enquiry_of, made};
use forecourt_store::Loaded;
use forecourt_store::keys::Key;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A contact, or corrections of a contact. In a correction an absent field stays unchanged and an empty field is cleared. A contact needs at least one
/// e-mail address or telephone number (INT-3).
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"first_name": "Jana", "last_name": "Petersen", "emails": ["jana@example.com"], "phones": [{"number": "0171 2345678", "type": "mobile"}]}))]
pub struct LeadContactBody {
    /// Up to 100 characters.
    #[schema(value_type = Option<String>, max_length = 100)]
    first_name: Loose<Text>,
    /// Up to 100 characters; not part of the display name.
    #[schema(value_type = Option<String>, max_length = 100)]
    middle_name: Loose<Text>,
    /// Up to 100 characters, with prefixes such as `van der`.
    #[schema(value_type = Option<String>, max_length = 100)]
    last_name: Loose<Text>,
    /// Up to 200 characters.
    #[schema(value_type = Option<String>, max_length = 200)]
    company: Loose<Text>,
    /// All addresses, at most five; mail is sent to the first.
    #[schema(value_type = Option<Vec<String>>)]
    emails: Loose<Vec<Text>>,
    /// All numbers, at most five, as dialled from the dealer's country or with `+`.
    #[schema(value_type = Option<Vec<PhoneBody>>)]
    phones: Loose<Vec<PhoneBody>>,
    /// `email` or `phone`: the channel by which the customer wants to be contacted.
    #[schema(value_type = Option<String>, example = "phone")]
    preferred_channel: Loose<PreferredChannel>,
    /// A language tag, such as `de` or `en-GB`.
    #[schema(value_type = Option<String>, example = "de")]
    language: Loose<Text>,
    /// Up to 200 characters.
    #[schema(value_type = Option<String>)]
    street: Loose<Text>,
    /// Up to 20 characters.
    #[schema(value_type = Option<String>)]
    postcode: Loose<Text>,
    /// Up to 100 characters.
    #[schema(value_type = Option<String>)]
    city: Loose<Text>,
    /// Up to 100 characters.
    #[schema(value_type = Option<String>)]
    country: Loose<Text>,
    /// `true` makes this the lead's main contact, who receives the mail.
    #[schema(value_type = Option<bool>)]
    main: Loose<bool>,
}

/// A telephone number.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PhoneBody {
    /// The number as typed.
    #[schema(value_type = String, example = "0171 2345678")]
    number: Text,
    /// `mobile`, `home`, `work` …, up to 40 characters; text messages are sent to the first `mobile` number.
    #[serde(rename = "type")]
    #[schema(value_type = Option<String>, example = "mobile")]
    kind: Option<Text>,
    /// The time at which the customer wants to be called, up to 40 characters.
    #[schema(value_type = Option<String>, example = "evening")]
    time: Option<Text>,
}

impl LeadContactBody {
    fn check(self) -> Result<ContactChange, Refusal> {
        let mut faults = Vec::new();
        let emails = self.emails.take("emails", "a list of addresses", &mut faults);
        let phones = self.phones.take("phones", "a list of objects with number and optional type", &mut faults);
        let preferred_channel = match self.preferred_channel {
            Loose::Here(PreferredChannel::Unknown) => Loose::Wrong,
            known => known,
        };
        let preferred_channel = preferred_channel.take("preferred_channel", "email or phone", &mut faults);
        let main = self.main.take("main", "true or false", &mut faults);
        let mut text = |name: &str, value: Loose<Text>| value.text(name, &mut faults);
        let entered = RawContact {
            first_name: text("first_name", self.first_name),
            middle_name: text("middle_name", self.middle_name),
            last_name: text("last_name", self.last_name),
            company: text("company", self.company),
            language: text("language", self.language),
            street: text("street", self.street),
            postcode: text("postcode", self.postcode),
            city: text("city", self.city),
            country: text("country", self.country),
            emails: emails.iter().flatten().map(|Text(email)| email.clone()).collect(),
            phones: phones.iter().flatten().map(PhoneBody::raw).collect(),
            preferred_channel,
        };
        let wanted = ContactChange { raw: entered, emails: emails.is_some(), phones: phones.is_some(), main };
        if faults.is_empty() { Ok(wanted) } else { Err(Refusal::Invalid(faults)) }
    }
}

impl PhoneBody {
    fn raw(&self) -> RawPhone {
        let text = |text: &Option<Text>| text.as_ref().map(|Text(text)| text.clone());
        RawPhone { number: self.number.0.clone(), kind: text(&self.kind), time: text(&self.time) }
    }
}

/// The contacts of a lead.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeadContactsView {
    /// The contacts, the main contact first.
    pub contacts: Vec<LeadContactView>,
}

/// A change of the contacts.
enum ContactAction {
    Add(ContactChange),
    Correct(ContactId, ContactChange),
    Remove(ContactId),
}

/// `POST /leads/{id}/contacts`.
pub(crate) async fn add(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let action = ContactAction::Add(call.json::<LeadContactBody>()?.check()?);
    let (answer, id, version) = apply(platform, call, 201, &action).await?;
    let name: ContactId = numbered(version.unwrap_or_default());
    Ok(answer.header("location", format!("/leads/{id}/contacts/{name}")))
}

/// `PATCH /leads/{id}/contacts/{contact}`.
pub(crate) async fn correct(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let wanted = call.json::<LeadContactBody>()?.check()?;
    let action = ContactAction::Correct(call.part("contact", "contact")?, wanted);
    Ok(apply(platform, call, 200, &action).await?.0)
}

/// `DELETE /leads/{id}/contacts/{contact}`.
pub(crate) async fn remove(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let action = ContactAction::Remove(call.part("contact", "contact")?);
    Ok(apply(platform, call, 200, &action).await?.0)
}

impl ContactAction {
    /// Returns the version in which the contact to be removed was added. Its timeline entry shows whether a contact that is missing ever existed.
    fn added_in(&self) -> Option<u64> {
        if let ContactAction::Remove(id) = self { id.as_str().parse().ok() } else { None }
    }

    /// Returns the contact before the correction.
    fn before(&self, lead: &Lead, enquiry: Option<&Enquiry>) -> Option<Person> {
        let ContactAction::Correct(id, _) = self else { return None };
        lead.people(enquiry).into_iter().find(|contact| contact.id == *id).map(|contact| contact.person)
    }

    /// Returns the contact after the change. `None` if it is removed.
    fn person(&self, lead: &Lead, enquiry: Option<&Enquiry>, country: Country) -> Result<Option<Person>, Refusal> {
        match self {
            ContactAction::Add(wanted) => wanted.applied(&Person::default(), country).map(Some),
            ContactAction::Correct(_, wanted) => {
                let before = self.before(lead, enquiry).ok_or(Refusal::NotFound("contact"))?;
                wanted.applied(&before, country).map(Some)
            }
            ContactAction::Remove(_) => Ok(None),
        }
    }
}

/// Applies a change of the contacts. Returns the response, the lead, and the version that this request created.
async fn apply(platform: &Platform, call: &Call, status: u16, action: &ContactAction) -> Result<(Answer, LeadId, Option<u64>), Problem> {
    let id: LeadId = call.part("id", "lead")?;
    let by = call.scope.actor();
    // New channels are added to the contact directory.
    let new_channels = |lead: &Lead, loaded: &Loaded| -> Vec<ChannelKey> {
        let Some(dealer) = loaded.dealer(&lead.dealer) else { return Vec::new() };
        let enquiry = enquiry_of(loaded, lead);
        let Ok(Some(person)) = action.person(lead, enquiry, dealer.settings.country) else { return Vec::new() };
        let before = action.before(lead, enquiry).map(|before| channels(platform, &call.scope, dealer, &before)).unwrap_or_default();
        channels(platform, &call.scope, dealer, &person).into_iter().filter(|channel| !before.contains(channel)).collect()
    };
    let also = |loaded: &Loaded| {
        let Some(lead) = loaded.lead(id) else { return Vec::new() };
        let channels = new_channels(lead, loaded);
        let pointed = records(loaded, &channels);
        let own = lead.contact_id.clone().into_iter().chain(channels).map(Key::Channel);
        own.chain(pointed).chain([described(loaded, id)]).chain(action.added_in().map(|version| Key::Entry(id, version))).collect()
    };
    let rule = |LeadContext { lead, dealer, loaded }: LeadContext<'_>| {
        let enquiry = enquiry_of(loaded, lead);
        let person = action.person(lead, enquiry, dealer.settings.country)?;
        let known: Vec<(ChannelKey, Option<Contact>)> =
            new_channels(lead, loaded).into_iter().map(|channel| (channel.clone(), contact_of(loaded, &channel))).collect();
        let record = lead.contact_id.as_ref().and_then(|id| contact_of(loaded, id));
        let context = ContactsContext { lead, enquiry, record: record.as_ref(), known: &known, by: &by, now: call.now };
        match (action, person) {
            (ContactAction::Add(wanted), Some(person)) => contacts::add(&context, person, wanted.main == Some(true)).map(Some),
            (ContactAction::Correct(contact, wanted), Some(person)) => contacts::correct(&context, contact, person, wanted.main),
            (ContactAction::Remove(contact), _) => {
                contacts::remove(&context, contact, action.added_in().and_then(|version| loaded.entry(id, version)))
            }
            (_, None) => Ok(None),
        }
    };
    let shown = |lead: &Lead, decision: Option<&Decision>, loaded: &Loaded| {
        let contacts = LeadContactView::all(lead, enquiry_of(loaded, lead));
        (LeadContactsView { contacts }, lead.version, made(platform, call, id, decision, loaded))
    };
    let (view, version, made) = lead::change(LeadRequest::of(platform, call, id), &also, rule, shown).await?;
    Ok((Answer::new(status, &view)?.header("etag", format!("\"{version}\"")).about(&id), id, made))
}
