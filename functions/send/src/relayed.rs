//! The carrier of dealers with a mail server of their own: their mail goes there by SMTP, everything else goes by another carrier (SET-4).
//!
//! An attempt is one connection, as with SES, and nothing is repeated within it. A server that cannot be used delays the mail of its dealer
//! only: it rests for a while. There are no reports about mail that such a server accepted.

use crate::carrier::{Call, Carrier, NoAnswer, Sms, Undelivered};
use crate::mail::Mail;
use async_trait::async_trait;
use forecourt_edge::mail_server::{Refused, Smtp};
use forecourt_edge::metrics::{Metric, Metrics};
use std::sync::Arc;
use std::time::Duration;

/// Sends mail through the dealers' own mail servers.
pub struct Relayed {
    /// Carries everything of other dealers, and text messages and webhooks of all.
    pub other: Arc<dyn Carrier>,
    /// The SMTP client.
    pub smtp: Arc<Smtp>,
    /// Counts the servers that cannot be used.
    pub metrics: Metrics,
}

#[async_trait]
impl Carrier for Relayed {
    async fn carry(&self, mail: &Mail) -> Result<String, Undelivered> {
        let Some(server) = &mail.mail_server else { return self.other.carry(mail).await };
        let sent = self.smtp.send(server, &mail.to, |from| mail.mime(from)).await;
        if let Err(Refused::Unusable(reason)) = &sent {
            // The reason has no words of the server, and no part of the credentials.
            tracing::warn!(function = "send", server = server.host, secret = server.secret, %reason, "a mail server cannot be used");
            self.metrics.note(Metric::MailServerFailed, &[1.0], mail.at);
        }
        sent.map(|from| mail.message_id(&from)).map_err(|refused| match refused {
            Refused::Resting => Undelivered::Busy(refused.into()),
            Refused::Unusable(_) | Refused::Later(_) => Undelivered::Later(refused.into()),
            Refused::Recipient(_) => Undelivered::Refused(refused.into()),
            Refused::Mail(_) => Undelivered::Never(refused.into()),
            Refused::Unclear(_) => Undelivered::Unclear(refused.into()),
        })
    }

    async fn carry_sms(&self, sms: &Sms) -> Result<String, Undelivered> {
        self.other.carry_sms(sms).await
    }

    fn longest_send(&self) -> Duration {
        self.other.longest_send().max(self.smtp.longest_send())
    }

    async fn call(&self, call: &Call) -> Result<u16, NoAnswer> {
        self.other.call(call).await
    }
}
