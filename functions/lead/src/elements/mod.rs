//! The elements of a lead: add, list, read, change, remove (LEAD-2).

mod attached;
mod body;
mod document;
mod new;
mod options;
mod patch;
mod received;
mod scan;
mod view;

pub use attached::AttachedView;
pub use body::{CommentBody, CommunicationBody, DocumentBody, LineBody, MoneyBody, QuoteBody, TestDriveBody, TradeInBody};
pub use options::{AttachedQuoteView, ContactAddressView, MessageOptionsView, PurposeRefusalsView, RecipientView};
pub use received::{ReceivedMailView, RefusedAttachmentView};
pub use view::{
    CommentView, CommunicationView, ContentView, CountsView, DocumentView, DownloadView, ElementView, ElementsView, QuoteView,
    TestDriveView, TradeInView, UploadView,
};

pub(crate) use view::Linked;

use body::TestDriveRequest;
use forecourt_domain::base::{ContactId, ElementId, EventId, Fault, LeadId, Medium, Refusal, Right, Subject, UserId};
use forecourt_domain::calendar::{CalendarEvent, EventTime};
use forecourt_domain::decision::{Decision, Item, LeadInput};
use forecourt_domain::elements::{Communication, Content, Element, ElementKind};
use forecourt_domain::enquiry::Enquiry;
use forecourt_domain::lead::{Enquirer, Lead};
use forecourt_domain::messages::Letter;
use forecourt_domain::rules::calendar::{CalendarContext, NewEvent, warnings_of};
use forecourt_domain::rules::elements::{
    self, AnsweredMail, CommunicationRequest, Enclosures, addressed, communicate, goes_to, schedule_test_drive,
};
use forecourt_domain::rules::messages::fate;
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Page, Problem, new_name};
use forecourt_edge::routes::Elements;
use forecourt_edge::usecase::lead::{self, LeadContext, LeadRequest, enquiry_key, enquiry_of, found};
use forecourt_edge::usecase::letter::{stops, stops_keys};
use forecourt_edge::usecase::warnings::warnings;
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded};
use new::{NewCommunication, NewElement};
use serde_json::Value;
use std::collections::BTreeSet;

/// Answers `GET /leads/{id}/message-options`.
pub(crate) async fn message_options(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    options::read(platform, call).await
}

/// Answers a request of one of the elements' routes.
pub(crate) async fn operate(platform: &Platform, call: &Call, what: Elements) -> Result<Answer, Problem> {
    match what {
        Elements::Add(kind) => add(platform, call, kind).await,
        Elements::List(kind) => list(platform, call, kind).await,
        Elements::Read(kind) => {
            let at = ElementPath::of(call, kind)?;
            let shown = at.read(platform, call, Right::ReadLeads).await?;
            let mut view = document::with_download(platform, call, &shown).await?;
            if kind == ElementKind::Communication {
                scan::note(platform, call, at.lead, std::slice::from_mut(&mut view)).await?;
            }
            answer(200, &view)
        }
        Elements::Change(kind) => change(platform, call, kind).await,
        Elements::Remove(kind) => remove(platform, call, kind).await,
        Elements::CompleteUpload => document::complete(platform, call).await,
    }
}

/// The element that a path names.
struct ElementPath {
    lead: LeadId,
    kind: ElementKind,
    id: ElementId,
}

/// An element with its calendar event or its letter, to be shown in the response.
#[derive(Debug, Clone)]
struct LinkedElement {
    element: Element,
    event: Option<CalendarEvent>,
    letter: Option<Letter>,
    documents: Vec<Element>,
}

impl LinkedElement {
    fn view(&self) -> ElementView<ContentView> {
        let documents = self.documents.iter().collect();
        ElementView::of(&self.element, Linked { event: self.event.as_ref(), letter: self.letter.as_ref(), documents })
    }

    fn answer(&self, status: u16) -> Result<Answer, Problem> {
        answer(status, &self.view())
    }
}

fn answer(status: u16, view: &ElementView<ContentView>) -> Result<Answer, Problem> {
    Ok(Answer::new(status, view)?.header("etag", format!("\"{}\"", view.version)).about(&view.lead))
}

