//! Routing rules: they choose the lane of a dealer's distribution for a lead (DIS-3, DIS-8).

use crate::base::text::{caseless, is_line};
use crate::base::{DistributionGroupId, Fault, Language};
use crate::enquiry::{Condition, LeadType, RoutingCriteria};
use crate::settings::DealerSettings;
use serde::{Deserialize, Serialize};

/// One routing rule: leads that meet the condition go to this group (DIS-3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutingRule {
    /// One of the dealer's distribution groups.
    pub group: DistributionGroupId,
    /// The condition; an empty one matches every lead.
    #[serde(default)]
    pub when: RoutingCondition,
}

/// The condition of a routing rule. A lead matches a list if it matches one of its entries; an empty list matches every lead. All lists
/// must match. The comparison ignores upper and lower case and the Unicode form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoutingCondition {
    /// The sources of the lead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// The types of the lead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<LeadType>,
    /// The makes of the vehicle asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub makes: Vec<String>,
    /// New or used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
    /// The sites where the vehicle is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<String>,
    /// The beginnings of the contact's postcode; spaces are ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub postcodes: Vec<String>,
    /// The languages of the contact; `en` includes `en-GB`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<Language>,
}

impl RoutingCondition {
    /// Returns whether a lead with this source, type and criteria meets the condition.
    pub fn holds(&self, source: &str, lead_type: LeadType, criteria: &RoutingCriteria) -> bool {
        let same = |wanted: &[String], is: Option<&str>| {
            wanted.is_empty() || is.is_some_and(|is| wanted.iter().any(|w| caseless(w) == caseless(is)))
        };
        let begins = |postcode: &str| self.postcodes.iter().any(|start| bare(postcode).starts_with(&bare(start)));
        same(&self.sources, Some(source))
            && (self.types.is_empty() || self.types.contains(&lead_type))
            && same(&self.makes, criteria.make.as_deref())
            && same(&self.sites, criteria.site.as_deref())
            && (self.condition.is_none() || self.condition == criteria.condition)
            && (self.postcodes.is_empty() || criteria.postcode.as_deref().is_some_and(begins))
            && (self.languages.is_empty() || criteria.language.as_ref().is_some_and(|language| self.languages.contains(language)))
    }
}

impl RoutingCondition {
    /// Returns every fault of the condition, which is at the path `at`, under `rule`.
    pub(crate) fn faults(&self, at: &str, rule: &'static str) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.types.contains(&LeadType::Unknown) {
            let names = LeadType::NAMES.map(|(name, _)| name).join(", ");
            faults.push(Fault::new(format!("{at}.types"), rule, format!("must be among {names}")));
        }
        if self.condition == Some(Condition::Unknown) {
            faults.push(Fault::new(format!("{at}.condition"), rule, "must be new or used"));
        }
        let lists = [("sources", &self.sources), ("makes", &self.makes), ("sites", &self.sites), ("postcodes", &self.postcodes)];
        for (name, _) in lists.into_iter().filter(|(_, list)| list.len() > 200 || !list.iter().all(|text| is_line(text, 100))) {
            let detail = "must have at most 200 texts of 1 to 100 characters, without leading or trailing spaces";
            faults.push(Fault::new(format!("{at}.{name}"), rule, detail));
        }
        faults
    }
}

fn bare(postcode: &str) -> String {
    postcode.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase()
}

/// A lane of a dealer's distribution. Each lane has one stored item, which every turn updates (DIS-1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// The rotation of a distribution group, or of the whole dealer.
    Rotation(Option<DistributionGroupId>),
    /// The pool.
    Pool,
}

impl DealerSettings {
    /// Returns the lane of a lead: the pool if there is one, else the group of the first matching rule, else the rotation of all members
    /// (DIS-3, DIS-8).
    pub fn lane(&self, source: &str, lead_type: LeadType, criteria: &RoutingCriteria) -> Lane {
        if self.pool.is_some() {
            return Lane::Pool;
        }
        let rule = self.routing_rules.iter().find(|rule| rule.when.holds(source, lead_type, criteria));
        Lane::Rotation(rule.map(|rule| rule.group.clone()))
    }
}
