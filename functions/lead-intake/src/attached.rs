//! The files of a mail's attachments: stored before the transaction of their documents, and removed if the transaction takes none.

use crate::mail::Attachment;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{ElementId, LeadId, numbered};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::elements::{Document, Element, ElementKind, HEAD_BYTES};
use forecourt_domain::rules::lead::attached::MailAttachment;
use forecourt_edge::Platform;
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, short};
use futures::future::try_join_all;
use std::collections::BTreeSet;

/// Most attachments of one mail of which documents are made.
const MOST_DOCUMENTS: usize = 20;
/// Most refused attachments that are listed.
pub(crate) const MOST_LISTED: usize = 40;

/// Returns the attachments of a mail as the rules need them. `name` makes the name of the document of a place.
pub(crate) fn attachments(files: &[Attachment<'_>], received: DateTime<Utc>, name: impl Fn(usize) -> String) -> Vec<MailAttachment> {
    let attachments = files.iter().enumerate().map(|(place, file)| {
        let document = match place < MOST_DOCUMENTS {
            true => document(file, received),
            false => Err(format!("is one of more than {MOST_DOCUMENTS} attachments")),
        };
        let id = ElementId::parse(&short(&name(place))).unwrap_or_else(|_| numbered(0));
        MailAttachment { id, name: name_of(file), document }
    });
    attachments.take(MOST_DOCUMENTS + MOST_LISTED).collect()
}

fn name_of(file: &Attachment<'_>) -> String {
    file.name.clone().unwrap_or_else(|| "attachment".to_owned())
}

fn document(file: &Attachment<'_>, received: DateTime<Utc>) -> Result<Document, String> {
    let most = usize::try_from(HEAD_BYTES).unwrap_or(usize::MAX);
    let head = file.bytes.get(..most).unwrap_or(&file.bytes);
    let bytes = u64::try_from(file.bytes.len()).unwrap_or(u64::MAX);
    Document::attached(&name_of(file), &file.media_type, (head, bytes), received)
}

/// The documents of a decision, each with its lead.
pub(crate) type Documents = BTreeSet<(LeadId, ElementId)>;

/// Returns the documents that a decision adds.
pub(crate) fn documents_of(decision: &Decision) -> Documents {
    let elements = decision.items.iter().filter_map(|item| if let Item::Element(element) = item { Some(element) } else { None });
    let documents = elements.filter(|element| element.content.kind() == ElementKind::Document && element.removed.is_none());
    documents.map(|element| (element.lead, element.id.clone())).collect()
}

/// The files of a mail that were stored for its documents.
pub(crate) struct Files<'a> {
    platform: &'a Platform,
    scope: &'a Scope,
    attachments: &'a [MailAttachment],
    files: &'a [Attachment<'a>],
    stored: Documents,
    taken: Documents,
}

impl<'a> Files<'a> {
    /// The files of a mail, of which none is stored yet.
    pub(crate) fn of(platform: &'a Platform, scope: &'a Scope, attachments: &'a [MailAttachment], files: &'a [Attachment<'a>]) -> Self {
        Self { platform, scope, attachments, files, stored: Documents::new(), taken: Documents::new() }
    }

    /// Returns the documents whose files are not stored yet. Their decision must not be committed before they are.
    pub(crate) fn missing_of(&self, documents: &Documents) -> Documents {
        documents.difference(&self.stored).cloned().collect()
    }

    /// Stores files at the same time. A repeat overwrites each file with the same content.
    pub(crate) async fn store(&mut self, missing: Documents) -> Result<(), Failure> {
        let files = &self.platform.files;
        let puts = missing.iter().filter_map(|(lead, id)| {
            let place = self.attachments.iter().position(|attachment| attachment.id == *id)?;
            let (name, content) = (self.name(*lead, id), self.files.get(place)?.bytes.to_vec());
            Some(async move { files.put(&name, content).await })
        });
        try_join_all(puts).await?;
        self.stored.extend(missing);
        Ok(())
    }

    /// Notes the documents that were committed or existed before: their files stay.
    pub(crate) fn take(&mut self, documents: Documents) {
        self.taken = documents;
    }

    /// Removes the stored files of which no document exists: the lead got no room for them, or the mail was received before. Another
    /// process can have committed the same mail meanwhile, so the documents are read first.
    pub(crate) async fn remove_unused(&self) -> Result<(), Failure> {
        let unused: Vec<&(LeadId, ElementId)> = self.stored.difference(&self.taken).collect();
        if unused.is_empty() {
            return Ok(());
        }
        let keys = unused.iter().map(|(lead, id)| Key::Element(*lead, ElementKind::Document, id.clone()));
        let loaded = self.platform.store.load(self.scope, &Load::of(keys)).await?;
        let names = unused.iter().filter(|(lead, id)| loaded.element(*lead, ElementKind::Document, id).is_none());
        try_join_all(names.map(async |(lead, id)| self.platform.files.remove(&self.name(*lead, id)).await)).await?;
        Ok(())
    }

    fn name(&self, lead: LeadId, id: &ElementId) -> String {
        Element::document_file(self.scope.group(), lead, id)
    }
}
