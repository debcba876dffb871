//! The budgets of a letter: the one of its recipient, the one of the dealer's text messages, and the one of automatic answers (SET-12).

use crate::letters::Destination;
use forecourt_domain::access::Scope;
use forecourt_domain::base::Budget;
use forecourt_domain::messages::Letter;
use forecourt_domain::settings::Dealer;
use forecourt_store::Secret;

/// Returns the budgets of a letter of `dealer` to `to`, each with its name. The names hold no personal data (PRV-1). An instant answer has
/// one more.
pub(crate) fn budgets(secret: &Secret, scope: &Scope, dealer: &Dealer, (to, instant): (&Destination, bool)) -> Vec<(String, Budget)> {
    let limits = &dealer.settings.limits;
    let recipient = |kind: &str, address: &str| (secret.name(scope, &["budget", kind, address]), limits.of_recipient());
    match to {
        // The dealer's own address receives the letters of all customers without an address.
        Destination::Mail(to) if dealer.settings.lead_address.as_ref().is_some_and(|own| own.is_same(&to.address)) => Vec::new(),
        Destination::Mail(to) => {
            let mailbox = to.address.without_tag().as_ref().unwrap_or(&to.address).key();
            let instant = instant.then(|| (secret.name(scope, &["budget", "instant", &mailbox]), Letter::instant_budget()));
            instant.into_iter().chain([recipient("mailbox", &mailbox)]).collect()
        }
        Destination::Phone(number, _) => {
            let texts = secret.name(scope, &["budget", "texts", dealer.id.as_str()]);
            vec![recipient("phone", number), (texts, limits.of_text_messages())]
        }
    }
}
