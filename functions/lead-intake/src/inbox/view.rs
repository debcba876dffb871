//! Mails in responses.

use crate::mail::{ShownFile, ShownMail};
use chrono::{DateTime, Utc};
use forecourt_domain::base::LeadId;
use forecourt_domain::enquiry::RawEnquiry;
use forecourt_domain::mail::{IncomingMail, MailOutcome, MailStep, MailStepState, MailVerdicts};
use forecourt_edge::usecase::people::PersonView;
use serde::Serialize;
use utoipa::ToSchema;

/// A page of a dealer's mails.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailListView {
    /// The mails, newest first. A page of handled mails can be short although `cursor` names a next one.
    pub mails: Vec<MailView>,
    /// Cursor of the next page; `null` on the last page.
    pub cursor: Option<String>,
    /// Users who decided and are no users of the dealer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<PersonView>,
}

/// A mail that arrived for a dealer.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailView {
    /// Id of the mail at the dealer.
    pub id: String,
    /// When it arrived.
    pub received_at: DateTime<Utc>,
    /// The sender, as the mail states it.
    pub from: Option<String>,
    /// The subject.
    pub subject: Option<String>,
    /// Size of the raw mail.
    pub bytes: u64,
    /// `open`: it is part of no lead, and nobody has decided. `handled`: a user has decided. `automatic`: it is already part of a
    /// lead.
    pub state: &'static str,
    /// The result of reading it.
    pub outcome: MailOutcomeView,
    /// The leads of the mail, also the one that a user made of it.
    pub leads: Vec<MailLeadRef>,
    /// The verdicts of the receiving mail server.
    pub verdicts: VerdictsView,
    /// The copy to `forward_to`; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forward: Option<MailStepView>,
    /// The report to `unparsed_mail_to`; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<MailStepView>,
    /// The decision of a user; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handled: Option<MailHandledView>,
    /// When the content of the mail was erased with the data of a person; absent if it was not (PRV-2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<DateTime<Utc>>,
}

/// A lead of a mail.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailLeadRef {
    /// The lead's id: its number without dashes.
    #[schema(example = "4829130576")]
    pub id: String,
    /// The lead's number in the form that people read out.
    #[schema(example = "482-913-0576")]
    pub number: String,
}

impl MailLeadRef {
    fn of(lead: LeadId) -> Self {
        Self { id: lead.to_string(), number: lead.spoken() }
    }
}

/// The result of reading a mail.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailOutcomeView {
    /// `leads`: it made leads. `answer`: it answers a message about a lead. `no_lead`: it is no enquiry. `refused`: it contains an enquiry
    /// that a rule refuses.
    pub kind: &'static str,
    /// The reason of `no_lead`: `virus`, `own_mail`, `own_address`, `full_lead`, `delivery_report`, `automatic_reply`, `newsletter`,
    /// `saved_search`, `report`, `spam`, `empty`, `no_contact`, `unreadable`, `text_message` (an SMS of which no lead can be made).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The reason or the refusals in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// The verdicts of the receiving mail server: `pass`, `fail`, `unclear` or `missing`.
#[derive(Debug, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the names explain themselves")]
pub struct VerdictsView {
    pub spam: String,
    pub virus: String,
    pub spf: String,
    pub dkim: String,
    pub dmarc: String,
}

impl VerdictsView {
    fn of(verdicts: &MailVerdicts) -> Self {
        let name = |name: &String| if name.is_empty() { "missing".to_owned() } else { name.clone() };
        let MailVerdicts { spam, virus, spf, dkim, dmarc } = verdicts;
        Self { spam: name(spam), virus: name(virus), spf: name(spf), dkim: name(dkim), dmarc: name(dmarc) }
    }
}

/// A message about a mail.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailStepView {
    /// `queued`, `sending`, `sent`, `dropped` (it is not sent), `failed` or `unknown`.
    pub state: &'static str,
    /// When the state changed; when the message is due, if it is queued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
    /// Why it is not sent: `no_address`, `own_mail`, `virus`, `forwarded` (the copy to the same mailbox has the reason), `limit` (a summary
    /// of the hour follows), `handled` or `erased`. If it failed: the provider's error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl MailStepView {
    fn of(step: &MailStep) -> Self {
        let (state, at, why) = match &step.state {
            MailStepState::Queued => ("queued", step.due, None),
            MailStepState::Sending => ("sending", step.due, None),
            MailStepState::Sent { at, .. } => ("sent", Some(*at), None),
            MailStepState::Dropped { at, why } => ("dropped", Some(*at), Some(why.clone())),
            MailStepState::Failed { at, why } => ("failed", Some(*at), Some(why.clone())),
            MailStepState::Unknown => ("unknown", None, None),
        };
        Self { state, at, why }
    }
}

/// The decision of a user about a mail.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailHandledView {
    /// When the user decided.
    pub at: DateTime<Utc>,
    /// Id of the user.
    pub by: Option<String>,
    /// The lead that the user made of the mail; absent if the mail needs none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<MailLeadRef>,
}

