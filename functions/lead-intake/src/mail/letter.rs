//! Makes an enquiry from a letter that a person wrote.

use super::address::Mailbox;
use super::content::Content;
use super::fields::without_title;
use super::layouts::Layouts;
use super::phrases::{first_in, phrases, subject_prefixes};
use super::text::{addresses_in, brief, folded, one_line, paragraphs, searched};
use super::thread::{signature_phones, without_signature};
use super::view::{View, is_answer};
use super::{Form, MailEnquiry};
use forecourt_domain::base::text::is_same_name;
use forecourt_domain::enquiry::{NameParts, RawContact, RawEnquiry, RawPhone};

/// Returns the enquiry of a letter. `None` if the mail names nobody who can be answered.
pub(super) fn letter(content: &Content<'_>, view: &View, layouts: &Layouts) -> Option<MailEnquiry> {
    let mut flags = Vec::new();
    let sender = sender(content, view);
    let contact = match &sender {
        Some(sender) => contact_of(sender, view),
        None => contact_in_text(content, view, &mut flags)?,
    };
    let is_inner = view.forwarded_by.is_some() && sender.is_some() && (sender == view.from || sender == view.reply_to);
    let text = match &view.forwarded_by {
        Some(by) if is_inner => {
            let note = without_signature(&view.own).map(|note| format!(" with the note: {note}")).unwrap_or_default();
            flags.push((
                "mail".to_owned(),
                brief(&format!("forwarded by {}{}", by.address, one_line(&note).map(|note| format!(" {note}")).unwrap_or_default())),
            ));
            without_signature(&view.written()).or_else(|| paragraphs(view.text.lines()))
        }
        Some(_) => paragraphs(view.own.lines().chain([""]).chain(view.text.lines())),
        None => without_signature(&view.own).or_else(|| paragraphs(view.text.lines())),
    };
    let mut contact = contact;
    let own = if is_inner { view.written() } else { view.own.clone() };
    for number in signature_phones(&own) {
        if !contact.phones.iter().any(|phone| phone.number == number) {
            contact.phones.push(RawPhone { number, ..RawPhone::default() });
        }
    }
    let provider = provider(&contact, content, view, layouts);
    let subject = if is_inner { &view.subject } else { content.envelope.subject() };
    let enquiry = RawEnquiry {
        source: provider.clone(),
        provider,
        lead_type: layouts.lead_type(subject).map(str::to_owned),
        contact,
        // The subject of an answer is the one of our own letter.
        message: if text.is_some() && view.forwarded_by.is_none() && is_answer(&content.envelope) { text } else { message(subject, text) },
        requested_at: content.envelope.date.map(|date| date.to_rfc3339()),
        ..RawEnquiry::default()
    };
    Some(MailEnquiry { enquiry, form: Form::Letter, vendor_id: None, vendor_name: None, adf: None, flags })
}

/// Returns whether a person who can be answered has this address.
pub(super) fn is_reachable(mailbox: &Mailbox, content: &Content<'_>) -> bool {
    !mailbox.is_machine() && !content.envelope.is_recipient(&mailbox.address)
}

/// Returns the person who wrote the letter. `None` if only programs and the dealer are named.
fn sender(content: &Content<'_>, view: &View) -> Option<Mailbox> {
    let first = |reply_to: &Option<Mailbox>, from: &Option<Mailbox>| {
        [reply_to, from].into_iter().flatten().find(|mailbox| is_reachable(mailbox, content)).cloned()
    };
    let (outer_reply_to, outer_from) = (&content.envelope.reply_to, &content.envelope.from);
    if view.forwarded_by.is_none() {
        return first(outer_reply_to, outer_from);
    }
    // A private person forwards a mail of their own. Somebody of the dealer forwards a customer's.
    let is_private = outer_from.as_ref().is_some_and(|from| from.is_private() && is_reachable(from, content));
    let inner = || first(&view.reply_to, &view.from);
    let outer = || first(outer_reply_to, outer_from);
    if is_private { outer() } else { inner().or_else(outer) }
}

