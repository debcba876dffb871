//! What a dealer's admin sets (SET-1 to SET-7).

use crate::base::{Country, DealerId, DistributionGroupId, EVENT_TYPES, Email, Language, NO_SHOW_REASONS, UserId};
use crate::enquiry::{Enquiry, Person};
use crate::hours::Calendar;
use crate::settings::{AppointmentSettings, CapacityDraft, PoolSettings, RoutingRule};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

impl DealerSettings {
    /// The channels that identify a person: e-mail before phone; not those of the dealer itself, of a relay, or unreadable ones (INT-6).
    pub fn channels_of<'a>(&'a self, person: &'a Person) -> impl Iterator<Item = &'a str> {
        let of_dealer = |email: &Email| self.lead_address.as_ref().is_some_and(|own| own.is_same(email));
        let of_relay = |email: &Email| self.relay_domains.iter().any(|relay| relay.eq_ignore_ascii_case(email.domain()));
        let emails = person.emails.iter().filter(move |email| !of_dealer(email) && !of_relay(email)).map(Email::as_str);
        emails.chain(person.phones.iter().filter_map(|phone| phone.e164.as_deref()))
    }

    /// When a step of a resubmission that is due at `due` happens: on no day off (ESC-5); with `resubmission_respects_hours` only when the dealer is
    /// open (ESC-6).
    pub(crate) fn resubmission_happens(&self, due: DateTime<Utc>) -> DateTime<Utc> {
        let calendar = &self.calendar;
        let held = match self.resubmission_respects_hours {
            true if !calendar.is_open_or_closing(due) => calendar.next_opening(due),
            _ => calendar.holds_day_off(due),
        };
        // A dealer that never opens again holds nothing back (CLK-6).
        held.unwrap_or(due)
    }

    /// The type that `text` names, as the API writes it (CAL-1).
    pub fn event_type(&self, text: &str) -> Option<String> {
        let folded = text.trim().to_lowercase();
        let known =
            EVENT_TYPES.iter().find(|(name, label)| *name == folded || label.to_lowercase() == folded).map(|(name, _)| (*name).to_owned());
        known.or_else(|| self.event_types.iter().find(|own| own.to_lowercase() == folded).cloned())
    }

    /// The no-show reason that `text` names (CAL-4).
    pub fn no_show_reason(&self, text: &str) -> Option<String> {
        let folded = text.trim().to_lowercase();
        let known = NO_SHOW_REASONS.iter().find(|name| **name == folded).map(|name| (*name).to_owned());
        known.or_else(|| self.no_show_reasons.iter().find(|own| own.to_lowercase() == folded).cloned())
    }
}

/// Settings as written, before they are judged as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DealerSettings {
    /// The dealer's name, as customers know it; 1 to 100 characters.
    pub name: String,
    /// Where it is: how its people write telephone numbers and dates.
    pub country: Country,
    /// The language of its people, where they have set none of their own.
    pub language: Language,
    /// Zone, opening hours, days off (SET-1, SET-2, CLK).
    pub calendar: Calendar,
    /// The durations of the steps (SET-3).
    #[serde(default)]
    pub escalation: Escalation,
    /// Who works here, and in which part.
    pub members: Vec<Member>,
    /// Gets what nobody in the rotation can get (DIS-6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback_user: Option<UserId>,
    /// Gets it where there is no fallback user, or that user is absent (DIS-6).
    pub admin_user: UserId,
    /// A pool instead of the rotation (SET-6, DIS-8).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolSettings>,
    /// Groups of members who share the leads that routing rules give them (DIS-3).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub distribution_groups: Vec<DistributionGroupId>,
    /// Which leads go to which group: the first that holds (DIS-3).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routing_rules: Vec<RoutingRule>,
    /// Known contacts without a lead in progress go through the rotation like everybody else, not to the owner they had (DIS-5).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub existing_contacts_to_rotation: bool,
    /// The dealer's own lead address; it identifies no contact (INT-6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_address: Option<Email>,
    /// Mail domains of portals that relay for their customers; an address of theirs identifies no contact (INT-6).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relay_domains: Vec<String>,
    /// Where mail to the lead address goes too, once (SET-4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward_to: Option<Email>,
    /// The name that mail is sent under; without one, the dealer's (SET-4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_name: Option<String>,
    /// The vehicle sheet (exposé) that may be attached to outgoing mail, by its name; chosen for each message (SET-4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expose: Option<String>,
    /// The host that carries the dealer's mail; without one, the stack's own. Only the operator sets it (SET-4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail_server: Option<String>,
    /// Gets trade-in enquiries that ask for no vehicle, too, with a sheet (INT-8).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trade_in_cc_email: Option<Email>,
    /// Gets mail that no lead can be made of, with the reason (INT-7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unparsed_mail_to: Option<Email>,
    /// Whether customers get mail at all; yes, unless it says no (MSG-1).
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub send_external_mail: bool,
    /// Mail can be read here but not answered (LEAD-3). Only the operator sets it (SET-5).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lead_tracking_only: bool,
    /// Steps and mail of resubmissions wait for the next opening; otherwise they happen at any hour, days off excepted (ESC-6).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resubmission_respects_hours: bool,
    /// An enquiry for a vehicle at another site of the group goes by that site's rules, to its people (INT-10).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rules_of_vehicle_location: bool,
    /// Working minutes after which a lead that nobody has reacted to goes to the next in the rotation; 0: never (DIS-10).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reassign_after: u32,
    /// Types of calendar events besides those that every dealer has (CAL-1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub event_types: Vec<String>,
    /// Reasons of a no-show besides those that every dealer has (CAL-4).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub no_show_reasons: Vec<String>,
    /// How many customers a person takes, when, and for how long (CAL-7).
    #[serde(default, skip_serializing_if = "is_default")]
    pub capacity: CapacityDraft,
    /// Which appointments it takes, and how its customers are told of them (APT-2, APT-3).
    #[serde(default, skip_serializing_if = "is_default")]
    pub appointments: AppointmentSettings,
    /// A lead marked spam or duplicate gives its owner the turn back (DIS-10).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub spam_gives_turn_back: bool,
}

