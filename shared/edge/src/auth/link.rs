//! Signed links in place of a token: for a customer to one lead's invitation (CAL-8), to one appointment (APT-8) and to the end of mails
//! (PRV-6), for a calendar program to a user's events (CAL-6).

use crate::Platform;
use crate::routes::Operation;
use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{AppointmentId, ChannelKey, DealerId, FeedId, GroupId, InvitationId, LeadId, UserId};
use forecourt_domain::calendar::{CalendarFeed, Invitation};

/// The content of a signed link.
#[derive(Debug, Clone, PartialEq)]
pub enum Link {
    /// To an invitation.
    Invitation(InvitationLink),
    /// To an appointment.
    Appointment(AppointmentLink),
    /// To a calendar.
    Feed(FeedLink),
    /// To the end of advertising and service mails.
    Unsubscribe(UnsubscribeLink),
}

/// A link to an invitation. The invitation holds its expiry.
#[derive(Debug, Clone, PartialEq)]
pub struct InvitationLink {
    /// The invitation's lead.
    pub lead: LeadId,
    /// The invitation.
    pub invitation: InvitationId,
}

/// A link to an appointment, which is in the letters about it. It is valid until the end of the day of the visit,
/// as long as a letter would go to its address.
#[derive(Debug, Clone, PartialEq)]
pub struct AppointmentLink {
    /// The appointment.
    pub appointment: AppointmentId,
    /// The beginning of the HMAC of the address to which the letter was sent.
    pub code: String,
}

impl AppointmentLink {
    /// The length of the code: 72 bits.
    const CODE: usize = 12;

    fn code_of(address: &ChannelKey) -> &str {
        address.0.get(..Self::CODE).unwrap_or(&address.0)
    }

    /// Whether the letter with the link was sent to one of these addresses.
    pub fn is_for(&self, addresses: &[ChannelKey]) -> bool {
        addresses.iter().any(|address| Self::code_of(address) == self.code)
    }
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

/// A link by which the recipient of a mail unsubscribes. It has the HMAC of the address and not the address, and does not expire: the
/// recipient may open an old mail, also after the person was erased.
#[derive(Debug, Clone, PartialEq)]
pub struct UnsubscribeLink {
    /// The dealer that sent the mail.
    pub dealer: DealerId,
    /// The HMAC of the address.
    pub key: ChannelKey,
    /// The lead that the mail is about.
    pub lead: LeadId,
}

/// The purpose in the signature of an invitation's link.
const INVITATION: &str = "invitation";
/// The purpose in the signature of an appointment's link.
const APPOINTMENT: &str = "appointment";
/// The purpose in the signature of a calendar's link.
const FEED: &str = "calendar";
/// The purpose in the signature of a link that unsubscribes.
const UNSUBSCRIBE: &str = "unsubscribe";

/// Returns the link of an invitation, for the lead's contact.
pub fn of(platform: &Platform, group: &GroupId, invitation: &Invitation) -> String {
    let Invitation { lead, id, .. } = invitation;
    let token = platform.store.secret().sign(INVITATION, &format!("{group}/{lead}/{id}"));
    format!("{}/i/{token}", platform.public_url)
}

/// Returns the link to an appointment for a letter to `address`.
pub fn of_appointment(platform: &Platform, group: &GroupId, appointment: &AppointmentId, address: &ChannelKey) -> String {
    let code = AppointmentLink::code_of(address);
    format!("{}/i/{}", platform.public_url, platform.store.secret().sign(APPOINTMENT, &format!("{group}/{appointment}/{code}")))
}

/// Returns the link of a user's feed, for the user's own calendar program.
pub fn of_feed(platform: &Platform, group: &GroupId, user: &UserId, feed: &CalendarFeed) -> String {
    let CalendarFeed { id, created, .. } = feed;
    let token = platform.store.secret().sign(FEED, &format!("{group}/{user}/{id}/{}", created.timestamp_millis()));
    format!("{}/c/{token}/calendar.ics", platform.public_url)
}

/// Returns the link by which the recipient of a mail unsubscribes.
pub fn of_unsubscription(platform: &Platform, group: &GroupId, link: &UnsubscribeLink) -> String {
    let UnsubscribeLink { dealer, key, lead } = link;
    let token = platform.store.secret().sign(UNSUBSCRIBE, &format!("{group}/{dealer}/{}/{lead}", key.0));
    format!("{}/u/{token}", platform.public_url)
}

fn purpose_of(operation: Operation) -> &'static str {
    match operation {
        Operation::FeedFile => FEED,
        Operation::ShowSubscription | Operation::Unsubscribe | Operation::Resubscribe => UNSUBSCRIBE,
        _ => INVITATION,
    }
}

/// Returns the rule about the links of an operation.
pub(super) fn rule_of(operation: Operation) -> &'static str {
    if purpose_of(operation) == UNSUBSCRIBE { "PRV-6" } else { "CAL-8" }
}

/// Returns the content of a token and the scope that it grants. `None` if the token is not signed by us for this operation.
pub(crate) fn verified(platform: &Platform, operation: Operation, token: &str) -> Option<(Scope, Link)> {
    let secret = platform.store.secret();
    let purpose = purpose_of(operation);
    // Invitations and appointments have the same page.
    let also = Some(APPOINTMENT).filter(|_| purpose == INVITATION);
    let signed = |purpose: &'static str| secret.verified(purpose, token).map(|text| (purpose, text));
    let (purpose, text) = signed(purpose).or_else(|| also.and_then(signed))?;
    let mut parts = text.split('/');
    let (group, of, id) = (parts.next()?, parts.next()?, parts.next()?);
    let group = GroupId::parse(group).ok()?;
    if purpose == UNSUBSCRIBE {
        let (dealer, key, lead) = (DealerId::parse(of).ok()?, ChannelKey(id.to_owned()), parts.next()?.parse().ok()?);
        return Some((Scope::customer(group), Link::Unsubscribe(UnsubscribeLink { dealer, key, lead })));
    }
    if purpose == FEED {
        let created = DateTime::from_timestamp_millis(parts.next()?.parse().ok()?)?;
        // The link has no rights of its own. It shows the items that its user may see at the time of the request.
        let link = FeedLink { user: UserId::parse(of).ok()?, feed: FeedId::parse(id).ok()?, created };
        return Some((Scope::keys_only(group), Link::Feed(link)));
    }
    if purpose == APPOINTMENT {
        let link = AppointmentLink { appointment: AppointmentId::parse(of).ok()?, code: id.to_owned() };
        return Some((Scope::customer(group), Link::Appointment(link)));
    }
    let link = InvitationLink { lead: of.parse().ok()?, invitation: InvitationId::parse(id).ok()? };
    Some((Scope::customer(group), Link::Invitation(link)))
}
