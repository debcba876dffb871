//! Maps whose entries another release may have written in another form.

use serde::de::value::StringDeserializer;
use serde::de::{IgnoredAny, IntoDeserializer};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// Reads the entries of a map whose keys are texts. An entry of another release whose key or value this release cannot read is left out
/// here, and stays where it is stored.
///
/// # Errors
/// If it is no map, or a key is no text.
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
    let entries = BTreeMap::<String, Entry<V>>::deserialize(deserializer)?;
    let known = |(key, entry): (String, Entry<V>)| match entry {
        Entry::Known(value) => {
            let key: StringDeserializer<D::Error> = key.into_deserializer();
            Some((K::deserialize(key).ok()?, value))
        }
        Entry::Other(IgnoredAny) => None,
    };
    Ok(entries.into_iter().filter_map(known).collect())
}
