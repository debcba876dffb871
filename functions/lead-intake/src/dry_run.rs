//! The dry run: where a lead would go at a given time, and with which deadlines (SET-9). It writes nothing.

use crate::answer::FlagBody;
use crate::body::EnquiryBody;
use crate::format::{Format, ReceivedEnquiry};
use crate::lookup::{Sited, lane, lane_keys, recognised, referenced_keys, site};
use chrono::{DateTime, Utc};
use forecourt_domain::base::{DealerId, Fault, LeadId, Refusal, Right, StepKind};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::distribution::{AssignmentReason, PassedOver};
use forecourt_domain::lead::{Event, Lead, Plan, Raw, RawStorage};
use forecourt_domain::rules::lead::intake::{self, Arrival, IntakeOutcome, StoredState};
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::formats::json::{Loose, Text};
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::usecase::deadline_rule::DeadlineRuleView;
use forecourt_edge::usecase::directory::{PersonChannels, channels};
use forecourt_edge::usecase::lead::enquiry_of;
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A lead to be tried out.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DryRunBody {
    /// Time of arrival, RFC 3339; now if absent.
    #[schema(value_type = Option<String>, example = "2026-12-24T12:30:00+01:00")]
    received_at: Loose<Text>,
    /// The enquiry as it would be sent.
    #[schema(value_type = EnquiryBody)]
    lead: Loose<serde_json::Value>,
}

/// The result of a dry run.
#[derive(Debug, Serialize, ToSchema)]
pub struct DryRunView {
    /// Id of the dealer: another one if the rules of the vehicle's site apply (INT-10). If you may not access that dealer, the other fields
    /// are empty.
    pub dealer: String,
    /// `lead`, or `added` if the contact has a lead in progress at the dealer (INT-6).
    #[serde(rename = "becomes")]
    pub result: &'static str,
    /// Number of the lead to which the enquiry would be added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<String>,
    /// Id of the owner.
    pub owner: Option<String>,
    /// The rule that chooses the owner: `DIS-1` rotation, `DIS-3` rotation of a group, `DIS-5` known contact, `DIS-6` no eligible user,
    /// `DIS-8` pool, `DIS-10` a turn that was given back.
    pub rule: Option<String>,
    /// The distribution group chosen by a routing rule.
    pub group: Option<String>,
    /// Users whose turn it was and who were passed over.
    pub passed_over: Vec<PassedOverView>,
    /// The escalation steps; `null` if the dealer has none.
    pub deadlines: Option<DeadlinesView>,
    /// Fields of the enquiry that would be flagged, unknown ones included (API-1).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<FlagBody>,
}

/// A user who was passed over.
#[derive(Debug, Serialize, ToSchema)]
pub struct PassedOverView {
    /// Id of the user.
    pub user: String,
    /// Reason: `absent`; `busy`; `off_duty`: it is outside the user's own hours; `full`: the user has the maximum of open leads;
    /// `owes_turn`: the user got an extra turn for a lead that was reopened.
    #[schema(value_type = String)]
    pub reason: forecourt_domain::distribution::PassedOverFor,
}

/// The escalation steps of a dry run.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadlinesView {
    /// The seller's reminder.
    pub reminder: Option<StepAtView>,
    /// Level 1: the response is overdue.
    pub level_1: Option<StepAtView>,
    /// Level 2: the supervisor is notified.
    pub level_2: Option<StepAtView>,
    /// The periods of opening hours that level 1 counts.
    pub counted: Vec<SpanView>,
    /// The deadline rule that chose the times; absent if the dealer's apply (ESC-13).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<DeadlineRuleView>,
}

/// An escalation step.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepAtView {
    /// When the step is due.
    pub due: DateTime<Utc>,
    /// When the step happens: at `due`, or after it if that is on a day off (ESC-5).
    pub happens_at: DateTime<Utc>,
}

/// A period of opening hours.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpanView {
    /// Start of the period.
    pub from: DateTime<Utc>,
    /// End of the period.
    pub until: DateTime<Utc>,
}

