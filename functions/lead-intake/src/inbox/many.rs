//! `POST /dealers/{dealer}/mails/completion`: marks several mails as handled, each with an answer of its own (INT-7).

use super::dealer_of;
use super::page::{Decided, complete_one};
use super::view::MailView;
use forecourt_domain::base::{MailId, Refusal, Right};
use forecourt_domain::mail::IncomingMail;
use forecourt_edge::Platform;
use forecourt_edge::formats::json::{Loose, Text};
use forecourt_edge::http::{Answer, Call, Problem};
use futures::StreamExt as _;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// The most mails of a request.
const MOST: usize = 100;
/// The mails that are written at once.
const AT_ONCE: usize = 8;

/// Mails that need no lead.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"mails": ["0wqvqm4e5v8kd1rj", "1h2c9x7b3n6m5q4w"]}))]
pub struct MailsBody {
    /// Ids of the mails: 1 to 100.
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 100)]
    mails: Loose<Vec<Text>>,
}

/// The result for each mail, in the order of the request.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailResultsView {
    /// One result for each mail.
    pub results: Vec<MailResult>,
}

/// The result for one mail.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailResult {
    /// The id of the mail as sent in the request.
    pub id: String,
    /// The status that a request for this mail alone would get.
    pub status: u16,
    /// The mail, if it is handled now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail: Option<MailView>,
    /// The problem, if the mail was not marked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

impl MailsBody {
    fn check(self) -> Result<Vec<String>, Refusal> {
        let mails: Vec<String> = self.mails.take("mails", "", &mut Vec::new()).unwrap_or_default().into_iter().map(|Text(id)| id).collect();
        match (1..=MOST).contains(&mails.len()) {
            true => Ok(mails),
            false => Err(Refusal::field("mails", "INT-7", "must be a list of 1 to 100 ids of mails")),
        }
    }
}

pub(crate) async fn complete_many(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let dealer = dealer_of(platform, call, Right::WorkLeads).await?;
    let named = call.json::<MailsBody>()?.check()?;
    let read = |name: &str| MailId::parse(name.trim()).ok();
    // A mail that is named twice is marked once.
    let mails: BTreeSet<MailId> = named.iter().filter_map(|name| read(name)).collect();
    let done = futures::stream::iter(mails).map(async |id| {
        let done = complete_one(platform, call, &Decided::among(call, &dealer, &id)).await;
        (id, done)
    });
    let done: BTreeMap<MailId, Result<IncomingMail, Problem>> = done.buffer_unordered(AT_ONCE).collect().await;
    let result = |name: String| {
        let missing = || Err(Problem::from(Refusal::NotFound("mail")));
        match read(&name).and_then(|id| done.get(&id).cloned()).unwrap_or_else(missing) {
            Ok(mail) => MailResult { id: name, status: 200, mail: Some(MailView::of(&mail)), problem: None },
            Err(problem) => MailResult { id: name, status: problem.status, mail: None, problem: Some(problem) },
        }
    };
    Ok(Answer::new(207, &MailResultsView { results: named.into_iter().map(result).collect() })?.about(&dealer.id))
}
