//! The settings of a dealer (SET-1 to SET-7).

use crate::base::text::caseless;
use crate::base::{
    Actor, CANCELLATION_REASONS, Cancellation, CancellationSide, Country, DealerId, DistributionGroupId, EVENT_TYPES, Email, Language,
    NO_SHOW_REASONS, Refusal, UserId, is_default, optional_whole, whole,
};
use crate::hours::Calendar;
use crate::settings::{
    AppointmentSettings, CapacityDraft, DeadlineRule, FollowUpPlan, FollowUpSettings, InstantAnswer, Location, MailLayout, Member,
    PoolSettings, RoutingRule, SendingLimits, VehicleSite,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeSet;

impl DealerSettings {
    /// Returns when a step of a resubmission that is due at `due` happens: not on a day off (ESC-5) and, with
    /// `resubmission_respects_hours`, only when the dealer is open (ESC-6).
    pub(crate) fn resubmission_happens(&self, due: DateTime<Utc>) -> DateTime<Utc> {
        let calendar = &self.calendar;
        let held = match self.resubmission_respects_hours {
            true if !calendar.is_open_or_closing(due) => calendar.next_opening(due),
            _ => calendar.holds_day_off(due),
        };
        // If the dealer never opens again, the step is not delayed (CLK-6).
        held.unwrap_or(due)
    }

    /// Returns the event type that `text` names, as the API writes it (CAL-1).
    pub fn event_type(&self, text: &str) -> Option<String> {
        let folded = caseless(text);
        let known =
            EVENT_TYPES.iter().find(|(name, label)| *name == folded || label.to_lowercase() == folded).map(|(name, _)| (*name).to_owned());
        known.or_else(|| self.event_types.iter().find(|own| caseless(own) == folded).cloned())
    }

    /// Returns the no-show reason that `text` names (CAL-4).
    pub fn no_show_reason(&self, text: &str) -> Option<String> {
        let folded = caseless(text);
        let known = NO_SHOW_REASONS.iter().find(|name| **name == folded).map(|name| (*name).to_owned());
        known.or_else(|| self.no_show_reasons.iter().find(|own| caseless(own) == folded).cloned())
    }

    /// Checks a cancellation by `by`, and returns it with the reason as it is stored (APT-11). A customer cancels from the own side.
    /// Another system has its own reasons.
    ///
    /// # Errors
    /// 422 if the dealer does not have the reason.
    pub fn cancellation(&self, why: Cancellation, by: &Actor) -> Result<Cancellation, Refusal> {
        let side = if *by == Actor::Customer { Some(CancellationSide::Customer) } else { why.side };
        let reason = why.reason.map(|text| self.cancellation_reason(&text, by)).transpose()?;
        Ok(Cancellation { reason, side, ..why })
    }

    /// Checks that a repeated cancellation of `thing` by `by` states the same as the first one, or nothing (APT-11).
    ///
    /// # Errors
    /// 409 if it states something else; 422 if the dealer does not have the reason.
    pub fn same_cancellation(&self, thing: &str, why: &Cancellation, known: &Cancellation, by: &Actor) -> Result<(), Refusal> {
        if *why == Cancellation::default() || !self.cancellation(why.clone(), by)?.differs_from(known) {
            return Ok(());
        }
        let detail = format!("the {thing} is already cancelled with another reason, side or note; reopen it before you cancel it again");
        Err(Refusal::conflict("APT-11", detail))
    }

    fn cancellation_reason(&self, text: &str, by: &Actor) -> Result<String, Refusal> {
        let folded = caseless(text);
        let known = CANCELLATION_REASONS.into_iter().chain(self.cancellation_reasons.iter().map(String::as_str));
        let known: Vec<&str> = known.collect();
        let own = matches!(by, Actor::Partner(_)).then(|| text.to_owned());
        let found = known.iter().find(|name| caseless(name) == folded).map(|name| (*name).to_owned());
        found.or(own).ok_or_else(|| Refusal::field("reason", "APT-11", format!("must be one of {}", known.join(", "))))
    }
}

/// A dealer's settings. They are checked as a whole when they become [`Settings`](crate::settings::Settings).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DealerSettings {
    /// The dealer's name, as customers know it; 1 to 100 characters.
    pub name: String,
    /// The country. It determines the format of telephone numbers and dates.
    pub country: Country,
    /// The language for users and customers without a language of their own.
    pub language: Language,
    /// Where customers find the dealer, and how they call it (SET-4).
    #[serde(default, skip_serializing_if = "is_default", deserialize_with = "empty_if_null")]
    pub location: Location,
    /// Zone, opening hours, days off (SET-1, SET-2, CLK).
    pub calendar: Calendar,
    /// The durations of the steps (SET-3).
    #[serde(default)]
    pub escalation: Escalation,
    /// Other durations for some leads; the first match counts, else `escalation` (ESC-13).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deadline_rules: Vec<DeadlineRule>,
    /// The users who work here, and their part.
    pub members: Vec<Member>,
    /// Receives leads if no user in the rotation is eligible (DIS-6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback_user: Option<UserId>,
    /// Receives them if there is no fallback user, or that user is absent (DIS-6).
    pub admin_user: UserId,
    /// A pool instead of the rotation (SET-6, DIS-8).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolSettings>,
    /// Groups of members who share the leads that routing rules assign to the group (DIS-3).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub distribution_groups: Vec<DistributionGroupId>,
    /// The rules that choose a group for a lead; the first match counts (DIS-3).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routing_rules: Vec<RoutingRule>,
    /// New leads of known contacts without a lead in progress go through the rotation, not to the earlier owner (DIS-5).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub existing_contacts_to_rotation: bool,
    /// The dealer's own lead address; it identifies no contact (INT-6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_address: Option<Email>,
    /// Mail domains of portals that relay mail of their customers; their addresses identify no contact (INT-6).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relay_domains: Vec<String>,
    /// The layouts of mails of the dealer's own portals and websites. They count before the general ones (INT-1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mail_layouts: Vec<MailLayout>,
    /// The address to which mail to the lead address is also forwarded, once (SET-4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward_to: Option<Email>,
    /// The From name of mail. `None` means the dealer's name (SET-4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_name: Option<String>,
    /// The name of the vehicle sheet (exposé) that may be attached to outgoing mail. The sender chooses it for each message (SET-4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expose: Option<String>,
    /// The automatic answer to new enquiries (LEAD-3).
    #[serde(default, skip_serializing_if = "is_default")]
    pub instant_answer: InstantAnswer,
    /// The SMTP server that sends the dealer's mail: `smtps://HOST:PORT` or `smtp://HOST:PORT`. `None` means SES. Only the operator sets it
    /// (SET-4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail_server: Option<String>,
    /// The name of the secret with the credentials for [`DealerSettings::mail_server`]. Only the operator sets and sees it (SET-4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail_server_secret: Option<String>,
    /// The telephone number in E.164 that sends the dealer's text messages and receives those of customers. `None` means the stack's own,
    /// which receives none. Only the operator sets it (MSG-3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_number: Option<String>,
    /// Receives a copy, with a sheet, of trade-in enquiries that ask for no vehicle (INT-8).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trade_in_cc_email: Option<Email>,
    /// Receives mail from which no lead can be made, with the reason (INT-7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unparsed_mail_to: Option<Email>,
    /// Whether mail is sent to customers. Default: yes (MSG-1).
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub send_external_mail: bool,
    /// Users can read mail here but cannot answer it (LEAD-3). Only the operator sets it (SET-5).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lead_tracking_only: bool,
    /// The administrators of the dealer may export its records (EXP-1). Only a group's admin and the operator set it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own_exports: bool,
    /// Steps and mail of resubmissions wait for the next opening; otherwise they happen at any hour, days off excepted (ESC-6).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resubmission_respects_hours: bool,
    /// The reminder of a lead is also sent as a text message (ESC-14).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reminder_by_text: bool,
    /// An enquiry for a vehicle at another site of the group goes to that site and is distributed by its rules (INT-10).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rules_of_vehicle_location: bool,
    /// The other dealers at which vehicles of this dealer can be, with their names in enquiries (INT-10).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vehicle_sites: Vec<VehicleSite>,
    /// The dealers whose enquiries for a vehicle at this site become leads of this dealer (INT-10).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub accepts_enquiries_from: BTreeSet<DealerId>,
    /// Working minutes after which a lead without a reaction goes to the next user in the rotation; 0 means never (DIS-10).
    #[serde(default, skip_serializing_if = "is_default", deserialize_with = "whole::<_, _, 0, { Escalation::MAX_MINUTES }>")]
    pub reassign_after: u32,
    /// Types of calendar events in addition to those that every dealer has (CAL-1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub event_types: Vec<String>,
    /// Reasons of a no-show in addition to those that every dealer has (CAL-4).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub no_show_reasons: Vec<String>,
    /// Reasons of a cancellation in addition to those that every dealer has (APT-11).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cancellation_reasons: Vec<String>,
    /// The plans of steps that follow up leads (CAL-11).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub follow_up_plans: Vec<FollowUpPlan>,
    /// The number, times and durations of appointments that customers can book with a person (CAL-7).
    #[serde(default, skip_serializing_if = "is_default")]
    pub capacity: CapacityDraft,
    /// The accepted origins of appointments, and how customers are notified of them (APT-2, APT-3).
    #[serde(default, skip_serializing_if = "is_default")]
    pub appointments: AppointmentSettings,
    /// The limits of letters and text messages to customers (SET-12).
    #[serde(default, skip_serializing_if = "is_default")]
    pub limits: SendingLimits,
    /// The job types of follow-ups, their chains of contact methods, and the reasons of customers who decline (FUP-1, FUP-3).
    #[serde(default, skip_serializing_if = "is_default")]
    pub follow_ups: FollowUpSettings,
    /// A lead marked spam or duplicate gives its owner the turn back (DIS-10).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub spam_gives_turn_back: bool,
    /// The rotation also gives leads to users outside their own weekly hours, and notices go to them. Absences and "busy" count in any case
    /// (DIS-13).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub leads_outside_own_hours: bool,
    /// The months after which a closed lead is erased: 1 to 240. `None` keeps closed leads (PRV-5).
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "optional_whole::<_, _, 1, 240>")]
    pub retention_months: Option<u32>,
    /// The number of working days of an absence from which a hand-over of the open leads is offered; 1 to 60 (DIS-12).
    #[serde(default = "long_absence", skip_serializing_if = "is_long_absence", deserialize_with = "whole::<_, _, 1, 60>")]
    pub long_absence_days: u32,
}

