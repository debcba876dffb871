//! The erasures, access files and legal holds of the group, for its administrators.

use super::{GROUP, form};
use crate::api::{Data, Unanswered};
use crate::console::Trouble;
use crate::forms::{Form, Setting};
use crate::reply::Reply;
use crate::screens::{Page, Place, group};
use forecourt_edge::routes::Operation;
use http::Method;
use minijinja::{Value, context};

const CANCEL: Form = Form { dangerous: true, ..form("privacy_cancel_file", Operation::CancelAccessFile, &[]) };
const LIFT: Form = form("privacy_lift_hold", Operation::LiftLegalHold, &[]);

/// The list of the erasures.
pub(super) async fn erasures(page: &Page<'_>) -> Result<Reply, Trouble> {
    list(page, Operation::ListErasures, "erasures", "privacy_erasures.html").await
}

/// The list of the access files.
pub(super) async fn files(page: &Page<'_>) -> Result<Reply, Trouble> {
    list(page, Operation::ListAccessFiles, "access_files", "privacy_files.html").await
}

/// The list of the legal holds.
pub(super) async fn holds(page: &Page<'_>) -> Result<Reply, Trouble> {
    list(page, Operation::ListLegalHolds, "holds", "privacy_holds.html").await
}

/// Shows a page of a list, whose rows are in the field `name` of the answer.
async fn list(page: &Page<'_>, operation: Operation, name: &str, template: &str) -> Result<Reply, Trouble> {
    let cursor = page.visit.query.get("cursor").map(|cursor| ("cursor", cursor.to_owned()));
    let (found, users) = with_users(page, page.get(operation, &[], cursor.into_iter().collect())).await?;
    let next = group::next(page, "cursor", found.text("cursor"));
    show(page, template, &users, context! { rows => found.get(name).value(), next })
}

/// The progress and the receipt of an erasure.
pub(super) async fn erasure(page: &Page<'_>) -> Result<Reply, Trouble> {
    one(page, Operation::ReadErasure, "erasure", "privacy_erasure.html").await
}

/// The progress of an access file, which can be downloaded once it is written.
pub(super) async fn file(page: &Page<'_>) -> Result<Reply, Trouble> {
    one(page, Operation::ReadAccessFile, "access_file", "privacy_file.html").await
}

/// Shows the order whose id is in the address under the name that it has in the operation's path.
async fn one(page: &Page<'_>, operation: Operation, key: &'static str, template: &str) -> Result<Reply, Trouble> {
    let parts = [(key, page.required(key)?)];
    let (order, users) = with_users(page, page.get(operation, &parts, Vec::new())).await?;
    show(page, template, &users, context! { order => order.value() })
}

/// Reads the users of the group beside an answer, for the names of those who gave the orders. Without them their ids are shown.
async fn with_users(page: &Page<'_>, asked: impl Future<Output = Result<Data, Unanswered>>) -> Result<(Data, Data), Trouble> {
    let (found, users) = futures::join!(asked, page.get(Operation::ListUsers, &[], Vec::new()));
    Ok((found?, users.unwrap_or_default()))
}

fn show(page: &Page<'_>, template: &str, users: &Data, values: Value) -> Result<Reply, Trouble> {
    group::show(page, template, context! { people => group::people_names(page, users), ..values })
}

/// Leads to the file. The API logs the download first; its link is valid for five minutes, so it is asked for with each click.
pub(super) async fn download(page: &Page<'_>) -> Result<Reply, Trouble> {
    let parts = [("access_file", page.required("access_file")?)];
    let link = page.get(Operation::DownloadAccessFile, &parts, Vec::new()).await?;
    Ok(Reply::redirect(link.text("url")))
}

/// Shows or carries out the form that cancels an access file or deletes its file. There is none for a file that is deleted already.
pub(super) async fn cancel(page: &Page<'_>) -> Result<Reply, Trouble> {
    let parts = [("access_file", page.required("access_file")?)];
    let file = page.get(Operation::ReadAccessFile, &parts, Vec::new()).await?;
    let is_there = matches!(file.text("state"), "running" | "done" | "incomplete");
    end(page, &CANCEL, (&parts, &file, is_there), &format!("{GROUP}/access-files")).await
}

/// Shows or carries out the form that lifts a legal hold. There is none for a hold that is lifted already.
pub(super) async fn lift(page: &Page<'_>) -> Result<Reply, Trouble> {
    let parts = [("hold", page.required("hold")?)];
    let hold = page.get(Operation::ReadLegalHold, &parts, Vec::new()).await?;
    let stands = hold.text("state") == "standing";
    end(page, &LIFT, (&parts, &hold, stands), &format!("{GROUP}/holds")).await
}

/// Shows or carries out the form that ends an order, which names its leads. A form that is sent again is carried out once.
async fn end(
    page: &Page<'_>,
    form: &Form,
    (parts, order, is_open): (&[(&'static str, &str)], &Data, bool),
    back: &str,
) -> Result<Reply, Trouble> {
    if !is_open && page.visit.method != Method::POST {
        return Err(Trouble::not_found());
    }
    let leads: Vec<String> = order.get("leads").items().iter().filter_map(|lead| lead.json().as_str().map(str::to_owned)).collect();
    let about = page.language.text("privacy.of_leads").unwrap_or_default().replace("{leads}", &leads.join(", "));
    let dealer = page.usual_dealer();
    let setting = group::setting(Place { dealer: dealer.as_ref(), active: "" }, parts, back);
    form.answer(page, &Setting { about, ..setting }).await
}
