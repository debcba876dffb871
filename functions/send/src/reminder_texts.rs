//! The reminder of a lead as a text message to its reader, in addition to the mail (ESC-14). Nothing replaces one that cannot be sent.

use crate::budgets::budgets;
use crate::carrier::{Sms, Undelivered};
use crate::letters::Destination;
use crate::notices::ClaimedNotice;
use crate::sender::Sender;
use forecourt_domain::base::{Medium, Purpose, Usage};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::messages::{DropReason, Message, Recipient, Retry, unwanted};
use forecourt_domain::settings::Dealer;
use forecourt_edge::metrics::Metric;
use forecourt_store::keys::{Key, WakeUp};
use forecourt_store::{Failure, Load, Loaded};

/// Why a text message is not sent to a user's number.
const OTHER_COUNTRY: &str = "the dealer sends no text messages to the country of this number";
const STOPPED: &str = "text messages to this number are stopped";
const USED_UP: &str = "the limit of text messages is used up (SET-12)";

impl Sender {
    /// Sends a claimed reminder as a text message, and records the result.
    pub(crate) async fn send_reminder_text(&self, wake_up: &WakeUp, claimed: ClaimedNotice) -> Result<(), Failure> {
        let settled = self.texted(wake_up, &claimed).await?;
        self.record_all(wake_up, std::slice::from_ref(&claimed), |_| settled.clone()).await
    }

    /// Sends the text message. Returns the message with its new state.
    async fn texted(&self, wake_up: &WakeUp, claimed: &ClaimedNotice) -> Result<Message, Failure> {
        let ClaimedNotice { message, lead, dealer, to, .. } = claimed;
        let now = self.platform.clock.now();
        let Recipient::User(id) = to else { return Ok(message.dropped(DropReason::NoReader, now)) };
        let Some(user) = self.user_here(wake_up, id).await? else { return Ok(message.dropped(DropReason::NoReader, now)) };
        // A user without a mobile number wants no text messages.
        let Some(number) = user.mobile.as_ref().filter(|_| user.notices) else { return Ok(message.dropped(DropReason::NoticesOff, now)) };
        let never = |why: &str| message.failed(why.to_owned(), Retry::Never, now);
        if !dealer.settings.may_text(number) {
            return Ok(never(OTHER_COUNTRY));
        }
        if let Err(why) = self.admitted(wake_up, dealer, number).await? {
            return Ok(never(why));
        }
        let text = self.texts.reminder_text((message, lead), dealer, &user.language, now);
        let id = format!("{}.{}", lead.id, message.cause);
        let sms = Sms { id, to: number.clone(), from: dealer.settings.text_number.clone(), text, at: now };
        Ok(match self.carrier.carry_sms(&sms).await {
            Ok(provider_id) => message.sent(to.clone(), provider_id, self.platform.clock.now()),
            Err(undelivered) => {
                // The provider's message names the number: it is stored with the notice and not logged.
                tracing::warn!(function = self.platform.function, about = wake_up.about(), "reminder by text message not delivered");
                // The mail has the same content: nobody gets the text message twice.
                let retry = if matches!(undelivered, Undelivered::Unclear(_)) { Retry::Never } else { undelivered.retry() };
                message.failed(undelivered.why(), retry, self.platform.clock.now())
            }
        })
    }

    /// Takes the share of a text message to a user of each budget (SET-12).
    ///
    /// # Errors
    /// The reason why it is not sent.
    async fn admitted(&self, wake_up: &WakeUp, dealer: &Dealer, number: &str) -> Result<Result<(), &'static str>, Failure> {
        let (now, scope, secret) = (self.platform.clock.now(), wake_up.scope(), self.platform.store.secret());
        let to = Destination::Phone(number.to_owned(), dealer.settings.language.clone());
        let budgets = budgets(secret, &scope, dealer, (&to, false));
        let channel = secret.channel(&scope, number);
        let keys = budgets.iter().map(|(name, _)| Key::Usage(name.clone())).chain([Key::AddressState(channel.clone())]);
        let rule = |loaded: &Loaded, _| {
            if unwanted(loaded.address_state(&channel), Medium::Sms, Purpose::Contract, &dealer.id).is_some() {
                return Ok((None, Err(STOPPED)));
            }
            let taken: Vec<_> = budgets.iter().map(|(name, budget)| Usage::take(loaded.usage(name), name, *budget, now)).collect();
            // A reminder of a later hour would be of no use.
            if taken.iter().any(|(_, from)| *from > now) {
                return Ok((None, Err(USED_UP)));
            }
            Ok((Decision::of(taken.into_iter().map(|(usage, _)| Item::Usage(usage)).collect()), Ok(())))
        };
        let admitted = self.platform.store.decide(&scope, Load::of(keys), rule).await?;
        if admitted == Err(USED_UP) {
            let (group, dealer) = (wake_up.group.as_str(), dealer.id.as_str());
            tracing::warn!(
                function = self.platform.function,
                group,
                dealer,
                about = wake_up.about(),
                "a limit of text messages is used up"
            );
            self.platform.metrics.note(Metric::OverBudget, &[1.0], now);
        }
        Ok(admitted)
    }
}
