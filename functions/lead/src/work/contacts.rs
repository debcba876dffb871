//! The contacts of a lead: add, correct, make the main contact, remove (LEAD-7).

use crate::page::LeadContactView;
use forecourt_domain::base::{ContactId, Country, Fault, LeadId, Refusal, numbered};
use forecourt_domain::decision::Decision;
use forecourt_domain::directory::{ChannelKind, KnownChannel};
use forecourt_domain::enquiry::{Enquiry, Person, PreferredChannel, RawContact, RawPhone};
use forecourt_domain::lead::Lead;
use forecourt_domain::rules::lead::contacts::{self, ContactChange, ContactsContext};
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::formats::json::{Loose, Text, keeps_former};
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::usecase::directory::{PersonChannels, channels, contacts_of, known, lead_keys, leads_of, record, records};
use forecourt_edge::usecase::lead::{self, LeadContext, LeadRequest, enquiry_key, enquiry_of, made};
use forecourt_store::Loaded;
use forecourt_store::keys::Key;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A contact, or corrections of a contact. In a correction an absent field stays unchanged and an empty field is cleared. A contact needs
/// at least one e-mail address or telephone number (INT-3).
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
    /// `true` makes this the lead's main contact. Letters go to the main contact until a further enquiry is added.
    #[schema(value_type = Option<bool>)]
    main: Loose<bool>,
    /// Only in a correction: `wrong` (the default) if the e-mail addresses and numbers that it replaces never were the contact's, so that
    /// they no longer lead to the contact; `former` if they were.
    #[schema(value_type = Option<String>, example = "former")]
    replaces: Loose<Text>,
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
    fn check(self, corrects: bool) -> Result<ContactChange, Refusal> {
        let mut faults = Vec::new();
        let keeps_former = keeps_former(self.replaces, &mut faults);
        if keeps_former.is_some() && !corrects {
            faults.push(Fault::new("replaces", "LEAD-7", "is only for the correction of a contact"));
        }
        let keeps_former = keeps_former.unwrap_or(false);
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
        let wanted = ContactChange { raw: entered, emails: emails.is_some(), phones: phones.is_some(), main, keeps_former };
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
    let action = ContactAction::Add(call.json::<LeadContactBody>()?.check(false)?);
    let (answer, id, version) = apply(platform, call, 201, &action).await?;
    let name: ContactId = numbered(version.unwrap_or_default());
    Ok(answer.header("location", format!("/leads/{id}/contacts/{name}")))
}

/// `PATCH /leads/{id}/contacts/{contact}`.
pub(crate) async fn correct(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let wanted = call.json::<LeadContactBody>()?.check(true)?;
    let action = ContactAction::Correct(call.part("contact", "contact")?, wanted);
    Ok(apply(platform, call, 200, &action).await?.0)
}

/// `DELETE /leads/{id}/contacts/{contact}`.
pub(crate) async fn remove(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let action = ContactAction::Remove(call.part("contact", "contact")?);
    Ok(apply(platform, call, 200, &action).await?.0)
}

impl ContactAction {
    /// Returns the version in which the contact to be removed was added. Its timeline entry shows whether a contact that is missing ever
    /// existed.
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

/// The channels of a contact before and after a change.
struct Changed {
    /// The channels that the contact did not have before.
    new: PersonChannels,
    /// The channels that the contact has no longer and never had. Empty if they are former ones.
    removed: PersonChannels,
}

impl Changed {
    fn of(platform: &Platform, call: &Call, action: &ContactAction, (lead, dealer): (&Lead, &Dealer), loaded: &Loaded) -> Self {
        let enquiry = enquiry_of(loaded, lead);
        let of = |person: &Person| channels(platform, &call.scope, dealer, person);
        let after = action.person(lead, enquiry, dealer.settings.country).ok().flatten();
        let Some(after) = after.map(|person| of(&person)) else {
            return Self { new: PersonChannels::default(), removed: PersonChannels::default() };
        };
        let before = action.before(lead, enquiry).map(|person| of(&person)).unwrap_or_default();
        let wrong = matches!(action, ContactAction::Correct(_, ContactChange { keeps_former: false, .. }));
        let removed = if wrong { before.clone().only(|key| !after.has(key)) } else { PersonChannels::default() };
        // Another contact of this lead can have the channel.
        let corrected = if let ContactAction::Correct(id, _) = action { Some(id) } else { None };
        let others = lead.people(enquiry).into_iter().filter(|contact| Some(&contact.id) != corrected);
        let others: Vec<PersonChannels> = others.map(|contact| of(&contact.person)).collect();
        let removed = removed.only(|key| !others.iter().any(|channels| channels.has(key)));
        Self { new: after.only(|key| !before.has(key)), removed }
    }

