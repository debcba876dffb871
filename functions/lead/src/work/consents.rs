//! Consents of a lead's contacts to service messages and advertising: list, record (PRV-6).

use super::change;
use super::stops::{Address, AddressReader, keys, read};
use chrono::{DateTime, Utc};
use forecourt_domain::base::{
    ConsentSource, ConsentStatus, ContactChannel, ContactId, ElementId, Fault, LeadId, Medium, Purpose, Refusal, Right,
};
use forecourt_domain::elements::{Element, ElementKind};
use forecourt_domain::messages::Consent;
use forecourt_domain::rules::messages::consent::{ConsentAddress, record};
use forecourt_edge::Platform;
use forecourt_edge::files::Verdict;
use forecourt_edge::formats::json::{Loose, Text, note};
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::usecase::lead::{LeadContext, enquiry_of, found};
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A declaration of a customer about messages, with its proof.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({
    "channel": "email", "purpose": "advertising", "status": "granted", "source": "form", "at": "2026-11-23T09:00:00Z",
    "text": "I agree to receive offers by e-mail."
}))]
pub struct ConsentBody {
    /// `email`, `sms`, `telephone` or `letter`.
    #[schema(value_type = String, example = "email")]
    channel: Loose<Text>,
    /// `service` or `advertising`. Messages that belong to the enquiry or contract need no consent.
    #[schema(value_type = String, example = "advertising")]
    purpose: Loose<Text>,
    /// `granted`, `withdrawn`, or `unknown` if an earlier record was wrong.
    #[schema(value_type = String, example = "granted")]
    status: Loose<Text>,
    /// The way in which the customer declared it: `form`, `portal`, `telephone` or `letter`.
    #[schema(value_type = String, example = "form")]
    source: Loose<Text>,
    /// The text that the customer saw or heard, up to 2,000 characters. Required if the status is `granted`.
    #[schema(value_type = Option<String>, max_length = 2_000)]
    text: Loose<Text>,
    /// When the customer declared it, RFC 3339. Default: now.
    #[schema(value_type = Option<String>, example = "2026-11-23T09:00:00Z")]
    at: Loose<Text>,
    /// The contact's e-mail address or telephone number in E.164. Default: the first of the channel; for a `letter` the first address, else
    /// the first number.
    #[schema(value_type = Option<String>, max_length = 254)]
    address: Loose<Text>,
    /// Id of a document of the lead that proves it. Its file is uploaded, and the malware scan allows it.
    #[schema(value_type = Option<String>)]
    document: Loose<Text>,
}

/// The consents of a lead's contacts.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConsentsView {
    /// The latest declaration about each address, channel and purpose, in the order of the contacts. A pair without an entry is unknown.
    pub consents: Vec<ConsentView>,
}

/// A declaration of a customer about messages.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConsentView {
    /// Id of the contact who has the address.
    pub contact: String,
    /// The e-mail address, or the telephone number in E.164.
    pub address: String,
    /// `email`, `sms`, `telephone` or `letter`.
    pub channel: &'static str,
    /// `service` or `advertising`.
    pub purpose: &'static str,
    /// `granted`, `withdrawn` or `unknown`.
    pub status: &'static str,
    /// When the customer declared it.
    pub at: DateTime<Utc>,
    /// `form`, `portal`, `telephone`, `letter`, or `link` if the customer used the link of a mail.
    pub source: &'static str,
    /// The text that the customer saw.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Actor of the record: `user:…`, `partner:…`, `customer` or `system`. Absent, with `text`, `lead` and `document`, if it was recorded
    /// with a lead that you do not see, or with one of another dealer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Id of the lead with which it was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<String>,
    /// Id of the document of that lead that proves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
}

/// A checked declaration.
struct Declared {
    channel: ContactChannel,
    purpose: Purpose,
    status: ConsentStatus,
    source: ConsentSource,
    text: Option<String>,
    at: Option<DateTime<Utc>>,
    address: Option<String>,
    document: Option<ElementId>,
}

impl ConsentBody {
    fn check(self) -> Result<Declared, Refusal> {
        let mut faults = Vec::new();
        let channel = named(self.channel, "channel", ContactChannel::of_name, "must be email, sms, telephone or letter", &mut faults);
        let of_consent = |name: &str| Purpose::of_name(name).filter(|purpose| Purpose::OF_CONSENT.contains(purpose));
        let purpose = named(self.purpose, "purpose", of_consent, "must be service or advertising", &mut faults);
        let status = named(self.status, "status", ConsentStatus::of_name, "must be granted, withdrawn or unknown", &mut faults);
        let source = named(self.source, "source", ConsentSource::of_name, "must be form, portal, telephone or letter", &mut faults);
        let text = note(self.text, "text", &mut faults);
        if status == Some(ConsentStatus::Granted) && text.is_none() && faults.iter().all(|fault| fault.field != "text") {
            faults.push(Fault::new("text", "PRV-6", "is required if the status is granted: the text to which the customer agreed"));
        }
        let at = self.at.text("at", &mut faults).and_then(|at| {
            let read = DateTime::parse_from_rfc3339(at.trim()).ok();
            if read.is_none() {
                faults.push(Fault::new("at", "PRV-6", "must be a time in RFC 3339, such as 2026-11-23T09:00:00Z"));
            }
            read.and_then(|at| DateTime::from_timestamp_millis(at.timestamp_millis()))
        });
        let address = self.address.text("address", &mut faults).map(|address| address.trim().to_owned());
        let document = self
            .document
            .text("document", &mut faults)
            .and_then(|id| ElementId::parse(id.trim()).map_err(|e| faults.push(Fault::new("document", "PRV-6", e.to_string()))).ok());
        match (channel, purpose, status, source) {
            (Some(channel), Some(purpose), Some(status), Some(source)) if faults.is_empty() => {
                Ok(Declared { channel, purpose, status, source, text, at, address, document })
            }
            _ => Err(Refusal::Invalid(faults)),
        }
    }
}

