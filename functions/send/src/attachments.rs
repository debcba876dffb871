//! The attachments of a letter: calendar file, quote, sheet of the vehicle, documents of the lead (APT-3, LEAD-3, SET-4).

use crate::carrier::Undelivered;
use crate::letters::ClaimedLetter;
use crate::mail::{Addressee, Attachment};
use crate::sender::Sender;
use crate::texts::Texts;
use crate::{expose, quote};
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::{Appointment, AppointmentState};
use forecourt_domain::base::{ElementId, LeadId, Subject};
use forecourt_domain::calendar::CalendarEvent;
use forecourt_domain::elements::{Content, Document, Element, ElementKind};
use forecourt_domain::messages::LetterKind;
use forecourt_domain::settings::Dealer;
use forecourt_edge::files::Verdict;
use forecourt_edge::formats::ical;
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load};
use futures::future::try_join_all;

impl Sender {
    /// Returns the attachments of a letter to a mail address.
    ///
    /// # Errors
    /// [`Undelivered`], if one of them cannot be attached: a letter is never sent without an attachment that its text may mention.
    pub(crate) async fn attachments(&self, claimed: &ClaimedLetter, to: &Addressee, scope: &Scope) -> Result<Vec<Attachment>, Undelivered> {
        let ClaimedLetter { letter, dealer, appointment, event, lead, .. } = claimed;
        let mut attachments = Vec::new();
        if let Some(appointment) = appointment.as_ref().filter(|_| letter.kind != LetterKind::Reminder) {
            let title = Texts::title(dealer, appointment, event.as_ref(), &to.language);
            attachments.push(calendar_file(appointment, event.as_ref(), dealer, to, title));
        }
        let LetterKind::Text { enclosed, documents, sheet, .. } = &letter.kind else { return Ok(attachments) };
        let never = |e: crate::pdf::PdfError| Undelivered::Never(e.into());
        if let Some(enclosed) = enclosed {
            attachments.push(quote::attachment(enclosed, lead.as_ref(), to, dealer, letter.queued).map_err(never)?);
        }
        if let Some(vehicle) = sheet {
            attachments.push(expose::attachment(vehicle, to, dealer, letter.queued).map_err(never)?);
        }
        if let (Subject::Lead(lead), false) = (&letter.subject, documents.is_empty()) {
            attachments.extend(self.documents(scope, *lead, documents).await?);
        }
        Ok(attachments)
    }

    async fn documents(&self, scope: &Scope, lead: LeadId, documents: &[ElementId]) -> Result<Vec<Attachment>, Undelivered> {
        let keys = documents.iter().map(|id| Key::Element(lead, ElementKind::Document, id.clone()));
        let later = |failure: Failure| Undelivered::Later(failure.into());
        let loaded = self.platform.store.load(scope, &Load::of(keys)).await.map_err(later)?;
        // The files are read at once: the lease and the time of the batch are short.
        let attachments = documents.iter().map(async |id| {
            let element = loaded.element(lead, ElementKind::Document, id);
            let Some((element, document)) = element.and_then(attachable) else {
                let title = element.map(|element| element.content.title()).unwrap_or_default();
                return Err(Undelivered::Never(format!("the attached document was removed: {title}").into()));
            };
            let name = element.file_name(scope.group());
            match self.platform.files.verdict(&name).await.map_err(later)? {
                Verdict::NotScanned | Verdict::Clean => {}
                Verdict::Pending => return Err(Undelivered::Later("the malware scan of an attached document has not ended".into())),
                Verdict::Refused(_) => {
                    let why = format!("the malware scan does not allow the attached document: {}", document.title);
                    return Err(Undelivered::Never(why.into()));
                }
            }
            let content = self.platform.files.get(&name).await.map_err(later)?;
            let gone = || Undelivered::Never(format!("the file of the attached document does not exist: {}", document.title).into());
            let content = content.ok_or_else(gone)?;
            Ok(Attachment { name: document.file_name(), media_type: document.download_type().to_owned(), content })
        });
        try_join_all(attachments).await
    }
}

fn attachable(element: &Element) -> Option<(&Element, &Document)> {
    match &element.content {
        Content::Document(document) if element.removed.is_none() && document.uploaded.is_some() => Some((element, document)),
        _ => None,
    }
}

/// The appointment as an iCalendar file. Its duration comes from the event type, which is more specific than the appointment's kind.
fn calendar_file(appointment: &Appointment, event: Option<&CalendarEvent>, dealer: &Dealer, to: &Addressee, title: String) -> Attachment {
    let kind = event.map_or(appointment.kind.event_type(), |event| event.kind.as_str());
    let changed = appointment.moved.last().map_or(appointment.created, |moved| moved.at);
    // The event also records a move to another dealer.
    let changed = event.map_or(changed, |event| event.changed().max(changed));
    let entry = ical::Entry {
        uid: appointment.id.to_string(),
        sequence: appointment.sequence,
        title,
        from: appointment.at,
        until: appointment.at + dealer.capacity().duration(kind),
        changed: match &appointment.state {
            AppointmentState::Cancelled { at, .. } => *at,
            AppointmentState::Booked | AppointmentState::Unknown => changed,
        },
        cancelled: appointment.state.is_cancelled(),
        is_at_dealer: appointment.is_at_dealer(event),
        attendee: Some((to.name.clone(), to.address.clone())),
    };
    let (content, media_type) = ical::file(&entry, dealer);
    Attachment { name: "appointment.ics".into(), media_type: media_type.into(), content: content.into_bytes() }
}
