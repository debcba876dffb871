//! Joins a received mail to the leads that it answers, before it can be an enquiry (LEAD-3).

use super::answer::{self, Answered, ArrivedMail, NotJoined};
use super::dealers::{self, Addressee};
use super::{Receipt, is_own};
use crate::mail::{self, Envelope, Layouts};
use forecourt_domain::access::Scope;
use forecourt_domain::base::MailId;
use forecourt_domain::decision::Item;
use forecourt_domain::mail::{IncomingMail, MailOutcome};
use forecourt_edge::Platform;
use forecourt_edge::files::Head;
use forecourt_store::Failure;

use super::notice::Notice;

/// A received mail that was not read yet.
pub(super) struct Unread<'a> {
    pub(super) notice: &'a Notice,
    pub(super) id: &'a MailId,
    pub(super) raw: &'a Head,
    pub(super) envelope: &'a Envelope,
}

/// Joins a mail to the leads that it answers, one in each group, and stores its record with the lead's dealer. Returns the dealers for
/// which it is an enquiry: a mail that joined a lead is none in the group, although it also went to the address of a dealer. An answer to a
/// closed lead is an enquiry to the lead's dealer (DIS-5).
///
/// # Errors
/// A temporary failure: the notice is delivered again.
pub(super) async fn join(platform: &Platform, unread: Unread<'_>, mut addressees: Vec<Addressee>) -> Result<Vec<Addressee>, Failure> {
    let Unread { notice, id, raw, envelope } = unread;
    if is_own(platform, envelope) {
        return Ok(addressees);
    }
    let (now, mut is_recorded) = (platform.clock.now(), false);
    for group in dealers::groups(platform, notice) {
        let scope = Scope::mail(group.clone());
        if answer::recognised(platform, &scope, &notice.recipients, envelope).is_none() {
            continue;
        }
        let mail = mail::read_received(&raw.bytes, Layouts::standard(), Some(notice.verdicts.or(envelope.verdicts)));
        let (recipients, object) = (notice.recipients.as_slice(), notice.object.as_str());
        let received = notice.received_at_or(now);
        let answered = answer::answered_lead(platform, ArrivedMail { group: &group, recipients, mail: &mail, object, received }).await?;
        let dealer = match &answered {
            Answered::No => continue,
            Answered::Joined { dealer, .. } | Answered::NotJoined { dealer, .. } => dealer,
        };
        let Some(dealer) = platform.store.dealer(&scope, dealer).await? else { continue };
        let addressee = Addressee { group: group.clone(), dealer, tag: None };
        let (outcome, forwards) = match answered {
            Answered::Joined { lead, is_customers, .. } => (MailOutcome::Answer { lead }, is_customers),
            Answered::NotJoined { why: why @ NotJoined::Full, .. } => {
                (MailOutcome::NoLead { reason: why.name().to_owned(), detail: why.to_string() }, true)
            }
            Answered::No | Answered::NotJoined { why: NotJoined::Closed | NotJoined::Virus, .. } => {
                if addressees.iter().all(|one| one.group != group) {
                    addressees.push(addressee);
                }
                continue;
            }
        };
        addressees.retain(|one| one.group != group);
        let receipt = Receipt { platform, scope: &scope, addressee: &addressee, notice, id, raw };
        let mut record = IncomingMail::of(&receipt.arrived(&mail.envelope, mail.is_marked), outcome, &receipt.dealer().settings, now);
        record.forward = record.forward.filter(|_| forwards);
        receipt.record_item(Item::IncomingMail(Box::new(record))).await?;
        is_recorded = true;
    }
    if addressees.is_empty() && !is_recorded {
        dealers::note_without_dealer(platform, id);
    }
    Ok(addressees)
}
