//! Keeps the dealer's own people and mailboxes from becoming customers of their own leads.

use crate::mail::{Form, MailEnquiry};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{Email, MailDomain, UserId};
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_store::Failure;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The addresses that belong to nobody's customer: those of the dealer, of its members, and of the mail domain.
pub(super) struct OwnAddresses {
    domain: Option<Arc<MailDomain>>,
    keys: BTreeSet<String>,
}

impl OwnAddresses {
    /// Reads the addresses of a dealer. The users are at most 60 seconds old, as the dealer is.
    pub(super) async fn of(platform: &Platform, scope: &Scope, dealer: &Dealer) -> Result<Self, Failure> {
        let settings = &dealer.settings;
        let mut users: BTreeSet<&UserId> = settings.members.iter().map(|member| &member.user).collect();
        users.extend([&settings.admin_user].into_iter().chain(&settings.fallback_user));
        let users: Vec<UserId> = users.into_iter().cloned().collect();
        let users = platform.store.cached_users(scope, &users).await?;
        let mailboxes = [&settings.lead_address, &settings.forward_to, &settings.unparsed_mail_to, &settings.trade_in_cc_email];
        let keys = users.iter().filter(|user| user.is_here()).map(|user| user.email.key());
        let keys = keys.chain(mailboxes.into_iter().flatten().map(Email::key)).collect();
        Ok(Self { domain: platform.mail_domain.clone(), keys })
    }

    fn has(&self, address: &Email) -> bool {
        self.keys.contains(&address.key()) || self.domain.as_ref().is_some_and(|domain| domain.contains(address.as_str()))
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