fn long_absence() -> u32 {
    5
}

fn is_long_absence(days: &u32) -> bool {
    *days == long_absence()
}

fn yes() -> bool {
    true
}

fn is_yes(value: &bool) -> bool {
    *value
}

/// The durations of the steps, in minutes; 0 or `null` turns a step off (SET-3).
///
/// Defaults: level 1 after 120 working minutes, the reminder 30 minutes before level 1, level 2 a day (1440 minutes) after level 1, and
/// level 2 of a resubmission a day after its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Escalation {
    /// Working minutes from the enquiry to level 1. With 0 there is no deadline, no reminder and no level 2.
    #[serde(deserialize_with = "off_if_null")]
    pub level_1: u32,
    /// Clock minutes before level 1 at which the seller is reminded.
    #[serde(deserialize_with = "off_if_null")]
    pub reminder: u32,
    /// Clock minutes from level 1 to level 2.
    #[serde(deserialize_with = "off_if_null")]
    pub level_2: u32,
    /// Clock minutes from a resubmission's time to its level 2 (ESC-4).
    #[serde(deserialize_with = "off_if_null")]
    pub level_2_resubmission: u32,
}

fn empty_if_null<'de, D: Deserializer<'de>>(location: D) -> Result<Location, D::Error> {
    Option::deserialize(location).map(Option::unwrap_or_default)
}

fn off_if_null<'de, D: Deserializer<'de>>(minutes: D) -> Result<u32, D::Error> {
    optional_whole::<_, _, 0, { Escalation::MAX_MINUTES }>(minutes).map(Option::unwrap_or_default)
}

impl Default for Escalation {
    fn default() -> Self {
        Self { level_1: 120, reminder: 30, level_2: 1440, level_2_resubmission: 1440 }
    }
}

impl Escalation {
    /// The longest duration of a step: 60 days.
    pub const MAX_MINUTES: u32 = 60 * 24 * 60;
}
