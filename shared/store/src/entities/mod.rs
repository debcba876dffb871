//! Every kind of stored item, one row each.
//!
//! A row reads: key = accessor of [`Loaded`] -> type, partition / place in it (after the group), key of an item of a decision,
//! encoding. The accessors of items that have a default when they are not stored are crate-private, see [`Loaded`].

mod access;
mod appointment;
mod bulk;
mod contact;
mod export;
mod follow_up;
mod lead;
mod mail;
mod message;
mod privacy;
mod settings;
mod webhook;

pub(crate) use lead::lead_attributes;
pub(crate) use privacy::Treatment;

use crate::entity::{Attributes, Entity, Record, Versioned, encoding, entities, key_text, owned};
use crate::keys::{NUMBERS, TableKey, elements_prefix, outgoing_place, stamp, subject_partition};
use crate::preserve::Preserve;
use crate::{Failure, Loaded};
use chrono::{DateTime, NaiveDate, Utc};
use forecourt_domain::access::{AccessRecord, Scope};
use forecourt_domain::appointment::{Appointment, MorningList, PendingReports, Unprocessed};
use forecourt_domain::base::{
    AppointmentId, ChannelKey, DealerId, DistributionGroupId, ElementId, EventId, ExportId, FollowUpId, InvitationId, LeadId, MailId,
    Partner, PartnerId, Subject, TaskId, Usage, UserId,
};
use forecourt_domain::bookings::BookingWatch;
use forecourt_domain::calendar::{CalendarEvent, CalendarFeeds, Invitation};
use forecourt_domain::decision::Item;
use forecourt_domain::directory::Channel;
use forecourt_domain::distribution::{Pool, Rotation};
use forecourt_domain::elements::{Element, ElementKind};
use forecourt_domain::follow_up::{FollowUp, FollowUpClaim};
use forecourt_domain::lead::{BulkAction, BulkPage, EnquiryReceipt, Entry, Lead, Receipt, Task};
use forecourt_domain::mail::{IncomingMail, LeadAddress, MailWatch};
use forecourt_domain::messages::{AddressState, Letter, Message, TestMail};
use forecourt_domain::people::{ReceivedRequest, SavedViews, Signing, TokenSubject, User, UserChange};
use forecourt_domain::privacy::{AccessFile, Erasure, LegalHold, Retention};
use forecourt_domain::reports::{Download, Export};
use forecourt_domain::settings::{Dealer, HandOver, Lane, Recompute, SettingsChange, TextNumber};
use forecourt_domain::slots::Day;
use forecourt_domain::texts::{DealerTexts, TextChange};
use forecourt_domain::webhooks::{Outgoing, Webhooks};

/// The group of a rotation; `None` for the rotation of the whole dealer.
type RotationGroup = Option<DistributionGroupId>;
type Instant = DateTime<Utc>;

