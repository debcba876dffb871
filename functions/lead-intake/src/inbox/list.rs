//! `GET /dealers/{dealer}/mails`: the mails of a dealer, newest first (INT-7).

use super::dealer_of;
use super::view::MailListView;
use forecourt_domain::base::{Fault, Right};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Queries};
use forecourt_edge::usecase::people::named;
use forecourt_store::{MailList, MailState};

/// The default page size.
const DEFAULT_PAGE: usize = 25;

pub(crate) async fn list(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let dealer = dealer_of(platform, call, Right::ReadLeads).await?;
    let mut queries = Queries::of(call, "INT-7");
    let state = match queries.text("state") {
        None | Some("open") => MailState::Open,
        Some("handled") => MailState::Handled,
        Some("all") => MailState::All,
        Some(_) => {
            queries.refuse(Fault::new("state", "INT-7", "must be open, handled or all"));
            MailState::Open
        }
    };
    let period = queries.period(["from", "until"], &dealer.settings.calendar);
    let limit = queries.limit(DEFAULT_PAGE);
    queries.done()?;
    let list = MailList { dealer: &dealer.id, state, from: period.from, until: period.until };
    let (mails, cursor) = platform.store.mails(&call.scope, list, call.query("cursor"), limit).await?;
    let users = mails.iter().filter_map(|mail| mail.handled.as_ref()?.by.user().cloned()).collect();
    let people = named(platform, call, Some(&dealer), users).await?;
    Ok(Answer::new(200, &MailListView::of(&mails, cursor, people))?.about(&dealer.id))
}
