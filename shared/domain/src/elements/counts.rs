//! Counts of the elements of a lead.

use crate::base::is_default;
use crate::elements::ElementKind;
use serde::{Deserialize, Serialize};

/// The number of elements of each kind of a lead, without removed ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names explain themselves")]
pub struct Counts {
    #[serde(skip_serializing_if = "is_default")]
    pub trade_ins: u32,
    #[serde(skip_serializing_if = "is_default")]
    pub quotes: u32,
    #[serde(skip_serializing_if = "is_default")]
    pub test_drives: u32,
    #[serde(skip_serializing_if = "is_default")]
    pub comments: u32,
    #[serde(skip_serializing_if = "is_default")]
    pub documents: u32,
    #[serde(skip_serializing_if = "is_default")]
    pub communications: u32,
}

impl Counts {
    /// Returns whether all counts are zero.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the number of elements of a kind. A document counts before its upload, from its announcement on.
    pub fn of(mut self, kind: ElementKind) -> u32 {
        *self.place(kind)
    }

    pub(crate) fn add(&mut self, kind: ElementKind) {
        *self.place(kind) += 1;
    }

    pub(crate) fn take(&mut self, kind: ElementKind) {
        let count = self.place(kind);
        *count = count.saturating_sub(1);
    }

    fn place(&mut self, kind: ElementKind) -> &mut u32 {
        match kind {
            ElementKind::TradeIn => &mut self.trade_ins,
            ElementKind::Quote => &mut self.quotes,
            ElementKind::TestDrive => &mut self.test_drives,
            ElementKind::Comment => &mut self.comments,
            ElementKind::Document => &mut self.documents,
            ElementKind::Communication => &mut self.communications,
        }
    }
}
