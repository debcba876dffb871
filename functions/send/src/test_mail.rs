//! Tests of texts: one mail to the user who edits the text, at the address of that user (MSG-2).

use crate::carrier::Undelivered;
use crate::mail::{Addressee, Envelope, Mail};
use crate::sender::Sender;
use forecourt_domain::base::UserId;
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::messages::TestMail;
use forecourt_store::keys::{Key, WakeUp};
use forecourt_store::{Failure, Load, Loaded};

impl Sender {
    /// Sends the test of a text that is due. Nothing is sent to a user who has left.
    pub(crate) async fn send_test(&self, wake_up: &WakeUp, user: &UserId) -> Result<(), Failure> {
        let (now, scope) = (self.platform.clock.now(), wake_up.scope());
        let claim = |loaded: &Loaded, _| {
            let leased = loaded.test_mail(user).and_then(|test| test.claim(now)).zip(loaded.dealer(&wake_up.dealer).cloned());
            Ok((leased.as_ref().map(|(test, _)| stored(test.clone())), leased))
        };
        let load = Load::of([Key::TestMail(user.clone()), Key::Dealer(wake_up.dealer.clone())]);
        let Some((leased, dealer)) = self.platform.store.decide(&scope, load, claim).await? else { return Ok(()) };
        let reader = self.platform.store.user(&wake_up.group, user).await?.filter(|user| user.is_here());
        let retry = match reader {
            None => None,
            Some(reader) => {
                let (to, id) = (Addressee::of(&reader), format!("test-{user}-{}", leased.number));
                let mail =
                    Mail::from_text(Envelope { id: &id, to: &to, dealer: &dealer, now }, &format!("{}\n\n{}", leased.subject, leased.text));
                self.carrier.carry(&mail).await.map_err(|undelivered: Undelivered| undelivered.retry()).err()
            }
        };
        if let Some(retry) = retry {
            tracing::warn!(function = self.platform.function, about = wake_up.about(), ?retry, "test of a text not delivered");
        }
        let after = leased.after(retry, self.platform.clock.now());
        let record = |loaded: &Loaded, _| {
            // A newer test of the user is sent by its own wake-up.
            Ok((loaded.test_mail(user).filter(|test| **test == leased).map(|_| stored(after.clone())), ()))
        };
        self.platform.store.decide(&scope, Load::of([Key::TestMail(user.clone())]).with_long_retry(), record).await
    }
}

fn stored(test: TestMail) -> Decision {
    Decision::default().with(Item::TestMail(Box::new(test)))
}
