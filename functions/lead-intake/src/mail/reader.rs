//! Reads a mail: decides between its enquiries and the reason why it has none.

use super::address::Mailbox;
use super::content::Content;
use super::documents::{attachment, documents};
use super::envelope::{Envelope, Verdict, Verdicts};
use super::fields::Draft;
use super::head::Head;
use super::labels::{self, Labelled};
use super::layouts::Layouts;
use super::letter::{self, full_name, is_reachable};
use super::shown::plain;
use super::text::{brief, cut, paragraphs};
use super::thread::without_signature;
use super::view::{View, is_answer};
use super::{
    Attachment, Form, MAX_ATTACHMENTS, MAX_BYTES, MAX_FLAGS, MAX_HEADER_BYTES, MAX_MESSAGE, MAX_MESSAGE_DEPTH, MAX_PARTS, MAX_SHOWN, Mail,
    MailEnquiry, OwnMark, Reading,
};
use super::{Reason, adf_in_mail, classify, own};
use forecourt_domain::base::text::is_same_name;
use std::borrow::Cow;

/// Reads one raw MIME message, by the layouts of its dealer. Never fails (INT-1, INT-7).
pub fn read<'a>(raw: &'a [u8], layouts: &Layouts) -> Mail<'a> {
    read_received(raw, layouts, None)
}

/// Returns the envelope of a raw mail without reading its content.
pub fn envelope(raw: &[u8]) -> Envelope {
    Envelope::of(&Head::read(raw.get(..MAX_BYTES).unwrap_or(raw), MAX_HEADER_BYTES).0)
}

/// Reads one raw MIME message, as [`read`] does. `verdicts` are those that the mail server states beside the mail; with them the headers
/// do not count.
pub fn read_received<'a>(raw: &'a [u8], layouts: &Layouts, verdicts: Option<Verdicts>) -> Mail<'a> {
    let mut parts = MAX_PARTS;
    let bytes = raw.get(..MAX_BYTES).unwrap_or(raw);
    let envelope = envelope(bytes);
    let verdicts = verdicts.unwrap_or(envelope.verdicts);
    if verdicts.virus == Verdict::Fail {
        return unread(Envelope { verdicts, ..envelope }, Reason::Virus);
    }
    if envelope.own == OwnMark::Message {
        return unread(Envelope { verdicts, ..envelope }, Reason::OwnMail);
    }
    let mut mail = read_message(bytes, layouts, &mut parts, (0, Some(verdicts)));
    if bytes.len() < raw.len() {
        mail.notes.insert(0, format!("the mail has more than {MAX_BYTES} bytes; the rest was not read"));
    }
    mail.attachments.truncate(MAX_ATTACHMENTS);
    mail
}

/// Returns a mail whose content is not read.
fn unread(envelope: Envelope, reason: Reason) -> Mail<'static> {
    let is_marked = envelope.own == OwnMark::Message;
    Mail {
        envelope,
        reading: Reading::NotALead(reason),
        attachments: Vec::new(),
        own_text: None,
        text: None,
        is_answer: false,
        notes: Vec::new(),
        is_marked,
    }
}

/// Reads a message at a depth of mails in mails. A mail in the mail has no verdict: its headers are the sender's.
fn read_message<'a>(bytes: &'a [u8], layouts: &Layouts, parts: &mut usize, (depth, verdicts): (usize, Option<Verdicts>)) -> Mail<'a> {
    let mut content = Content::of(bytes, parts);
    content.envelope.verdicts = verdicts.unwrap_or_default();
    let inner = inner_mails(&mut content, layouts, parts, depth);
    // A copy that somebody attaches to a mail contains the customer's mail.
    let is_marked = content.envelope.own == OwnMark::Message || own::has_mark(&content) || inner.iter().any(|one| one.mail.is_marked);
    let (reading, adf_parts) = reading(&mut content, layouts, &inner);
    let is_letter = matches!(&reading, Reading::Enquiries(all) if all.iter().all(|one| one.form == Form::Letter));
    let is_lead = matches!(&reading, Reading::Enquiries(_));
    let is_answered = is_letter || is_lead && is_answer(&content.envelope);
    let view = (is_answered || depth == 0).then(|| View::of(content.best_text(), &content.envelope));
    let written = view.as_ref().and_then(|view| without_signature(&view.own));
    let is_answer = is_answered && written.is_some();
    let mut own_text = written.or_else(|| paragraphs(view.as_ref()?.text.lines()));
    if own_text.as_mut().is_some_and(|text| cut(text, MAX_MESSAGE)) && is_answer {
        content.notes.push("the answer is too long and was cut".to_owned());
    }
    let text = readable(content.best_text(), &inner);
    let mut attachments = documents(&mut content, &adf_parts);
    let mut notes = std::mem::take(&mut content.notes);
    for one in inner {
        notes.extend(one.mail.notes);
        attachments.extend(one.mail.attachments);
        // A mail from which no enquiry was read is a document.
        attachments.extend(one.unread);
    }
    Mail { envelope: content.envelope, reading, attachments, own_text, text, is_answer, notes, is_marked }
}

