//! The events that SES publishes about mails that it accepted, as far as they are used. The form is that of the Amazon SES Developer
//! Guide, "Contents of event data that Amazon SES publishes to Amazon SNS".

use chrono::{DateTime, Utc};
use forecourt_domain::base::ReportKind;
use forecourt_domain::messages::Report;
use serde::Deserialize;
use std::collections::HashMap;

/// An event about a mail.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SesEvent {
    event_type: String,
    pub(crate) mail: SesMail,
    bounce: Option<Bounce>,
    complaint: Option<Complaint>,
    delivery: Option<Delivery>,
    reject: Option<Reject>,
    delivery_delay: Option<Delay>,
}

/// The mail of an event.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SesMail {
    /// The id that SES gave the mail when it accepted it.
    pub(crate) message_id: String,
    timestamp: DateTime<Utc>,
    /// The recipients. A mail of Forecourt has one.
    #[serde(default)]
    pub(crate) destination: Vec<String>,
    #[serde(default)]
    pub(crate) tags: HashMap<String, Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: String,
    #[serde(default)]
    bounce_sub_type: String,
    #[serde(default)]
    bounced_recipients: Vec<Recipient>,
    timestamp: DateTime<Utc>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    complaint_feedback_type: Option<String>,
    timestamp: DateTime<Utc>,
}

#[derive(Debug, Deserialize)]
struct Delivery {
    timestamp: DateTime<Utc>,
}

#[derive(Debug, Deserialize)]
struct Reject {
    reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Delay {
    delay_type: Option<String>,
    #[serde(default)]
    delayed_recipients: Vec<Recipient>,
    timestamp: DateTime<Utc>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    diagnostic_code: Option<String>,
}

impl SesEvent {
    /// Reads the body of a message. `None` if it is no event of SES.
    pub(crate) fn read(body: &str) -> Option<Self> {
        serde_json::from_str(body).ok()
    }

    /// Returns what the event reports. `None` if it reports nothing that is recorded, as an opened mail, or if its details are missing.
    pub(crate) fn report(&self) -> Option<Report> {
        let words = |recipients: &[Recipient]| recipients.iter().find_map(|recipient| recipient.diagnostic_code.clone());
        match self.event_type.as_str() {
            "Bounce" => {
                let bounce = self.bounce.as_ref()?;
                // The others are `Transient` and `Undetermined`: later mail may arrive. An automatic answer, for example of a person on
                // holiday, comes as a transient bounce, too.
                let kind = if bounce.bounce_type == "Permanent" { ReportKind::Bounced } else { ReportKind::Returned };
                let detail = words(&bounce.bounced_recipients).unwrap_or_else(|| bounce.bounce_sub_type.clone());
                Some(Report::new(kind, bounce.timestamp, Some(&detail)))
            }
            "Complaint" => {
                let complaint = self.complaint.as_ref()?;
                let kind = complaint.complaint_feedback_type.as_deref();
                // The recipient corrects an earlier complaint.
                let is_praise = kind == Some("not-spam");
                (!is_praise).then(|| Report::new(ReportKind::Complained, complaint.timestamp, kind))
            }
            "Delivery" => Some(Report::new(ReportKind::Delivered, self.delivery.as_ref()?.timestamp, None)),
            // The event has no time of its own.
            "Reject" => Some(Report::new(ReportKind::Rejected, self.mail.timestamp, self.reject.as_ref()?.reason.as_deref())),
            "DeliveryDelay" => {
                let delay = self.delivery_delay.as_ref()?;
                let detail = words(&delay.delayed_recipients).or_else(|| delay.delay_type.clone());
                Some(Report::new(ReportKind::Delayed, delay.timestamp, detail.as_deref()))
            }
            _ => None,
        }
    }
}
