//! Further messages of the customer while an earlier one waits for its answer: the earliest steps of all hold (INT-6, ESC-13).

use crate::hours::NoHours;
use crate::lead::{ClockStart, DeadlineCriteria, Lead, Plan};
use crate::settings::Dealer;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The further messages that have an earlier step than the message that started the clock.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StricterMessages {
    /// The deadline of the message that started the clock, by which the answer is judged (OVR-4). `None` if that message has none.
    #[serde(with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub first: Option<DateTime<Utc>>,
    /// The messages, oldest first: at most ten. The steps of further ones hold, but do not follow new settings.
    pub messages: Vec<StricterMessage>,
}

/// A further message.
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
    /// Its own deadline. `None` if it has none.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option", skip_serializing_if = "Option::is_none")]
    pub deadline: Option<DateTime<Utc>>,
}

/// The maximum number of [`StricterMessages::messages`].
const MOST: usize = 10;

impl Lead {
    /// Takes the earlier steps of the present plan and of a plan for a message that arrived while the clock runs. Returns whether the plan
    /// changed. Level 2 never becomes later.
    pub(super) fn tighten(&mut self, dealer: &Dealer, start: ClockStart, criteria: DeadlineCriteria) -> bool {
        let received = Some(start.seen).filter(|seen| *seen > start.counted);
        let mut message = StricterMessage { sent: start.counted, received, criteria, deadline: None };
        // Without opening hours to count in, the message has no steps (CLK-6).
        let Ok(Some(steps)) = self.steps_for(&message, dealer, &Plan::none()) else { return false };
        let plan = self.plan.clone().unwrap_or_else(Plan::none).with_earlier(&steps, true);
        if self.plan.as_ref() == Some(&plan) {
            return false;
        }
        message.deadline = steps.deadline();
        let first = self.deadline();
        let stricter = self.terms.stricter.get_or_insert_with(|| Box::new(StricterMessages { first, messages: Vec::new() }));
        if stricter.messages.len() < MOST {
            stricter.messages.push(message);
        }
        self.plan = Some(plan);
        if let Some(deadline) = self.deadline().filter(|deadline| first.is_none_or(|first| *deadline < first)) {
            self.turn = self.turn.take().map(|turn| turn.tightened(deadline, dealer));
        }
        true
    }

    /// Computes the plan of the message that started the clock from `plan`, and with it the earlier steps of stricter messages.
    ///
    /// # Errors
    /// [`NoHours`] if the calendar has no opening hours to count in (CLK-6).
    pub(crate) fn recomputed(&mut self, plan: &Plan, dealer: &Dealer) -> Result<Option<Plan>, NoHours> {
        let (escalation, calendar) = (self.escalation(dealer), &dealer.settings.calendar);
        let Some(mut stricter) = self.terms.stricter.clone() else { return plan.moved(escalation, calendar, self.clock()) };
        let (own, theirs) = plan.parted(stricter.first);
        let own = own.moved(escalation, calendar, self.clock())?.unwrap_or_else(Plan::none);
        stricter.first = own.deadline();
        let mut all = own;
        for message in &mut stricter.messages {
            let fired = if theirs.deadline() == message.deadline { theirs.clone() } else { Plan::none() };
            let steps = self.steps_for(message, dealer, &fired)?.unwrap_or_else(Plan::none);
            message.deadline = steps.deadline();
            all = all.with_earlier(&steps, true);
        }
        self.terms.stricter = Some(stricter);
        Ok(Some(all).filter(|plan| !plan.steps().is_empty()))
    }

    /// Returns `plan`, whose level 1 a user has moved, with the level 2 of a stricter message if that is earlier.
    pub(crate) fn with_stricter_level_2(&self, plan: Plan, dealer: &Dealer) -> Plan {
        let messages = self.terms.stricter.iter().flat_map(|stricter| &stricter.messages);
        let steps = messages.filter_map(|message| self.steps_for(message, dealer, &Plan::none()).ok().flatten());
        steps.fold(plan, |plan, steps| plan.with_earlier(&steps, false))
    }

    /// Returns the criteria of the stricter message that has the present deadline. `None` if there is none.
    pub(super) fn stricter_criteria(&self) -> Option<&DeadlineCriteria> {
        let stricter = self.terms.stricter.as_ref().filter(|stricter| stricter.first != self.deadline())?;
        stricter.messages.iter().find(|message| message.deadline == self.deadline()).map(|message| &message.criteria)
    }

    fn steps_for(&self, message: &StricterMessage, dealer: &Dealer, plan: &Plan) -> Result<Option<Plan>, NoHours> {
        let seen = message.received.unwrap_or(message.sent);
        let start = ClockStart { counted: message.sent, seen, act_until: self.terms.act_until };
        plan.moved(message.criteria.escalation(dealer), &dealer.settings.calendar, start)
    }
}
