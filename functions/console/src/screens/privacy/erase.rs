//! The form that erases a contact. It shows first what would be erased, and what is in the way.

use super::contact::Subject;
use super::{GROUP, form};
use crate::api::{Ask, Data, Unanswered};
use crate::console::Trouble;
use crate::forms::{Form, Kind, More, Sent, needed};
use crate::reply::Reply;
use crate::screens::choices::labelled;
use crate::screens::{Page, group};
use crate::view::{explained, sentence};
use forecourt_edge::routes::Operation;
use minijinja::context;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The reasons that an administrator can give. The retention has one of its own.
const REASONS: [&str; 4] = ["requested", "consent_withdrawn", "no_longer_needed", "unlawful"];

const ERASE: Form = Form {
    dangerous: true,
    ..form("privacy_erase", Operation::OrderErasure, &[needed("reason", Kind::Listed), needed("confirm", Kind::Several)])
};

/// Shows or carries out the order, and leads to its progress.
pub(super) async fn answer(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("id")?;
    let parts = [("id", id)];
    let lead = page.get(Operation::ReadLead, &parts, Vec::new());
    let (lead, preview) = futures::join!(lead, preview(page, id));
    let subject = Subject::of(page, lead?)?;
    let (preview, refused) = preview?;
    let confirmed = page.language.text("privacy.erase.confirmed").unwrap_or_default();
    let choices = BTreeMap::from([
        ("reason", labelled(page.language, "erasure_reason", REASONS)),
        ("confirm", vec![("yes".to_owned(), confirmed.to_owned())]),
    ]);
    let beside = context! {
        name => subject.contact.text("name"), preview => preview.value(), refused, names => group::dealer_names(page),
    };
    let more = More { template: Some("privacy_erase.html"), beside, ..More::default() };
    let shaped = |body: Json| {
        let mut body = subject.named(body);
        if let Some(fields) = body.as_object_mut() {
            fields.remove("confirm");
        }
        body
    };
    match ERASE.send_with(page, &subject.setting(&[], choices), &shaped, &more).await? {
        Sent::Shown(reply) => Ok(reply),
        Sent::Done(order) => Ok(page.done(&format!("{GROUP}/erasures/{}", order.text("id")), ERASE.name)),
    }
}

/// Asks the API what would be erased. If it would refuse the order, returns the reason instead. Both are empty for users who may not order
/// it.
async fn preview(page: &Page<'_>, lead: &str) -> Result<(Data, Option<String>), Trouble> {
    // Any reason serves: the preview is the same for each.
    let body = json!({"lead": lead, "contact": page.required("contact")?, "reason": REASONS[0]});
    let ask = Ask { query: vec![("dry_run", "true".to_owned())], body: Some(body), ..Ask::default() };
    match page.call(Operation::OrderErasure, ask).await {
        Ok(preview) => Ok((preview, None)),
        Err(Unanswered::Problem(problem)) if problem.status == 409 => {
            Ok((Data::default(), Some(sentence(&explained(page.language, &problem.detail)))))
        }
        Err(Unanswered::Problem(problem)) if matches!(problem.status, 403 | 404 | 422) => Ok((Data::default(), None)),
        Err(other) => Err(other.into()),
    }
}
