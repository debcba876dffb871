//! Deadline rules: they choose the durations of the steps by source, type and make (ESC-13).

use crate::base::{Fault, optional_whole, whole};
use crate::enquiry::{LeadType, RoutingCriteria};
use crate::settings::{DealerSettings, Escalation, RoutingCondition};
use serde::{Deserialize, Serialize};

/// One deadline rule: leads that meet the condition have these durations (ESC-13).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadlineRule {
    /// The condition; an empty one matches every lead.
    #[serde(default)]
    pub when: RoutingCondition,
    /// Working minutes from the enquiry to level 1. With 0 these leads have no deadline, no reminder and no level 2.
    #[serde(deserialize_with = "whole::<_, _, 0, { Escalation::MAX_MINUTES }>")]
    pub level_1: u32,
    /// Clock minutes before level 1 at which the seller is reminded; 0 turns the reminder off. `None` means the dealer's.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "optional_whole::<_, _, 0, { Escalation::MAX_MINUTES }>")]
    pub reminder: Option<u32>,
    /// Clock minutes from level 1 to level 2; 0 turns level 2 off. `None` means the dealer's.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "optional_whole::<_, _, 0, { Escalation::MAX_MINUTES }>")]
    pub level_2: Option<u32>,
}

impl DeadlineRule {
    /// Returns the durations of a lead that meets the condition, at a dealer with the durations `of_dealer`.
    fn escalation(&self, of_dealer: Escalation) -> Escalation {
        let (reminder, level_2) = (self.reminder.unwrap_or(of_dealer.reminder), self.level_2.unwrap_or(of_dealer.level_2));
        Escalation { level_1: self.level_1, reminder, level_2, ..of_dealer }
    }
}

impl DealerSettings {
    /// Returns the durations of a lead's steps: those of the first deadline rule that matches, else the dealer's (ESC-13).
    pub fn escalation_for(&self, source: &str, lead_type: LeadType, criteria: &RoutingCriteria) -> Escalation {
        let rule = self.deadline_rule_for(source, lead_type, criteria);
        rule.map_or(self.escalation, |(_, rule)| rule.escalation(self.escalation))
    }

    /// Returns the first deadline rule that matches, with its place. `None` if the dealer's durations apply (ESC-13).
    pub fn deadline_rule_for(&self, source: &str, lead_type: LeadType, criteria: &RoutingCriteria) -> Option<(usize, &DeadlineRule)> {
        self.deadline_rules.iter().enumerate().find(|(_, rule)| rule.when.holds(source, lead_type, criteria))
    }

    /// Returns the durations of the dealer and of each deadline rule, with the path of their fields.
    pub(crate) fn escalations(&self) -> impl Iterator<Item = (String, Escalation)> {
        let rules = self.deadline_rules.iter().enumerate();
        let rules = rules.map(|(i, rule)| (format!("deadline_rules[{i}]"), rule.escalation(self.escalation)));
        std::iter::once(("escalation".to_owned(), self.escalation)).chain(rules)
    }

    /// Checks the deadline rules (ESC-13).
    pub(crate) fn check_deadline_rules(&self, faults: &mut Vec<Fault>) {
        for (i, rule) in self.deadline_rules.iter().enumerate() {
            let field = |name: &str| format!("deadline_rules[{i}].{name}");
            let durations = [("level_1", Some(rule.level_1)), ("reminder", rule.reminder), ("level_2", rule.level_2)];
            for (name, _) in durations.iter().filter(|(_, minutes)| minutes.is_some_and(|minutes| minutes > Escalation::MAX_MINUTES)) {
                faults.push(Fault::new(field(name), "ESC-13", "must be at most 86400 minutes (60 days)"));
            }
            if rule.level_1 > 0 && !self.calendar.has_hours() {
                faults.push(Fault::new(field("level_1"), "ESC-13", "needs opening hours; without any, set it to 0"));
            }
            faults.extend(rule.when.faults(&field("when"), "ESC-13"));
        }
        if self.deadline_rules.len() > 200 {
            faults.push(Fault::new("deadline_rules", "ESC-13", "must have at most 200 entries"));
        }
    }
}
