//! The requests that order, read, download and cancel access files (PRV-4).

use super::file_name;
use super::job::MEDIA_TYPE;
use super::view::{AccessFileLinkView, AccessFileView, AccessFilesView};
use crate::person::{self, Person, load_request, made_by, may, read_contact};
use chrono::TimeDelta;
use forecourt_domain::access::{AccessEvent, AccessFileAction, AccessRecord};
use forecourt_domain::base::{ContactId, LeadId, Refusal};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::people::ReceivedRequest;
use forecourt_domain::privacy::{AccessDeletion, AccessFile, AccessOutput, AccessPlace, AccessState, Erasure};
use forecourt_edge::formats::json::{Loose, Text};
use forecourt_edge::http::{Answer, Call, Problem, Queries, Request, new_name, request};
use forecourt_edge::{Platform, files};
use forecourt_store::keys::Key;
use forecourt_store::{Cursor, Failure, Load, Loaded};
use serde::Deserialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// The contact, named by one of its leads. The group's other leads of the contact are found by the directory.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"lead": "482-913-0576", "contact": "000001"}))]
pub struct AccessFileBody {
    /// Number of a lead of the contact, with or without dashes.
    #[schema(value_type = String, example = "482-913-0576")]
    lead: Loose<Text>,
    /// Id of the contact within the lead. Required if the lead has several contacts.
    #[schema(value_type = Option<String>, example = "000001")]
    contact: Loose<Text>,
}

/// Validity of a download link.
const LINK: TimeDelta = TimeDelta::minutes(5);
/// Number of access files on a page.
const PAGE: usize = 25;
/// The list's name in cursors.
const FILES: &str = "access-files";
const RULE: &str = "PRV-4";

impl AccessFileBody {
    fn check(self) -> Result<(LeadId, Option<ContactId>), Refusal> {
        let mut faults = Vec::new();
        let (lead, contact) = read_contact(self.lead, self.contact, RULE, &mut faults);
        match lead {
            Some(lead) if faults.is_empty() => Ok((lead, contact)),
            _ => Err(Refusal::Invalid(faults)),
        }
    }
}

/// `POST /access-files`: orders a file. While a file of the contact is being written, a further order returns that one; so does the same
/// `Idempotency-Key` (INT-5).
pub(crate) async fn order(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    may(call)?;
    let (lead, contact) = call.json::<AccessFileBody>()?.check()?;
    let request = request(platform, call, "access-files");
    // A repeat has its first answer, also if the contact was erased meanwhile.
    let loaded = platform.store.load(&call.scope, &load_request(request.as_ref(), call.now, Key::AccessFile)).await?;
    if let Some(known) = made_by(request.as_ref(), &loaded, call.now)?.and_then(|id| loaded.access_file(id)) {
        call.note_repeat(true);
        return accepted(call, known);
    }
    let person = person::find(platform, &call.scope, (lead, contact), RULE).await?;
    let (lead_text, contact_text) = (lead.to_string(), person.contact.to_string());
    // The latest file of the contact, so that two orders at the same time make one.
    let latest = platform.store.secret().name(&call.scope, &["access-file", &lead_text, &contact_text]);
    let new = new_order(platform, call, &person, lead).await?;
    let before = |loaded: &Loaded| loaded.received_request(&latest).map(|latest| latest.answer.clone());
    let known = |loaded: &Loaded| request.as_ref().and_then(|request| request.answered(loaded, call.now).ok().flatten().map(str::to_owned));
    let keys = [Key::ReceivedRequest(latest.clone()), Key::AccessFile(new.id.clone())];
    let load = Load::of(keys.into_iter().chain(request.as_ref().map(Request::remembered_at)))
        .then(|loaded| before(loaded).into_iter().chain(known(loaded)).map(Key::AccessFile).collect());
    let rule = |loaded: &Loaded, _| {
        let answered = request.as_ref().map(|request| request.answered(loaded, call.now)).transpose()?.flatten();
        if let Some(known) = answered.and_then(|id| loaded.access_file(id)) {
            return Ok((None, (known.clone(), true)));
        }
        let remembered = |decision: Decision, id: &str| match &request {
            Some(request) => request.answering(decision, id.to_owned(), call.now),
            None => decision,
        };
        let running = before(loaded).and_then(|id| loaded.access_file(&id).filter(|file| file.is_running(call.now)).cloned());
        if let Some(running) = running {
            let decision = request.as_ref().map(|_| remembered(Decision::default(), &running.id));
            return Ok((decision, (running, true)));
        }
        let (until, answer) = (call.now + ReceivedRequest::KEPT, new.id.clone());
        let latest = ReceivedRequest { key: latest.clone(), body: String::new(), answer, until };
        let decision = Decision::default()
            .with(Item::AccessFile(Box::new(new.clone())))
            .with(Item::ReceivedRequest(latest))
            .with(Item::AccessRecord(Box::new(record(call, &new, AccessFileAction::Ordered))));
        Ok((Some(remembered(decision, &new.id)), (new.clone(), false)))
    };
    let (file, again) = platform.store.decide(&call.scope, load, rule).await?;
    call.note_repeat(again);
    accepted(call, &file)
}

fn accepted(call: &Call, file: &AccessFile) -> Result<Answer, Problem> {
    let location = format!("/access-files/{}", file.id);
    Ok(Answer::new(202, &AccessFileView::of(file, call.now))?.header("location", location).about(&file.id))
}