entities! {
    // A lead and everything that belongs to it.
    /// A lead.
    Lead = pub lead(lead: LeadId) -> Lead, "L#{lead}" / "@", it => [it.id], custom;
    /// An entry of a lead's timeline, by the version of the lead.
    Entry = pub entry(lead: LeadId, version: u64) -> Entry, "L#{lead}" / "T#{version:06}", it => [it.lead, it.version], plain;
    /// A message to staff about a lead, by its cause.
    Message = pub message(lead: LeadId, cause: &str) -> Message, "L#{lead}" / "M#{cause}", it => [it.lead, it.cause], custom;
    /// A calendar event of a lead.
    Event = pub event(lead: LeadId, event: &EventId) -> CalendarEvent, "L#{lead}" / "E#{event}", it => [it.lead, it.id], custom;
    /// An invitation of a lead's contact to pick a time.
    Invitation = pub invitation(lead: LeadId, id: &InvitationId) -> Invitation, "L#{lead}" / "I#{id}", it => [it.lead, it.id], plain;
    /// An element of a lead.
    Element = pub element(lead: LeadId, kind: ElementKind, id: &ElementId) -> Element,
        "L#{lead}" / (format!("{}{id}", elements_prefix(*kind))), it => [it.lead, it.content.kind(), it.id], plain;
    /// A task of a lead.
    Task = pub task(lead: LeadId, id: &TaskId) -> Task, "L#{lead}" / "K#{id}", it => [it.lead, it.work.id], custom;

    // An appointment, and the items that belong to leads and appointments alike.
    /// An appointment.
    Appointment = pub appointment(id: &AppointmentId) -> Appointment, "A#{id}" / "@", it => [it.id], custom;
    /// Reports about an appointment that arrived before it.
    PendingReports = pub pending_reports(id: &AppointmentId) -> PendingReports, "A#{id}" / "P", it => [it.id], custom;
    /// A letter to a customer about a lead or an appointment, by its cause.
    Letter = pub letter(about: &Subject, cause: &str) -> Letter,
        (subject_partition(about)) / "O#{cause}", it => [it.subject, it.cause], custom;
    /// An event of a lead or an appointment for the group's webhooks, by its sequence.
    Outgoing = pub outgoing(about: &Subject, sequence: u64) -> Outgoing,
        (format!("N{}", subject_partition(about))) / (outgoing_place(*sequence)), it => [it.about, it.sequence], custom;

    // A dealer.
    /// A dealer with its settings, members and absences.
    Dealer = pub dealer(id: &DealerId) -> Dealer, "D#{id}" / "@", it => [it.id], custom;
    /// A change of a dealer's settings, by the version that it made.
    SettingsChange = pub settings_change(dealer: &DealerId, version: u64) -> SettingsChange, "D#{dealer}" / "H#{version:06}", it => [it.dealer, it.version], plain;
    /// The progress of recomputing a dealer's open leads.
    Recompute = pub recompute(dealer: &DealerId) -> Recompute, "D#{dealer}" / "J", it => [it.dealer], custom;
    /// An order to hand over the work of a user, by its id (DIS-12).
    HandOver = pub hand_over(dealer: &DealerId, id: &str) -> HandOver, "D#{dealer}" / "G#{id}", it => [it.dealer, it.id], custom;
    /// The state of the notices about a dealer's bookings about which nobody has decided (APT-9).
    BookingWatch = pub booking_watch(dealer: &DealerId) -> BookingWatch, "D#{dealer}" / "B", it => [it.dealer], custom;
    /// The state of the lists of a dealer's appointments of a day (APT-7).
    MorningList = pub morning_list(dealer: &DealerId) -> MorningList, "D#{dealer}" / "L", it => [it.dealer], custom;
    /// The state of the notices about a dealer's open mails (INT-7).
    MailWatch = pub mail_watch(dealer: &DealerId) -> MailWatch, "D#{dealer}" / "I", it => [it.dealer], custom;
    /// A dealer's own texts (MSG-2).
    DealerTexts = pub dealer_texts(dealer: &DealerId) -> DealerTexts, "D#{dealer}" / "T", it => [it.dealer], plain;
    /// A change of a dealer's texts, by the version that it made (MSG-2).
    TextChange = pub text_change(dealer: &DealerId, version: u64) -> TextChange, "D#{dealer}" / "TH#{version:06}", it => [it.dealer, it.version], plain;
    /// The state of a rotation of a dealer.
    Rotation = pub(crate) saved_rotation(dealer: &DealerId, group: &RotationGroup) -> Rotation,
        "D#{dealer}" / (group.as_ref().map_or_else(|| "R".to_owned(), |group| format!("R#{group}"))), it => [it.dealer, it.group], plain;
    /// The state of a dealer's pool.
    Pool = pub(crate) saved_pool(dealer: &DealerId) -> Pool, "D#{dealer}" / "P", it => [it.dealer], plain;
    /// The number of appointments that a dealer's own system sent and that are not stored (APT-2).
    Unprocessed = pub unprocessed(dealer: &DealerId) -> Unprocessed, "D#{dealer}" / "N", it => [it.dealer], plain;

    // A group's users, partners and webhooks.
    /// A user.
    User = pub user(id: &UserId) -> User, "U#{id}" / "@", it => [it.id], custom;
    /// A change of a user, by the version that it made.
    UserChange = pub user_change(user: &UserId, version: u64) -> UserChange, "U#{user}" / "H#{version:06}", it => [it.user.id, it.user.version], plain;
    /// The user whom tokens with a subject name, by the hash of the subject (ACC-2).
    TokenSubject = pub token_subject(hash: &str) -> TokenSubject, "US#{hash}" / "@", it => [it.key], plain;
    /// A user's calendar feeds.
    CalendarFeeds = pub calendar_feeds(user: &UserId) -> CalendarFeeds, "U#{user}" / "F", it => [it.user], plain;
    /// A user's saved views (ACC-5).
    SavedViews = pub saved_views(user: &UserId) -> SavedViews, "U#{user}" / "V", it => [it.user], plain;
    /// The latest test of a text that a user requested (MSG-2).
    TestMail = pub test_mail(user: &UserId) -> TestMail, "U#{user}" / "M", it => [it.user], custom;
    /// A user's day: its quarter-hours and their reservations (CAL-7).
    Day = pub(crate) saved_day(user: &UserId, date: NaiveDate) -> Day, "S#{user}#{date}" / "@", it => [it.user, it.date], plain;
    /// A partner.
    Partner = pub partner(id: &PartnerId) -> Partner, "P#{id}" / "@", it => [it.id], plain;
    /// The secrets with which a partner signs.
    Signing = pub signing(partner: &PartnerId) -> Signing, "P#{partner}" / "S", it => [it.partner], plain;
    /// The group's webhooks (APT-6).
    Webhooks = pub(crate) saved_webhooks() -> Webhooks, "W" / "@", it => [], plain;

    // Contacts and requests, by hashes.
    /// A contact, or an alias of one, by the HMAC of an e-mail address or telephone number.
    Channel = pub channel(key: &ChannelKey) -> Channel, (format!("C#{}", key.0)) / "@", it, key => [key], custom;
    /// The stops of messages to an e-mail address or telephone number, by its HMAC (MSG-1).
    AddressState = pub address_state(key: &ChannelKey) -> AddressState, (format!("C#{}", key.0)) / "S", it => [it.key], plain;
    /// The lead that an enquiry made, by the hash of its `Idempotency-Key`.
    Receipt = pub receipt(hash: &str) -> Receipt, "K#{hash}" / "@", it => [it.key], plain;
    /// The receipt of an enquiry for its sender, by its id.
    EnquiryReceipt = pub enquiry_receipt(id: &str) -> EnquiryReceipt, "Q#{id}" / "@", it => [it.id], plain;
    /// A request that was answered, by the hash of its name.
    ReceivedRequest = pub received_request(hash: &str) -> ReceivedRequest, "K#{hash}" / "S", it => [it.key], custom;

    // Mail.
    /// A mail that arrived for a dealer (INT-7).
    IncomingMail = pub incoming_mail(id: &MailId, dealer: &DealerId) -> IncomingMail, "I#{id}" / (dealer.to_string()), it => [it.id, it.dealer], custom;
    /// The dealer with a lead address, by the hash of the address (SET-4).
    LeadAddress = pub lead_address(hash: &str) -> LeadAddress, "DA#{hash}" / "@", it => [it.key], plain;

    // Text messages.
    /// The dealer that receives the text messages to a number, in E.164 (MSG-3). It belongs to no group.
    TextNumber = pub text_number(number: &str) -> TextNumber, "NUMBER#{number}" / "@", it => [it.number], plain;

    // Budgets.
    /// The use of a budget of letters, text messages or enquiries, by the hash of its name (SET-12).
    Usage = pub usage(name: &str) -> Usage, "B#{name}" / "@", it => [it.key], custom;

    // The access log.
    /// A record of the access log, by its time and id (ACC-1).
    AccessRecord = pub access_record(at: Instant, id: &str) -> AccessRecord, "ALOG" / (format!("{}#{id}", stamp(*at))), it => [it.at, it.id], custom;

    // Privacy.
    /// An order to erase a contact, by its id (PRV-2).
    Erasure = pub erasure(id: &str) -> Erasure, "Y" / "{id}", it => [it.id], custom;
    /// An order to write an access file, by its id (PRV-4).
    AccessFile = pub access_file(id: &str) -> AccessFile, "Z" / "{id}", it => [it.id], custom;
    /// A legal hold, by its id (PRV-5).
    LegalHold = pub legal_hold(id: &str) -> LegalHold, "LH" / "{id}", it => [it.id], plain;
    /// The retention of a dealer (PRV-5).
    Retention = pub retention(dealer: &DealerId) -> Retention, "D#{dealer}" / "E", it => [it.dealer], custom;

    // Bulk actions.
    /// A bulk action and its progress, by its id (LEAD-10).
    BulkAction = pub bulk_action(id: &str) -> BulkAction, "BA#{id}" / "@", it => [it.id], custom;
    /// A page of the leads of a bulk action, with their results (LEAD-10).
    BulkPage = pub bulk_page(bulk: &str, page: u32) -> BulkPage, "BA#{bulk}" / "P#{page:04}", it => [it.bulk, it.page], custom;

    // Follow-ups.
    /// A service follow-up (FUP-1).
    FollowUp = pub follow_up(id: &FollowUpId) -> FollowUp, "F#{id}" / "@", it => [it.id], custom;
    /// The follow-up that was created last for a vehicle and a type of job, by the hash of both (FUP-1).
    FollowUpClaim = pub follow_up_claim(key: &str) -> FollowUpClaim, "FC#{key}" / "@", it => [it.key], plain;

    // Exports.
    /// An export.
    Export = pub export(id: &ExportId) -> Export, "X" / (id.to_string()), it => [it.id], custom;
    /// A download of an export, by its time and id (EXP-2).
    Download = pub download(at: Instant, id: &str) -> Download, "XLOG" / (format!("{}#{id}", stamp(*at))), it => [it.at, it.id], plain;
}