/// Returns the contact whom the sender of a mail names.
pub(super) fn contact_of(sender: &Mailbox, view: &View) -> RawContact {
    // Portals write the customer's name before their own address, and the customer's address into `Reply-To`.
    let by_from = || view.from.as_ref().filter(|from| !from.is_machine() || sender.domain() != from.domain()).and_then(Mailbox::person);
    let is_of_view = Some(sender) == view.reply_to.as_ref();
    let name = sender.person().or_else(|| if is_of_view && sender.name.is_none() { by_from() } else { None });
    let NameParts { first, middle, last } = name.as_deref().map(|name| NameParts::of_full(without_title(name))).unwrap_or_default();
    let company = sender.name.clone().filter(|_| name.is_none());
    RawContact {
        first_name: first,
        middle_name: middle,
        last_name: last,
        company,
        emails: vec![sender.address.clone()],
        ..RawContact::default()
    }
}

/// Returns the contact that a program's mail names in its text.
fn contact_in_text(content: &Content<'_>, view: &View, flags: &mut Vec<(String, String)>) -> Option<RawContact> {
    let domains: Vec<String> = [&view.from, &content.envelope.from].into_iter().flatten().map(Mailbox::domain).collect();
    let is_customers = |address: &String| {
        let mailbox = Mailbox::of(None, address);
        mailbox.is_some_and(|mailbox| is_reachable(&mailbox, content) && !domains.contains(&mailbox.domain()))
    };
    let links = content.html.mail_links.iter().cloned();
    let emails: Vec<String> = addresses_in(&view.text, 20).into_iter().chain(links).filter(is_customers).take(1).collect();
    let asks = first_in(&phrases().enquiry_words, &searched(&format!("{} {}", view.subject, view.text))).is_some();
    let in_prose = if asks { number_in(&view.text) } else { None };
    let phones = signature_phones(&view.text).into_iter().chain(content.html.phone_links.iter().cloned()).chain(in_prose);
    let phones: Vec<String> = phones.take(1).collect();
    if emails.is_empty() && phones.is_empty() {
        return None;
    }
    flags.push(("contact".to_owned(), "the layout of the mail is unknown; the contact was found in its text".to_owned()));
    let phones = phones.into_iter().map(|number| RawPhone { number, ..RawPhone::default() }).collect();
    Some(RawContact { emails, phones, ..RawContact::default() })
}

/// Returns the first telephone number in a text: at least seven digits that begin with a zero or a plus, and no free call.
fn number_in(text: &str) -> Option<String> {
    let is_sign = |c: char| c.is_ascii_digit() || "+ /-()".contains(c);
    let mut runs = text.split(|c: char| !is_sign(c)).map(|run| run.trim_matches([' ', '-', '/', ')', '(']));
    let found = runs.find(|run| {
        let digits = run.chars().filter(char::is_ascii_digit).count();
        run.starts_with(['0', '+']) && (7..=15).contains(&digits) && !["0800", "0900", "00800"].iter().any(|free| run.starts_with(free))
    });
    found.map(str::to_owned)
}

/// Returns the message: the subject without its prefixes, unless the text contains it, and the text.
pub(super) fn message(subject: &str, text: Option<String>) -> Option<String> {
    let subject = subject_prefixes(subject).1;
    let is_new = !subject.is_empty() && text.as_deref().is_none_or(|text| !folded(text).contains(&folded(subject)));
    let parts: Vec<String> = is_new.then(|| subject.to_owned()).into_iter().chain(text).collect();
    let message = parts.join("\n\n");
    (!message.is_empty()).then_some(message)
}

/// Returns the name of the system that sent the mail. `None` if the customer or the dealer sent it.
pub(super) fn provider(customer: &RawContact, content: &Content<'_>, view: &View, layouts: &Layouts) -> Option<String> {
    let sender = view.from.as_ref().filter(|from| !content.envelope.is_recipient(&from.address))?;
    if let Some(portal) = layouts.portal(&sender.address) {
        return Some(portal.source.clone());
    }
    let is_customer = customer.emails.iter().any(|email| email.eq_ignore_ascii_case(&sender.address));
    let full = full_name(customer);
    let name = sender.name.clone().filter(|name| !is_same_name(sender.person().as_deref().unwrap_or(name), &full));
    (!is_customer && !sender.is_private()).then(|| name.unwrap_or_else(|| sender.domain()))
}

/// Returns the name of a contact in one text.
pub(super) fn full_name(contact: &RawContact) -> String {
    [&contact.first_name, &contact.last_name].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ")
}
