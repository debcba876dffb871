//! Mail in: each mail that the mail server received becomes leads, or a record with the reason (INT-1, INT-7, INT-10).
//!
//! SES stores a mail in the bucket and sends a notice of it to the mail queue. The notice has the recipients of the delivery and the
//! verdicts. Only these recipients name the group. The headers of the mail are the sender's claims: they can select another dealer of the
//! same group, because several mailboxes can be forwarded to one address, and never another group.
//!
//! Per dealer, a mail costs one read of the object, and the intake's read and transaction. The record of the mail is part of the
//! transaction of its last enquiry, so that a doubled notice changes nothing.
//!
//! `notice` reads the notice, `dealers` finds the dealers, `threads` joins the mail to the leads that it answers by `answer`, `customers`
//! keeps the dealer's own people from becoming customers, `leads` stores the enquiries.

mod answer;
mod customers;
mod dealers;
mod leads;
mod notice;
mod threads;

pub use answer::{Answered, ArrivedMail, NotJoined, answered_lead};

use crate::mail::{self, Envelope, Layouts, Mail, OwnMark, Reading, Reason, Verdict, Verdicts};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use chrono::{DateTime, Utc};
use dealers::Addressee;
use forecourt_domain::access::Scope;
use forecourt_domain::base::MailId;
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::mail::{Arrived, IncomingMail, MailOutcome, MailVerdicts};
use forecourt_domain::settings::Dealer;
use forecourt_edge::files::Head;
use forecourt_edge::{Platform, queue};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load};
use notice::Notice;
use std::borrow::Cow;
use threads::Unread;

/// The folder of the bucket in which the mail server stores raw mails. They expire as other raw input does.
pub const FOLDER: &str = "raw/mail/";

/// Handles a batch of the mail queue.
pub async fn messages(platform: &Platform, event: SqsEvent) -> SqsBatchResponse {
    queue::each(platform, event, async |message| receive(platform, message).await).await
}

/// Handles the notice of a received mail. Returns the id of the mail for the log.
async fn receive(platform: &Platform, message: SqsMessage) -> Result<String, Failure> {
    let Some(notice) = Notice::read(message.body.as_deref().unwrap_or_default())? else { return Ok("no mail".to_owned()) };
    let id = MailId::of_object(&notice.object);
    let addressees = dealers::addressees(platform, &notice, &id).await?;
    if addressees.is_empty() && dealers::groups(platform, &notice).is_empty() {
        return Ok(id.to_string());
    }
    let has_virus = notice.verdicts.virus == Some(Verdict::Fail);
    let raw = if has_virus { Head::default() } else { read_object(platform, &notice.object).await? };
    let envelope = mail::envelope(&raw.bytes);
    let unread = Unread { notice: &notice, id: &id, raw: &raw, envelope: &envelope };
    let addressees = threads::join(platform, unread, addressees).await?;
    for addressee in dealers::selected(platform, addressees, &envelope).await? {
        let scope = Scope::mail(addressee.group.clone());
        let receipt = Receipt { platform, scope: &scope, addressee: &addressee, notice: &notice, id: &id, raw: &raw };
        receipt.settle(&envelope).await?;
    }
    Ok(id.to_string())
}

/// Reads a raw mail, as much of it as is parsed.
///
/// # Errors
/// [`Failure::Broken`] if it does not exist. The notice then becomes a dead letter, because the cause can be a missing permission.
async fn read_object(platform: &Platform, object: &str) -> Result<Head, Failure> {
    let raw = raw_mail(platform, object).await?;
    raw.ok_or_else(|| Failure::Broken(format!("the raw mail {object} cannot be found").into()))
}

/// Reads as much of a raw mail as is parsed. `None` if it is not kept any more.
pub(crate) async fn raw_mail(platform: &Platform, object: &str) -> Result<Option<Head>, Failure> {
    // One byte more shows that the mail is longer than the part that is read.
    let most = u64::try_from(mail::MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    platform.files.head(object, most).await
}

/// Returns the layouts of a dealer: its own above the program's. If its own cannot be used, they are the program's.
pub(crate) fn layouts(platform: &Platform, dealer: &Dealer) -> Cow<'static, Layouts> {
    let (own, standard) = (&dealer.settings.mail_layouts, Layouts::standard());
    if own.is_empty() {
        return Cow::Borrowed(standard);
    }
    standard.with(own.clone()).map_or_else(
        |e| {
            tracing::warn!(function = platform.function, dealer = dealer.id.as_str(), problem = %e, "layouts of mails cannot be used");
            Cow::Borrowed(standard)
        },
        Cow::Owned,
    )
}

