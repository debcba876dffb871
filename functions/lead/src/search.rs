//! What a list is asked for: filters, and words to be found (LEAD-8).

use chrono::{DateTime, Utc};
use forecourt_domain::contact::{Channel, ChannelKey, Email, Phone};
use forecourt_domain::dealer::Dealer;
use forecourt_domain::enquiry::LeadType;
use forecourt_domain::ids::UserId;
use forecourt_domain::lead::bare_plate;
use forecourt_domain::refusal::Refusal;
use forecourt_edge::Platform;
use forecourt_edge::http::Call;
use forecourt_store::keys::Key;
use forecourt_store::{Failure, LeadRow, Load};

/// Every query of a list.
const QUERIES: [&str; 10] = ["status", "owner", "type", "source", "from", "until", "overdue", "q", "limit", "cursor"];

/// What rows must be like; all that is said must hold.
pub(crate) struct Filter {
    status: Option<String>,
    owner: Option<UserId>,
    lead_type: Option<LeadType>,
    source: Option<String>,
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    overdue: Option<bool>,
}

impl Filter {
    /// Reads the queries of a list.
    ///
    /// # Errors
    /// 422 names each that is unknown or not of its type.
    pub(crate) fn read(call: &Call) -> Result<Self, Refusal> {
        call.only_queries(&QUERIES, "LEAD-8")?;
        let status = call.query("status").map(str::to_owned);
        if status.as_deref().is_some_and(|status| !matches!(status, "in_progress" | "won" | "lost")) {
            return Err(Refusal::field("status", "LEAD-8", "must be in_progress, won or lost"));
        }
        let lead_type = call.query("type").map(|text| LeadType::NAMES.iter().find(|(name, _)| *name == text).map(|(_, kind)| *kind));
        if lead_type == Some(None) {
            let names = LeadType::NAMES.map(|(name, _)| name).join(", ");
            return Err(Refusal::field("type", "LEAD-8", format!("must be one of {names}")));
        }
        let time = |name| call.query_as::<DateTime<Utc>>(name, "LEAD-8", "a time such as 2026-11-25T10:00:00Z");
        let (from, until) = (time("from")?, time("until")?);
        if from.zip(until).is_some_and(|(from, until)| until < from) {
            return Err(Refusal::field("until", "LEAD-8", "must not be before from"));
        }
        Ok(Self {
            status,
            owner: call.query_as("owner", "LEAD-8", "the id of a user")?,
            lead_type: lead_type.flatten(),
            source: call.query("source").map(|source| source.trim().to_lowercase()),
            from,
            until,
            overdue: call.query_as("overdue", "LEAD-8", "true or false")?,
        })
    }

    pub(crate) fn takes(&self, row: &LeadRow, now: DateTime<Utc>) -> bool {
        let facts = &row.facts;
        let overdue = row.current_deadline().is_some_and(|deadline| deadline < now);
        self.owner.as_ref().is_none_or(|owner| facts.owner.as_ref() == Some(owner))
            && self.status.as_deref().is_none_or(|status| facts.status.name() == status)
            && self.lead_type.is_none_or(|kind| facts.lead_type == kind)
            && self.source.as_ref().is_none_or(|source| facts.source.to_lowercase() == *source)
            && self.from.is_none_or(|from| facts.arrived >= from)
            && self.until.is_none_or(|until| facts.arrived < until)
            && self.overdue.is_none_or(|wanted| wanted == overdue)
    }
}

/// Words that somebody looks for: a part of a name, a lead's number, a telephone number or e-mail address, a number plate.
pub(crate) struct Sought {
    words: String,
    number: String,
    plate: String,
    /// The channel that is looked for, and the contact that it leads to.
    contact: Option<[ChannelKey; 2]>,
}

impl Sought {
    /// Reads what is looked for; a telephone number or an address is looked up in the directory of contacts.
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
        let contact = match channel.map(|channel| platform.store.secret().channel(&call.scope, &channel)) {
            Some(channel) => Some([channel.clone(), contact_of(platform, call, channel).await?]),
            None => None,
        };
        let number = words.chars().filter(char::is_ascii_digit).collect();
        Ok(Self { plate: bare_plate(&words), number, words, contact })
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

/// The contact behind a channel; the channel itself, where nobody is known by it.
async fn contact_of(platform: &Platform, call: &Call, channel: ChannelKey) -> Result<ChannelKey, Failure> {
    let key = Key::Channel(channel.clone());
    let loaded = platform.store.load(&call.scope, &Load::of([key])).await?;
    Ok(match loaded.channel(&channel) {
        Some(Channel::AliasOf(record)) => record.clone(),
        Some(Channel::Contact(_)) | None => channel,
    })
}
