//! The state of the malware scan beside each file in an answer (LEAD-2).

use super::attached::AttachedView;
use super::view::{ContentView, ElementView};
use forecourt_domain::base::{ElementId, LeadId};
use forecourt_domain::elements::Element;
use forecourt_edge::Platform;
use forecourt_edge::files::Verdict;
use forecourt_edge::http::Call;
use forecourt_store::Failure;
use futures::{StreamExt as _, TryStreamExt as _};
use std::collections::{BTreeSet, HashMap};

/// The number of verdicts that one request reads at once.
const AT_ONCE: usize = 16;

/// A file in an answer: the id of its document, and the place for its state.
type Slot<'a> = (String, &'a mut Option<&'static str>);

/// Returns the name of the state that keeps a file from being opened. `None` if it can be opened.
pub(super) fn state(verdict: &Verdict) -> Option<&'static str> {
    match verdict {
        Verdict::NotScanned | Verdict::Clean => None,
        Verdict::Pending => Some("pending"),
        Verdict::Refused(found) if found == Verdict::THREAT => Some("threat"),
        Verdict::Refused(_) => Some("unreadable"),
    }
}

/// Notes the states of the files of a lead's documents and e-mails.
pub(super) async fn note(platform: &Platform, call: &Call, lead: LeadId, views: &mut [ElementView<ContentView>]) -> Result<(), Failure> {
    let slots = views.iter_mut().flat_map(|view| match &mut view.content {
        ContentView::Document(document) if document.uploaded_at.is_some() && view.removed_at.is_none() => {
            vec![(view.id.clone(), &mut document.scan)]
        }
        ContentView::Communication(communication) => attached(&mut communication.files),
        _ => Vec::new(),
    });
    fill(platform, call, lead, slots.collect()).await
}

/// Notes the states of documents that a message can have as attachments.
pub(super) async fn note_attached(platform: &Platform, call: &Call, lead: LeadId, files: &mut [AttachedView]) -> Result<(), Failure> {
    fill(platform, call, lead, attached(files)).await
}

fn attached(files: &mut [AttachedView]) -> Vec<Slot<'_>> {
    files.iter_mut().filter(|file| file.state == "uploaded").map(|file| (file.id.clone(), &mut file.scan)).collect()
}

/// Returns the documents that the malware scan keeps from being sent.
pub(super) async fn refused(platform: &Platform, call: &Call, lead: LeadId, ids: &[ElementId]) -> Result<BTreeSet<ElementId>, Failure> {
    let verdicts = verdicts(platform, call, lead, ids.iter().cloned().collect()).await?;
    Ok(verdicts.into_iter().filter_map(|(id, verdict)| matches!(verdict, Verdict::Refused(_)).then_some(id)).collect())
}

/// Notes the state of the file in each slot.
async fn fill(platform: &Platform, call: &Call, lead: LeadId, slots: Vec<Slot<'_>>) -> Result<(), Failure> {
    let ids = slots.iter().filter_map(|(id, _)| ElementId::parse(id).ok()).collect();
    let verdicts = verdicts(platform, call, lead, ids).await?;
    let states: HashMap<String, _> = verdicts.iter().map(|(id, verdict)| (id.to_string(), state(verdict))).collect();
    for (id, place) in slots {
        *place = states.get(&id).copied().flatten();
    }
    Ok(())
}

/// Reads the verdict of each document once.
async fn verdicts(platform: &Platform, call: &Call, lead: LeadId, ids: BTreeSet<ElementId>) -> Result<Vec<(ElementId, Verdict)>, Failure> {
    let verdicts = futures::stream::iter(ids).map(async |id| {
        let verdict = platform.files.verdict(&Element::document_file(call.scope.group(), lead, &id)).await?;
        Ok::<_, Failure>((id, verdict))
    });
    verdicts.buffer_unordered(AT_ONCE).try_collect().await
}
