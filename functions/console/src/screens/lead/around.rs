//! The neighbours of a lead in the list from which the user came.

use super::super::{Page, leads, today};
use crate::sign_in::is_own_page;
use crate::visit::Pairs;
use minijinja::{Value, context};

/// The list from which the user came.
pub(super) struct Origin<'a> {
    /// The address of the list.
    pub(super) address: &'a str,
    /// The dealer, the name of the list and its filters, if it is a list of leads.
    list: Option<(&'a str, &'a str, Pairs)>,
    /// The place in the list at which the lead was when the user opened it. It is left out if the list does not order leads by what is due.
    place: Option<usize>,
    /// The column of the board.
    column: Option<&'a str>,
}

impl<'a> Origin<'a> {
    pub(super) fn of(page: &'a Page<'_>) -> Option<Self> {
        let query = &page.visit.query;
        let address = query.get("list").filter(|list| is_own_page(list))?;
        let (path, filters) = address.split_once('?').unwrap_or((address, ""));
        let list = path.strip_prefix("/desk/d/").and_then(|rest| rest.split_once('/'));
        let list = list.map(|(dealer, name)| (dealer, name, Pairs::parse(filters.as_bytes())));
        let place = query.get("n").and_then(|place| place.parse().ok());
        Some(Self { address, list, place, column: query.get("column") })
    }

    /// Returns the parameters that carry the list to another lead, or with the place to another page of this one: `&list=…`.
    pub(super) fn carried(&self, with_place: bool) -> String {
        let place = self.place.filter(|_| with_place).map(|place| place.to_string());
        let pairs = [("list", Some(self.address)), ("column", self.column), ("n", place.as_deref())];
        let pairs = pairs.into_iter().filter_map(|(name, value)| Some((name, value?)));
        format!("&{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
    }

    /// Returns the leads of the page of the list, in its order. A list that cannot be read has none.
    pub(super) async fn ids(&self, page: &Page<'_>) -> Vec<String> {
        let Some((dealer, name, filters)) = &self.list else { return Vec::new() };
        let ids = match *name {
            "leads" => leads::ids(page, dealer, filters).await,
            "board" => leads::board::ids(page, dealer, (filters, self.column)).await,
            "today" => today::ids(page, dealer, filters).await,
            "tasks" => today::tasks::ids(page, dealer, filters).await,
            _ => Ok(Vec::new()),
        };
        ids.unwrap_or_default()
    }

    /// Returns the leads before and after `lead` as `previous` and `next`, with their places. A lead that is done has left its place in a
    /// list by what is due: what follows is then what is at that place now.
    pub(super) fn neighbours(&self, ids: &[String], lead: &str) -> Value {
        let Some(at) = self.place.or_else(|| ids.iter().position(|id| id == lead)) else { return context! {} };
        let one = |(place, id): (usize, &String)| context! { id, place => self.place.map(|_| place) };
        let mut others = ids.iter().enumerate().filter(|(_, id)| *id != lead);
        let next = others.clone().find(|(place, _)| *place >= at).map(one);
        let previous = others.rfind(|(place, _)| *place < at).map(one);
        context! { previous, next }
    }
}