impl ElementPath {
    fn of(call: &Call, kind: ElementKind) -> Result<Self, Refusal> {
        Ok(Self { lead: call.part("id", "lead")?, kind, id: call.part("element", kind.spoken())? })
    }

    fn key(&self) -> Key {
        Key::Element(self.lead, self.kind, self.id.clone())
    }

    /// Returns the element with its event and letter: those of the decision, otherwise the stored ones.
    fn shown(&self, decision: Option<&Decision>, loaded: &Loaded) -> Option<LinkedElement> {
        let items = || decision.iter().flat_map(|decision| &decision.items);
        let decided = items().find_map(|item| if let Item::Element(element) = item { Some(&**element) } else { None });
        let element = decided.or_else(|| loaded.element(self.lead, self.kind, &self.id))?.clone();
        let event = event_of(&element).and_then(|id| {
            let decided = items().find_map(|item| if let Item::Event(event) = item { Some(&**event) } else { None });
            decided.filter(|event| event.id == id).or_else(|| loaded.event(self.lead, &id)).cloned()
        });
        let letter = letter_of(&element).and_then(|(subject, cause)| {
            let decided = items().find_map(|item| if let Item::Letter(letter) = item { Some(&**letter) } else { None });
            decided.or_else(|| loaded.letter(&subject, &cause)).cloned()
        });
        let documents = documents_of(&element, loaded).into_iter().cloned().collect();
        Some(LinkedElement { element, event, letter, documents })
    }

    /// Returns the keys of the element and of its event or letter.
    fn keys(&self, loaded: &Loaded) -> Vec<Key> {
        let element = loaded.element(self.lead, self.kind, &self.id);
        [self.key()].into_iter().chain(element.into_iter().flat_map(linked_keys)).collect()
    }

    /// Reads the element for a caller who needs `right`.
    async fn read(&self, platform: &Platform, call: &Call, right: Right) -> Result<LinkedElement, Problem> {
        call.scope.needs(right)?;
        let dealer = |loaded: &Loaded| loaded.lead(self.lead).map(|lead| Key::Dealer(lead.dealer.clone()));
        let load =
            Load::of([Key::Lead(self.lead), self.key()]).then(|loaded| self.keys(loaded).into_iter().chain(dealer(loaded)).collect());
        let loaded = platform.store.load(&call.scope, &load).await?;
        let (lead, dealer) = found(&loaded, self.lead)?;
        call.scope.needs_on(right, lead, &dealer.settings, call.now)?;
        Ok(self.shown(None, &loaded).ok_or(Refusal::NotFound(self.kind.spoken()))?)
    }
}

/// Returns the keys of an element's event, letter and attached documents.
fn linked_keys(element: &Element) -> impl Iterator<Item = Key> {
    let event = event_of(element).map(|event| Key::Event(element.lead, event));
    let documents = attached(element).iter().map(|id| Key::Element(element.lead, ElementKind::Document, id.clone()));
    event.into_iter().chain(letter_of(element).map(|(subject, cause)| Key::Letter(subject, cause))).chain(documents)
}

/// Returns the ids of the documents that an e-mail has as attachments.
fn attached(element: &Element) -> &[ElementId] {
    match &element.content {
        Content::Communication(Communication::Email { received: Some(mail), .. }) => &mail.documents,
        Content::Communication(Communication::Email { documents, .. }) => documents,
        _ => &[],
    }
}

/// Returns the documents that an e-mail has as attachments, in the order of the mail.
fn documents_of<'a>(element: &Element, loaded: &'a Loaded) -> Vec<&'a Element> {
    attached(element).iter().filter_map(|id| loaded.element(element.lead, ElementKind::Document, id)).collect()
}

/// Returns the subject and the cause of the letter that sends an e-mail or a text message of this element.
fn letter_of(element: &Element) -> Option<(Subject, String)> {
    match &element.content {
        Content::Communication(Communication::Email { received: None, .. } | Communication::Sms { received: None, .. }) => {
            Some((Subject::Lead(element.lead), element.id.to_string()))
        }
        _ => None,
    }
}

fn event_of(element: &Element) -> Option<EventId> {
    if let Content::TestDrive(drive) = &element.content { Some(drive.event.clone()) } else { None }
}

