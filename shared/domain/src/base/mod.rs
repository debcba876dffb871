//! Ids, names and small types that the other folders use.

mod actor;
mod address;
mod budget;
mod cancellation;
mod consent;
mod dialling;
mod email;
mod entries;
mod event_types;
mod fate;
mod hash;
mod ids;
mod internet;
mod kinds;
mod link;
mod mail_address;
mod media;
mod mention;
mod money;
mod neighbours;
mod obstacle;
mod phone;
mod phone_text;
mod refusal;
mod role;
pub mod text;
mod whole;

pub use actor::{Actor, Partner, PartnerKind};
pub use address::{BadCountry, BadLanguage, ChannelKey, Country, Language};
pub use budget::{Budget, Usage, Window};
pub use cancellation::{Cancellation, CancellationSide};
pub use consent::{ConsentSource, ConsentStatus, ContactChannel, MAX_DECLARATION, Purpose};
pub use email::{BadEmail, Email, UNDELIVERABLE};
pub use entries::known_entries;
pub use event_types::{
    BOOKED_TEST_DRIVE, CANCELLATION_REASONS, DECLINE_REASONS, EVENT_TYPES, JOB_TYPES, LEAD_CLOSED, NO_SHOW_REASONS, STAYED_AT_DEALER,
};
pub use fate::{ReportKind, StopReason};
pub use hash::stable_hash;
pub use ids::{
    AppointmentId, BadId, BadLeadId, ContactId, DeadlineId, DealerId, DistributionGroupId, ElementId, EventId, ExportId, FeedId,
    FollowUpId, GroupId, Id, InvitationId, LeadId, MailId, OfAppointment, OfContact, OfDeadline, OfDealer, OfDistributionGroup, OfElement,
    OfEvent, OfExport, OfFeed, OfFollowUp, OfGroup, OfInvitation, OfMail, OfPartner, OfPlan, OfTask, OfText, OfUser, OfView, OfWebhook,
    PartnerId, PlanId, TaskId, TextId, UserId, ViewId, WebhookId, numbered,
};
pub use internet::{is_public, is_public_host};
pub use kinds::{AppointmentKind, AppointmentOrigin, AppointmentTeam, LostReason, ReactionKind, Status, StepKind, Subject};
pub use link::has_link;
pub use mail_address::{BadMailDomain, MailDomain, MailTarget};
pub use media::{Media, Medium};
pub use mention::{mentioned, with_names};
pub use money::{Currency, MAX_MONEY, Money};
pub use obstacle::Obstacle;
pub use phone::Phone;
pub use refusal::{Fault, Refusal};
pub use role::{Right, Role};
pub use whole::{optional_whole, whole};

/// Returns whether a field has its default value, so that its item is stored without it.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
