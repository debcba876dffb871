//! The filters and the search of the lists (LEAD-8).

use crate::Platform;
use crate::http::{Call, Problem, Queries};
use crate::usecase::directory::{contact_of, pointed};
use chrono::{DateTime, Utc};
use forecourt_domain::base::text::{SearchWords, caseless, letters};
use forecourt_domain::base::{ChannelKey, DealerId, EVENT_TYPES, Email, Fault, LeadId, Phone, Refusal, Right, UserId};
use forecourt_domain::enquiry::LeadType;
use forecourt_domain::reports::Period;
use forecourt_domain::settings::Dealer;
use forecourt_store::keys::Key;
use forecourt_store::{DealerLeads, Failure, LeadList, LeadRow, Load, Paging};
use std::sync::Arc;

/// The filters of a list; a row must match all that are set.
pub struct Filter {
    status: Option<String>,
    /// The owner.
    pub owner: Option<UserId>,
    /// The pool user, if leads of the pool match whatever the owner is.
    pub pool: Option<UserId>,
    lead_type: Option<LeadType>,
    source: Option<String>,
    /// The arrival of the lead.
    pub arrivals: Period,
    overdue: Option<bool>,
    /// The type of the next action, as its name in the API (CAL-3).
    action_type: Option<String>,
    /// The person of the next action.
    action_user: Option<UserId>,
}

impl Filter {
    /// Reads the query parameters of a list or a board. `arrivals` names the two parameters of the arrival range.
    pub fn read(queries: &mut Queries<'_>, arrivals: [&str; 2], dealer: &Dealer) -> Self {
        let status = queries.text("status").map(str::to_owned);
        if status.as_deref().is_some_and(|status| !matches!(status, "in_progress" | "won" | "lost")) {
            queries.refuse(Fault::new("status", "LEAD-8", "must be in_progress, won or lost"));
        }
        let lead_type = queries.text("type").map(|text| LeadType::NAMES.iter().find(|(name, _)| *name == text).map(|(_, kind)| *kind));
        if lead_type == Some(None) {
            let names = LeadType::NAMES.map(|(name, _)| name).join(", ");
            queries.refuse(Fault::new("type", "LEAD-8", format!("must be one of {names}")));
        }
        let named = queries.text("action_type");
        let action_type = named.and_then(|text| dealer.settings.event_type(text));
        if named.is_some() && action_type.is_none() {
            let own = dealer.settings.event_types.iter().map(String::as_str);
            let names: Vec<&str> = EVENT_TYPES.iter().map(|(name, _)| *name).chain(own).collect();
            queries.refuse(Fault::new("action_type", "LEAD-8", format!("must be one of {}", names.join(", "))));
        }
        Self {
            status,
            owner: queries.parse("owner", "the id of a user"),
            pool: None,
            lead_type: lead_type.flatten(),
            source: queries.text("source").map(caseless),
            arrivals: queries.period(arrivals, &dealer.settings.calendar),
            overdue: queries.parse("overdue", "true or false"),
            action_type,
            action_user: queries.parse("action_user", "the id of a user"),
        }
    }

    /// Whether it filters by anything other than the owner, so that few of an owner's leads may match.
    pub fn is_of_leads(&self) -> bool {
        let Self { status, owner: _, pool: _, lead_type, source, arrivals, overdue, action_type, action_user } = self;
        let by_action = action_type.is_some() || action_user.is_some();
        by_action || status.is_some() || lead_type.is_some() || source.is_some() || *arrivals != Period::default() || overdue.is_some()
    }

    /// Whether a row matches.
    pub fn matches(&self, row: &LeadRow, now: DateTime<Utc>) -> bool {
        let facts = &row.facts;
        let overdue = row.current_deadline().is_some_and(|deadline| deadline < now);
        let action = row.next_action();
        let has_type = |wanted: &String| action.as_ref().is_some_and(|action| caseless(action.kind) == caseless(wanted));
        let has_person = |wanted: &UserId| action.as_ref().is_some_and(|action| action.user == Some(wanted));
        let pooled = self.pool.is_some() && facts.owner == self.pool;
        (pooled || self.owner.as_ref().is_none_or(|owner| facts.owner.as_ref() == Some(owner)))
            && self.status.as_deref().is_none_or(|status| facts.status.name() == status)
            && self.lead_type.is_none_or(|kind| facts.lead_type == kind)
            && self.source.as_ref().is_none_or(|source| caseless(&facts.source) == *source)
            && self.arrivals.has(facts.arrived)
            && self.overdue.is_none_or(|wanted| wanted == overdue)
            && self.action_type.as_ref().is_none_or(has_type)
            && self.action_user.as_ref().is_none_or(has_person)
    }
}

/// The leads of a dealer that a request for the list selects, of those that the sender may see (LEAD-8).
pub struct Selection<'a> {
    platform: &'a Platform,
    call: &'a Call,
    /// The dealer.
    pub dealer: Arc<Dealer>,
    /// The highest number of leads on a page.
    limit: usize,
    filter: Filter,
    search: Option<Search>,
}

