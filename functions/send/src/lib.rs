//! The function `send`: notices to users, letters to customers, webhooks to other systems (ESC-6, MSG-1, APT-3, APT-6).
//!
//! - **Does**: sends the messages that are due, by SES or by the dealer's own mail server (SET-4). Notices go by mail (a reminder also by
//!   text message, ESC-14), several in one mail if they wait together; letters go by mail or text message, with calendar file, quote,
//!   vehicle sheet or documents; webhooks go by HTTPS, signed. The group's admins get a mail when rights over the group are granted
//!   (ACC-1). The deputies and supervisors get a mail about bookings under an absence or on a closed day (APT-9), and the new persons and
//!   the supervisor one about bookings that were handed over (DIS-12). Incoming mail is forwarded to the dealer's mailbox (SET-4).
//!   Salespersons get notices of their appointments and the list of the day (APT-7). After a visit, the rules record the attendance if
//!   nobody does (APT-12). Mail without a lead is reported, or the administrator gets one notice a day (INT-7). A user who edits
//!   a text gets a test of it (MSG-2).
//! - **Triggers**: wake-ups of the queues `send` and `notify`. A wake-up only names the items to check; their stored state decides which of
//!   them are sent. Events of SES from the queue `mail-events` report the delivery states of mails.
//! - **Reads**: the message, its lead, dealer, appointment and recipient, at the moment of sending; the raw mail in the bucket.
//! - **Writes**: first a lease on the message, with its share of the limits, then its delivery state. Both are transactions of their own
//!   around the sending.
//! - **Repeats**: two senders never hold the same lease. A message that is no longer true is settled without sending.
//! - **On failure**: a known failure is retried for three days while the message is true, then recorded as failed and counted as
//!   `MailFailed`. A busy provider uses up no attempt. An unclear result is repeated to users, and to customers only by hand. A wake-up
//!   that fails returns to the queue and ends in the dead-letter queue; the sweep finds overdue messages.

mod admins;
mod attachments;
mod bookings;
mod briefings;
mod budgets;
mod bulk;
mod carrier;
mod customer_link;
mod expose;
mod given;
pub mod https;
mod inbox;
mod inbox_notices;
mod letters;
pub mod mail;
mod mornings;
mod notices;
pub mod pace;
pub mod pdf;
mod pool;
pub mod quote;
mod readers;
pub mod relayed;
mod reminder_texts;
mod reports;
mod sender;
pub mod ses;
mod ses_event;
mod tag;
mod test_mail;
pub mod texts;
pub mod trade_in;
mod visit_checks;
mod webhooks;

pub use carrier::{Call, Carrier, NoAnswer, Sms, Undelivered};
pub use inbox::MAX_ATTACHED;
pub use sender::Sender;
pub use tag::MailTags;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use forecourt_edge::queue;
use forecourt_store::Failure;
use forecourt_store::keys::{Key, WakeUpTarget};
use futures::future::join_all;
use std::time::{Duration, Instant};

/// The time for reading, claiming and recording a message.
const TABLE_TIME: Duration = Duration::from_secs(5);

impl Sender {
    /// Handles a batch of wake-ups of the queue `send` or `notify`, or of events of the queue `mail-events`.
    pub async fn handle(&self, event: SqsEvent) -> SqsBatchResponse {
        self.handle_until(event, None).await
    }

    /// Handles a batch of wake-ups before `deadline`. Mails and text messages are sent one after the other, at the provider's rate; the
    /// webhooks do not wait for them. A message is claimed only if the time left exceeds the longest time of one send: a
    /// sender that is stopped in the middle leaves the message unclear. The other wake-ups return to the queue.
    pub async fn handle_until(&self, mut event: SqsEvent, deadline: Option<Instant>) -> SqsBatchResponse {
        // Receivers of webhooks may be slow: their wake-ups are handled concurrently.
        let is_webhook =
            |message: &SqsMessage| queue::wake_up(message).is_ok_and(|wake_up| matches!(wake_up.target, WakeUpTarget::Outgoing { .. }));
        let (webhooks, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut event.records).into_iter().partition(is_webhook);
        // Events of SES send nothing, so that they need no turn and little time.
        let (reports, rest): (Vec<_>, Vec<_>) = rest.into_iter().partition(reports::is_event);
        let mut reported = SqsEvent::default();
        reported.records = reports;
        let reported = queue::each(&self.platform, reported, async |message| self.record_report(&message).await);
        event.records = rest;
        let paced = queue::each(&self.platform, event, async |message| {
            let longest = self.carrier.longest_send() + TABLE_TIME;
            if deadline.is_some_and(|deadline| deadline.saturating_duration_since(Instant::now()) < longest) {
                return Err(Failure::Unavailable("too little time is left in this batch for one more send".into()));
            }
            self.handle_wake_up(message).await
        });
        let responses = webhooks.into_iter().map(async |message| {
            let mut event = SqsEvent::default();
            event.records = vec![message];
            queue::each(&self.platform, event, async |message| self.handle_wake_up(message).await).await
        });
        let (mut response, responses, reported) = futures::join!(paced, join_all(responses), reported);
        response.batch_item_failures.extend(responses.into_iter().chain([reported]).flat_map(|response| response.batch_item_failures));
        response
    }

    async fn handle_wake_up(&self, message: SqsMessage) -> Result<String, Failure> {
        let wake_up = queue::wake_up(&message)?;
        match &wake_up.target {
            WakeUpTarget::Letter { subject, letter } => Box::pin(self.send_letter(&wake_up, subject, letter)).await?,
            WakeUpTarget::Outgoing { about, .. } => self.deliver_webhooks(&wake_up, about).await?,
            WakeUpTarget::Appointment { appointment } => {
                Box::pin(self.check_visit(&wake_up, appointment)).await?;
                Box::pin(self.notify_salesperson(&wake_up, appointment)).await?;
            }
            WakeUpTarget::Mornings { mornings } => Box::pin(self.send_lists(&wake_up, mornings)).await?,
            WakeUpTarget::Bookings { bookings } => Box::pin(self.notify_of_bookings(&wake_up, bookings)).await?,
            WakeUpTarget::Mail { mail } => {
                Box::pin(self.send_about_mail(&wake_up, &Key::IncomingMail(mail.clone(), wake_up.dealer.clone()))).await?;
            }
            WakeUpTarget::Mails { mails } => Box::pin(self.notify_of_mails(&wake_up, mails)).await?,
            WakeUpTarget::TestMail { test_mail } => self.send_test(&wake_up, test_mail).await?,
            WakeUpTarget::Access { access } => self.notify_admins(&wake_up, access).await?,
            _ => self.send_notice(&wake_up).await?,
        }
        Ok(wake_up.about())
    }
}
