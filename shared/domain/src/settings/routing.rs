//! Routing rules: they choose the lane of a dealer's distribution that a lead goes through (DIS-3, DIS-8).

use crate::base::{DistributionGroupId, Language};
use crate::enquiry::{Condition, LeadType, RoutingCriteria};
use crate::settings::DealerSettings;
use serde::{Deserialize, Serialize};

/// One routing rule: leads that are so go to this group (DIS-3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoutingRule {
    /// Which of the dealer's distribution groups.
    pub group: DistributionGroupId,
    /// What a lead must be like.
    #[serde(default)]
    pub when: RoutingCondition,
}

/// What a lead must be like. Of each list one must hold; a list that is empty asks nothing; all that is asked must hold. Text is compared
/// without regard to case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoutingCondition {
    /// Where the customer asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// What it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<LeadType>,
    /// The make of the vehicle asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub makes: Vec<String>,
    /// New or used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
    /// The site where the vehicle stands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<String>,
    /// What the contact's postcode begins with; spaces do not count.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub postcodes: Vec<String>,
    /// The contact's language; `en` takes `en-GB` in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<Language>,
}

impl RoutingCondition {
    /// Whether a lead of this source and type, that asked so, is like this.
    pub fn holds(&self, source: &str, lead_type: LeadType, asked: &RoutingCriteria) -> bool {
        let same =
            |wanted: &[String], is: Option<&str>| wanted.is_empty() || is.is_some_and(|is| wanted.iter().any(|w| folded(w) == folded(is)));
        let begins = |postcode: &str| self.postcodes.iter().any(|start| bare(postcode).starts_with(&bare(start)));
        let speaks = |language: &Language| self.languages.iter().any(|wanted| language.is_in(wanted));
        same(&self.sources, Some(source))
            && (self.types.is_empty() || self.types.contains(&lead_type))
            && same(&self.makes, asked.make.as_deref())
            && same(&self.sites, asked.site.as_deref())
            && (self.condition.is_none() || self.condition == asked.condition)
            && (self.postcodes.is_empty() || asked.postcode.as_deref().is_some_and(begins))
            && (self.languages.is_empty() || asked.language.as_ref().is_some_and(speaks))
    }
}

fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

fn bare(postcode: &str) -> String {
    postcode.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase()
}

/// Which lane of a dealer's distribution: each has a place of its own that every turn goes through (DIS-1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// The rotation of a distribution group, or of the whole dealer.
    Rotation(Option<DistributionGroupId>),
    /// The pool.
    Pool,
}

impl DealerSettings {
    /// The lane that a lead goes through: the pool if there is one, else the group of the first rule that holds, else the whole rotation (DIS-3, DIS-8).
    pub fn lane(&self, source: &str, lead_type: LeadType, asked: &RoutingCriteria) -> Lane {
        if self.pool.is_some() {
            return Lane::Pool;
        }
        let rule = self.routing_rules.iter().find(|rule| rule.when.holds(source, lead_type, asked));
        Lane::Rotation(rule.map(|rule| rule.group.clone()))
    }
}
