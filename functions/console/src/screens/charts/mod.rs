//! The parts of the overviews: filters in the address, and charts that the templates draw.

use super::{Page, Part};
use crate::api::{ApiProblem, Data};
use crate::view::explained;
use chrono::TimeDelta;
use minijinja::{Value, context};
use std::collections::BTreeMap;

pub(super) const PART: Part = Part {
    screens: &[],
    templates: &[("charts.html", include_str!("charts.html"))],
    texts: [include_str!("en.json"), include_str!("de.json"), include_str!("nl.json")],
    forms: |_| None,
};

/// The days that an overview covers if the address has no filter.
const USUAL_DAYS: i64 = 30;

/// The origins of appointments.
pub(super) const ORIGINS: &[&str] = &["forecourt", "contact_centre", "dealer_system"];
/// The teams that make appointments.
pub(super) const TEAMS: &[&str] = &["contact_centre", "dealer"];
/// The kinds of appointments that the overview counts.
pub(super) const KINDS: &[&str] = &["showroom", "test_drive", "telephone", "email", "video", "delivery", "other"];
/// The attendances by which the overview is filtered.
pub(super) const ATTENDANCES: &[&str] = &["unknown", "completed", "no_show", "cancelled", "today_or_later"];

/// The filters of an overview: parameters of the API that stand in the address by the same names.
pub(super) struct Filters {
    set: Vec<(&'static str, String)>,
    /// Whether the address has no parameter.
    pub(super) usual: bool,
}

impl Filters {
    /// Reads the filters `names`. If the address has no parameter, the overview begins 30 days ago, by the filter `since`.
    ///
    /// Several values of a name are joined with commas, as the API takes dealers.
    pub(super) fn read(page: &Page<'_>, dealer: Option<&Data>, names: &[&'static str], since: &'static str) -> Self {
        let query = &page.visit.query;
        let of = |name: &'static str| (name, query.all(name).collect::<Vec<_>>().join(","));
        // The dealer of a dealer's page is in its path.
        let names = names.iter().copied().filter(|name| dealer.is_none() || *name != "dealer");
        let mut set: Vec<_> = names.map(of).filter(|(_, value)| !value.is_empty()).collect();
        let usual = query.0.iter().all(|(name, _)| name == "done");
        if usual {
            let zoned = page.zoned(dealer);
            set.push((since, (zoned.date(zoned.now) - TimeDelta::days(USUAL_DAYS)).to_string()));
        }
        Self { set, usual }
    }

    /// The parameters of the API.
    pub(super) fn query(&self, dealer: Option<&Data>) -> Vec<(&'static str, String)> {
        let of_path = dealer.map(|dealer| ("dealer", dealer.text("id").to_owned()));
        self.set.iter().cloned().chain(of_path).collect()
    }

    /// The values by name.
    pub(super) fn values(&self) -> BTreeMap<&'static str, String> {
        self.set.iter().map(|(name, value)| (*name, value.clone())).collect()
    }

    /// Whether a filter other than `except` is set.
    pub(super) fn any_but(&self, except: &[&str]) -> bool {
        self.set.iter().any(|(name, _)| !except.contains(name))
    }

    /// Returns the page `path` with these filters, and with `name` set to `value`.
    pub(super) fn address(&self, path: &str, name: &'static str, value: &str) -> String {
        let kept = self.set.iter().filter(|(other, _)| *other != name).map(|(name, value)| (*name, value.as_str()));
        let pairs = kept.chain([(name, value)]);
        format!("{path}?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
    }

    /// Returns the form of an export of `what` with these filters.
    pub(super) fn export(&self, what: &str, dealer: Option<&Data>) -> String {
        let fields = self.query(dealer).into_iter().filter(|(name, _)| !matches!(*name, "sort" | "limit"));
        let pairs = fields.flat_map(|(name, value)| {
            let values: Vec<String> =
                if ["dealer", "user", "kind"].contains(&name) { value.split(',').map(str::to_owned).collect() } else { vec![value] };
            values.into_iter().map(move |value| (format!("filter.{name}"), value))
        });
        format!("/desk/group/exports/new/{what}?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
    }
}

/// The names and zones of the user's dealers by id, for pages of several dealers.
pub(super) fn sites(page: &Page<'_>) -> BTreeMap<String, Value> {
    let dealers = page.me.get("dealers").items();
    let site = |dealer: &Data| (dealer.text("id").to_owned(), context! { name => dealer.text("name"), zone => dealer.text("zone") });
    dealers.iter().map(site).collect()
}

/// The names of the people of all dealers by id, for pages of several dealers.
pub(super) fn people(page: &Page<'_>) -> BTreeMap<String, String> {
    let dealers = page.me.get("dealers").items();
    let of = |dealer: &Data| dealer.get("people").items();
    dealers.iter().flat_map(of).map(|person| super::choices::named(&person)).collect()
}

/// The texts of the filters that the API refused.
pub(super) fn refusals(page: &Page<'_>, problem: &ApiProblem) -> Vec<String> {
    let text = |error: &crate::api::FieldProblem| {
        let name = page.language.text(&format!("charts.filter.{}", error.field)).unwrap_or(&error.field).to_owned();
        let known = page.language.text(&format!("charts.refused.{}", error.field));
        format!("{name}: {}", known.map_or_else(|| explained(page.language, &error.detail), str::to_owned))
    };
    match problem.errors.is_empty() {
        true => vec![explained(page.language, &problem.detail)],
        false => problem.errors.iter().map(text).collect(),
    }
}