/// A mail for one dealer.
struct Receipt<'a> {
    platform: &'a Platform,
    scope: &'a Scope,
    addressee: &'a Addressee,
    notice: &'a Notice,
    id: &'a MailId,
    raw: &'a Head,
}

impl Receipt<'_> {
    fn dealer(&self) -> &Dealer {
        &self.addressee.dealer
    }

    /// Stores the enquiries of the mail and its record.
    async fn settle(&self, envelope: &Envelope) -> Result<(), Failure> {
        let now = self.platform.clock.now();
        let verdicts = self.notice.verdicts.or(envelope.verdicts);
        if verdicts.virus == Verdict::Fail {
            let stated = Envelope { from: self.notice.from.clone(), subject: self.notice.subject.clone(), verdicts, ..Envelope::default() };
            return self.record(&self.arrived(&stated, false), no_lead(&Reason::Virus), now).await;
        }
        let mail = mail::read_received(&self.raw.bytes, &layouts(self.platform, self.dealer()), Some(verdicts));
        let arrived = self.arrived(&mail.envelope, mail.is_marked);
        if is_own(self.platform, &mail.envelope) {
            return self.record(&arrived, no_lead(&Reason::OwnMail), now).await;
        }
        let Mail { reading, text, attachments, notes, .. } = mail;
        match reading {
            Reading::NotALead(reason) => self.record(&arrived, no_lead(&reason), now).await,
            Reading::Enquiries(enquiries) => {
                leads::Enquiries { receipt: self, arrived: &arrived, envelope: &mail.envelope, notes, text, attachments, now }
                    .store(enquiries)
                    .await
            }
        }
    }

    fn arrived(&self, envelope: &Envelope, marked: bool) -> Arrived {
        let Verdicts { spam, virus, spf, dkim, dmarc } = envelope.verdicts;
        let name = |verdict: Verdict| verdict.name().to_owned();
        Arrived {
            id: self.id.clone(),
            dealer: self.dealer().id.clone(),
            received: self.notice.received_at_or(self.platform.clock.now()),
            from: envelope.from.as_ref().map(|from| from.address.clone()),
            reply_to: envelope.reply_to.as_ref().map(|to| to.address.clone()).filter(|_| envelope.reply_to != envelope.from),
            subject: envelope.subject.clone(),
            bytes: self.raw.size,
            object: self.notice.object.clone(),
            verdicts: MailVerdicts { spam: name(spam), virus: name(virus), spf: name(spf), dkim: name(dkim), dmarc: name(dmarc) },
            marked,
        }
    }

    fn key(&self) -> Key {
        Key::IncomingMail(self.id.clone(), self.dealer().id.clone())
    }

    fn item(&self, arrived: &Arrived, outcome: MailOutcome, now: DateTime<Utc>) -> Item {
        Item::IncomingMail(Box::new(IncomingMail::of(arrived, outcome, &self.dealer().settings, now)))
    }

    /// Stores the record of the mail alone, unless it is stored.
    async fn record(&self, arrived: &Arrived, outcome: MailOutcome, now: DateTime<Utc>) -> Result<(), Failure> {
        self.record_item(self.item(arrived, outcome, now)).await
    }

    async fn record_item(&self, item: Item) -> Result<(), Failure> {
        let key = self.key();
        let rule = |loaded: &forecourt_store::Loaded, _| {
            let is_new = !loaded.holds(&key);
            Ok((is_new.then(|| Decision::default().with(item.clone())), ()))
        };
        self.platform.store.decide(self.scope, Load::of([key.clone()]), rule).await
    }
}

/// Whether this system sent a mail that no person wrote: such a mail never makes a lead and joins none, so that no loop arises.
fn is_own(platform: &Platform, envelope: &Envelope) -> bool {
    let is_at_domain = |address: &str| platform.mail_domain.as_deref().is_some_and(|domain| domain.contains(address));
    match envelope.own {
        OwnMark::Message => true,
        OwnMark::Letter(_) => false,
        OwnMark::None => envelope.from.as_ref().is_some_and(|from| is_at_domain(&from.address)),
    }
}

fn no_lead(reason: &Reason) -> MailOutcome {
    MailOutcome::NoLead { reason: reason.name().to_owned(), detail: reason.to_string() }
}
