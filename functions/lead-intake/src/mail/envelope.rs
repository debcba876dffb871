//! The headers that say from whom, to whom and how a mail came.

use super::address::{Mailbox, Recipient};
use super::head::Head;
use super::phrases::phrases;
use super::text::{brief, cut};
use super::{MAX_ADDRESSES, OwnMark};
use chrono::{DateTime, Utc};

/// The headers with recipients, those of the delivery first.
const RECIPIENTS: [&str; 12] = [
    "X-Original-To",
    "Delivered-To",
    "Envelope-To",
    "X-Envelope-To",
    "X-Forwarded-To",
    "X-Forwarded-For",
    "Original-Recipient",
    "X-Delivered-To",
    "To",
    "Cc",
    "Resent-To",
    "Apparently-To",
];

/// The envelope of a mail.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Envelope {
    /// The sender.
    pub from: Option<Mailbox>,
    /// The address to which the sender wants answers.
    pub reply_to: Option<Mailbox>,
    /// The address to which delivery reports go. `Some("")` if there is none, as in delivery reports.
    pub return_path: Option<String>,
    /// All addresses that may name a dealer (INT-10), without duplicates, at most [`MAX_ADDRESSES`].
    pub recipients: Vec<Recipient>,
    /// The addresses of `To` and `Cc` in lower case, without tags, at most [`MAX_ADDRESSES`].
    pub addressed: Vec<String>,
    /// The subject on one line, at most 500 characters.
    pub subject: Option<String>,
    /// The id of the message, without angle brackets.
    pub message_id: Option<String>,
    /// The messages that this one answers.
    pub in_reply_to: Vec<String>,
    /// The messages of its thread.
    pub references: Vec<String>,
    /// The time by the sender's clock.
    pub date: Option<DateTime<Utc>>,
    /// The verdicts of the receiving mail server.
    pub verdicts: Verdicts,
    /// The headers of automatic mail.
    pub automatic: AutomaticHeaders,
    /// The mark by which this system recognises its own mail.
    pub own: OwnMark,
}

/// A verdict of the receiving mail server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Verdict {
    /// There is no verdict.
    #[default]
    Missing,
    /// The check passed.
    Pass,
    /// The check failed.
    Fail,
    /// The check gave no clear result, or was not made.
    Unclear,
}

impl Verdict {
    /// Returns the name in records.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Missing => "missing",
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Unclear => "unclear",
        }
    }

    /// Reads the status of a verdict, as SES writes it.
    pub fn of(text: &str) -> Self {
        let word = text.split(|c: char| !c.is_ascii_alphabetic()).find(|word| !word.is_empty()).unwrap_or_default();
        match word.to_ascii_lowercase().as_str() {
            "" => Verdict::Missing,
            "pass" => Verdict::Pass,
            "fail" | "hardfail" | "permerror" => Verdict::Fail,
            _ => Verdict::Unclear,
        }
    }
}

/// The verdicts of the receiving mail server: SES writes them above the message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain themselves")]
pub struct Verdicts {
    pub spam: Verdict,
    pub virus: Verdict,
    pub spf: Verdict,
    pub dkim: Verdict,
    pub dmarc: Verdict,
}

/// The headers by which automatic mail and mail to many people is recognised.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AutomaticHeaders {
    /// `Auto-Submitted`, in lower case. `no` is left out.
    pub auto_submitted: Option<String>,
    /// `Precedence`, in lower case.
    pub precedence: Option<String>,
    /// `X-Auto-Response-Suppress`.
    pub response_suppressed: Option<String>,
    /// `X-Loop`: marks of systems that this mail passed.
    pub loops: Vec<String>,
    /// `List-Id`.
    pub list_id: Option<String>,
    /// Whether the mail has `List-Unsubscribe`.
    pub has_unsubscribe: bool,
    /// Whether one click unsubscribes (`List-Unsubscribe-Post`).
    pub has_one_click_unsubscribe: bool,
    /// Whether people write to the list (`List-Post`): a discussion, not a newsletter.
    pub has_list_post: bool,
    /// The first header of a mail program for campaigns.
    pub campaign: Option<String>,
    /// The first header of an automatic reply.
    pub reply_header: Option<String>,
}

impl Envelope {
    /// Returns whether a program sent the mail without a person: an automatic answer to it could start a loop.
    pub fn is_automatic(&self) -> bool {
        let automatic = &self.automatic;
        let is_bulk = |precedence: &str| matches!(precedence, "bulk" | "junk" | "list" | "auto_reply" | "auto-reply");
        automatic.auto_submitted.is_some()
            || automatic.precedence.as_deref().is_some_and(is_bulk)
            || automatic.reply_header.is_some()
            || automatic.response_suppressed.as_deref().is_some_and(|text| !text.eq_ignore_ascii_case("none"))
            || automatic.list_id.is_some()
            || automatic.has_unsubscribe
            || !automatic.loops.is_empty()
            || self.return_path.as_deref() == Some("")
            || self.from.as_ref().is_some_and(Mailbox::is_machine)
    }

