//! The deadline rule of a lead, which explains its deadline (ESC-13).

use forecourt_domain::lead::Lead;
use forecourt_domain::settings::Dealer;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A deadline rule that applies to a lead.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DeadlineRuleView {
    /// Place among the dealer's deadline rules, from 1.
    #[schema(example = 1)]
    pub number: usize,
    /// The condition, as in the settings.
    #[schema(value_type = Object)]
    pub when: Value,
    /// Working minutes to level 1.
    pub level_1: u32,
    /// Minutes from the reminder to level 1; `null` if they are the dealer's.
    pub reminder: Option<u32>,
    /// Minutes from level 1 to level 2; `null` if they are the dealer's.
    pub level_2: Option<u32>,
}

impl DeadlineRuleView {
    /// The rule by which the lead waits for an answer. `None` if the dealer's durations apply, or nobody waits.
    pub fn of(lead: &Lead, dealer: &Dealer) -> Option<Self> {
        let (place, rule) = lead.deadline_rule(dealer).filter(|_| lead.clock_runs())?;
        Some(Self { number: place + 1, when: json!(rule.when), level_1: rule.level_1, reminder: rule.reminder, level_2: rule.level_2 })
    }
}
