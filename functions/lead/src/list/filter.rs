//! What a list is asked for: filters, and words to be found (LEAD-8).

use chrono::{DateTime, Utc};
use forecourt_domain::base::{ChannelKey, Email, LeadId, Phone, Refusal, UserId};
use forecourt_domain::enquiry::LeadType;
use forecourt_domain::lead::bare_plate;
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::http::Call;
use forecourt_edge::usecase::directory::{contact_of, records};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, LeadRow, Load};

/// From a time on, and before another.
pub(crate) type Range = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// What rows must be like; all that is said must hold.
pub(crate) struct Filter {
    status: Option<String>,
    pub(crate) owner: Option<UserId>,
    lead_type: Option<LeadType>,
    source: Option<String>,
    /// From when on and before when they came in.
    pub(crate) arrivals: Range,
    overdue: Option<bool>,
}

impl Filter {
    /// Reads the queries of a list or a board; `arrivals` names those that say from when on and before when leads came in.
    ///
    /// # Errors
    /// 422 names what is not of its type.
    pub(crate) fn read(call: &Call, arrivals: [&'static str; 2]) -> Result<Self, Refusal> {
        let status = call.query("status").map(str::to_owned);
        if status.as_deref().is_some_and(|status| !matches!(status, "in_progress" | "won" | "lost")) {
            return Err(Refusal::field("status", "LEAD-8", "must be in_progress, won or lost"));
        }
        let lead_type = call.query("type").map(|text| LeadType::NAMES.iter().find(|(name, _)| *name == text).map(|(_, kind)| *kind));
        if lead_type == Some(None) {
            let names = LeadType::NAMES.map(|(name, _)| name).join(", ");
            return Err(Refusal::field("type", "LEAD-8", format!("must be one of {names}")));
        }
        Ok(Self {
            status,
            owner: call.query_as("owner", "LEAD-8", "the id of a user")?,
            lead_type: lead_type.flatten(),
            source: call.query("source").map(|source| source.trim().to_lowercase()),
            arrivals: range(call, arrivals)?,
            overdue: call.query_as("overdue", "LEAD-8", "true or false")?,
        })
    }

    /// Whether it leaves leads out of what an owner has, so that only few of them may be wanted.
    pub(crate) fn is_of_leads(&self) -> bool {
        let Self { status, owner: _, lead_type, source, arrivals: (from, until), overdue } = self;
        status.is_some() || lead_type.is_some() || source.is_some() || from.or(*until).is_some() || overdue.is_some()
    }

    pub(crate) fn takes(&self, row: &LeadRow, now: DateTime<Utc>) -> bool {
        let facts = &row.facts;
        let overdue = row.current_deadline().is_some_and(|deadline| deadline < now);
        self.owner.as_ref().is_none_or(|owner| facts.owner.as_ref() == Some(owner))
            && self.status.as_deref().is_none_or(|status| facts.status.name() == status)
            && self.lead_type.is_none_or(|kind| facts.lead_type == kind)
            && self.source.as_ref().is_none_or(|source| facts.source.to_lowercase() == *source)
            && self.arrivals.0.is_none_or(|from| facts.arrived >= from)
            && self.arrivals.1.is_none_or(|until| facts.arrived < until)
            && self.overdue.is_none_or(|wanted| wanted == overdue)
    }
}

/// The times that two queries say.
///
/// # Errors
/// 422: what is no time; the second before the first.
pub(crate) fn range(call: &Call, [from, until]: [&'static str; 2]) -> Result<Range, Refusal> {
    let time = |name| call.query_as::<DateTime<Utc>>(name, "LEAD-8", "a time such as 2026-11-25T10:00:00Z");
    let range = (time(from)?, time(until)?);
    if range.0.zip(range.1).is_some_and(|(from, until)| until < from) {
        return Err(Refusal::field(until, "LEAD-8", format!("must not be before {from}")));
    }
    Ok(range)
}

/// Words that somebody looks for: a part of a name, a lead's number, a telephone number or e-mail address, a number plate.
pub(crate) struct Sought {
    words: String,
    number: String,
    plate: String,
    /// The channel that is looked for, and the contact that it leads to.
    contact: Option<[ChannelKey; 2]>,
    /// Every lead that it may be, where these are known by their numbers.
    leads: Option<Vec<LeadId>>,
}

impl Sought {
    /// Reads what is looked for. A telephone number or an address is looked up in the directory of contacts, which knows their leads.
    ///
    /// # Errors
    /// What is too short to be found; the table out of reach.
    pub(crate) async fn read(platform: &Platform, call: &Call, dealer: &Dealer, text: &str) -> Result<Self, Failure> {
        let words = text.trim().to_lowercase();
        if !(2..=100).contains(&words.chars().count()) {
            return Err(Refusal::field("q", "LEAD-8", "must be 2 to 100 characters").into());
        }
        let channel = match Email::parse(text) {
            Ok(email) => Some(email.to_string()),
            Err(_) => Phone::read(text.trim(), dealer.settings.country).e164,
        };
        let channel = channel.map(|channel| platform.store.secret().channel(&call.scope, &channel));
        let lead: Option<LeadId> = words.parse().ok();
        let number = words.chars().filter(char::is_ascii_digit).collect();
        let sought = Self { plate: bare_plate(&words), number, words, contact: None, leads: lead.map(|lead| vec![lead]) };
        let Some(channel) = channel else { return Ok(sought) };
        let channels = [channel.clone()];
        // Ten digits may be dialled and be a lead's number.
        let load = Load::of([Key::Channel(channel.clone())].into_iter().chain(lead.map(Key::Lead)));
        let loaded = platform.store.load(&call.scope, &load.then(|loaded| records(loaded, &channels))).await?;
        let lead = lead.filter(|lead| loaded.lead(*lead).is_some());
        let known = contact_of(&loaded, &channel);
        let leads = match &known {
            Some(contact) => contact.all_leads().map(|leads| leads.iter().copied().chain(lead).collect()),
            // By a channel that nobody is known by, a lead may be found all the same: a relay of many, or what an enquiry said that was sent again.
            None => lead.map(|lead| vec![lead]),
        };
        let contact = known.map_or_else(|| channel.clone(), |contact| contact.id);
        Ok(Self { contact: Some([channel, contact]), leads, ..sought })
    }

    /// Every lead that it may be, where that is known without looking through the list.
    pub(crate) fn leads(&self) -> Option<&[LeadId]> {
        self.leads.as_deref()
    }

    pub(crate) fn is(&self, row: &LeadRow) -> bool {
        let facts = &row.facts;
        let by_number = self.number.len() >= 4 && facts.id.to_string().contains(&self.number);
        let by_plate = self.plate.len() >= 3 && facts.plate.as_ref().is_some_and(|plate| plate.contains(&self.plate));
        let by_contact = self
            .contact
            .as_ref()
            .is_some_and(|[channel, contact]| facts.contact_id.as_ref() == Some(contact) || facts.elsewhere.contains(channel));
        let by_name = |name: &String| name.to_lowercase().contains(&self.words);
        by_number || by_plate || by_contact || by_name(&facts.contact) || row.others.iter().any(by_name)
    }
}
