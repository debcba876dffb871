//! Uploads. Without a script, a form brings the file and the console forwards it; with one, the browser sends it to the store of files.

use super::super::{Page, Place};
use super::forms::about;
use crate::api::{Ask, Data, Unanswered};
use crate::console::Trouble;
use crate::forms::{texts_of, uuid_like};
use crate::reply::Reply;
use crate::visit::{Pairs, Visit};
use forecourt_domain::base::Right;
use forecourt_domain::elements::ElementKind;
use forecourt_edge::routes::{Elements, Operation};
use minijinja::context;
use multer::Multipart;
use serde_json::{Value as Json, json};
use std::convert::Infallible;

/// The largest file that the console forwards, in bytes: requests of functions are limited.
const MOST: usize = 4_000_000;
const ANNOUNCE: Operation = Operation::Element(Elements::Add(ElementKind::Document));
const COMPLETE: Operation = Operation::Element(Elements::CompleteUpload);

/// A form with a file, as it was sent.
#[derive(Default)]
struct Sent {
    fields: Pairs,
    name: String,
    media_type: String,
    bytes: Vec<u8>,
}

impl Sent {
    /// Reads the form. A form that cannot be read is empty.
    async fn read(visit: &Visit) -> Self {
        let mut sent = Self::default();
        let Ok(boundary) = multer::parse_boundary(visit.header("content-type").unwrap_or_default()) else { return sent };
        let body = visit.body.clone();
        let mut parts = Multipart::new(futures::stream::iter([Ok::<_, Infallible>(body)]), boundary);
        while let Ok(Some(part)) = parts.next_field().await {
            let name = part.name().unwrap_or_default().to_owned();
            let file = part.file_name().map(str::to_owned);
            let media_type = part.content_type().map(|kind| kind.essence_str().to_owned());
            let Ok(bytes) = part.bytes().await else { break };
            match file {
                Some(file) => {
                    sent.name = file;
                    sent.media_type = media_type.unwrap_or_else(|| "application/octet-stream".to_owned());
                    sent.bytes = bytes.to_vec();
                }
                None => sent.fields.0.push((name, String::from_utf8_lossy(&bytes).into_owned())),
            }
        }
        sent
    }
}

/// Shows the form.
pub(super) async fn show(page: &Page<'_>) -> Result<Reply, Trouble> {
    page.needs(Right::WorkLeads)?;
    form(page, 200, &Pairs::default(), &[]).await
}

async fn form(page: &Page<'_>, status: u16, typed: &Pairs, problems: &[String]) -> Result<Reply, Trouble> {
    let id = page.required("id")?;
    let lead = page.get(Operation::ReadLead, &[("id", id)], Vec::new()).await?;
    let dealer = page.dealer(lead.text("dealer"));
    let values = context! {
        about => about(&lead),
        title => typed.get("title"),
        back => back(page, typed, id),
        key => uuid_like(),
        problems => problems.to_vec(),
        upload => format!("/desk/leads/{id}/document"),
    };
    page.render(status, "lead_document.html", Place { dealer: dealer.as_ref(), active: "leads" }, values)
}

/// The page to which the form leads. A form with a file has it in a part of its body.
fn back(page: &Page<'_>, typed: &Pairs, id: &str) -> String {
    let usual = format!("/desk/leads/{id}");
    let named = typed.get("back").filter(|back| crate::sign_in::is_own_page(back)).unwrap_or(&usual);
    page.back(named).to_owned()
}

/// Carries out the form without a script: announces the file, sends it to the store of files, completes it.
pub(super) async fn upload(page: &Page<'_>) -> Result<Reply, Trouble> {
    let id = page.required("id")?;
    let sent = Sent::read(page.visit).await;
    let text = |key: &str| vec![page.language.text(key).unwrap_or(key).to_owned()];
    if sent.bytes.is_empty() {
        return form(page, 422, &sent.fields, &text("lead.document.none")).await;
    }
    if sent.bytes.len() > MOST {
        return form(page, 422, &sent.fields, &text("lead.document.large")).await;
    }
    let key = sent.fields.get("key").map(str::to_owned).unwrap_or_else(uuid_like);
    let title = sent.fields.get("title").unwrap_or(&sent.name);
    let announced = json!({"title": title, "content_type": sent.media_type, "bytes": sent.bytes.len()});
    let parts = [("id", id)];
    let done = async {
        let document =
            page.call(ANNOUNCE, Ask { parts: &parts, body: Some(announced), idempotency_key: Some(key.clone()), ..Ask::default() }).await?;
        let link = document.get("upload");
        let request = http::Request::builder().method("PUT").uri(link.text("url")).header("content-type", link.text("content_type"));
        let request = request.body(sent.bytes.clone()).map_err(|e| crate::http::NoAnswer::new("the store of files", e))?;
        if !page.send(request).await?.status().is_success() {
            return Ok(false);
        }
        completed(page, id, document.text("id"), format!("{key}-2")).await.map(|_| true)
    };
    match done.await {
        Ok(true) => Ok(page.done(&back(page, &sent.fields, id), "document")),
        Ok(false) => form(page, 422, &sent.fields, &text("lead.document.failed")).await,
        Err(Unanswered::Problem(problem)) if matches!(problem.status, 400 | 403 | 409 | 422) => {
            form(page, problem.status, &sent.fields, &texts_of(&problem, page.language)).await
        }
        Err(other) => Err(other.into()),
    }
}

async fn completed(page: &Page<'_>, id: &str, element: &str, key: String) -> Result<Data, Unanswered> {
    let parts = [("id", id), ("element", element)];
    page.call(COMPLETE, Ask { parts: &parts, body: Some(json!({})), idempotency_key: Some(key), ..Ask::default() }).await
}

/// The script's first request: announces a file, and returns the link for the upload.
pub(super) async fn announce(page: &Page<'_>) -> Result<Reply, Trouble> {
    let typed = &page.visit.form;
    let parts = [("id", page.required("id")?)];
    let bytes = typed.get("bytes").and_then(|bytes| bytes.parse::<u64>().ok());
    let body = json!({"title": typed.get("title"), "content_type": typed.get("content_type"), "bytes": bytes});
    let key = typed.get("key").map(str::to_owned);
    let asked = page.call(ANNOUNCE, Ask { parts: &parts, body: Some(body), idempotency_key: key, ..Ask::default() }).await;
    let link = |document: &Data| {
        let upload = document.get("upload");
        json!({"element": document.text("id"), "url": upload.text("url"), "content_type": upload.text("content_type")})
    };
    to_script(page, asked, link)
}

/// The script's last request: completes the upload.
pub(super) async fn complete(page: &Page<'_>) -> Result<Reply, Trouble> {
    let typed = &page.visit.form;
    let id = page.required("id")?;
    let key = typed.get("key").map(|key| format!("{key}-2")).unwrap_or_else(uuid_like);
    let asked = completed(page, id, typed.get("element").unwrap_or_default(), key).await;
    let to = page.done(&back(page, typed, id), "document");
    to_script(page, asked, |_| json!({"to": to.location()}))
}

fn to_script(page: &Page<'_>, asked: Result<Data, Unanswered>, answer: impl FnOnce(&Data) -> Json) -> Result<Reply, Trouble> {
    match asked {
        Ok(document) => Ok(Reply::json(200, &answer(&document))),
        Err(Unanswered::Problem(problem)) if matches!(problem.status, 400..=499) && problem.status != 401 => {
            Ok(Reply::json(problem.status, &json!({"problems": texts_of(&problem, page.language)})))
        }
        Err(other) => Err(other.into()),
    }
}