async fn add(platform: &Platform, call: &Call, kind: ElementKind) -> Result<Answer, Problem> {
    let lead: LeadId = call.part("id", "lead")?;
    let new = new::read_new(kind, call.json::<Value>()?)?;
    let name = new_name(platform, call, lead, kind.name());
    let id = ElementId::parse(&name).map_err(|e| Failure::Broken(e.into()))?;
    let event = EventId::parse(&name).map_err(|e| Failure::Broken(e.into()))?;
    let at = ElementPath { lead, kind, id: id.clone() };
    let by = call.scope.actor();
    let (quoted, documents) = match &new {
        NewElement::Communication(NewCommunication { request: CommunicationRequest::Email { quote, documents, .. }, .. }) => {
            (quote.as_ref().map(|(quote, _)| quote.clone()), documents.clone())
        }
        _ => (None, Vec::new()),
    };
    let message = if let NewElement::Communication(new) = &new { Some(new) } else { None };
    if !documents.is_empty() {
        call.scope.needs(Right::WorkLeads)?;
    }
    let refused = scan::refused(platform, call, lead, &documents).await?;
    let answered = message.and_then(|new| new.answers.clone());
    let decide = |context: &CalendarContext<'_>, loaded: &Loaded| match new.clone() {
        NewElement::Content(content) => elements::not_expired(None, &content, context.dealer, call.now)
            .and_then(|()| elements::add(context.lead, id.clone(), content, &by, call.now)),
        NewElement::TestDrive(TestDriveRequest { vehicle, at, title, user, notes, despite }) => {
            let event = NewEvent {
                id: event.clone(),
                title,
                kind: String::new(),
                when: EventTime::At(at),
                notes,
                user,
                booked: false,
                appointment: None,
                follows: None,
                despite,
            };
            schedule_test_drive(context, id.clone(), vehicle, event)
        }
        NewElement::Communication(NewCommunication { request, answers, contact, to }) => {
            let quote = quoted.as_ref().and_then(|quote| loaded.element(lead, ElementKind::Quote, quote));
            let enquiry = enquiry_of(loaded, context.lead);
            let of = |answers| AnsweredMail::of(loaded.element(lead, ElementKind::Communication, answers));
            let answered = answers.as_ref().map(of).transpose()?;
            let writer = recipient((contact.as_ref(), to.as_deref()), answered, context.lead, enquiry)?;
            let reached = context.lead.addressee(&writer, enquiry).map(|(_, reached)| reached);
            if let (Some(medium), Some(reached)) = (medium_of(&request), &reached) {
                goes_to(to.as_deref(), medium, reached)?;
                let stops = stops(platform.store.secret(), &call.scope, (medium, reached), loaded);
                fate::not_stopped(stops.as_ref(), medium, request.purpose(), &context.dealer.id)?;
            }
            let found = documents.iter().filter_map(|id| loaded.element(lead, ElementKind::Document, id)).collect();
            let vehicle = enquiry.and_then(|enquiry| enquiry.vehicles.first());
            let enclosures = Enclosures { quote, documents: found, vehicle };
            let input = LeadInput { lead: context.lead, dealer: context.dealer, by: &by, now: call.now };
            let request = answered.map_or_else(|| request.clone(), |mail| mail.with_subject(request.clone(), context.lead));
            // A mail that cannot be sent is no answer to the customer.
            let fault = |i: usize| Fault::new(format!("attachments[{i}]"), "LEAD-3", "is not allowed by the malware scan; remove it");
            if let Some(i) = documents.iter().position(|id| refused.contains(id)) {
                return Err(Refusal::Invalid(vec![fault(i)]));
            }
            let decision = communicate(input, id.clone(), request, &enclosures, reached.as_ref())?;
            let decision = addressed(decision, &writer);
            Ok(match answered {
                Some(mail) => mail.threaded(decision),
                None => decision,
            })
        }
    };
    let also = |loaded: &Loaded| {
        let days = found(loaded, lead)
            .map(|(lead, dealer)| lead::days_of(|days| decide(&CalendarContext { lead, dealer, days, by: &by, now: call.now }, loaded)));
        let event = (kind == ElementKind::TestDrive).then(|| Key::Event(lead, event.clone()));
        let quote = quoted.clone().map(|quote| Key::Element(lead, ElementKind::Quote, quote));
        let address = loaded.lead(lead).zip(message).and_then(|(of, new)| {
            let (medium, enquiry) = (medium_of(&new.request)?, enquiry_of(loaded, of));
            let element = answered.as_ref().and_then(|answered| loaded.element(lead, ElementKind::Communication, answered));
            let to = (new.contact.as_ref(), new.to.as_deref());
            let (_, reached) = of.addressee(&recipient(to, AnsweredMail::of(element).ok(), of, enquiry).ok()?, enquiry)?;
            Some(stops_keys(platform.store.secret(), &call.scope, medium, &reached))
        });
        let answered = answered.clone().map(|answered| Key::Element(lead, ElementKind::Communication, answered));
        let letter =
            (kind == ElementKind::Communication).then(|| [Key::Letter(Subject::Lead(lead), name.clone()), enquiry_key(loaded, lead)]);
        let attached = documents.iter().map(|id| Key::Element(lead, ElementKind::Document, id.clone()));
        let further = event.into_iter().chain(quote).chain(attached).chain(answered).chain(letter.into_iter().flatten());
        let further = further.chain(address.into_iter().flatten());
        days.into_iter().flatten().chain(further).collect()
    };
    let rule = |LeadContext { lead, dealer, loaded }: LeadContext<'_>| {
        let days = |user: &UserId, date| loaded.day(user, date);
        decide(&CalendarContext { lead, dealer, days: &days, by: &by, now: call.now }, loaded)
    };
    let shown = |lead: &Lead, decision: Option<&Decision>, loaded: &Loaded| {
        let shown = at.shown(decision, loaded)?;
        let days = |user: &UserId, date| loaded.day(user, date);
        let found = match (decision, loaded.dealer(&lead.dealer).zip(shown.event.as_ref())) {
            (Some(decision), _) => decision.warnings.clone(),
            (None, Some((dealer, event))) => warnings_of(&CalendarContext { lead, dealer, days: &days, by: &by, now: call.now }, event),
            (None, None) => BTreeSet::new(),
        };
        Some((shown, warnings(&found)))
    };
    let shown = lead::make(LeadRequest::of(platform, call, lead), at.key(), &also, rule, shown).await?;
    let (shown, warnings) = shown.ok_or(Refusal::NotFound(kind.spoken()))?;
    let mut view = document::with_upload(platform, call, &shown).await?;
    if kind == ElementKind::Communication {
        scan::note(platform, call, lead, std::slice::from_mut(&mut view)).await?;
    } else if let ContentView::TestDrive(drive) = &mut view.content {
        drive.warnings = warnings;
    }
    Ok(answer(201, &view)?.header("location", format!("/leads/{lead}/{}/{id}", kind.path())))
}

