//! Links that let somebody in without a token: a customer to one lead's invitation (CAL-8), another calendar to what a user may see (CAL-6). Signed.

use crate::Platform;
use crate::routes::Operation;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::calendar_feed::Feed;
use forecourt_domain::ids::{FeedId, GroupId, InvitationId, LeadId, UserId};
use forecourt_domain::invitation::Invitation;

/// What a link names.
#[derive(Debug, Clone, PartialEq)]
pub enum Link {
    /// An invitation.
    Invitation(InvitationLink),
    /// A calendar.
    Feed(FeedLink),
}

/// What the link of an invitation names; for how long it is good, the invitation says.
#[derive(Debug, Clone, PartialEq)]
pub struct InvitationLink {
    /// Of which lead.
    pub lead: LeadId,
    /// Which invitation.
    pub invitation: InvitationId,
}

/// What the link of a calendar names; it is good until it is revoked.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedLink {
    /// Whose rights it has.
    pub user: UserId,
    /// Which feed.
    pub feed: FeedId,
    /// When it was made.
    pub created: DateTime<Utc>,
}

/// What an invitation's link is signed for.
const INVITATION: &str = "invitation";
/// What a calendar's link is signed for.
const FEED: &str = "calendar";

/// The link of an invitation, to be given to the lead's contact.
pub fn of(platform: &Platform, group: &GroupId, invitation: &Invitation) -> String {
    let Invitation { lead, id, .. } = invitation;
    let token = platform.store.secret().sign(INVITATION, &format!("{group}/{lead}/{id}"));
    format!("{}/i/{token}", platform.public_url)
}

/// The link of a user's feed, for the user's own calendar program.
pub fn of_feed(platform: &Platform, group: &GroupId, user: &UserId, feed: &Feed) -> String {
    let Feed { id, created, .. } = feed;
    let token = platform.store.secret().sign(FEED, &format!("{group}/{user}/{id}/{}", created.timestamp_millis()));
    format!("{}/c/{token}/calendar.ics", platform.public_url)
}

/// What a token names, and the scope of who has it. None: it is not ours, or not for this.
pub(crate) fn verified(platform: &Platform, operation: Operation, token: &str) -> Option<(Scope, Link)> {
    let of_feed = operation == Operation::FeedFile;
    let text = platform.store.secret().verified(if of_feed { FEED } else { INVITATION }, token)?;
    let mut parts = text.split('/');
    let (group, of, id) = (parts.next()?, parts.next()?, parts.next()?);
    let group = GroupId::parse(group).ok()?;
    if of_feed {
        let created = DateTime::from_timestamp_millis(parts.next()?.parse().ok()?)?;
        // The link has no right of its own: what it shows is what its user may see by then.
        let link = FeedLink { user: UserId::parse(of).ok()?, feed: FeedId::parse(id).ok()?, created };
        return Some((Scope::keys_only(group), Link::Feed(link)));
    }
    let link = InvitationLink { lead: of.parse().ok()?, invitation: InvitationId::parse(id).ok()? };
    Some((Scope::customer(group), Link::Invitation(link)))
}