/// Reads a name.
fn named<T>(name: Loose<Text>, field: &str, read: impl Fn(&str) -> Option<T>, must: &str, faults: &mut Vec<Fault>) -> Option<T> {
    let named = name.text(field, &mut Vec::new()).and_then(|name| read(name.trim()));
    if named.is_none() {
        faults.push(Fault::new(field, "PRV-6", must));
    }
    named
}

impl Declared {
    /// Returns the one of the contact's addresses to which the declaration belongs.
    fn address<'a>(&self, addresses: &'a [Address]) -> Result<&'a Address, Refusal> {
        let fits = |address: &&Address| match self.channel {
            ContactChannel::Email => address.medium == Medium::Email,
            ContactChannel::Sms | ContactChannel::Telephone => address.medium == Medium::Sms,
            ContactChannel::Letter | ContactChannel::Unknown => true,
        };
        let is_meant = |address: &&Address| self.address.as_deref().is_none_or(|wanted| address.is(wanted));
        let missing = "must be an address or number of this contact that the channel can use";
        addresses.iter().filter(fits).find(is_meant).ok_or_else(|| Refusal::field("address", "PRV-6", missing))
    }
}

/// `GET /leads/{id}/consents`.
pub(super) async fn list(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let (id, loaded) = read(platform, call).await?;
    let (lead, dealer) = found(&loaded, id)?;
    let reader = AddressReader { call, loaded: &loaded, lead, dealer };
    let view = |address: &Address, consent: &Consent, is_seen: bool| ConsentView {
        contact: address.contact.clone(),
        address: address.text.clone(),
        channel: consent.channel.name(),
        purpose: consent.purpose.name(),
        status: consent.status.name(),
        at: consent.at,
        source: consent.source.name(),
        text: consent.text.clone().filter(|_| is_seen),
        by: is_seen.then(|| consent.by.to_string()),
        lead: consent.lead.filter(|_| is_seen).map(|lead| lead.to_string()),
        document: consent.document.as_ref().filter(|_| is_seen).map(ToString::to_string),
    };
    let addresses = Address::all(platform, call, lead, enquiry_of(&loaded, lead));
    let consents = addresses.iter().flat_map(|address| {
        let state = loaded.address_state(&address.key).into_iter();
        let shown = |consent: &Consent| view(address, consent, reader.sees(consent.lead, &consent.by));
        state.flat_map(|state| state.latest_consents().map(&shown).collect::<Vec<_>>()).collect::<Vec<_>>()
    });
    Ok(Answer::new(200, &ConsentsView { consents: consents.collect() })?.about(&id))
}

/// Returns the reason why a document proves nothing: it has no file, or the malware scan does not allow the file. `None` if it is a proof.
async fn no_proof(platform: &Platform, call: &Call, (lead, document): (LeadId, &ElementId)) -> Result<Option<&'static str>, Problem> {
    let key = Key::Element(lead, ElementKind::Document, document.clone());
    let loaded = platform.store.load(&call.scope, &Load::of([key])).await?;
    let Some(element) = loaded.element(lead, ElementKind::Document, document).filter(|element| element.has_file()) else {
        return Ok(Some("must be an uploaded document of this lead"));
    };
    Ok(match platform.files.verdict(&element.file_name(call.scope.group())).await? {
        Verdict::NotScanned | Verdict::Clean => None,
        Verdict::Pending => Some("the malware scan of this document has not ended; send the request again in some seconds"),
        Verdict::Refused(_) => Some("must be a document that the malware scan allows; name another one"),
    })
}

/// `POST /leads/{id}/contacts/{contact}/consents`.
pub(super) async fn add(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::WorkLeads)?;
    let declared = call.json::<ConsentBody>()?.check()?;
    let id: LeadId = call.part("id", "lead")?;
    let contact: ContactId = call.part("contact", "contact")?;
    let by = call.scope.actor();
    let document = declared.document.clone().map(|document| Key::Element(id, ElementKind::Document, document));
    let no_proof = match &declared.document {
        Some(document) => no_proof(platform, call, (id, document)).await?,
        None => None,
    };
    let also = |loaded: &Loaded| keys(platform, call, id, loaded).into_iter().chain(document.clone()).collect();
    let rule = |context: LeadContext<'_>| {
        let LeadContext { lead, loaded, .. } = context;
        let people = lead.people(enquiry_of(loaded, lead));
        let person = people.iter().find(|known| known.id == contact).ok_or(Refusal::NotFound("contact"))?;
        let addresses = Address::of(platform, call, person);
        let address = declared.address(&addresses)?;
        if let Some(no_proof) = no_proof {
            return Err(Refusal::field("document", "PRV-6", no_proof));
        }
        // The document may have been removed meanwhile.
        if let Some(id) = &declared.document
            && !loaded.element(lead.id, ElementKind::Document, id).is_some_and(Element::has_file)
        {
            return Err(Refusal::field("document", "PRV-6", "must be an uploaded document of this lead"));
        }
        let consent = Consent {
            channel: declared.channel,
            purpose: declared.purpose,
            status: declared.status,
            at: declared.at.unwrap_or(call.now),
            source: declared.source,
            text: declared.text.clone(),
            text_hash: None,
            by: by.clone(),
            lead: Some(lead.id),
            document: declared.document.clone(),
        };
        let state = loaded.address_state(&address.key);
        record(context.input(&by, call.now), ConsentAddress { address: &address.text, key: &address.key, state }, consent, &call.scope)
    };
    change(platform, call, Right::WorkLeads, &also, rule).await
}
