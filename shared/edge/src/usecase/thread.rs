//! The mail thread of a lead: its reply address, and the id that the answers to its mails repeat (LEAD-3).
//!
//! Both contain a code that is known only from a mail about the lead.

use crate::Platform;
use forecourt_domain::access::Scope;
use forecourt_domain::base::{Email, LeadId, MailTarget};

/// Returns the address for answers to mails about a lead. `None` if the stack receives no mail, or if the address would be too long.
pub fn reply_address(platform: &Platform, scope: &Scope, lead: LeadId) -> Option<Email> {
    let domain = platform.mail_domain.as_deref()?;
    domain.lead_address(scope.group(), lead, &platform.store.secret().reply_code(scope, lead))
}

/// Returns the id of the thread of a lead, without angle brackets: the same for every mail. `None` if the stack receives no mail.
pub fn id(platform: &Platform, scope: &Scope, lead: LeadId) -> Option<String> {
    let domain = platform.mail_domain.as_deref()?;
    Some(format!("{lead}.{}@{}", platform.store.secret().reply_code(scope, lead), domain.as_str()))
}

/// Returns the lead of the group whose reply address one of the addresses is. `None` if none is, or if the code is not ours.
pub fn lead_of_address<'a>(platform: &Platform, scope: &Scope, addresses: impl IntoIterator<Item = &'a str>) -> Option<LeadId> {
    let domain = platform.mail_domain.as_deref()?;
    addresses.into_iter().find_map(|address| match domain.read(address)? {
        MailTarget::Lead { group, lead, code } => {
            (group == *scope.group() && platform.store.secret().is_reply_code(scope, lead, &code)).then_some(lead)
        }
        MailTarget::Dealer { .. } => None,
    })
}

/// Returns the lead of the group that one of the ids of messages names as its thread. `None` if none does, or if the code is not ours.
pub fn lead_of_ids<'a>(platform: &Platform, scope: &Scope, ids: impl IntoIterator<Item = &'a str>) -> Option<LeadId> {
    let domain = platform.mail_domain.as_deref()?;
    ids.into_iter().find_map(|id| {
        let (local, at) = id.trim().rsplit_once('@')?;
        let (lead, code) = local.split_once('.').filter(|_| at.eq_ignore_ascii_case(domain.as_str()))?;
        let lead = lead.parse().ok()?;
        platform.store.secret().is_reply_code(scope, lead, code).then_some(lead)
    })
}
