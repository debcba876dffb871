//! Signed links in place of a token: for a customer to one lead's invitation (CAL-8), for a calendar program to a user's events (CAL-6).

use crate::Platform;
use crate::routes::Operation;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{FeedId, GroupId, InvitationId, LeadId, UserId};
use forecourt_domain::calendar::{CalendarFeed, Invitation};

/// The content of a signed link.
#[derive(Debug, Clone, PartialEq)]
pub enum Link {
    /// To an invitation.
    Invitation(InvitationLink),
    /// To a calendar.
    Feed(FeedLink),
}

/// A link to an invitation. The invitation holds its expiry.
#[derive(Debug, Clone, PartialEq)]
pub struct InvitationLink {
    /// The invitation's lead.
    pub lead: LeadId,
    /// The invitation.
    pub invitation: InvitationId,
}

/// A link to a calendar, valid until it is revoked.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedLink {
    /// The user whose events it shows.
    pub user: UserId,
    /// The feed.
    pub feed: FeedId,
    /// The creation time of the feed.
    pub created: DateTime<Utc>,
}

/// The purpose in the signature of an invitation's link.
const INVITATION: &str = "invitation";
/// The purpose in the signature of a calendar's link.
const FEED: &str = "calendar";

/// Returns the link of an invitation, for the lead's contact.
pub fn of(platform: &Platform, group: &GroupId, invitation: &Invitation) -> String {
    let Invitation { lead, id, .. } = invitation;
    let token = platform.store.secret().sign(INVITATION, &format!("{group}/{lead}/{id}"));
    format!("{}/i/{token}", platform.public_url)
}

/// Returns the link of a user's feed, for the user's own calendar program.
pub fn of_feed(platform: &Platform, group: &GroupId, user: &UserId, feed: &CalendarFeed) -> String {
    let CalendarFeed { id, created, .. } = feed;
    let token = platform.store.secret().sign(FEED, &format!("{group}/{user}/{id}/{}", created.timestamp_millis()));
    format!("{}/c/{token}/calendar.ics", platform.public_url)
}

/// Returns the content of a token and the scope that it grants. `None` if the token is not signed by us for this operation.
pub(crate) fn verified(platform: &Platform, operation: Operation, token: &str) -> Option<(Scope, Link)> {
    let of_feed = operation == Operation::FeedFile;
    let text = platform.store.secret().verified(if of_feed { FEED } else { INVITATION }, token)?;
    let mut parts = text.split('/');
    let (group, of, id) = (parts.next()?, parts.next()?, parts.next()?);
    let group = GroupId::parse(group).ok()?;
    if of_feed {
        let created = DateTime::from_timestamp_millis(parts.next()?.parse().ok()?)?;
        // The link has no rights of its own. It shows the items that its user may see at the time of the request.
        let link = FeedLink { user: UserId::parse(of).ok()?, feed: FeedId::parse(id).ok()?, created };
        return Some((Scope::keys_only(group), Link::Feed(link)));
    }
    let link = InvitationLink { lead: of.parse().ok()?, invitation: InvitationId::parse(id).ok()? };
    Some((Scope::customer(group), Link::Invitation(link)))
}
