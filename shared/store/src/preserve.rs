//! Keeps the fields of an item that this release does not know when it writes the item.
//!
//! Two releases share the table while functions are replaced, and a release may be taken back. So an item may have fields, values and
//! variants that this release does not know. It ignores them when it reads the item, and [`Preserve::over`] keeps them when it writes the
//! item: a merge of three forms.
//!
//! - `stored`: the item as it was read from the table.
//! - `read`: the item as this release would write it unchanged. A part of `stored` that `read` lacks is unknown to this release.
//! - `new`: the item as the rule returned it, perhaps built from scratch.
//!
//! A part that the rule left unchanged (`new` equals `read`) stays exactly as it is stored. Objects are merged field by field. An entry of
//! a list is found again by its content, by its identity or by its place; the unknown fields of an entry that the rule removed go with it.
//! A value or a variant that this release does not know is read as `unknown`, and the stored value stays.
//!
//! A field that this release moved into the row of its item or out of it is not unknown: [`relocated`] puts it in its new place first.

use crate::entity::{Attributes, ENVELOPE};
use aws_sdk_dynamodb::types::AttributeValue;
use std::borrow::Cow;

/// The fields that identify an entry of a list. The first one that both entries have decides.
const IDENTITY: [&str; 5] = ["id", "user", "webhook", "from", "kind"];

/// The fields that identify which variant or entity an object is. If one changes, the object is another one, and keeps no field of
/// the former.
const DISCRIMINANTS: [&str; 5] = ["id", "is", "what", "about", "becomes"];

/// The name of the unknown case of every enum.
const UNKNOWN: &str = "unknown";

/// Whether an unchanged value stays as it is stored or gets the form of this release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Preserve {
    /// It stays as it is stored. Every change of an item uses this.
    Stored,
    /// It gets the form of this release, and only unknown fields stay. The migration uses this.
    Unknown,
}

impl Preserve {
    /// Returns `new` with the parts of `stored` that this release does not know. The fields in `derived` are always those of `new`.
    pub(crate) fn over(self, stored: &Attributes, read: &Attributes, mut new: Attributes, derived: &[&str]) -> Attributes {
        for (name, kept) in stored.iter().filter(|(name, _)| !derived.contains(&name.as_str())) {
            match (read.get(name), new.get_mut(name)) {
                (Some(read), Some(new)) => self.value(kept, read, new),
                // The rule removed a field that this release knows.
                (Some(_), None) => {}
                // The rule set a field that was unset for this release: an object can have had unknown fields alone.
                (None, Some(new)) => self.value(kept, &AttributeValue::M(Attributes::new()), new),
                (None, None) => drop(new.insert(name.clone(), kept.clone())),
            }
        }
        new
    }

    /// Adds to `new` the parts of `stored` that this release does not know.
    pub(crate) fn value(self, stored: &AttributeValue, read: &AttributeValue, new: &mut AttributeValue) {
        // Most values of an item: nothing is lost, so nothing is copied.
        if new == stored {
            return;
        }
        if new == read && (self == Preserve::Stored || is_unknown(read)) {
            new.clone_from(stored);
            return;
        }
        match (stored, read, new) {
            (AttributeValue::M(stored), AttributeValue::M(read), AttributeValue::M(new)) if is_same(stored, read, new) => {
                *new = self.over(stored, read, std::mem::take(new), &[]);
            }
            (AttributeValue::L(stored), AttributeValue::L(read), AttributeValue::L(new)) => {
                keep_unknown(stored, read, new);
                if stored.len() == read.len() {
                    self.list(stored, read, new);
                }
            }
            _ => {}
        }
    }

