//! The instant answer: an automatic letter to the customer of a new lead (LEAD-3). It is no reaction and changes no clock.

use crate::base::{Actor, Budget, ElementId, Medium, Window};
use crate::elements::{Communication, Content, Element};
use crate::enquiry::ContactPreferences;
use crate::lead::Lead;
use crate::messages::{Letter, LetterKind, SuppressionReason};
use crate::rules::lead::intake::Arrival;
use crate::settings::{Dealer, DealerSettings};
use crate::texts::{DealerTexts, TextKind, Values, Wanted};
use chrono::{DateTime, TimeDelta, Utc};

/// The id of the communication of an instant answer. A lead has one at most.
const ID: &str = "instant-answer";

/// How long an instant answer is still useful after the enquiry.
const USEFUL: TimeDelta = TimeDelta::hours(12);

/// Returns the instant answer to the enquiry that makes `lead`: a communication of the lead, and its letter. `None` if the dealer answers
/// no enquiry of this source, the enquiry was written by a program or entered by a user, or the customer has no e-mail address.
pub(super) fn instant_answer(arrival: &Arrival, lead: &Lead, dealer: &Dealer, texts: Option<&DealerTexts>) -> Option<(Element, Letter)> {
    let settings = &dealer.settings;
    if arrival.automatic || !settings.instant_answer.answers(&lead.source) || matches!(arrival.by, Actor::User(_)) {
        return None;
    }
    let reached = ContactPreferences::of(&arrival.enquiry.contact);
    let to = reached.email?;
    if settings.lead_address.as_ref().is_some_and(|own| own.is_same(&to)) {
        return None;
    }
    let language = reached.language.unwrap_or_else(|| settings.language.clone());
    let values = Values::of(settings, &language, &lead.contact, &lead.vehicle).with_lead(lead.id);
    let wanted = Wanted {
        kind: TextKind::InstantAnswer,
        medium: Medium::Email,
        language: &language,
        lead_type: Some(lead.lead_type),
        only_place: false,
    };
    let written = wanted.write(texts, &values)?;
    let id = ElementId::parse(ID).ok()?;
    let communication = Communication::Email {
        subject: written.subject.clone(),
        quote: None,
        received: None,
        answers: None,
        documents: Vec::new(),
        expose: false,
    };
    let element = Element::new(id, lead.id, Content::Communication(communication), &Actor::System, arrival.at);
    let kind = LetterKind::text(written.subject, written.text);
    let letter = Letter { instant: true, ..Letter::of_lead(lead, ID.to_owned(), Medium::Email, kind, arrival.at) };
    let suppressed = match &**settings {
        DealerSettings { send_external_mail: false, .. } => Some(SuppressionReason::Switched),
        DealerSettings { lead_tracking_only: true, .. } => Some(SuppressionReason::TrackingOnly),
        _ => None,
    };
    Some((element, suppressed.map_or_else(|| letter.clone(), |why| letter.suppressed(why, arrival.at))))
}

impl Letter {
    /// Returns the budget of instant answers to one address: with it, two programs that answer each other stop after one mail a day.
    pub fn instant_budget() -> Budget {
        Budget { most: 1, window: Window::Day }
    }

    /// Returns the reason for which an instant answer is no longer sent. `None` for another letter, and while it is useful.
    pub fn outdated_instant(&self, lead: Option<&Lead>, settings: &DealerSettings, now: DateTime<Utc>) -> Option<SuppressionReason> {
        if !self.instant {
            return None;
        }
        if lead.is_none_or(|lead| lead.reaction.is_some()) {
            return Some(SuppressionReason::NoLongerSo);
        }
        if now - self.queued > USEFUL {
            return Some(SuppressionReason::TooLate);
        }
        (!settings.instant_answer.on).then_some(SuppressionReason::NotUsed)
    }
}