impl<'a> Selection<'a> {
    /// Reads the parameters of the request. `default` is the size of a page if the request has none.
    ///
    /// # Errors
    /// 404 if the dealer is out of reach; the faults of the parameters.
    pub async fn read(platform: &'a Platform, call: &'a Call, default: usize) -> Result<Self, Problem> {
        call.scope.needs(Right::ReadLeads)?;
        let id: DealerId = call.part("dealer", "dealer")?;
        call.scope.reaches(&id)?;
        let dealer = platform.store.dealer(&call.scope, &id).await?.ok_or(Refusal::NotFound("dealer"))?;
        let mut queries = Queries::of(call, "LEAD-8");
        let filter = Filter::read(&mut queries, ["from", "until"], &dealer);
        let (limit, text) = (queries.limit(default), Search::text(&mut queries));
        queries.done()?;
        let search = match text {
            Some(text) => Some(Search::read(platform, call, &dealer, text).await?),
            None => None,
        };
        Ok(Self { platform, call, dealer, limit, filter, search })
    }

    /// Returns a page of the leads, newest first.
    ///
    /// # Errors
    /// [`Failure`] if the index cannot be read, or the cursor is not one of this list.
    pub async fn page(&self, cursor: Option<&str>) -> Result<LeadList, Failure> {
        let Self { platform, call, dealer, limit, filter, search } = self;
        let wanted = |row: &LeadRow| {
            call.scope.sees_leads_of(row.facts.owner.as_ref(), &dealer.settings, call.now)
                && filter.matches(row, call.now)
                && search.as_ref().is_none_or(|search| search.matches(row))
        };
        // If nearly every lead matches, one page of rows is enough. A seller sees a part of the leads, so ten pages are read. A filter may
        // match few leads, so the number of rows is not limited.
        let at_once = match search.is_some() || filter.owner.is_some() || filter.is_of_leads() {
            true => None,
            false if call.scope.sees_leads_of(None, &dealer.settings, call.now) => Some(*limit),
            false => Some(10 * limit),
        };
        let (store, leads) = (&platform.store, DealerLeads { scope: &call.scope, dealer });
        let paging = Paging { now: call.now, cursor, limit: *limit, from: filter.arrivals.from, at_once };
        match search.as_ref().and_then(Search::leads) {
            Some(ids) => store.leads_by_number(leads, ids.iter().copied(), paging, wanted).await,
            None => store.leads(leads, paging, wanted).await,
        }
    }
}

/// A search text: parts of a name in any order, a lead's number, a telephone number, an e-mail address, or a number plate.
struct Search {
    words: SearchWords,
    number: String,
    plate: String,
    /// If the text is a telephone number or an address: its channel, and the contact that it belongs to.
    contact: Option<[ChannelKey; 2]>,
    /// All leads that can match, if they are known by number.
    leads: Option<Vec<LeadId>>,
}

impl Search {
    /// Returns the search text of a list.
    fn text<'a>(queries: &mut Queries<'a>) -> Option<&'a str> {
        let text = queries.text("q")?.trim();
        if !(2..=100).contains(&text.chars().count()) {
            queries.refuse(Fault::new("q", "LEAD-8", "must be 2 to 100 characters"));
        }
        Some(text)
    }

    /// Reads a search text. A telephone number or an address is looked up in the contact directory, which lists the contact's leads.
    ///
    /// # Errors
    /// [`Failure`] if the table cannot be read.
    async fn read(platform: &Platform, call: &Call, dealer: &Dealer, text: &str) -> Result<Self, Failure> {
        let channel = match Email::parse(text) {
            Ok(email) => Some(email.key()),
            Err(_) => Phone::read(text, dealer.settings.country).channel(),
        };
        let channel = channel.map(|channel| platform.store.secret().channel(&call.scope, &channel));
        let lead: Option<LeadId> = text.parse().ok();
        let number = text.chars().filter(char::is_ascii_digit).collect();
        let search = Self { plate: letters(text), number, words: SearchWords::of(text), contact: None, leads: lead.map(|lead| vec![lead]) };
        let Some(channel) = channel else { return Ok(search) };
        // Ten digits can be a telephone number or a lead's number.
        let load = Load::of([Key::Channel(channel.clone())].into_iter().chain(lead.map(Key::Lead)));
        let loaded = platform
            .store
            .load(&call.scope, &load.then(|loaded| pointed(loaded, &channel).map(Key::Channel).into_iter().collect()))
            .await?;
        let lead = lead.filter(|lead| loaded.lead(*lead).is_some());
        let known = contact_of(&loaded, &channel);
        let leads = match &known {
            Some(contact) => contact.all_leads().map(|leads| leads.iter().copied().chain(lead).collect()),
            // A channel that no contact has may still lead to a lead: a relay that many customers share, or a channel of an enquiry that
            // was sent again.
            None => lead.map(|lead| vec![lead]),
        };
        let contact = known.map_or_else(|| channel.clone(), |contact| contact.id);
        Ok(Self { contact: Some([channel, contact]), leads, ..search })
    }

    /// Returns all leads that can match. `None` if the list must be searched.
    fn leads(&self) -> Option<&[LeadId]> {
        self.leads.as_deref()
    }

    fn matches(&self, row: &LeadRow) -> bool {
        let facts = &row.facts;
        let by_number = self.number.len() >= 4 && facts.id.to_string().contains(&self.number);
        let by_plate = self.plate.len() >= 3 && facts.plate.as_ref().is_some_and(|plate| letters(plate).contains(&self.plate));
        let by_contact = self
            .contact
            .as_ref()
            .is_some_and(|[channel, contact]| facts.contact_id.as_ref() == Some(contact) || facts.other_channels.contains(channel));
        let by_name = |name: &String| self.words.match_name(name);
        by_number || by_plate || by_contact || by_name(&facts.contact) || row.others.iter().any(by_name)
    }
}