/// Returns the contact to whom a message goes: the one that the user chose, at the chosen address; else the writer of the mail that it
/// answers; else the writer of the latest enquiry.
///
/// # Errors
/// 422 if the lead does not have the chosen contact.
fn recipient(
    (contact, to): (Option<&ContactId>, Option<&str>),
    answered: Option<AnsweredMail<'_>>,
    lead: &Lead,
    enquiry: Option<&Enquiry>,
) -> Result<Enquirer, Refusal> {
    let writer = || answered.and_then(|mail| mail.writer(lead, enquiry)).unwrap_or_else(|| lead.latest_enquirer());
    match contact {
        Some(contact) => {
            let none = || Refusal::field("contact", "LEAD-3", "must be the id of one of the lead's contacts");
            lead.recipient(contact, to, enquiry).ok_or_else(none)
        }
        None => Ok(writer()),
    }
}

/// The medium of a message to the contact. `None` if the request sends none.
fn medium_of(request: &CommunicationRequest) -> Option<Medium> {
    match request {
        CommunicationRequest::Email { .. } => Some(Medium::Email),
        CommunicationRequest::Sms { .. } => Some(Medium::Sms),
        CommunicationRequest::Call { .. } => None,
    }
}

async fn list(platform: &Platform, call: &Call, kind: ElementKind) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadLeads)?;
    let id: LeadId = call.part("id", "lead")?;
    let page = Page::read(call, format!("{id}-{}", kind.path()), "LEAD-2")?;
    let (store, lead) = (&platform.store, Load::of([Key::Lead(id)]));
    let (loaded, elements) = tokio::try_join!(store.load(&call.scope, &lead), store.elements(&call.scope, id, kind))?;
    lead::readable(platform, call, loaded.lead(id)).await?;
    let (elements, cursor) = page.cut(elements, |element| (element.created, element.id.as_str()));
    let stored = store.load(&call.scope, &Load::of(elements.iter().flat_map(linked_keys))).await?;
    let view = |element: &Element| {
        let event = event_of(element).and_then(|event| stored.event(id, &event));
        let letter = letter_of(element).and_then(|(subject, cause)| stored.letter(&subject, &cause));
        ElementView::of(element, Linked { event, letter, documents: documents_of(element, &stored) })
    };
    let mut views: Vec<_> = elements.iter().map(view).collect();
    scan::note(platform, call, id, &mut views).await?;
    Ok(Answer::new(200, &ElementsView { elements: views, cursor })?.about(&id))
}

