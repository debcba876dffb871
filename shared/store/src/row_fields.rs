//! The fields of the rows of a list.

use crate::Failure;
use crate::entity::ItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use forecourt_domain::appointment::OfLead;
use forecourt_domain::base::{Actor, Media, UserId};
use forecourt_domain::lead::FurtherAnswers;
use std::collections::HashMap;

/// Returns the failure about an invalid field.
pub(crate) fn invalid(field: &'static str) -> Failure {
    ItemError::Index(field).into()
}

/// Reads a row by hand: a generic reader takes several times as long, and of these there are hundreds of thousands.
pub(crate) struct Fields(pub(crate) HashMap<String, AttributeValue>);

impl Fields {
    pub(crate) fn text(&mut self, name: &'static str) -> Result<Option<String>, Failure> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(AttributeValue::S(text)) => Ok(Some(text)),
            Some(_) => Err(invalid(name)),
        }
    }

    pub(crate) fn number<T: std::str::FromStr>(&self, name: &'static str) -> Result<Option<T>, Failure> {
        match self.0.get(name) {
            None => Ok(None),
            Some(AttributeValue::N(number)) => number.parse().map(Some).map_err(|_| invalid(name)),
            Some(_) => Err(invalid(name)),
        }
    }

    pub(crate) fn time(&self, name: &'static str) -> Result<Option<DateTime<Utc>>, Failure> {
        Ok(self.number(name)?.and_then(DateTime::from_timestamp_millis))
    }

    pub(crate) fn truth(&self, name: &str) -> Option<bool> {
        self.0.get(name)?.as_bool().ok().copied()
    }

    pub(crate) fn user(&mut self, name: &'static str) -> Result<Option<UserId>, Failure> {
        self.text(name)?.map(|id| UserId::try_from(id).map_err(|_| invalid(name))).transpose()
    }

    pub(crate) fn one_of<T: Copy>(&self, name: &str, all: &[(&'static str, T)]) -> Option<T> {
        known(self.0.get(name), all)
    }

    /// Returns the field `inner` of the map `name`.
    pub(crate) fn inner(&self, name: &str, inner: &str) -> Option<&AttributeValue> {
        self.0.get(name)?.as_m().ok()?.get(inner)
    }

    pub(crate) fn actor(&self, name: &'static str) -> Result<Actor, Failure> {
        let id = |kind: &str| self.inner(name, kind).and_then(|id| id.as_s().ok());
        if let Some(user) = id("user") {
            return UserId::parse(user).map(Actor::User).map_err(|_| invalid(name));
        }
        if let Some(partner) = id("partner") {
            return partner.parse().map(Actor::Partner).map_err(|_| invalid(name));
        }
        Ok(known(self.0.get(name), &["customer", "system"].map(|name| (name, name))).map_or(Actor::Unknown, |name| match name {
            "customer" => Actor::Customer,
            _ => Actor::System,
        }))
    }

    pub(crate) fn of_lead(&self) -> Option<OfLead> {
        let source = self.inner("of_lead", "source").and_then(|source| source.as_s().ok())?.clone();
        Some(OfLead { source, won: self.inner("of_lead", "won").and_then(|won| won.as_bool().ok()) == Some(&true) })
    }

    /// Returns the answers to further messages.
    pub(crate) fn further(&self) -> Result<FurtherAnswers, Failure> {
        let times = self.0.get("further_times").and_then(|times| times.as_l().ok()).into_iter().flatten();
        let number = |time: &AttributeValue| time.as_n().ok()?.parse().ok();
        let times = times.map(|time| number(time).ok_or_else(|| invalid("further_times"))).collect::<Result<_, _>>()?;
        let count = |name| Ok::<u32, Failure>(self.number(name)?.unwrap_or_default());
        let (in_time, late) = (count("further_in_time")?, count("further_late")?);
        Ok(FurtherAnswers { since: None, in_time, late, times, levels: [count("further_level_1")?, count("further_level_2")?] })
    }

    pub(crate) fn media(&self, name: &str) -> Media {
        let is = |medium| self.inner(name, medium).and_then(|value| value.as_bool().ok()) == Some(&true);
        Media { email: is("email"), sms: is("sms") }
    }
}

pub(crate) fn known<T: Copy>(value: Option<&AttributeValue>, all: &[(&'static str, T)]) -> Option<T> {
    let text = value?.as_s().ok()?;
    all.iter().find(|(name, _)| name == text).map(|(_, value)| *value)
}
