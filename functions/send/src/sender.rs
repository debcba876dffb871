//! The sender: the resources that messages of every kind need.

use crate::carrier::Carrier;
use crate::texts::Texts;
use forecourt_edge::Platform;
use std::sync::Arc;

/// Sends notices, letters and webhooks.
#[derive(Clone)]
pub struct Sender {
    /// Table, clock and metrics.
    pub platform: Platform,
    /// The port to the outside.
    pub carrier: Arc<dyn Carrier>,
    /// The texts of mails and text messages.
    pub texts: Arc<Texts>,
}
