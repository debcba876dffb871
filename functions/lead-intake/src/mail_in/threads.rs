//! Joins a received mail to the leads that it answers, before it can be an enquiry (LEAD-3).

use super::answer::{self, Answered, ArrivedMail, NotJoined};
use super::dealers::{self, Addressee};
use super::notice::Notice;
use super::{Receipt, is_own, no_lead};
use crate::mail::{self, Envelope, Layouts, OwnMark, Reason};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{LeadId, MailId};
use forecourt_domain::decision::Item;
use forecourt_domain::mail::{FULL_LEAD, IncomingMail, MailOutcome};
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::files::Head;
use forecourt_store::Failure;
use std::sync::Arc;

/// A received mail that was not read yet.
#[derive(Clone, Copy)]
pub(super) struct Unread<'a> {
    pub(super) notice: &'a Notice,
    pub(super) id: &'a MailId,
    pub(super) raw: &'a Head,
    pub(super) envelope: &'a Envelope,
}

/// Joins a mail to the leads that it answers, one in each group, and stores its record with the lead's dealer. Returns the dealers for
/// which it is an enquiry: a mail that joined a lead is none in the group, although it also went to the address of a dealer. A mail to the
/// reply address of a lead that it cannot join is an enquiry to the lead's dealer: the lead is closed (DIS-5), or the code of the address
/// is not valid, for example because its key was removed.
///
/// # Errors
/// A temporary failure: the notice is delivered again.
pub(super) async fn join(platform: &Platform, unread: Unread<'_>, mut addressees: Vec<Addressee>) -> Result<Vec<Addressee>, Failure> {
    let Unread { notice, envelope, .. } = unread;
    for (group, stated) in dealers::groups(platform, notice) {
        let scope = Scope::mail(group.clone());
        let known = answer::recognised(platform, &scope, &notice.recipients, envelope);
        let Some(lead) = known.or(stated) else { continue };
        let thread = Thread { platform, scope: &scope, lead, unread };
        match thread.settle(known.is_some(), &mut addressees).await? {
            Settled::Recorded => addressees.retain(|one| one.group != group),
            Settled::Enquiry(dealer) if addressees.iter().all(|one| one.group != group) => match dealer {
                Some(dealer) => addressees.push(Addressee { group, dealer, tag: None }),
                None => dealers::note_without_dealer(platform, unread.id),
            },
            Settled::Enquiry(_) | Settled::Left => {}
        }
    }
    Ok(addressees)
}

/// A mail in the group of a lead whose thread it names.
struct Thread<'a> {
    platform: &'a Platform,
    scope: &'a Scope,
    lead: LeadId,
    unread: Unread<'a>,
}

/// The result for one group.
enum Settled {
    /// The mail has its record, and is no enquiry in the group.
    Recorded,
    /// The mail is an enquiry to the dealers of the group to which it is addressed, and else to the lead's dealer, if there is one.
    Enquiry(Option<Arc<Dealer>>),
    /// The mail is what it is at the dealers to which it is addressed.
    Left,
}

impl Thread<'_> {
    async fn settle(&self, is_recognised: bool, addressees: &mut Vec<Addressee>) -> Result<Settled, Failure> {
        let Self { platform, scope, lead, unread } = *self;
        let group = scope.group();
        let has_come_back = unread.envelope.own == OwnMark::Letter(lead);
        if is_own(platform, unread.envelope) || has_come_back {
            let is_addressed = addressees.iter().any(|one| one.group == *group);
            if is_addressed && !has_come_back {
                return Ok(Settled::Left);
            }
            // A letter that comes back to its own dealer is no enquiry. For another dealer it is one.
            let Some(dealer) = dealers::dealer_of(platform, scope, lead).await? else { return Ok(Settled::Enquiry(None)) };
            addressees.retain(|one| one.group != *group || one.dealer.id != dealer.id);
            if addressees.iter().any(|one| one.group == *group) {
                return Ok(Settled::Left);
            }
            self.record(dealer, unread.envelope, (no_lead(&Reason::OwnMail), true, false)).await?;
            return Ok(Settled::Recorded);
        }
        let answered = if is_recognised { self.answered().await? } else { None };
        Ok(match answered {
            Some(settled) => settled,
            None => Settled::Enquiry(dealers::dealer_of(platform, scope, lead).await?),
        })
    }

    /// Joins the mail to the lead that it answers. `None` if the lead does not exist.
    async fn answered(&self) -> Result<Option<Settled>, Failure> {
        let Self { platform, scope, unread: Unread { notice, raw, envelope, .. }, .. } = *self;
        let mail = mail::read_received(&raw.bytes, Layouts::standard(), Some(notice.verdicts.or(envelope.verdicts)));
        let (recipients, object) = (notice.recipients.as_slice(), notice.object.as_str());
        let received = notice.received_at_or(platform.clock.now());
        let arrived = ArrivedMail { group: scope.group(), recipients, mail: &mail, object, received };
        let answered = answer::answered_lead(platform, arrived).await?;
        let (Answered::Joined { dealer, .. } | Answered::NotJoined { dealer, .. }) = &answered else { return Ok(None) };
        let Some(dealer) = platform.store.dealer(scope, dealer).await? else { return Ok(None) };
        let result = match answered {
            Answered::Joined { lead, is_customers, .. } => (MailOutcome::Answer { lead }, is_customers),
            Answered::NotJoined { why: why @ NotJoined::Full { is_customers }, .. } => {
                (MailOutcome::NoLead { reason: FULL_LEAD.to_owned(), detail: why.to_string() }, is_customers)
            }
            Answered::No | Answered::NotJoined { why: NotJoined::Closed | NotJoined::Virus, .. } => {
                return Ok(Some(Settled::Enquiry(Some(dealer))));
            }
        };
        let (outcome, forwards) = result;
        self.record(dealer, &mail.envelope, (outcome, mail.is_marked, forwards)).await?;
        Ok(Some(Settled::Recorded))
    }

    /// Stores the record of the mail at a dealer. A copy is only sent of the mail of a customer.
    async fn record(
        &self,
        dealer: Arc<Dealer>,
        envelope: &Envelope,
        (outcome, marked, forwards): (MailOutcome, bool, bool),
    ) -> Result<(), Failure> {
        let Self { platform, scope, unread: Unread { notice, id, raw, .. }, .. } = *self;
        let addressee = Addressee { group: scope.group().clone(), dealer, tag: None };
        let receipt = Receipt { platform, scope, addressee: &addressee, notice, id, raw };
        let arrived = receipt.arrived(envelope, marked);
        let mut record = IncomingMail::of(&arrived, outcome, &receipt.dealer().settings, platform.clock.now());
        record.forward = record.forward.filter(|_| forwards);
        receipt.record_item(Item::IncomingMail(Box::new(record))).await
    }
}