impl MailView {
    pub(super) fn of(mail: &IncomingMail) -> Self {
        let (reason, detail) = match &mail.outcome {
            MailOutcome::NoLead { reason, detail } => (Some(reason.clone()), Some(detail.clone())),
            MailOutcome::Refused { detail } => (None, Some(detail.clone())),
            MailOutcome::Leads { refused, .. } => (None, refused.clone()),
            MailOutcome::Answer { .. } | MailOutcome::Unknown => (None, None),
        };
        let handled = mail.handled.as_ref().map(|handled| MailHandledView {
            at: handled.at,
            by: handled.by.user().map(ToString::to_string),
            lead: handled.lead.map(MailLeadRef::of),
        });
        Self {
            id: mail.id.to_string(),
            received_at: mail.received,
            from: mail.from.clone(),
            subject: mail.subject.clone(),
            bytes: mail.bytes,
            state: match (mail.is_open(), &handled) {
                (true, _) => "open",
                (false, Some(_)) => "handled",
                (false, None) => "automatic",
            },
            outcome: MailOutcomeView { kind: mail.outcome.name(), reason, detail },
            leads: mail.leads().map(MailLeadRef::of).collect(),
            verdicts: VerdictsView::of(&mail.verdicts),
            forward: mail.forward.as_ref().map(MailStepView::of),
            report: mail.report.as_ref().map(MailStepView::of),
            handled,
            erased_at: mail.erased,
        }
    }
}

impl MailListView {
    pub(super) fn of(mails: &[IncomingMail], cursor: Option<String>, people: Vec<PersonView>) -> Self {
        Self { mails: mails.iter().map(MailView::of).collect(), cursor, people }
    }
}

/// A mail with its content.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailPageView {
    #[serde(flatten)]
    #[expect(missing_docs, reason = "its fields are those of the mail")]
    pub mail: MailView,
    /// Version of the decision about the mail.
    pub version: u64,
    /// `shown`, `virus` (the virus check failed, nothing is shown) or `expired` (the raw mail is not kept any more).
    pub content: &'static str,
    /// The text of the mail as plain text; `null` if it is not shown.
    pub text: Option<String>,
    /// The files of the mail. They are in the raw mail.
    pub files: Vec<MailFileView>,
    /// Remarks in English on content that is not shown.
    pub notes: Vec<String>,
    /// Path of the raw mail; absent if it is not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    /// The values for a lead of this mail, if it is not part of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggested: Option<SuggestedLead>,
    /// Users who decided and are no users of the dealer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<PersonView>,
}

/// A file of a mail.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailFileView {
    /// The name; `null` if it has none.
    pub name: Option<String>,
    /// The media type as the sender states it.
    pub media_type: String,
    /// The size in bytes.
    pub bytes: usize,
}

impl MailFileView {
    pub(crate) fn of(file: ShownFile) -> Self {
        Self { name: file.name, media_type: file.media_type, bytes: file.bytes }
    }
}

/// The values that `POST …/lead` takes if its body does not have them.
#[derive(Debug, Default, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the names are those of an enquiry")]
pub struct SuggestedLead {
    pub source: Option<String>,
    #[serde(rename = "type")]
    pub lead_type: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub message: Option<String>,
}

impl SuggestedLead {
    pub(super) fn of(enquiry: RawEnquiry) -> Self {
        let RawEnquiry { source, lead_type, contact, message, .. } = enquiry;
        Self {
            source,
            lead_type,
            first_name: contact.first_name,
            last_name: contact.last_name,
            company: contact.company,
            email: contact.emails.into_iter().next(),
            phone: contact.phones.into_iter().next().map(|phone| phone.number),
            message,
        }
    }
}

/// The content of a mail, or the reason why there is none.
pub(super) enum Content {
    Shown(ShownMail),
    Virus,
    Expired,
}

impl MailPageView {
    pub(super) fn of(mail: &IncomingMail, content: Content, suggested: Option<RawEnquiry>, people: Vec<PersonView>) -> Self {
        let raw = format!("/dealers/{}/mails/{}/raw", mail.dealer, mail.id);
        let (name, shown) = match content {
            Content::Shown(shown) => ("shown", Some(shown)),
            Content::Virus => ("virus", None),
            Content::Expired => ("expired", None),
        };
        let raw = shown.is_some().then_some(raw);
        let (text, files, notes) = match shown {
            Some(ShownMail { text, files, notes }) => (Some(text), files, notes),
            None => (None, Vec::new(), Vec::new()),
        };
        let files = files.into_iter().map(MailFileView::of);
        Self {
            mail: MailView::of(mail),
            version: mail.version,
            content: name,
            text,
            files: files.collect(),
            notes,
            raw,
            suggested: suggested.map(SuggestedLead::of),
            people,
        }
    }
}
