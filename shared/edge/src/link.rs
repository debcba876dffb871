//! Links that let a customer in without a token: signed, of one lead, good for a while (CAL-8).

use crate::Platform;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::ids::{GroupId, InvitationId, LeadId};
use forecourt_domain::invitation::Invitation;

/// What a link names.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Of which lead.
    pub lead: LeadId,
    /// Which invitation.
    pub invitation: InvitationId,
}

/// What is signed for.
const PURPOSE: &str = "invitation";

/// The link of an invitation, to be given to the lead's contact.
pub fn of(platform: &Platform, group: &GroupId, invitation: &Invitation) -> String {
    let Invitation { lead, id, expires, .. } = invitation;
    let token = platform.store.secret().sign(PURPOSE, &format!("{group}/{lead}/{id}/{}", expires.timestamp()));
    format!("{}/i/{token}", platform.public_url)
}

/// What a token names, and the scope of who has it. None: it is not ours, or not good any more.
pub(crate) fn verified(platform: &Platform, token: &str, now: DateTime<Utc>) -> Option<(Scope, Link)> {
    let text = platform.store.secret().verified(PURPOSE, token)?;
    let mut parts = text.split('/');
    let (group, lead, invitation, expires) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if expires.parse::<i64>().ok()? <= now.timestamp() {
        return None;
    }
    let link = Link { lead: lead.parse().ok()?, invitation: InvitationId::parse(invitation).ok()? };
    Some((Scope::customer(GroupId::parse(group).ok()?), link))
}
