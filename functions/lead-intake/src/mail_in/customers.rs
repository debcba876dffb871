//! Keeps the dealer's own people and mailboxes from becoming customers of their own leads.

use crate::mail::{Form, MailEnquiry};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{Email, MailTarget, UserId};
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_store::Failure;
use std::collections::BTreeSet;

/// The addresses that are not of customers: those of the dealer, of its users, and of the mail domain.
pub(super) struct OwnAddresses<'a> {
    platform: &'a Platform,
    dealer: &'a Dealer,
    users: BTreeSet<String>,
}

impl<'a> OwnAddresses<'a> {
    /// Reads the addresses of a dealer. The users are at most 60 seconds old, as the dealer is.
    pub(super) async fn of(platform: &'a Platform, scope: &Scope, dealer: &'a Dealer) -> Result<Self, Failure> {
        let users: Vec<UserId> = dealer.settings.people().into_iter().cloned().collect();
        let users = platform.store.cached_users(scope, &users).await?;
        let users = users.iter().filter(|user| user.is_here()).map(|user| user.email.key()).collect();
        Ok(Self { platform, dealer, users })
    }

    fn has(&self, address: &Email) -> bool {
        let domain = self.platform.mail_domain.as_deref().filter(|domain| domain.contains(address.as_str()));
        let is_of_domain = domain.is_some_and(|domain| match domain.read(address.as_str()) {
            // Another dealer writes about a lead, and expects the answer there.
            Some(MailTarget::Lead { group, lead, code }) => !self.platform.store.secret().is_reply_code(&Scope::mail(group), lead, &code),
            Some(MailTarget::Dealer { .. }) | None => true,
        });
        is_of_domain || self.users.contains(&address.key()) || self.dealer.settings.has_mailbox(address)
    }

    /// Removes own addresses from the customer of an enquiry, with a flag. Returns whether a customer remains: not if such an address wrote
    /// the letter, or if no other channel is left.
    pub(super) fn leave_customer(&self, enquiry: &mut MailEnquiry) -> bool {
        let contact = &mut enquiry.enquiry.contact;
        let mut removed = Vec::new();
        for text in &mut contact.emails {
            let read = Email::read_all(text);
            let (own, others): (Vec<_>, Vec<_>) = read.into_iter().partition(|one| one.as_ref().is_ok_and(|(email, _)| self.has(email)));
            if own.is_empty() {
                continue;
            }
            removed.extend(own.into_iter().flatten().map(|(email, _)| email.to_string()));
            let others = others.into_iter().map(|one| one.map_or_else(|(typed, _)| typed, |(email, _)| email.to_string()));
            *text = others.collect::<Vec<_>>().join(", ");
        }
        if removed.is_empty() {
            return true;
        }
        contact.emails.retain(|text| !text.is_empty());
        let detail = format!("left out, because it is an address of the dealer or of a user: {}", removed.join(", "));
        enquiry.flags.push(("contact.email".to_owned(), detail));
        !contact.emails.is_empty() || enquiry.form != Form::Letter && !contact.phones.is_empty()
    }
}