impl Kind {
    /// Returns the kind of the item at a key of the table; `None` if this release has no kind there.
    pub(crate) fn at(key: &TableKey) -> Option<Self> {
        let (group, partition) = key.pk.split_once('#')?;
        if group == NUMBERS {
            return Some(Kind::TextNumber);
        }
        let (family, place) = (partition.split('#').next()?, key.sk.split('#').next()?);
        Some(match (family, place) {
            ("L", "@") => Kind::Lead,
            ("L", "T") => Kind::Entry,
            ("L", "M") => Kind::Message,
            ("L", "E") => Kind::Event,
            ("L", "I") => Kind::Invitation,
            ("L", "X") => Kind::Element,
            ("L", "K") => Kind::Task,
            ("A", "@") => Kind::Appointment,
            ("A", "P") => Kind::PendingReports,
            ("L" | "A", "O") => Kind::Letter,
            ("NL" | "NA", _) => Kind::Outgoing,
            ("D", "@") => Kind::Dealer,
            ("D", "H") => Kind::SettingsChange,
            ("D", "J") => Kind::Recompute,
            ("D", "G") => Kind::HandOver,
            ("D", "B") => Kind::BookingWatch,
            ("D", "I") => Kind::MailWatch,
            ("D", "L") => Kind::MorningList,
            ("D", "R") => Kind::Rotation,
            ("D", "P") => Kind::Pool,
            ("D", "N") => Kind::Unprocessed,
            ("D", "T") => Kind::DealerTexts,
            ("D", "TH") => Kind::TextChange,
            ("D", "E") => Kind::Retention,
            ("U", "@") => Kind::User,
            ("U", "H") => Kind::UserChange,
            ("U", "F") => Kind::CalendarFeeds,
            ("U", "V") => Kind::SavedViews,
            ("U", "M") => Kind::TestMail,
            ("US", "@") => Kind::TokenSubject,
            ("S", "@") => Kind::Day,
            ("P", "@") => Kind::Partner,
            ("P", "S") => Kind::Signing,
            ("W", "@") => Kind::Webhooks,
            ("C", "@") => Kind::Channel,
            ("C", "S") => Kind::AddressState,
            ("K", "@") => Kind::Receipt,
            ("K", "S") => Kind::ReceivedRequest,
            ("Y", _) => Kind::Erasure,
            ("Z", _) => Kind::AccessFile,
            ("LH", _) => Kind::LegalHold,
            ("BA", "@") => Kind::BulkAction,
            ("BA", "P") => Kind::BulkPage,
            ("F", "@") => Kind::FollowUp,
            ("FC", "@") => Kind::FollowUpClaim,
            ("X", _) => Kind::Export,
            ("XLOG", _) => Kind::Download,
            ("ALOG", _) => Kind::AccessRecord,
            ("Q", "@") => Kind::EnquiryReceipt,
            ("B", "@") => Kind::Usage,
            ("I", _) => Kind::IncomingMail,
            ("DA", "@") => Kind::LeadAddress,
            _ => return None,
        })
    }

    /// Whether the keys of the kind do not begin with a group.
    pub(crate) fn is_groupless(self) -> bool {
        self == Kind::TextNumber
    }
}

impl Key {
    /// Returns the key of the state of a lane of a dealer.
    pub fn lane(dealer: DealerId, lane: Lane) -> Self {
        match lane {
            Lane::Rotation(group) => Key::Rotation(dealer, group),
            Lane::Pool => Key::Pool(dealer),
        }
    }
}
