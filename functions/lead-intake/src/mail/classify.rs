//! Recognises mail that is no lead. If it is not certain, the mail is a lead (INT-7).

use super::Reason;
use super::address::Mailbox;
use super::content::Content;
use super::envelope::Verdict;
use super::layouts::Layouts;
use super::phrases::{first_in, phrases, subject_prefixes};
use super::text::{addresses_in, brief, folded, searched};
use super::view::{View, is_answer};

/// The weight of evidence from which a mail is a newsletter.
const NEWSLETTER: i32 = 4;
/// The number of links that a person rarely writes.
const MANY_LINKS: usize = 8;

/// Returns the reason if the mail reports on another mail.
pub(super) fn delivery_report(content: &Content<'_>) -> Option<Reason> {
    let envelope = &content.envelope;
    if let Some(report) = &content.report {
        return Some(Reason::DeliveryReport(brief(report)));
    }
    let is_daemon = |from: &Mailbox| matches!(from.local().as_str(), "mailer-daemon" | "postmaster" | "mail-daemon" | "mailerdaemon");
    let has_sender = envelope.from.as_ref().is_some_and(is_daemon) || envelope.return_path.as_deref() == Some("");
    let subject = folded(envelope.subject());
    let phrase = first_in(&phrases().bounce_subjects, &subject).map(str::to_owned);
    let by_text = || first_in(&phrases().bounce_texts, &searched(content.best_text())).map(str::to_owned);
    let phrase = if has_sender { phrase.or_else(by_text) } else { phrase.filter(|_| by_text().is_some()) };
    phrase.map(|phrase| Reason::DeliveryReport(format!("it says {phrase:?}")))
}

/// Returns the reason if a program answered with this mail.
pub(super) fn automatic_reply(content: &Content<'_>) -> Option<Reason> {
    let automatic = &content.envelope.automatic;
    let by_header = match (&automatic.auto_submitted, &automatic.precedence, &automatic.reply_header) {
        (Some(kind), _, _) if kind.starts_with("auto-replied") => Some(format!("its header Auto-Submitted is {kind}")),
        (_, Some(kind), _) if kind.starts_with("auto_reply") || kind.starts_with("auto-reply") => {
            Some(format!("its header Precedence is {kind}"))
        }
        (_, _, Some(header)) => Some(format!("it has the header {header}")),
        _ => None,
    };
    if let Some(why) = by_header {
        return Some(Reason::AutomaticReply(why));
    }
    let subject = folded(subject_prefixes(content.envelope.subject()).1);
    let is_start = |phrase: &&String| {
        let rest = subject.strip_prefix(phrase.as_str());
        rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    };
    let phrase = phrases().automatic_reply_subjects.iter().find(is_start)?;
    let has_header = automatic.auto_submitted.is_some()
        || automatic.response_suppressed.is_some()
        || matches!(automatic.precedence.as_deref(), Some("bulk" | "junk"))
        || content.envelope.return_path.as_deref() == Some("");
    // Without such a header, a person may have written it. A question is certainly a person's.
    let text = searched(content.best_text());
    let has_text = !text.contains('?') && first_in(&phrases().automatic_reply_texts, &text).is_some();
    (has_header || has_text).then(|| Reason::AutomaticReply(format!("its subject begins with {phrase:?}")))
}

/// Returns the reason if the mail lists the results of a saved search, or is a report of a system.
pub(super) fn notice(content: &Content<'_>, view: &View, layouts: &Layouts) -> Option<Reason> {
    let envelope = &content.envelope;
    let from = view.from.as_ref();
    // A person who forwards such a mail with words of their own asks something.
    let has_own_words = view.forwarded_by.is_some() && view.own.chars().any(char::is_alphanumeric);
    let is_portal = from.is_some_and(|from| layouts.portal(&from.address).is_some());
    let is_program = from.is_some_and(Mailbox::is_machine) || is_portal || view.forwarded_by.is_none() && envelope.is_automatic();
    let has_person = envelope.reply_to.as_ref().is_some_and(Mailbox::is_private);
    if has_own_words || !is_program || has_person {
        return None;
    }
    let subject = folded(&view.subject);
    if let Some(phrase) = first_in(&phrases().saved_search_subjects, &subject) {
        return Some(Reason::SavedSearch(format!("its subject says {phrase:?}")));
    }
    first_in(&phrases().report_subjects, &subject).map(|phrase| Reason::Report(format!("its subject says {phrase:?}")))
}

