//! Whole numbers that a rule limits. A number that the type cannot hold is described by the limits of the rule, not by those of the type.

use serde::Deserializer;
use serde::de::{Error, Unexpected, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// Reads a whole number. If the value is another kind of value, or a number that the type cannot hold, the error names the limits `MIN`
/// and `MAX` of the rule. A number between the limits of the rule and those of the type is read, because another release may have stored
/// it: the rule checks it.
///
/// # Errors
/// If the type cannot hold the value.
pub fn whole<'de, D, T, const MIN: u32, const MAX: u32>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<u64>,
{
    deserializer.deserialize_u64(Whole::<T, MIN, MAX>(PhantomData))
}

/// Reads a whole number as [`whole`] does, or `null`.
///
/// # Errors
/// As [`whole`].
pub fn optional_whole<'de, D, T, const MIN: u32, const MAX: u32>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<u64>,
{
    deserializer.deserialize_option(Optional::<T, MIN, MAX>(PhantomData))
}

struct Whole<T, const MIN: u32, const MAX: u32>(PhantomData<T>);

impl<T: TryFrom<u64>, const MIN: u32, const MAX: u32> Visitor<'_> for Whole<T, MIN, MAX> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {MIN} to {MAX}")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<T, E> {
        T::try_from(value).map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<T, E> {
        let held = u64::try_from(value).ok().and_then(|value| T::try_from(value).ok());
        held.ok_or_else(|| E::invalid_value(Unexpected::Signed(value), &self))
    }
}

struct Optional<T, const MIN: u32, const MAX: u32>(PhantomData<T>);

impl<'de, T: TryFrom<u64>, const MIN: u32, const MAX: u32> Visitor<'de> for Optional<T, MIN, MAX> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {MIN} to {MAX}")
    }

    fn visit_none<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<T>, D::Error> {
        whole::<D, T, MIN, MAX>(deserializer).map(Some)
    }
}