/// Returns the text of a message for readers, followed by those of the mails in it that contain an enquiry. `None` if nothing is visible.
fn readable(text: &str, inner: &[Inner<'_>]) -> Option<String> {
    let own = plain(adf_in_mail::text_before(text));
    let of_inner = inner.iter().filter(|one| matches!(one.mail.reading, Reading::Enquiries(_))).filter_map(|one| one.mail.text.clone());
    let texts: Vec<String> = Some(own).into_iter().chain(of_inner).filter(|text| !text.trim().is_empty()).collect();
    let mut text = texts.join("\n\n");
    cut(&mut text, MAX_SHOWN);
    (!text.is_empty()).then_some(text)
}

/// A mail in the mail.
struct Inner<'a> {
    mail: Mail<'a>,
    /// The mail as a document, if it contains no enquiry.
    unread: Option<Attachment<'a>>,
}

fn inner_mails<'a>(content: &mut Content<'a>, layouts: &Layouts, parts: &mut usize, depth: usize) -> Vec<Inner<'a>> {
    let messages = std::mem::take(&mut content.messages);
    // The mail to which a delivery report or an automatic reply refers is not the sender's.
    let is_opened = depth < MAX_MESSAGE_DEPTH && content.report.is_none() && classify::automatic_reply(content).is_none();
    let mut all = Vec::new();
    for part in messages {
        if !is_opened {
            content.others.push(part);
            continue;
        }
        let mail = match &part.body {
            Cow::Borrowed(bytes) => read_message(bytes, layouts, parts, (depth + 1, None)),
            Cow::Owned(bytes) => into_owned(read_message(bytes, layouts, parts, (depth + 1, None))),
        };
        let is_read = matches!(mail.reading, Reading::Enquiries(_));
        let mail = if is_read { mail } else { Mail { attachments: Vec::new(), ..mail } };
        all.push(Inner { mail, unread: (!is_read).then(|| attachment(part)) });
    }
    all
}

fn into_owned(mail: Mail<'_>) -> Mail<'static> {
    let mut mail = mail;
    let attachments = std::mem::take(&mut mail.attachments).into_iter().map(Attachment::into_owned).collect();
    Mail { attachments, ..mail }
}

/// Returns the reading of a message, and the parts that contain the ADF.
fn reading(content: &mut Content<'_>, layouts: &Layouts, inner: &[Inner<'_>]) -> (Reading, Vec<usize>) {
    if let Some(reason) = classify::delivery_report(content) {
        return (Reading::NotALead(reason), Vec::new());
    }
    let adf = adf_in_mail::find(content);
    if !adf.enquiries.is_empty() {
        return (Reading::Enquiries(flagged(adf.enquiries, content)), adf.parts);
    }
    if let Some(reason) = classify::automatic_reply(content) {
        return (Reading::NotALead(reason), Vec::new());
    }
    let by_labels = labelled(content, layouts);
    if !by_labels.is_empty() {
        return (Reading::Enquiries(flagged(by_labels, content)), Vec::new());
    }
    let enquiries: Vec<MailEnquiry> = inner.iter().flat_map(|one| of_inner(&one.mail, content)).collect();
    if !enquiries.is_empty() {
        return (Reading::Enquiries(flagged(enquiries, content)), Vec::new());
    }
    let view = View::of(content.best_text(), &content.envelope);
    let no_lead =
        classify::notice(content, &view, layouts).or_else(|| classify::newsletter(content, &view)).or_else(|| classify::nothing(content));
    let has_words = view.own.chars().any(char::is_alphanumeric);
    let of_inner = inner.iter().filter(|_| !has_words).find_map(|one| match &one.mail.reading {
        Reading::NotALead(reason) => Some(reason.clone()),
        Reading::Enquiries(_) => None,
    });
    if let Some(reason) = no_lead.or(of_inner) {
        return (Reading::NotALead(reason), Vec::new());
    }
    match letter::letter(content, &view, layouts) {
        Some(mut enquiry) => {
            enquiry.flags.extend(
                adf.problem.map(|problem| ("document".to_owned(), brief(&format!("the ADF in the mail cannot be read: {problem}")))),
            );
            (Reading::Enquiries(flagged(vec![enquiry], content)), Vec::new())
        }
        None => (Reading::NotALead(adf.problem.map_or(Reason::NoContact, Reason::Unreadable)), Vec::new()),
    }
}

