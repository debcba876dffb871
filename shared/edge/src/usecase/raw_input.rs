//! The inputs of a lead, and who may read them (INT-2).

use crate::Platform;
use crate::http::{Call, Problem, Queries};
use crate::usecase::lead::{enquiry_key, found, readable};
use forecourt_domain::base::{ElementId, Fault, LeadId, MailId, Refusal, Right};
use forecourt_domain::elements::{Content, ElementKind};
use forecourt_domain::lead::{Lead, Raw, RawStorage};
use forecourt_domain::mail::IncomingMail;
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};

/// An input of a lead that the sender of a request may read.
#[derive(Debug, Clone)]
pub struct RawInput {
    /// The lead.
    pub lead: LeadId,
    /// The name of its file, without an ending.
    pub name: String,
    /// The input.
    pub raw: Raw,
}

/// Returns the input from which the lead's enquiry was read, the input of the timeline entry `version`, or the received e-mail
/// `communication`.
///
/// # Errors
/// 404 if the lead or the input does not exist, 403 if the input has data of a lead that the sender of the request may not read.
pub async fn raw_input(platform: &Platform, call: &Call) -> Result<RawInput, Problem> {
    call.scope.needs(Right::ReadLeads)?;
    let id: LeadId = call.part("id", "lead")?;
    let mut queries = Queries::of(call, "INT-2");
    let version: Option<u64> = queries.parse("version", "the version of a timeline entry");
    let communication: Option<ElementId> = queries.parse("communication", "the id of a received e-mail");
    if version.is_some() && communication.is_some() {
        queries.refuse(Fault::new("version", "INT-2", "cannot be combined with communication; send one of them"));
    }
    queries.done()?;
    if let Some(mail) = communication {
        return received(platform, call, (id, mail)).await;
    }
    let entry = |loaded: &Loaded| version.map_or_else(|| enquiry_key(loaded, id), |version| Key::Entry(id, version));
    // Most leads have one enquiry: its entry is read together with the lead.
    let load = Load::of([Key::Lead(id), entry(&Loaded::default())]).then(|loaded| vec![entry(loaded)]);
    let loaded = platform.store.load(&call.scope, &load).await?;
    let lead = readable(platform, call, loaded.lead(id)).await?;
    let entry = loaded.entry(id, version.or(lead.enquiry_version).unwrap_or(1));
    let raw = entry.and_then(|entry| entry.raw.clone()).ok_or(Refusal::NotFound("raw input"))?;
    let input = RawInput { lead: id, name: id.to_string(), raw };
    if let Some(object) = input.raw.mail() {
        may_open(platform, call, lead, object).await?;
    }
    Ok(input)
}

/// Returns a received e-mail of the lead.
async fn received(platform: &Platform, call: &Call, (id, mail): (LeadId, ElementId)) -> Result<RawInput, Problem> {
    let key = Key::Element(id, ElementKind::Communication, mail.clone());
    let loaded = platform.store.load(&call.scope, &Load::of([Key::Lead(id), key])).await?;
    let lead = readable(platform, call, loaded.lead(id)).await?;
    let element = loaded.element(id, ElementKind::Communication, &mail);
    let received = element.and_then(|element| match &element.content {
        Content::Communication(communication) => communication.received(),
        _ => None,
    });
    let (_, received) = received.ok_or(Refusal::NotFound("raw input"))?;
    may_open(platform, call, lead, &received.object).await?;
    let raw = Raw { media_type: Raw::MAIL.to_owned(), storage: RawStorage::InBucket(received.object.clone()) };
    Ok(RawInput { lead: id, name: mail.to_string(), raw })
}

/// Checks that the reader of a lead may open its mail: a mail of which several leads were made has the data of all their customers. The
/// dealers' records of the mail name the leads; the lead may have been transferred since the mail arrived. If an enquiry of the mail was
/// refused, or the records have expired, no lead shows whose data the mail also has: it is for those who read the dealer's mails.
async fn may_open(platform: &Platform, call: &Call, lead: &Lead, object: &str) -> Result<(), Problem> {
    let mail = MailId::of_object(object);
    let dealers = platform.store.dealers(&call.scope).await?;
    let records = |loaded: &Loaded| -> Vec<IncomingMail> {
        let records = dealers.iter().filter_map(|dealer| loaded.incoming_mail(&mail, dealer));
        records.filter(|record| record.leads().any(|one| one == lead.id)).cloned().collect()
    };
    let others =
        |loaded: &Loaded| -> Vec<LeadId> { records(loaded).iter().flat_map(IncomingMail::leads).filter(|one| *one != lead.id).collect() };
    let stored = Load::of(dealers.iter().cloned().map(|dealer| Key::IncomingMail(mail.clone(), dealer)));
    let load = stored.then(|loaded| {
        let leads = others(loaded).into_iter();
        leads.flat_map(|one| [Some(Key::Lead(one)), loaded.lead(one).map(|lead| Key::Dealer(lead.dealer.clone()))]).flatten().collect()
    });
    let loaded = platform.store.load(&call.scope, &load).await?;
    let records = records(&loaded);
    records.iter().try_for_each(IncomingMail::raw_not_erased)?;
    if records.is_empty() || records.iter().any(IncomingMail::has_refused_enquiry) {
        let dealer = platform.store.dealer(&call.scope, &lead.dealer).await?.ok_or(Refusal::NotFound("lead"))?;
        call.scope.needs_on_mail(Right::ReadLeads, &dealer, call.now)?;
    }
    for (other, dealer) in others(&loaded).into_iter().filter_map(|one| found(&loaded, one).ok()) {
        if call.scope.needs_on(Right::ReadLeads, other, &dealer.settings, call.now).is_err() {
            let detail =
                "several leads were made of this mail, and you may not read all of them; ask a user who reads every lead of the dealer";
            return Err(Refusal::not_allowed(Right::ReadLeads, "INT-2", detail).into());
        }
    }
    Ok(())
}