    /// Merges the objects of a list. Other entries have no fields, and a set of them may be in another order than it is stored.
    fn list(self, stored: &[AttributeValue], read: &[AttributeValue], new: &mut [AttributeValue]) {
        let mut before: Vec<Option<usize>> = vec![None; new.len()];
        let mut free = vec![true; read.len()];
        // First by content, at its old place if no entry was added or removed, otherwise usually next to the one before it.
        if new.len() == read.len() {
            for (place, found) in before.iter_mut().enumerate().filter(|(place, _)| read[*place] == new[*place]) {
                (free[place], *found) = (false, Some(place));
            }
        }
        let mut next = 0;
        for (entry, found) in new.iter().zip(&mut before).filter(|(_, found)| found.is_none()) {
            let place = (next..read.len()).chain(0..next).find(|place| free[*place] && read[*place] == *entry);
            if let Some(place) = place {
                (free[place], *found, next) = (false, Some(place), place + 1);
            }
        }
        // Then by identity.
        for (entry, found) in new.iter().zip(&mut before).filter(|(_, found)| found.is_none()) {
            let place =
                (0..read.len()).find(|place| free[*place] && identity(entry).is_some_and(|own| identity(&read[*place]) == Some(own)));
            if let Some(place) = place {
                (free[place], *found) = (false, Some(place));
            }
        }
        // An entry without identity that changed is the one at its place, if no entry was added or removed.
        if new.len() == read.len() {
            for (place, found) in before.iter_mut().enumerate().filter(|(_, found)| found.is_none()) {
                if free[place] && identity(&new[place]).is_none() && identity(&read[place]).is_none() {
                    (free[place], *found) = (false, Some(place));
                }
            }
        }
        for (entry, place) in new.iter_mut().zip(before).filter(|(entry, _)| entry.is_m()) {
            if let Some(place) = place {
                self.value(&stored[place], &read[place], entry);
            }
        }
    }
}

/// Returns the row of an item, which the indexes carry.
pub(crate) fn row_of(item: &Attributes) -> Option<&Attributes> {
    item.get("row").and_then(|row| row.as_m().ok())
}

/// Returns a stored item with each field of this release in the place that it has in `read`: in the row, or beside it.
///
/// Otherwise the former place would stay beside the new one as an unknown field, and its old value would return when a rule empties the
/// field. If a field is in both places, the row has its value, as when an item is read.
pub(crate) fn relocated<'a>(stored: &'a Attributes, read: &Attributes, computed: &[&str]) -> Cow<'a, Attributes> {
    let Some(read_row) = row_of(read) else { return Cow::Borrowed(stored) };
    let is_state = |name: &str| !ENVELOPE.contains(&name);
    let moved_in = read_row.keys().filter(|name| is_state(name) && stored.contains_key(*name) && !read.contains_key(*name));
    let moved_in: Vec<&String> = moved_in.collect();
    let stored_names = row_of(stored).into_iter().flat_map(Attributes::keys);
    let moved_out = stored_names
        .filter(|name| is_state(name) && !computed.contains(&name.as_str()) && read.contains_key(*name) && !read_row.contains_key(*name));
    let moved_out: Vec<&String> = moved_out.collect();
    if moved_in.is_empty() && moved_out.is_empty() {
        return Cow::Borrowed(stored);
    }
    let mut item = stored.clone();
    let mut row = match item.remove("row") {
        Some(AttributeValue::M(row)) => row,
        _ => Attributes::new(),
    };
    for name in moved_in {
        if let Some(value) = item.remove(name) {
            row.entry(name.clone()).or_insert(value);
        }
    }
    for name in moved_out {
        if let Some(value) = row.remove(name) {
            item.insert(name.clone(), value);
        }
    }
    item.insert("row".into(), AttributeValue::M(row));
    Cow::Owned(item)
}

/// Whether this release reads a value or a variant as unknown.
fn is_unknown(read: &AttributeValue) -> bool {
    matches!(read, AttributeValue::S(text) if text == UNKNOWN)
}

/// Puts the values that this release does not know back into a list of values.
fn keep_unknown(stored: &[AttributeValue], read: &[AttributeValue], new: &mut Vec<AttributeValue>) {
    if new.iter().any(is_unknown) && read.iter().any(is_unknown) {
        new.retain(|value| !is_unknown(value));
        new.extend(stored.iter().filter(|value| !read.contains(value)).cloned());
    }
}

/// Whether three forms are of one object: the same variant of an enum, the same entity.
fn is_same(stored: &Attributes, read: &Attributes, new: &Attributes) -> bool {
    // An enum whose variant was renamed has nothing in common with its stored form.
    let known = read.is_empty() || read.keys().any(|name| stored.contains_key(name));
    let variant = read.len() != 1 || new.len() != 1 || read.keys().eq(new.keys());
    let text = |of: &Attributes, name: &str| of.get(name).and_then(|value| value.as_s().ok()).cloned();
    known && variant && DISCRIMINANTS.iter().all(|name| text(read, name).zip(text(new, name)).is_none_or(|(read, new)| read == new))
}

fn identity(entry: &AttributeValue) -> Option<(&'static str, &AttributeValue)> {
    let AttributeValue::M(fields) = entry else { return None };
    IDENTITY.iter().find_map(|name| Some((*name, fields.get(*name)?)))
}
