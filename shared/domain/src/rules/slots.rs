//! Changes of people's days (CAL-7).

use crate::decision::Item;
use crate::slots::Diary;

impl<'a> Diary<'a> {
    /// What is to be committed.
    pub fn items(self) -> impl Iterator<Item = Item> {
        self.changed.into_values().map(Item::Day)
    }
}
