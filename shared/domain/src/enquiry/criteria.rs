//! The criteria that routing rules compare (DIS-3).

use crate::base::Language;
use crate::enquiry::{Condition, Enquiry, LeadType};
use serde::{Deserialize, Serialize};

/// The values that routing rules compare. The lead keeps them, because another dealer's rules need them when the lead is moved there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoutingCriteria {
    /// The make of the first vehicle asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub make: Option<String>,
    /// The condition of that vehicle, else the condition that the lead's type implies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
    /// The site where the vehicle is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The contact's postcode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postcode: Option<String>,
    /// The contact's language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
}

impl RoutingCriteria {
    /// Returns the criteria of an enquiry.
    pub fn of(enquiry: &Enquiry) -> Self {
        let vehicle = enquiry.vehicles.first();
        let by_type = match enquiry.lead_type {
            LeadType::NewCar => Some(Condition::New),
            LeadType::UsedCar => Some(Condition::Used),
            LeadType::TradeIn | LeadType::TestDrive | LeadType::Service | LeadType::Other | LeadType::Unknown => None,
        };
        Self {
            make: vehicle.and_then(|vehicle| vehicle.make.clone()),
            condition: vehicle.and_then(|vehicle| vehicle.condition).or(by_type),
            site: vehicle.and_then(|vehicle| vehicle.site.clone()),
            postcode: enquiry.contact.postcode.clone(),
            language: enquiry.contact.language.clone(),
        }
    }

    /// Returns whether no criterion is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
