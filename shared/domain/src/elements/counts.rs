//! Counts of the elements of a lead.

use crate::elements::Kind;
use serde::{Deserialize, Serialize};

/// How many elements of each kind a lead has; removed ones do not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Counts {
    #[serde(skip_serializing_if = "none")]
    pub trade_ins: u32,
    #[serde(skip_serializing_if = "none")]
    pub quotes: u32,
    #[serde(skip_serializing_if = "none")]
    pub test_drives: u32,
    #[serde(skip_serializing_if = "none")]
    pub comments: u32,
    #[serde(skip_serializing_if = "none")]
    pub documents: u32,
    #[serde(skip_serializing_if = "none")]
    pub communications: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks")]
fn none(count: &u32) -> bool {
    *count == 0
}

impl Counts {
    /// Whether there are none at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// How many there are of a kind; a document counts from its announcement on.
    pub fn of(mut self, kind: Kind) -> u32 {
        *self.place(kind)
    }

    pub(crate) fn add(&mut self, kind: Kind) {
        *self.place(kind) += 1;
    }

    pub(crate) fn take(&mut self, kind: Kind) {
        let count = self.place(kind);
        *count = count.saturating_sub(1);
    }

    fn place(&mut self, kind: Kind) -> &mut u32 {
        match kind {
            Kind::TradeIn => &mut self.trade_ins,
            Kind::Quote => &mut self.quotes,
            Kind::TestDrive => &mut self.test_drives,
            Kind::Comment => &mut self.comments,
            Kind::Document => &mut self.documents,
            Kind::Communication => &mut self.communications,
        }
    }
}