/// Returns the enquiries of a mail in the mail, with a flag that names the person who forwarded it.
fn of_inner(mail: &Mail<'_>, content: &Content<'_>) -> Vec<MailEnquiry> {
    let Reading::Enquiries(enquiries) = &mail.reading else { return Vec::new() };
    let mut enquiries = enquiries.clone();
    if let Some(from) = &content.envelope.from {
        let flag = ("mail".to_owned(), brief(&format!("forwarded by {}", from.address)));
        enquiries.iter_mut().for_each(|enquiry| enquiry.flags.push(flag.clone()));
    }
    enquiries
}

/// Adds the verdicts that a person should know.
fn flagged(mut enquiries: Vec<MailEnquiry>, content: &Content<'_>) -> Vec<MailEnquiry> {
    let verdicts = content.envelope.verdicts;
    let spam = (verdicts.spam == Verdict::Fail).then_some("the spam check of the mail failed");
    let dmarc = (verdicts.dmarc == Verdict::Fail).then_some("DMARC failed: the sender's address may be forged");
    for enquiry in &mut enquiries {
        let more = [spam, dmarc].into_iter().flatten().map(|detail| ("mail".to_owned(), detail.to_owned()));
        // The verdicts come first, so that the limit never removes them.
        enquiry.flags.splice(0..0, more);
        let message = enquiry.enquiry.message.as_mut().filter(|_| enquiry.form != Form::Adf);
        if message.is_some_and(|message| cut(message, MAX_MESSAGE)) {
            enquiry.flags.insert(0, ("message".to_owned(), "was too long and was cut; the whole text is in the mail".to_owned()));
        }
        enquiry.flags.truncate(MAX_FLAGS);
    }
    enquiries
}

/// Returns the labels of the text that has the most, with the view of that text. `None` if the content has no text.
pub(super) fn best_labelled(content: &Content<'_>, layouts: &Layouts) -> Option<(View, Labelled)> {
    let views: Vec<View> = content.texts().map(|text| View::of(text, &content.envelope)).collect();
    let portal_of = |view: &View| view.from.as_ref().and_then(|from| layouts.portal(&from.address));
    // The plain text comes first, and wins if both have the same labels.
    let mut best: Option<(View, Labelled)> = None;
    for view in views {
        let labelled = labels::collect(&view.text, layouts, portal_of(&view));
        if best.as_ref().is_none_or(|(_, known)| labelled.count() > known.count()) {
            best = Some((view, labelled));
        }
    }
    best
}

/// Returns the enquiries of labelled text, from the text that has the most labels. Empty if no text is an enquiry.
fn labelled(content: &Content<'_>, layouts: &Layouts) -> Vec<MailEnquiry> {
    let Some((view, labelled)) = best_labelled(content, layouts) else { return Vec::new() };
    let records = labelled.records();
    // The values of two customers are never mixed.
    if records.len() > 1 {
        let is_complete = |record: &&Labelled| {
            let draft = draft(record, content, &view, layouts);
            draft.has_channel() && (draft.has_message || draft.is_named() && draft.vehicle_values > 0)
        };
        let enquiries: Vec<MailEnquiry> =
            records.iter().filter(is_complete).filter_map(|record| record_of(record, content, &view, layouts)).collect();
        if !enquiries.is_empty() {
            return enquiries;
        }
    }
    record_of(&labelled, content, &view, layouts).into_iter().collect()
}

/// Reads labelled values. Addresses of the dealer and of the sender's departments are not the customer's.
fn draft(labelled: &Labelled, content: &Content<'_>, view: &View, layouts: &Layouts) -> Draft {
    let envelope = &content.envelope;
    let domains: Vec<String> = [&view.from, &envelope.from].into_iter().flatten().map(Mailbox::domain).collect();
    let is_foreign = |mailbox: &Mailbox| {
        mailbox.is_machine() || envelope.is_recipient(&mailbox.address) || mailbox.is_service() && domains.contains(&mailbox.domain())
    };
    Draft::of(labelled, layouts, &is_foreign)
}

