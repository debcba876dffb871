//! The automatic answer to new enquiries (MSG-2).

use crate::base::Fault;
use crate::base::text::{caseless, is_line};
use serde::{Deserialize, Serialize};

/// Whether and where a dealer answers new enquiries automatically, at any hour.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct InstantAnswer {
    /// Whether new enquiries are answered. Default: no.
    pub on: bool,
    /// The sources whose enquiries are answered; empty means all sources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
}

impl InstantAnswer {
    const MAX_SOURCES: usize = 100;

    /// Returns every fault. The paths of the fields are relative to this setting.
    pub(super) fn check(&self) -> Vec<Fault> {
        let fault = |field: String, detail: String| Fault::new(field, "SET-4", detail);
        let lines = self.sources.iter().enumerate().filter(|(_, source)| !is_line(source, 100));
        let mut faults: Vec<Fault> = lines
            .map(|(i, _)| {
                fault(format!("sources[{i}]"), "must be 1 to 100 characters in one line, without leading or trailing spaces".into())
            })
            .collect();
        if self.sources.len() > Self::MAX_SOURCES {
            faults.push(fault("sources".into(), format!("must have at most {} entries", Self::MAX_SOURCES)));
        }
        faults
    }

    /// Whether an enquiry of this source is answered.
    pub fn answers(&self, source: &str) -> bool {
        let folded = caseless(source);
        self.on && (self.sources.is_empty() || self.sources.iter().any(|known| caseless(known) == folded))
    }
}