/// Returns the reason if the mail is a newsletter.
pub(super) fn newsletter(content: &Content<'_>, view: &View) -> Option<Reason> {
    let evidence = newsletter_evidence(content, view);
    (evidence.weight >= NEWSLETTER && evidence.is_technical).then(|| Reason::Newsletter(evidence.parts.join(", ")))
}

/// Returns the evidence for a newsletter.
fn newsletter_evidence(content: &Content<'_>, view: &View) -> Evidence {
    let envelope = &content.envelope;
    let automatic = &envelope.automatic;
    let is_direct = view.forwarded_by.is_none();
    // People write to a discussion list, for example to the shared mailbox of a dealer.
    let is_list = automatic.has_list_post;
    let mut evidence = Evidence::default();
    if is_direct && !is_list {
        evidence.add(2, automatic.has_unsubscribe, || "it has List-Unsubscribe".to_owned());
        evidence.add(1, automatic.has_one_click_unsubscribe, || "it has List-Unsubscribe-Post".to_owned());
        evidence.add(1, automatic.list_id.is_some(), || "it has List-Id".to_owned());
        let precedence = automatic.precedence.as_deref().unwrap_or_default();
        evidence.add(2, matches!(precedence, "bulk" | "junk" | "list"), || format!("its Precedence is {precedence}"));
    }
    if let Some(header) = automatic.campaign.as_ref().filter(|_| is_direct) {
        evidence.add(1, true, || format!("it has the header {header}"));
    }
    if let Some(from) = &view.from {
        evidence.add(2, from.sends_newsletters(), || format!("it comes from {}", from.address));
        evidence.add(1, from.is_machine(), || "its sender is a program".to_owned());
    }
    evidence.add(1, content.html.links >= MANY_LINKS, || format!("it has {} links", content.html.links));
    let text = searched(&view.text);
    if let Some(phrase) = first_in(&phrases().browser_texts, &text) {
        evidence.add(2, true, || format!("its text says {phrase:?}"));
    }
    // A person can write the words that follow.
    evidence.is_technical = evidence.weight > 0;
    let subject = folded(&view.subject);
    if let Some(phrase) = first_in(&phrases().newsletter_subjects, &subject) {
        evidence.add(2, true, || format!("its subject says {phrase:?}"));
    }
    if let Some(phrase) = first_in(&phrases().newsletter_texts, &text).filter(|_| !is_list) {
        evidence.add(2, true, || format!("its text says {phrase:?}"));
    }
    let has_own_words = view.own.chars().any(char::is_alphanumeric);
    let is_private = |mailbox: &Option<Mailbox>| mailbox.as_ref().is_some_and(Mailbox::is_private);
    let asks = has_own_words && (is_private(&envelope.from) || !envelope.in_reply_to.is_empty());
    let looks_like_answer = has_own_words && is_direct && is_answer(envelope);
    let names_person =
        || addresses_in(&text, 20).iter().filter_map(|address| Mailbox::of(None, address)).any(|mailbox| mailbox.is_private());
    let is_for_person = is_private(&envelope.reply_to) || names_person();
    let doubts = [(asks, 4), (!asks && looks_like_answer, 2), (is_for_person, 3)];
    evidence.weight -= doubts.iter().filter(|(holds, _)| *holds).map(|(_, weight)| weight).sum::<i32>();
    evidence
}

#[derive(Default)]
struct Evidence {
    weight: i32,
    /// Whether a part of it is not only words.
    is_technical: bool,
    parts: Vec<String>,
}

impl Evidence {
    fn add(&mut self, weight: i32, holds: bool, part: impl FnOnce() -> String) {
        if holds {
            self.weight += weight;
            self.parts.push(part());
        }
    }
}

/// Returns the reason if the mail contains nothing that a person could answer.
pub(super) fn nothing(content: &Content<'_>) -> Option<Reason> {
    let has_text = content.texts().any(|text| text.chars().any(char::is_alphanumeric));
    let text = content.best_text();
    let is_only_links = text.split_whitespace().all(|word| word.starts_with("http") || word.starts_with("www."));
    if content.envelope.verdicts.spam == Verdict::Fail && (!has_text || is_only_links) {
        return Some(Reason::Spam);
    }
    let has_subject = content.envelope.subject().chars().any(char::is_alphanumeric);
    let has_documents = content.others.iter().any(|part| !part.body.is_empty()) || !content.messages.is_empty();
    (!has_text && !has_subject && !has_documents).then_some(Reason::Empty)
}