/// `POST /dealers/{dealer}/dry-run`.
pub(crate) async fn dry_run(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadSettings)?;
    let id: DealerId = call.part("dealer", "dealer")?;
    call.scope.reaches(&id)?;
    let (at, part) = read(call, &id)?;
    let unit = Load::of([Key::Dealer(id.clone())]);
    let loaded = platform.store.load(&call.scope, &unit).await?;
    let dealer = loaded.dealer(&id).ok_or(Refusal::NotFound("dealer"))?;
    let enquiry = part.check(dealer, "dry-run", at.max(call.now)).map_err(|faults| Problem::invalid(prefixed(faults)))?;
    let Sited { other, unknown_site } = site(platform, &call.scope, dealer, &enquiry).await?;
    let mailbox = other.as_ref().map(|_| id.clone());
    let dealer = other.as_deref().unwrap_or(dealer);
    let id = dealer.id.clone();
    let arrival = Arrival {
        enquiry,
        origin: "dry-run".into(),
        body: String::new(),
        receipt: None,
        request: None,
        attachments: Vec::new(),
        mail: None,
        raw: Raw { media_type: String::new(), storage: RawStorage::Here(Vec::new()) },
        by: call.scope.actor(),
        resend: false,
        automatic: true,
        mailbox,
        unknown_site,
        sent: at,
        at,
    };
    // Only a caller who may read the dealer's leads is shown that the contact is known (ACC-1).
    let sees = call.scope.needs(Right::ReadLeads).is_ok() && call.scope.reaches(&id).is_ok();
    let channels = if sees { channels(platform, &call.scope, dealer, &arrival.enquiry.contact) } else { PersonChannels::default() };
    let lane = lane(dealer, &arrival.enquiry);
    let keys = channels.keys().chain(lane_keys(dealer, lane));
    let number = LeadId::from_bits(0);
    let load = Load::of(keys).then(|loaded| referenced_keys(loaded, &channels, &id, (number, &arrival)));
    let loaded = platform.store.load(&call.scope, &load).await?;
    let (contact, latest, others) = recognised(&loaded, &channels, &id, number);
    // A lead that the caller may not see must not show in the result: neither as the lead in progress nor by its owner (ACC-1).
    let latest = latest.filter(|lead| call.scope.needs_on(Right::ReadLeads, lead, &dealer.settings, call.now).is_ok());
    let latest_enquiry = latest.and_then(|lead| enquiry_of(&loaded, lead));
    let found = StoredState { latest, latest_enquiry, others: &others, contact: contact.as_ref(), ..StoredState::default() };
    let verdict = intake::receive(&arrival, number, found, dealer, &|lane| loaded.place(&id, lane))?;
    let view = match &verdict {
        IntakeOutcome::New(_) if call.scope.reaches(&id).is_err() => DryRunView::of_inaccessible(dealer),
        IntakeOutcome::New(decision) => DryRunView::of("lead", None, decision, dealer),
        IntakeOutcome::Added(decision) => DryRunView::of("added", decision.lead().map(|lead| lead.id.spoken()), decision, dealer),
        IntakeOutcome::Resent(_) | IntakeOutcome::Repeat(_) | IntakeOutcome::NumberTaken => {
            return Err(Failure::Broken("a dry run found a lead with its own number".into()).into());
        }
    };
    let flags = FlagBody::all(&arrival.enquiry.flags);
    Ok(Answer::new(200, &DryRunView { flags, ..view })?.about(&id))
}

fn read(call: &Call, dealer: &DealerId) -> Result<(DateTime<Utc>, ReceivedEnquiry), Problem> {
    let body: DryRunBody = call.json()?;
    let mut faults = Vec::new();
    let text = body.received_at.text("received_at", &mut faults);
    let at = text.map(|text| DateTime::parse_from_rfc3339(text.trim()).map(|at| at.to_utc()));
    if let Some(Err(_)) = at {
        faults.push(Fault::new("received_at", "SET-9", "must be a time with a UTC offset, such as 2026-12-24T12:30:00+01:00"));
    }
    let lead = match body.lead {
        Loose::Here(lead) if lead.is_object() => Some(lead.to_string().into_bytes()),
        _ => {
            faults.push(Fault::new("lead", "SET-9", "must be an enquiry object"));
            None
        }
    };
    match (lead, at.transpose()) {
        (Some(lead), Ok(at)) if faults.is_empty() => {
            let mut parts = Format::Json.read(&lead, dealer)?;
            let part = parts.pop().ok_or_else(|| Problem::malformed("the body contains no enquiry"))?;
            Ok((at.unwrap_or(call.now), part))
        }
        _ => Err(Problem::invalid(faults)),
    }
}

fn prefixed(faults: Vec<Fault>) -> Vec<Fault> {
    faults.into_iter().map(|fault| Fault { field: format!("lead.{}", fault.field), ..fault }).collect()
}

impl DryRunView {
    fn of_inaccessible(dealer: &Dealer) -> Self {
        let dealer = dealer.id.to_string();
        let (passed_over, flags) = (Vec::new(), Vec::new());
        Self { dealer, result: "lead", lead: None, owner: None, rule: None, group: None, passed_over, deadlines: None, flags }
    }

    fn of(result: &'static str, number: Option<String>, decision: &Decision, dealer: &Dealer) -> Self {
        let lead = decision.lead();
        let why = decision.items.iter().find_map(why);
        let passed_over = |PassedOver { user, reason }: &PassedOver| PassedOverView { user: user.to_string(), reason: *reason };
        let deadlines = lead.and_then(|lead| Some(DeadlinesView::of(lead, lead.plan.as_ref()?, dealer)));
        Self {
            dealer: dealer.id.to_string(),
            result,
            lead: number,
            owner: lead.and_then(|lead| lead.owner.as_ref()).map(ToString::to_string),
            rule: why.map(|why| why.rule.clone()),
            group: why.and_then(|why| why.group.as_ref()).map(ToString::to_string),
            passed_over: why.into_iter().flat_map(|why| &why.passed_over).map(passed_over).collect(),
            deadlines,
            flags: Vec::new(),
        }
    }
}

fn why(item: &Item) -> Option<&AssignmentReason> {
    let Item::Entry(entry) = item else { return None };
    entry.events.iter().find_map(|event| if let Event::Assigned { why, .. } = event { Some(why) } else { None })
}

impl DeadlinesView {
    fn of(lead: &Lead, plan: &Plan, dealer: &Dealer) -> Self {
        let at = lead.clock_start();
        let step = |kind| plan.step(kind).map(|step| StepAtView { due: step.due, happens_at: step.at });
        let until = plan.deadline().unwrap_or(at);
        let counted = dealer.settings.calendar.explain(at, until).map(|span| SpanView { from: span.opens, until: span.closes });
        Self {
            reminder: step(StepKind::Reminder),
            level_1: step(StepKind::Level1),
            level_2: step(StepKind::Level2),
            counted: counted.collect(),
            rule: DeadlineRuleView::of(lead, dealer),
        }
    }
}