    /// Returns whether an address is one of the recipients.
    pub(super) fn is_recipient(&self, address: &str) -> bool {
        Recipient::of("To", address).is_some_and(|one| self.recipients.iter().any(|known| known.base == one.base))
    }

    /// Returns the subject, or an empty text.
    pub(super) fn subject(&self) -> &str {
        self.subject.as_deref().unwrap_or_default()
    }

    /// Reads the envelope from the headers.
    pub(super) fn of(head: &Head) -> Self {
        let mailbox = |name: &str| head.addresses(name).into_iter().find_map(|(name, address)| Mailbox::of(name.as_deref(), &address));
        let mut subject = head.line("Subject");
        if let Some(subject) = &mut subject {
            cut(subject, 500);
        }
        Self {
            from: mailbox("From").or_else(|| mailbox("Sender")),
            reply_to: mailbox("Reply-To"),
            return_path: head.has("Return-Path").then(|| head.ids("Return-Path").into_iter().next().unwrap_or_default()),
            recipients: recipients(head),
            addressed: addressed(head),
            subject,
            message_id: head.ids("Message-ID").into_iter().next(),
            in_reply_to: head.ids("In-Reply-To"),
            references: head.ids("References"),
            date: head.date().and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
            verdicts: verdicts(head),
            automatic: automatic(head),
            own: OwnMark::of(head),
        }
    }
}

fn addressed(head: &Head) -> Vec<String> {
    let of = |header: &'static str| head.addresses(header).into_iter().filter_map(move |(_, address)| Recipient::of(header, &address));
    ["To", "Cc"].into_iter().flat_map(of).take(MAX_ADDRESSES).map(|recipient| recipient.base).collect()
}

fn recipients(head: &Head) -> Vec<Recipient> {
    let mut all: Vec<Recipient> = Vec::new();
    for header in RECIPIENTS {
        let named = head.addresses(header).into_iter().map(|(_, address)| address);
        // Headers outside the standard are not read as addresses.
        let other = head.lines(header).into_iter().flat_map(|line| super::text::addresses_in(&line, MAX_ADDRESSES));
        for address in named.chain(other) {
            let Some(recipient) = Recipient::of(header, &address) else { continue };
            if all.len() < MAX_ADDRESSES && !all.iter().any(|known| known.address == recipient.address) {
                all.push(recipient);
            }
        }
    }
    all
}

/// Returns the verdicts of SES. SES writes them above the message, so only the topmost header of a name counts.
fn verdicts(head: &Head) -> Verdicts {
    let of_header = |name: &str| head.line(name).map(|text| Verdict::of(&text)).unwrap_or_default();
    let results = head.lines("Authentication-Results").into_iter().find(|line| is_of_ses(line)).unwrap_or_default().to_lowercase();
    let of_method = |method: &str| {
        let all = results.split(';').filter_map(|part| part.trim().strip_prefix(method)?.trim_start().strip_prefix('='));
        let all: Vec<Verdict> = all.map(Verdict::of).collect();
        // One valid signature is enough.
        if all.contains(&Verdict::Pass) { Verdict::Pass } else { all.first().copied().unwrap_or_default() }
    };
    let either = |header: &str, method: &str| match of_header(header) {
        Verdict::Missing => of_method(method),
        verdict => verdict,
    };
    Verdicts {
        spam: of_header("X-SES-Spam-Verdict"),
        virus: of_header("X-SES-Virus-Verdict"),
        spf: either("X-SES-SPF-Verdict", "spf"),
        dkim: either("X-SES-DKIM-Verdict", "dkim"),
        dmarc: either("X-SES-DMARC-Verdict", "dmarc"),
    }
}

fn is_of_ses(results: &str) -> bool {
    results.split([';', ' ']).next().is_some_and(|id| id.eq_ignore_ascii_case("amazonses.com"))
}

fn automatic(head: &Head) -> AutomaticHeaders {
    let word = |name: &str| head.line(name).map(|text| brief(&text.to_lowercase()));
    let first = |names: &'static [String]| names.iter().find(|name| head.has(name)).cloned();
    AutomaticHeaders {
        auto_submitted: word("Auto-Submitted").filter(|text| text != "no"),
        precedence: word("Precedence"),
        response_suppressed: head.line("X-Auto-Response-Suppress").map(|text| brief(&text)),
        loops: head.lines("X-Loop").iter().map(|text| brief(text)).collect(),
        list_id: head.line("List-Id").map(|text| brief(&text)),
        has_unsubscribe: head.has("List-Unsubscribe"),
        has_one_click_unsubscribe: head.has("List-Unsubscribe-Post"),
        has_list_post: head.line("List-Post").is_some_and(|text| !text.eq_ignore_ascii_case("no")),
        campaign: first(&phrases().campaign_headers),
        reply_header: first(&phrases().automatic_headers),
    }
}