/// Returns the element if the caller may change it.
///
/// # Errors
/// 404 if it does not exist, 403 if it belongs to another user, 412 if the version of `If-Match` is another one.
fn changeable<'a>(at: &ElementPath, call: &Call, loaded: &'a Loaded) -> Result<&'a Element, Refusal> {
    let element = loaded.element(at.lead, at.kind, &at.id).ok_or(Refusal::NotFound(at.kind.spoken()))?;
    element.may_be_changed_by(&call.scope)?;
    match call.if_match()? {
        Some(versions) if !versions.contains(&element.version) => Err(Refusal::Stale { current: element.version }),
        _ => Ok(element),
    }
}

async fn change(platform: &Platform, call: &Call, kind: ElementKind) -> Result<Answer, Problem> {
    let at = ElementPath::of(call, kind)?;
    let patch = call.json::<Value>()?;
    let by = call.scope.actor();
    let rule = |LeadContext { lead, dealer, loaded }: LeadContext<'_>| {
        let element = changeable(&at, call, loaded)?;
        let content = patch::patched(&element.content, &patch)?;
        elements::not_expired(Some(&element.content), &content, dealer, call.now)?;
        elements::change(lead, element, content, &by, call.now)
    };
    let also = |loaded: &Loaded| at.keys(loaded);
    let shown = |_: &Lead, decision: Option<&Decision>, loaded: &Loaded| at.shown(decision, loaded);
    let shown = lead::change(LeadRequest::of(platform, call, at.lead), &also, rule, shown).await?;
    shown.ok_or(Refusal::NotFound(kind.spoken()))?.answer(200)
}

async fn remove(platform: &Platform, call: &Call, kind: ElementKind) -> Result<Answer, Problem> {
    let at = ElementPath::of(call, kind)?;
    let by = call.scope.actor();
    let also = |loaded: &Loaded| {
        let days = found(loaded, at.lead).ok().zip(loaded.element(at.lead, kind, &at.id)).map(|((lead, dealer), element)| {
            let event = event_of(element).and_then(|event| loaded.event(at.lead, &event));
            lead::days_of(|days| elements::remove(&CalendarContext { lead, dealer, days, by: &by, now: call.now }, element, event))
        });
        at.keys(loaded).into_iter().chain(days.into_iter().flatten()).collect()
    };
    let rule = |LeadContext { lead, dealer, loaded }: LeadContext<'_>| {
        let element = changeable(&at, call, loaded)?;
        let event = event_of(element).and_then(|event| loaded.event(at.lead, &event));
        let days = |user: &UserId, date| loaded.day(user, date);
        elements::remove(&CalendarContext { lead, dealer, days: &days, by: &by, now: call.now }, element, event)
    };
    let shown = |_: &Lead, decision: Option<&Decision>, loaded: &Loaded| at.shown(decision, loaded);
    let shown = lead::change(LeadRequest::of(platform, call, at.lead), &also, rule, shown).await?;
    let shown = shown.ok_or(Refusal::NotFound(kind.spoken()))?;
    document::discard(platform, call, &shown.element).await?;
    shown.answer(200)
}