async fn new_order(platform: &Platform, call: &Call, person: &Person, id: LeadId) -> Result<AccessFile, Problem> {
    let (lead, _) = person.leads.iter().find(|(lead, _)| lead.id == id).ok_or(Refusal::NotFound("lead"))?;
    let dealer = platform.store.dealer(&call.scope, &lead.dealer).await?.ok_or(Refusal::NotFound("lead"))?;
    Ok(AccessFile {
        id: Erasure::id_of(call.now, &new_name(platform, call, id, "access-file")),
        by: call.scope.actor(),
        at: call.now,
        dealer: lead.dealer.clone(),
        language: dealer.settings.language.clone(),
        lead: id,
        contact: person.contact.clone(),
        targets: person.leads.iter().map(|(_, target)| target.clone()).collect(),
        channels: person.channels.clone(),
        shared_record: person.shared_record(),
        searches: person.searches,
        state: AccessState::Running { place: AccessPlace::default() },
        slices: 0,
        written: AccessOutput::default(),
        shared: BTreeSet::new(),
        unreadable: person.unreadable.clone(),
        due: Some(call.now + AccessFile::SETTLED),
    })
}

/// Returns the record of the access log. Its id is unique: one actor does each once in a millisecond.
fn record(call: &Call, file: &AccessFile, action: AccessFileAction) -> AccessRecord {
    let event = AccessEvent::AccessFile { file: file.id.clone(), action, lead: file.lead };
    let id = format!("access-file-{}-{}", action.name(), file.id);
    AccessRecord { id, at: call.now, by: call.scope.actor(), event, notice: None }
}

fn id_of(call: &Call) -> Result<String, Refusal> {
    let id = call.part::<String>("access_file", "access file").ok();
    id.filter(|id| AccessFile::is_id(id)).ok_or(Refusal::NotFound("access file"))
}

/// `GET /access-files`.
pub(crate) async fn list(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    may(call)?;
    let mut queries = Queries::of(call, RULE);
    let limit = queries.limit(PAGE);
    let before = queries.cursor(FILES, AccessFile::is_id);
    queries.done()?;
    let mut found = platform.store.access_files(&call.scope, before.as_deref(), limit + 1).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let cursor = found.last().filter(|_| more).map(|last| Cursor::new(FILES, &last.id).encode());
    let access_files = found.iter().map(|file| AccessFileView::of(file, call.now)).collect();
    Ok(Answer::new(200, &AccessFilesView { access_files, cursor })?)
}

/// `GET /access-files/{access_file}`.
pub(crate) async fn read(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    may(call)?;
    let id = id_of(call)?;
    let loaded = platform.store.load(&call.scope, &Load::of([Key::AccessFile(id.clone())])).await?;
    let file = loaded.access_file(&id).ok_or(Refusal::NotFound("access file"))?;
    Ok(Answer::new(200, &AccessFileView::of(file, call.now))?.about(&id))
}

/// `GET /access-files/{access_file}/download`: commits a record of the access log, then returns a link. There is no other way to the file.
pub(crate) async fn download(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    may(call)?;
    let id = id_of(call)?;
    let rule = |loaded: &Loaded, _| {
        let file = loaded.access_file(&id).ok_or(Refusal::NotFound("access file"))?;
        file.ready(call.now)?;
        let record = record(call, file, AccessFileAction::Downloaded);
        let is_logged = loaded.access_record(record.at, &record.id).is_some();
        Ok(((!is_logged).then(|| Decision::default().with(Item::AccessRecord(Box::new(record)))), file.clone()))
    };
    let file = platform.store.decide(&call.scope, logged(call, &id, AccessFileAction::Downloaded), rule).await?;
    let ends = file.expires().min(call.now + LINK);
    let saved_as = format!("personal-data-{}-{}.zip", file.lead, file.at.format("%Y-%m-%d"));
    let name = file_name(&call.scope, &id);
    let link = files::Download { name: &name, content_type: MEDIA_TYPE, file_name: &saved_as };
    let validity = (ends - call.now).to_std().map_err(|e| Failure::Broken(e.into()))?;
    let url = platform.files.download_link(link, validity).await?;
    Ok(Answer::new(200, &AccessFileLinkView { url, expires_at: ends, file_name: saved_as })?.about(&id))
}

/// `DELETE /access-files/{access_file}`: cancels an order that is being worked off, or deletes its file.
pub(crate) async fn cancel(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    may(call)?;
    let id = id_of(call)?;
    let rule = |loaded: &Loaded, _| {
        let file = loaded.access_file(&id).ok_or(Refusal::NotFound("access file"))?;
        let Some(deleted) = file.deleted(AccessDeletion::Cancelled, call.now).filter(|_| !file.is_over(call.now)) else {
            return Ok((None, file.clone()));
        };
        let record = record(call, file, AccessFileAction::Cancelled);
        let decision = Decision::default().with(Item::AccessFile(Box::new(deleted.clone())));
        Ok((Some(decision.with(Item::AccessRecord(Box::new(record)))), deleted))
    };
    let file = platform.store.decide(&call.scope, logged(call, &id, AccessFileAction::Cancelled), rule).await?;
    Ok(Answer::new(200, &AccessFileView::of(&file, call.now))?.about(&id))
}

/// Returns the unit of an action on a file. The record is part of it, so that a commit whose response was lost is recognised.
fn logged<'a>(call: &Call, id: &str, action: AccessFileAction) -> Load<'a> {
    let record = format!("access-file-{}-{id}", action.name());
    Load::of([Key::AccessFile(id.to_owned()), Key::AccessRecord(call.now, record)])
}
