//! Metrics for alarms and the dashboard, as log lines in CloudWatch's embedded metric format: they need no call to AWS.

use chrono::{DateTime, Utc};
use serde_json::json;
use std::io::Write as _;
use std::sync::Arc;

/// A metric. The template's alarms and dashboard use these names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray)]
pub enum Metric {
    /// Seconds from the due time of an escalation step until it happened (ESC-8).
    EscalationLag,
    /// Seconds that a lead waited for an owner; only for leads that intake did not assign itself (DIS-1).
    AssignLag,
    /// Seconds from the due time of a message, after a failure of its retry, until the provider accepted it (MSG-1).
    SendLag,
    /// Messages that failed permanently (MSG-1).
    MailFailed,
    /// Attempts to send by a dealer's mail server that failed because it, or its credentials, could not be used (SET-4).
    MailServerFailed,
    /// Letters that wait or failed because a limit is used up, and minutes in which a sender's enquiries are over their limit (SET-12).
    OverBudget,
    /// Appointments of dealers' own systems that are counted and not stored (APT-2).
    AppointmentsNotProcessed,
    /// Recipients of received mails that name no dealer (INT-10).
    MailWithoutDealer,
    /// Items that the sweep found overdue: wake-ups were lost, or a function is behind (ESC-10).
    Overdue,
    /// Seconds that the oldest of them is overdue; 0 if there is none.
    OldestOverdue,
}

impl Metric {
    /// Returns its name in CloudWatch.
    pub fn name(self) -> &'static str {
        self.into()
    }

    fn unit(self) -> &'static str {
        match self {
            Metric::Overdue
            | Metric::MailFailed
            | Metric::MailServerFailed
            | Metric::OverBudget
            | Metric::AppointmentsNotProcessed
            | Metric::MailWithoutDealer => "Count",
            Metric::EscalationLag | Metric::AssignLag | Metric::SendLag | Metric::OldestOverdue => "Seconds",
        }
    }
}

/// The namespace of all metrics. The dimension is the table, so that two stacks in one account do not mix.
pub const NAMESPACE: &str = "Forecourt";

/// A destination of metrics.
#[derive(Clone)]
pub struct Metrics {
    table: Arc<str>,
    line: Arc<dyn Fn(&str) + Send + Sync>,
}

impl Metrics {
    /// Writes metrics to the log of the function, where CloudWatch reads them.
    pub fn logged(table: &str) -> Self {
        Self::to(table, |line| {
            // A metric that cannot be written must not fail a request.
            let _ = writeln!(std::io::stdout().lock(), "{line}");
        })
    }

    /// Discards metrics: the local run has no alarms.
    pub fn nowhere() -> Self {
        Self::to("", |_| {})
    }

    /// Passes each line to `line`.
    pub fn to(table: &str, line: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { table: table.into(), line: Arc::new(line) }
    }

    /// Records values of `metric` at `now`.
    pub fn note(&self, metric: Metric, values: &[f64], now: DateTime<Utc>) {
        // CloudWatch accepts up to 100 values in a line.
        for values in values.chunks(100) {
            let line = json!({
                "_aws": {"Timestamp": now.timestamp_millis(), "CloudWatchMetrics": [{
                    "Namespace": NAMESPACE,
                    "Dimensions": [["Table"]],
                    "Metrics": [{"Name": metric.name(), "Unit": metric.unit()}],
                }]},
                "Table": &*self.table,
                metric.name(): values,
            });
            (self.line)(&line.to_string());
        }
    }

    /// Records the seconds from each `due` until `now`.
    pub fn note_lag(&self, metric: Metric, due: impl IntoIterator<Item = DateTime<Utc>>, now: DateTime<Utc>) {
        let lags: Vec<f64> = due.into_iter().map(|due| (now - due).num_milliseconds().max(0) as f64 / 1_000.0).collect();
        self.note(metric, &lags, now);
    }
}
