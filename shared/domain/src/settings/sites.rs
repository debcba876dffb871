//! The sites at which a dealer's vehicles can be (INT-10).

use crate::base::text::{is_line, is_same_name};
use crate::base::{DealerId, Fault};
use crate::enquiry::Enquiry;
use crate::settings::DealerSettings;
use serde::{Deserialize, Serialize};

/// Another dealer of the group at which vehicles of this dealer can be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VehicleSite {
    /// The dealer. It must accept enquiries from this one.
    pub dealer: DealerId,
    /// Names of the site in addition to the dealer's id and name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
}

/// The most sites of a dealer, and the most aliases of a site.
const MOST: usize = 50;
/// The most dealers from which a dealer accepts enquiries.
const MAX_ACCEPTED: usize = 5_000;

impl VehicleSite {
    /// Whether `site`, as an enquiry writes it, is an alias of this site.
    pub fn is_called(&self, site: &str) -> bool {
        self.aliases.iter().any(|alias| is_same_name(alias, site))
    }
}

impl DealerSettings {
    /// Returns the site of the first vehicle as the enquiry writes it. `None` without one, or if `rules_of_vehicle_location` is off
    /// (INT-10).
    pub fn site_of<'a>(&self, enquiry: &'a Enquiry) -> Option<&'a str> {
        let site = enquiry.vehicles.first().filter(|_| self.rules_of_vehicle_location)?.site.as_deref()?;
        Some(site.trim()).filter(|site| !site.is_empty())
    }

    /// Whether `site`, as an enquiry writes it, is the name of this dealer.
    pub fn is_named(&self, site: &str) -> bool {
        is_same_name(&self.name, site)
    }

    /// Checks the sites (INT-10).
    pub(super) fn check_sites(&self, faults: &mut Vec<Fault>) {
        let mut fault = |field: String, detail: String| faults.push(Fault::new(field, "INT-10", detail));
        for (i, site) in self.vehicle_sites.iter().enumerate() {
            if self.vehicle_sites[..i].iter().any(|other| other.dealer == site.dealer) {
                fault(format!("vehicle_sites[{i}].dealer"), "is listed twice".into());
            }
            let valid = site.aliases.len() <= MOST && site.aliases.iter().all(|alias| is_line(alias, 100));
            if !valid {
                let detail = format!("must have at most {MOST} names of 1 to 100 characters, without leading or trailing spaces");
                fault(format!("vehicle_sites[{i}].aliases"), detail);
            }
            let taken = |alias: &String| self.vehicle_sites[..i].iter().any(|other| other.is_called(alias));
            if let Some(alias) = site.aliases.iter().find(|alias| taken(alias)) {
                fault(format!("vehicle_sites[{i}].aliases"), format!("must not contain {alias}: it is a name of another site"));
            }
        }
        if self.vehicle_sites.len() > MOST {
            fault("vehicle_sites".into(), format!("must have at most {MOST} entries"));
        }
        if self.accepts_enquiries_from.len() > MAX_ACCEPTED {
            fault("accepts_enquiries_from".into(), format!("must have at most {MAX_ACCEPTED} entries"));
        }
    }
}
