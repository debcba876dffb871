//! Maps whose entries another release may have written in another form.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// Reads the entries of a map. An entry of another release whose value this release cannot read is left out here, and stays where it is
/// stored.
///
/// # Errors
/// If it is no map, or a key cannot be read.
pub fn known_entries<'de, D, K, V>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
where
    D: Deserializer<'de>,
    K: Deserialize<'de> + Ord,
    V: Deserialize<'de>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Entry<V> {
        Known(V),
        Other(IgnoredAny),
    }
    let entries = BTreeMap::<K, Entry<V>>::deserialize(deserializer)?;
    let known = |(key, entry)| match entry {
        Entry::Known(value) => Some((key, value)),
        Entry::Other(IgnoredAny) => None,
    };
    Ok(entries.into_iter().filter_map(known).collect())
}