fn yes() -> bool {
    true
}

fn is_yes(said: &bool) -> bool {
    *said
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn is_zero(minutes: &u32) -> bool {
    *minutes == 0
}

/// The durations of the steps, in minutes; 0 turns a step off (SET-3).
///
/// Defaults: level 1 after 120 working minutes, the reminder 30 minutes before it, level 2 a day (1440 minutes) after it, and a day after a
/// resubmission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Escalation {
    /// Working minutes from the enquiry to level 1; 0: no deadline, reminder or level 2 at all.
    pub level_1: u32,
    /// Clock minutes before level 1 at which the seller is reminded.
    pub reminder: u32,
    /// Clock minutes from level 1 to level 2.
    pub level_2: u32,
    /// Clock minutes from a resubmission's time to its level 2 (ESC-4).
    pub level_2_resubmission: u32,
}

impl Default for Escalation {
    fn default() -> Self {
        Self { level_1: 120, reminder: 30, level_2: 1440, level_2_resubmission: 1440 }
    }
}

impl Escalation {
    /// Longest duration of a step: 60 days.
    pub const MAX_MINUTES: u32 = 60 * 24 * 60;
}

/// One user's part at one dealer (SET-7).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub user: UserId,
    /// Takes turns in the rotation ("erhält Anfragen").
    #[serde(default)]
    pub receives_leads: bool,
    /// May be given leads by hand ("kann Anfragen zugewiesen bekommen").
    #[serde(default)]
    pub assignable: bool,
    /// Whose leads they share (DIS-3).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<DistributionGroupId>,
    /// Who is told at level 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervisor: Option<UserId>,
    /// When this user is away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absences: Vec<Absence>,
}

/// A time away: from `from` until just before `until`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Absence {
    /// First instant away.
    pub from: DateTime<Utc>,
    /// First instant back.
    pub until: DateTime<Utc>,
    /// Who sees and works the leads meanwhile, and gets the notices (DIS-4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deputy: Option<UserId>,
}

impl Member {
    /// The absence that holds at `now`, if any.
    pub fn absence(&self, now: DateTime<Utc>) -> Option<&Absence> {
        self.absences.iter().find(|a| a.from <= now && now < a.until)
    }
}

impl DealerSettings {
    /// The site whose rules an enquiry goes by, where that is not this dealer and the dealer wants it so (INT-10).
    pub fn site_of(&self, enquiry: &Enquiry) -> Option<DealerId> {
        let site = enquiry.vehicles.first().filter(|_| self.rules_of_vehicle_location)?.site.as_deref()?;
        DealerId::parse(&site.trim().to_lowercase()).ok()
    }

    /// The part that `user` has here.
    pub fn member(&self, user: &UserId) -> Option<&Member> {
        self.members.iter().find(|m| m.user == *user)
    }

    /// Whether `user` works here and is not away at `now`.
    pub fn is_present(&self, user: &UserId, now: DateTime<Utc>) -> bool {
        self.member(user).is_some_and(|m| m.absence(now).is_none())
    }

    /// Who reads what is meant for `user` at `now`: the deputy while the user is absent and has one who is there (DIS-4).
    pub fn reader_for<'a>(&'a self, user: &'a UserId, now: DateTime<Utc>) -> &'a UserId {
        let deputy = self.member(user).and_then(|m| m.absence(now)).and_then(|a| a.deputy.as_ref());
        deputy.filter(|deputy| self.is_present(deputy, now)).unwrap_or(user)
    }

    /// Who is told at level 2 of a lead of `owner`: the supervisor, else the fallback user, else the administrator account (ESC-3).
    pub fn supervisor_of(&self, owner: Option<&UserId>) -> &UserId {
        let own = owner.and_then(|owner| self.member(owner)).and_then(|m| m.supervisor.as_ref());
        own.or(self.fallback_user.as_ref()).unwrap_or(&self.admin_user)
    }
}
