//! The links by which the user's calendar programs show events.

use super::super::choices::{named, people};
use super::super::{Page, Place};
use crate::api::Data;
use crate::console::Trouble;
use crate::forms::{Form, Kind, Setting, field};
use crate::reply::Reply;
use crate::visit::Pairs;
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};
use std::collections::BTreeMap;

const MAKE: Form = Form {
    name: "calendar_link",
    operation: Operation::MakeFeed,
    fields: &[field("dealer", Kind::Listed), field("user", Kind::Listed)],
    versioned: false,
    dangerous: false,
};
const REVOKE: Form =
    Form { name: "calendar_link_revoke", operation: Operation::RevokeFeed, fields: &[], versioned: false, dangerous: true };

/// Shows the user's links.
pub(super) async fn list(page: &Page<'_>) -> Result<Reply, Trouble> {
    let dealer = page.dealer(page.required("dealer")?).ok_or(Trouble::NoPage)?;
    let feeds = page.get(Operation::ListFeeds, &[], Vec::new()).await?;
    let rows: Vec<Value> = feeds.get("feeds").items().iter().map(|feed| row(page, feed)).collect();
    page.render(200, "calendar_links.html", Place { dealer: Some(&dealer), active: "calendar" }, context! { rows })
}

fn row(page: &Page<'_>, feed: &Data) -> Value {
    let link = feed.text("link");
    // Calendar programs open this scheme, and subscribe.
    let subscribe = link.split_once("://").map(|(_, rest)| format!("webcal://{rest}"));
    context! {
        id => feed.text("id"),
        created_at => feed.text("created_at"),
        user => feed.get("user").value(),
        place => page.dealer(feed.text("dealer")).map(|dealer| dealer.text("name").to_owned()),
        link,
        subscribe,
    }
}

/// Shows or carries out the form of a new link.
pub(super) async fn make(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("dealer")?;
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let values = [("dealer", id), ("user", page.me.text("id"))].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let setting = Setting {
        place: Place { dealer: Some(&dealer), active: "calendar" },
        parts: &[],
        back: &links_of(id),
        values: Pairs(values.to_vec()),
        choices: BTreeMap::from([("dealer", named(&page.me.get("dealers"))), ("user", people(Some(&dealer)))]),
        version: None,
        about: page.language.text("calendar.link_secret").unwrap_or_default().to_owned(),
    };
    MAKE.answer(page, &setting).await
}

/// Shows or carries out the form that revokes a link.
pub(super) async fn revoke(page: &Page<'_>) -> Result<Reply, Trouble> {
    let (id, feed) = (page.required("dealer")?, page.required("feed")?);
    let dealer = page.dealer(id).ok_or(Trouble::NoPage)?;
    let setting = Setting {
        place: Place { dealer: Some(&dealer), active: "calendar" },
        parts: &[("feed", feed)],
        back: &links_of(id),
        values: Pairs::default(),
        choices: BTreeMap::new(),
        version: None,
        about: page.language.text("calendar.link_revoked").unwrap_or_default().to_owned(),
    };
    REVOKE.answer(page, &setting).await
}

fn links_of(dealer: &str) -> String {
    format!("/desk/d/{dealer}/calendar/links")
}
