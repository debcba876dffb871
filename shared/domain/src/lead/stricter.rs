//! A further message of the customer while an earlier one waits for its answer: the earlier steps of both hold (INT-6, ESC-13).

use crate::enquiry::Enquiry;
use crate::hours::NoHours;
use crate::lead::{ClockStart, DeadlineCriteria, Lead, Plan};
use crate::settings::Dealer;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A further message with an earlier step than the message that started the clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StricterMessage {
    /// When it was sent: its steps count from here.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub sent: DateTime<Utc>,
    /// When it reached Forecourt, if that was later.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub received: Option<DateTime<Utc>>,
    /// The criteria that choose its deadline rule.
    pub criteria: DeadlineCriteria,
    /// The deadline of the message that started the clock, by which the answer is judged (OVR-4). `None` if that message has none.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub first: Option<DateTime<Utc>>,
}

impl Lead {
    /// Takes the earlier steps of the present plan and of a plan for `enquiry`, which arrived while the clock runs. Returns whether the
    /// plan changed. Level 2 never becomes later.
    pub(crate) fn tighten(&mut self, dealer: &Dealer, start: ClockStart, enquiry: &Enquiry) -> bool {
        let first = self.terms.stricter.as_ref().map_or_else(|| self.deadline(), |stricter| stricter.first);
        let received = Some(start.seen).filter(|seen| *seen > start.counted);
        let message = StricterMessage { sent: start.counted, received, criteria: DeadlineCriteria::of_enquiry(enquiry), first };
        // Without opening hours to count in, the message has no steps (CLK-6).
        let Ok(Some(steps)) = self.steps_for(&message, dealer, Plan::none()) else { return false };
        let plan = self.plan.clone().unwrap_or_else(Plan::none).with_earlier(&steps, true);
        if self.plan.as_ref() == Some(&plan) {
            return false;
        }
        self.plan = Some(plan);
        self.terms.stricter = Some(Box::new(message));
        true
    }

    /// Computes the plan of the message that started the clock from `plan`, and with it the earlier steps of a stricter message.
    ///
    /// # Errors
    /// [`NoHours`] if the calendar has no opening hours to count in (CLK-6).
    pub(crate) fn recomputed(&mut self, plan: &Plan, dealer: &Dealer) -> Result<Option<Plan>, NoHours> {
        let (escalation, calendar) = (self.escalation(dealer), &dealer.settings.calendar);
        let Some(stricter) = self.terms.stricter.clone() else { return plan.moved(escalation, calendar, self.clock()) };
        let (own, others) = plan.parted(stricter.first);
        let own = own.moved(escalation, calendar, self.clock())?.unwrap_or_else(Plan::none);
        let steps = self.steps_for(&stricter, dealer, others)?.unwrap_or_else(Plan::none);
        let both = own.with_earlier(&steps, true);
        self.terms.stricter = Some(Box::new(StricterMessage { first: own.deadline(), ..*stricter }));
        Ok(Some(both).filter(|plan| !plan.steps().is_empty()))
    }

    /// Returns `plan`, whose level 1 a user has moved, with the level 2 of a stricter message if that is earlier.
    pub(crate) fn with_stricter_level_2(&self, plan: Plan, dealer: &Dealer) -> Plan {
        let stricter = self.terms.stricter.as_deref();
        let steps = stricter.and_then(|stricter| self.steps_for(stricter, dealer, Plan::none()).ok().flatten());
        steps.map_or_else(|| plan.clone(), |steps| plan.with_earlier(&steps, false))
    }

    fn steps_for(&self, message: &StricterMessage, dealer: &Dealer, plan: Plan) -> Result<Option<Plan>, NoHours> {
        let seen = message.received.unwrap_or(message.sent);
        let start = ClockStart { counted: message.sent, seen, act_until: self.terms.act_until };
        plan.moved(message.criteria.escalation(dealer), &dealer.settings.calendar, start)
    }
}
