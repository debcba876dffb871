//! What is counted for alarms and the dashboard: lines in CloudWatch's embedded metric format, which cost no call.

use chrono::{DateTime, Utc};
use serde_json::json;
use std::io::Write as _;
use std::sync::Arc;

/// What is counted. The template's alarms and dashboard know these names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Seconds from when a step was to happen until it did (ESC-8).
    EscalationLag,
    /// Seconds from when a lead began to wait for an owner until it had one; only where intake did not give it one itself (DIS-1).
    AssignLag,
    /// Seconds from when a message was to go out (after a failure: again) until the provider took it (MSG-1).
    SendLag,
    /// How many messages have failed for good (MSG-1).
    MailFailed,
    /// Appointments of dealers' own systems that are counted only (APT-2).
    AppointmentsNotProcessed,
    /// How many things the sweep found overdue: wake-ups that were lost, or a function that is behind (ESC-10).
    Overdue,
    /// Seconds that the oldest of them is overdue; 0 where there is none.
    OldestOverdue,
}

impl Metric {
    /// Every metric.
    pub const ALL: [Metric; 7] = [
        Metric::EscalationLag,
        Metric::AssignLag,
        Metric::SendLag,
        Metric::MailFailed,
        Metric::AppointmentsNotProcessed,
        Metric::Overdue,
        Metric::OldestOverdue,
    ];

    /// Its name in CloudWatch.
    pub fn name(self) -> &'static str {
        match self {
            Metric::EscalationLag => "EscalationLag",
            Metric::AssignLag => "AssignLag",
            Metric::SendLag => "SendLag",
            Metric::MailFailed => "MailFailed",
            Metric::AppointmentsNotProcessed => "AppointmentsNotProcessed",
            Metric::Overdue => "Overdue",
            Metric::OldestOverdue => "OldestOverdue",
        }
    }

    fn unit(self) -> &'static str {
        match self {
            Metric::Overdue | Metric::MailFailed | Metric::AppointmentsNotProcessed => "Count",
            Metric::EscalationLag | Metric::AssignLag | Metric::SendLag | Metric::OldestOverdue => "Seconds",
        }
    }
}

/// The namespace of all metrics. The dimension is the table, so that two stacks in one account stay apart.
pub const NAMESPACE: &str = "Forecourt";

/// Where metrics go.
#[derive(Clone)]
pub struct Metrics {
    table: Arc<str>,
    line: Arc<dyn Fn(&str) + Send + Sync>,
}

impl Metrics {
    /// To the log of the function, as lines that CloudWatch reads.
    pub fn logged(table: &str) -> Self {
        Self::to(table, |line| {
            // A metric that cannot be written is no reason to fail.
            let _ = writeln!(std::io::stdout().lock(), "{line}");
        })
    }

    /// To nobody: the local run has no alarms.
    pub fn nowhere() -> Self {
        Self::to("", |_| {})
    }

    /// Line by line to `line`.
    pub fn to(table: &str, line: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { table: table.into(), line: Arc::new(line) }
    }

    /// Notes values of `metric` at `now`: one line for all of them, none for none.
    pub fn note(&self, metric: Metric, values: &[f64], now: DateTime<Utc>) {
        // CloudWatch takes up to 100 values in a line.
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

    /// Notes how long after `due` something happened, `now`.
    pub fn note_lag(&self, metric: Metric, due: impl IntoIterator<Item = DateTime<Utc>>, now: DateTime<Utc>) {
        let lags: Vec<f64> = due.into_iter().map(|due| (now - due).num_milliseconds().max(0) as f64 / 1_000.0).collect();
        self.note(metric, &lags, now);
    }
}