/// Returns the enquiry of labelled values. `None` if they are none.
fn record_of(labelled: &Labelled, content: &Content<'_>, view: &View, layouts: &Layouts) -> Option<MailEnquiry> {
    let mut draft = draft(labelled, content, view, layouts);
    if !is_enquiry(&draft, labelled, content, view, layouts) {
        return None;
    }
    complete(&mut draft, labelled, content, view, layouts);
    // Anybody can write a text that looks like the forwarded mail of a portal.
    if view.forwarded_by.is_some() && draft.enquiry.leave_out_consents() {
        draft.flag("consents", "a forwarded mail proves no consent to advertising; record it if there is a proof");
    }
    let Draft { enquiry, vendor_id, vendor_name, flags, .. } = draft;
    Some(MailEnquiry { enquiry, form: Form::Labelled, vendor_id, vendor_name, adf: None, flags })
}

/// Returns whether labelled values are an enquiry, and not the signature of a letter or an advertisement.
fn is_enquiry(draft: &Draft, labelled: &Labelled, content: &Content<'_>, view: &View, layouts: &Layouts) -> bool {
    let has_person = draft.is_named() || draft.has_message;
    let has_channel = draft.has_channel() || customer_of(content, view).is_some();
    let is_from_person =
        view.from.as_ref().is_some_and(|from| is_reachable(from, content) && (from.is_private() || from.person().is_some()));
    let is_doubtful = classify::newsletter(content, view).or_else(|| classify::notice(content, view, layouts)).is_some();
    let has_own_address = !draft.enquiry.contact.emails.is_empty();
    let is_complete = has_person && labelled.count() >= 2 || draft.vehicle_values >= 2 && draft.has_channel() && !is_from_person;
    let is_certain = has_own_address && has_person || draft.has_message && draft.is_named() && draft.has_channel();
    has_channel && is_complete && (!is_doubtful || is_certain)
}

/// Returns the customer by the headers of a portal's mail: `Reply-To`, or a sender who is a person.
fn customer_of(content: &Content<'_>, view: &View) -> Option<Mailbox> {
    let is_of_sender = |mailbox: &Mailbox| mailbox.is_service() && view.from.as_ref().is_some_and(|from| from.domain() == mailbox.domain());
    let reply_to = view.reply_to.as_ref().filter(|mailbox| is_reachable(mailbox, content) && !is_of_sender(mailbox));
    let from = view.from.as_ref().filter(|mailbox| is_reachable(mailbox, content) && !mailbox.is_service());
    reply_to.or(from).cloned()
}

/// Adds the data that the labels do not state.
fn complete(draft: &mut Draft, labelled: &Labelled, content: &Content<'_>, view: &View, layouts: &Layouts) {
    let envelope = &content.envelope;
    let full = full_name(&draft.enquiry.contact);
    let is_customer = |mailbox: &Mailbox| {
        let is_named = mailbox.person().is_some_and(|name| is_same_name(&name, &full));
        !draft.has_channel() || view.reply_to.as_ref() == Some(mailbox) || mailbox.is_private() || is_named
    };
    let by_headers = customer_of(content, view).filter(is_customer);
    if let Some(customer) = by_headers.filter(|_| draft.enquiry.contact.emails.is_empty()) {
        draft.flag("contact.email", &format!("taken from the headers of the mail: {}", customer.address));
        draft.enquiry.contact.emails.push(customer.address);
    }
    let sender_name = letter::provider(&draft.enquiry.contact, content, view, layouts);
    draft.enquiry.source = draft.enquiry.source.take().or_else(|| sender_name.clone());
    draft.enquiry.provider = sender_name;
    draft.enquiry.requested_at = draft.enquiry.requested_at.take().or_else(|| envelope.date.map(|date| date.to_rfc3339()));
    draft.enquiry.lead_type = draft.enquiry.lead_type.take().or_else(|| layouts.lead_type(&view.subject).map(str::to_owned));
    if let Some(by) = &view.forwarded_by {
        draft.flag("mail", &format!("forwarded by {}", by.address));
    }
    if !draft.has_message {
        let rest = paragraphs(labelled.rest.iter().map(String::as_str));
        if let Some(rest) = rest {
            draft.flag("message", "the mail labels no message; its other text was taken");
            let all = [Some(rest), draft.enquiry.message.take()];
            draft.enquiry.message = Some(all.into_iter().flatten().collect::<Vec<_>>().join("\n\n"));
        }
    }
    if draft.enquiry.vehicles.is_empty() {
        draft.enquiry.message = letter::message(&view.subject, draft.enquiry.message.take());
    }
}
