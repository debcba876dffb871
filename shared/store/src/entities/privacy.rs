//! Orders to erase a contact or to write an access file, retention, and what an erasure does with each kind of item (PRV-2).

use super::Kind;
use crate::Failure;
use crate::entity::{Due, Entity, Record, to_item};
use crate::keys::DueKind;
use forecourt_domain::access::Scope;
use forecourt_domain::privacy::{AccessFile, Erasure, Retention};

impl Entity for Erasure {
    fn to_record(&self, _: &Scope) -> Result<Record, Failure> {
        let due = self.due.map(|at| Due { at, kind: DueKind::Export, dealer: self.dealer.clone(), leased: false });
        Ok(Record::of(to_item(self)?).due(due))
    }
}

impl Entity for AccessFile {
    fn to_record(&self, _: &Scope) -> Result<Record, Failure> {
        let due = self.due.map(|at| Due { at, kind: DueKind::Export, dealer: self.dealer.clone(), leased: false });
        Ok(Record::of(to_item(self)?).due(due))
    }
}

impl Entity for Retention {
    fn to_record(&self, _: &Scope) -> Result<Record, Failure> {
        let due = self.due.map(|at| Due { at, kind: DueKind::Export, dealer: self.dealer.clone(), leased: false });
        Ok(Record::of(to_item(self)?).due(due))
    }
}

/// What an erasure does with the items of a kind that are about the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Treatment {
    /// A rule writes the item without personal data.
    Rewritten,
    /// The item is deleted.
    Deleted,
    /// The item has no personal data of a customer.
    Kept,
}

impl Kind {
    /// Returns what an erasure does with the items of this kind. A new kind of item needs a decision here.
    pub(crate) fn erasure(self) -> Treatment {
        match self {
            // The numbers, times and states of these are counted.
            Kind::Lead | Kind::Entry | Kind::Event | Kind::Task | Kind::Appointment => Treatment::Rewritten,
            // Type, dates, state and outcomes are counted.
            Kind::FollowUp => Treatment::Rewritten,
            // A hash of a vehicle and a job.
            Kind::FollowUpClaim => Treatment::Kept,
            // They consist of texts about the person.
            Kind::Message | Kind::Invitation | Kind::Element | Kind::Letter | Kind::PendingReports => Treatment::Deleted,
            // HMACs of addresses and numbers, with the names in the record.
            Kind::Channel => Treatment::Deleted,
            // The file is deleted; the item has only the filter, or numbers of leads.
            Kind::Export | Kind::AccessFile => Treatment::Rewritten,
            // Its flags may quote the enquiry.
            Kind::EnquiryReceipt => Treatment::Rewritten,
            // Sender, subject and reasons go; times and results are counted. Its raw mail is deleted.
            Kind::IncomingMail => Treatment::Rewritten,
            // An HMAC. A stop protects the person who may come back; its words go.
            Kind::AddressState => Treatment::Rewritten,
            // Numbers of leads and appointments, ids, times and states.
            Kind::Outgoing | Kind::Receipt | Kind::ReceivedRequest | Kind::Day | Kind::Usage => Treatment::Kept,
            // Numbers of leads and results. The texts of the action are those of a user, for many leads; they are deleted after 30 days.
            Kind::BulkAction | Kind::BulkPage => Treatment::Kept,
            Kind::AccessRecord | Kind::Download | Kind::Erasure | Kind::LegalHold | Kind::HandOver => Treatment::Kept,
            // Dealers, staff, partners and the work of the functions.
            Kind::Dealer | Kind::SettingsChange | Kind::Recompute | Kind::Rotation | Kind::Pool | Kind::Unprocessed => Treatment::Kept,
            Kind::User | Kind::UserChange | Kind::TokenSubject | Kind::CalendarFeeds | Kind::SavedViews => Treatment::Kept,
            Kind::Partner | Kind::Signing | Kind::Webhooks | Kind::DealerTexts | Kind::TextChange => Treatment::Kept,
            Kind::TextNumber | Kind::BookingWatch => Treatment::Kept,
            // Users and days. A list reads the appointments when it is sent.
            Kind::MorningList => Treatment::Kept,
            Kind::Retention | Kind::LeadAddress | Kind::MailWatch => Treatment::Kept,
            // Its text may name a customer; it is removed when the test is settled, some minutes after its request.
            Kind::TestMail => Treatment::Kept,
        }
    }
}
