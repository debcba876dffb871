//! The dealers to which a mail was sent (INT-10).

use super::notice::Notice;
use crate::mail::Envelope;
use forecourt_domain::access::Scope;
use forecourt_domain::base::{Email, GroupId, LeadId, MailId, MailTarget};
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::metrics::Metric;
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load};
use std::sync::Arc;

/// Most addresses of a mail's headers that are compared with the lead addresses of a group.
const MAX_COMPARED: usize = 20;

/// A dealer to which a mail was sent.
pub(super) struct Addressee {
    pub(super) group: GroupId,
    pub(super) dealer: Arc<Dealer>,
    /// The source, from the tag of the address.
    pub(super) tag: Option<String>,
}

/// Returns the dealers that the recipients of the delivery name, each once. A recipient that names none is logged and counted: the raw
/// mail stays in the bucket.
pub(super) async fn addressees(platform: &Platform, notice: &Notice, id: &MailId) -> Result<Vec<Addressee>, Failure> {
    let mut found: Vec<Addressee> = Vec::new();
    for recipient in &notice.recipients {
        let named = match platform.mail_domain.as_deref().and_then(|domain| domain.read(recipient)) {
            Some(MailTarget::Dealer { group, dealer, tag }) => {
                let stored = platform.store.dealer(&Scope::mail(group.clone()), &dealer).await?;
                stored.map(|dealer| Addressee { group, dealer, tag })
            }
            // The mail answers a message about the lead. `threads` finds the dealer.
            Some(MailTarget::Lead { .. }) => continue,
            None => None,
        };
        match named {
            Some(one) => add(&mut found, one),
            None => note_without_dealer(platform, id),
        }
    }
    Ok(found)
}

/// Notes that a recipient of a mail names no dealer, or a lead that does not exist.
pub(super) fn note_without_dealer(platform: &Platform, id: &MailId) {
    // The address can contain the name of a person, so the log has the id of the mail only.
    tracing::warn!(function = platform.function, mail = id.as_str(), "a recipient of a mail names no dealer");
    platform.metrics.note(Metric::MailWithoutDealer, &[1.0], platform.clock.now());
}

/// Returns the groups that the recipients of the delivery name, each once, with the first lead whose reply address a recipient is. The code
/// of that address is not verified.
pub(super) fn groups(platform: &Platform, notice: &Notice) -> Vec<(GroupId, Option<LeadId>)> {
    let mut groups: Vec<(GroupId, Option<LeadId>)> = Vec::new();
    let domain = platform.mail_domain.as_deref();
    for target in notice.recipients.iter().filter_map(|recipient| domain?.read(recipient)) {
        let (group, lead) = match target {
            MailTarget::Dealer { group, .. } => (group, None),
            MailTarget::Lead { group, lead, .. } => (group, Some(lead)),
        };
        match groups.iter_mut().find(|(known, _)| *known == group) {
            Some((_, known)) => *known = known.or(lead),
            None => groups.push((group, lead)),
        }
    }
    groups
}

/// Returns the dealer of a lead. If the lead does not exist, it is the only dealer of the group; `None` if the group has several or none.
pub(super) async fn dealer_of(platform: &Platform, scope: &Scope, lead: LeadId) -> Result<Option<Arc<Dealer>>, Failure> {
    let loaded = platform.store.load(scope, &Load::of([Key::Lead(lead)])).await?;
    let dealer = match loaded.lead(lead) {
        Some(lead) => lead.dealer.clone(),
        None => match platform.store.dealers_after(scope, None, 2).await?.as_slice() {
            [only] => only.clone(),
            _ => return Ok(None),
        },
    };
    platform.store.dealer(scope, &dealer).await
}

/// Adds a dealer that is not among `found`.
fn add(found: &mut Vec<Addressee>, one: Addressee) {
    match found.iter_mut().find(|known| known.group == one.group && known.dealer.id == one.dealer.id) {
        Some(known) => known.tag = known.tag.take().or(one.tag),
        None => found.push(one),
    }
}

/// Returns the dealers of the mail after its headers: a header with the lead address of another dealer of the same group selects that
/// dealer, unless the mail is addressed to the dealer of the recipient itself. Several mailboxes of a group can be forwarded to one
/// address.
pub(super) async fn selected(platform: &Platform, addressees: Vec<Addressee>, envelope: &Envelope) -> Result<Vec<Addressee>, Failure> {
    let mut selected = Vec::new();
    for Addressee { group, dealer, tag } in addressees {
        let addresses = other_addresses(platform, &dealer, envelope);
        let other = if addresses.is_empty() { None } else { dealer_at(platform, &group, &addresses).await? };
        add(&mut selected, Addressee { dealer: other.unwrap_or(dealer), group, tag });
    }
    Ok(selected)
}

/// Returns the addresses of the headers that can be lead addresses of other dealers. None, so that nothing is read, if the mail is
/// addressed to this dealer.
fn other_addresses(platform: &Platform, dealer: &Dealer, envelope: &Envelope) -> Vec<Email> {
    let is_at_domain = |address: &str| platform.mail_domain.as_deref().is_some_and(|domain| domain.contains(address));
    let is_own = |address: &str| Email::parse(address).is_ok_and(|address| dealer.has_lead_address(&address));
    if envelope.addressed.iter().any(|address| is_at_domain(address) || is_own(address)) {
        return Vec::new();
    }
    let others = envelope.recipients.iter().flat_map(|recipient| [&recipient.address, &recipient.base]);
    let others = others.filter(|address| !is_at_domain(address) && !is_own(address)).filter_map(|address| Email::parse(address).ok());
    let mut found: Vec<Email> = Vec::new();
    for address in others {
        if found.len() < MAX_COMPARED && !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

/// Returns the first dealer of the group that has one of the lead addresses.
async fn dealer_at(platform: &Platform, group: &GroupId, addresses: &[Email]) -> Result<Option<Arc<Dealer>>, Failure> {
    let scope = Scope::mail(group.clone());
    match platform.store.dealers_at(&scope, addresses).await?.first() {
        Some(dealer) => platform.store.dealer(&scope, dealer).await,
        None => Ok(None),
    }
}
