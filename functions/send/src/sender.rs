//! The sender: the platform, the carrier and the texts that every kind of message is sent with.

use crate::carrier::Carrier;
use crate::texts::Texts;
use forecourt_edge::Platform;
use std::sync::Arc;

/// The sender.
#[derive(Clone)]
pub struct Sender {
    /// The table and the clock.
    pub platform: Platform,
    /// What carries mail.
    pub carrier: Arc<dyn Carrier>,
    /// What mails say.
    pub texts: Arc<Texts>,
}
