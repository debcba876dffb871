//! Changes of users' days (CAL-7).

use crate::decision::Item;
use crate::slots::Diary;

impl<'a> Diary<'a> {
    /// Returns the items to commit.
    pub fn items(self) -> impl Iterator<Item = Item> {
        self.changed.into_values().map(Item::Day)
    }
}
