//! The log of granted rights, partners' secrets and searches for leads, in words.

use super::{next, people_names, show};
use crate::console::Trouble;
use crate::reply::Reply;
use crate::screens::Page;
use forecourt_edge::routes::Operation;
use minijinja::context;

/// A page of the log.
pub(super) async fn list(page: &Page<'_>) -> Result<Reply, Trouble> {
    let cursor = page.visit.query.get("cursor").map(|cursor| ("cursor", cursor.to_owned()));
    let log = page.get(Operation::AccessLog, &[], cursor.into_iter().collect());
    let (log, users) = futures::join!(log, page.get(Operation::ListUsers, &[], Vec::new()));
    let log = log?;
    let next = next(page, "cursor", log.text("cursor"));
    // Without the right to read users, their ids stand for their names.
    let people = people_names(page, &users.unwrap_or_default());
    show(page, "group_access_log.html", context! { records => log.get("records").value(), people, next })
}