    /// Returns the removed channels that no contact of another lead of the record has under another name.
    fn removed_from_record(&self, lead: &Lead, loaded: &Loaded, channels_of: impl Fn(&Person) -> PersonChannels) -> PersonChannels {
        let record = lead.contact_id.as_ref().filter(|_| !self.removed.all.is_empty()).and_then(|id| record(loaded, id));
        let Some(record) = record else { return self.removed.clone() };
        let is_another =
            |of: &PersonChannels| of.name.as_ref().zip(self.removed.name.as_ref()).is_some_and(|(one, other)| !one.agrees(other));
        let kept = contacts_of(loaded, &record.id, leads_of(&record, Some(lead.id))).map(|contact| channels_of(&contact.person));
        let kept: Vec<PersonChannels> = kept.filter(is_another).collect();
        self.removed.clone().only(|key| !kept.iter().any(|channels| channels.has(key)))
    }
}

/// Returns the latest leads at the lead's dealer of other people who have one of the channels.
fn leads_of_others(known: &[KnownChannel], lead: &Lead) -> Vec<LeadId> {
    let others = known.iter().filter(|channel| channel.kind != ChannelKind::Switchboard).filter_map(|channel| channel.owner.as_ref());
    let others = others.filter(|owner| Some(&owner.id) != lead.contact_id.as_ref());
    let mut leads: Vec<LeadId> =
        others.filter_map(|owner| owner.latest.get(&lead.dealer).copied()).filter(|other| *other != lead.id).collect();
    leads.sort_unstable();
    leads.dedup();
    leads
}

/// Applies a change of the contacts. Returns the response, the lead, and the version that this request created.
async fn apply(platform: &Platform, call: &Call, status: u16, action: &ContactAction) -> Result<(Answer, LeadId, Option<u64>), Problem> {
    let id: LeadId = call.part("id", "lead")?;
    let by = call.scope.actor();
    let also = |loaded: &Loaded| {
        let Some(lead) = loaded.lead(id) else { return Vec::new() };
        let Some(dealer) = loaded.dealer(&lead.dealer) else { return Vec::new() };
        let changed = Changed::of(platform, call, action, (lead, dealer), loaded);
        let own = lead.contact_id.clone().map(Key::Channel).into_iter().chain(changed.new.keys()).chain(changed.removed.keys());
        let named = changed.removed.named_keys();
        let pointed = records(loaded, &changed.new).into_iter().chain(records(loaded, &changed.removed));
        let others = leads_of_others(&known(loaded, &changed.new), lead).into_iter().map(Key::Lead);
        let corrected = lead.contact_id.as_ref().filter(|_| !changed.removed.all.is_empty()).and_then(|id| record(loaded, id));
        let kept: Vec<Key> = corrected.iter().flat_map(|record| lead_keys(loaded, leads_of(record, Some(id)))).collect();
        let entry = action.added_in().map(|version| Key::Entry(id, version));
        own.chain(named).chain(pointed).chain([enquiry_key(loaded, id)]).chain(entry).chain(others).chain(kept).collect()
    };
    let rule = |LeadContext { lead, dealer, loaded }: LeadContext<'_>| {
        let enquiry = enquiry_of(loaded, lead);
        let person = action.person(lead, enquiry, dealer.settings.country)?;
        let changed = Changed::of(platform, call, action, (lead, dealer), loaded);
        let new = known(loaded, &changed.new);
        let channels_of = |person: &Person| channels(platform, &call.scope, dealer, person);
        let removed = known(loaded, &changed.removed_from_record(lead, loaded, channels_of));
        let others: Vec<&Lead> = leads_of_others(&new, lead).into_iter().filter_map(|other| loaded.lead(other)).collect();
        let record = lead.contact_id.as_ref().and_then(|id| record(loaded, id));
        let context = ContactsContext {
            lead,
            enquiry,
            record: record.as_ref(),
            known: &new,
            removed: &removed,
            name: changed.new.name.as_ref(),
            others: &others,
            by: &by,
            now: call.now,
        };
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
