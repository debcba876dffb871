//! The address of a dealer's mailbox, and the last mail that arrived there (INT-7, SET-4).

use crate::api::{Data, Unanswered};
use crate::screens::Page;
use forecourt_edge::routes::Operation;
use minijinja::{Value, context};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// Reads the last mail. `None` if the user may not read mails: then only its time is known.
pub(super) async fn last_mail(page: &Page<'_>, parts: &[(&'static str, &str)]) -> Result<Option<Data>, Unanswered> {
    let query = vec![("state", "all".to_owned()), ("limit", "1".to_owned())];
    match page.get(Operation::ListMails, parts, query).await {
        Ok(mails) => Ok(Some(mails)),
        Err(Unanswered::Problem(problem)) if matches!(problem.status, 403 | 404) => Ok(None),
        Err(other) => Err(other),
    }
}

/// The card for the template. `mailbox` is the part of the settings, `mails` the list with the last mail.
pub(super) fn shown(mailbox: &Data, mails: Option<&Data>) -> Value {
    let address = mailbox.text("mail_address");
    let (local, domain) = address.split_once('@').unwrap_or((address, ""));
    context! {
        address, tag => context! { before => local, after => domain }, last_at => mailbox.get("last_mail_at").value(),
        may_read => mails.is_some(), mail => mails.and_then(|mails| mails.each("mails").next()).map(|mail| mail.value()),
    }
}

/// The sources that Forecourt gives to enquiries by mail and by text message.
const OWN: [&str; 2] = ["mail", "sms"];

/// Returns the sources that the mailbox knows: those that Forecourt gives, and those of the dealer's own layouts.
pub(super) fn sources(mailbox: &Json) -> Vec<String> {
    let layouts = mailbox["mail_layouts"].as_array().into_iter().flatten();
    let all = OWN.into_iter().chain(layouts.filter_map(|layout| layout["source"].as_str()));
    let mut seen = BTreeSet::new();
    all.filter(|source| seen.insert(*source)).map(str::to_owned).collect()
}
