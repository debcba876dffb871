//! The limit of a sender's enquiries in a minute. Above it enquiries are stored as before; above ten times the limit they are refused until
//! the minute is over (SET-12).

use chrono::{DateTime, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{Actor, Window};
use forecourt_edge::Platform;
use forecourt_edge::http::Problem;
use forecourt_edge::metrics::Metric;
use forecourt_store::EnquiryCounter;

/// The multiple of the limit above which enquiries are refused.
const REFUSED: u32 = 10;
/// The number of parts of the limit: a process counts one part before it writes.
const PARTS: u32 = 60;

/// The limit of the sender of a request or message.
pub(crate) struct EnquiryLimit<'a> {
    platform: &'a Platform,
    scope: &'a Scope,
    /// The name of the sender's budget.
    name: String,
    per_minute: u32,
    now: DateTime<Utc>,
}

impl<'a> EnquiryLimit<'a> {
    pub(crate) fn of(platform: &'a Platform, scope: &'a Scope, now: DateTime<Utc>) -> Self {
        let name = platform.store.secret().name(scope, &["budget", "enquiries", &scope.actor().to_string()]);
        Self { platform, scope, name, per_minute: scope.enquiries_per_minute().max(1), now }
    }

    /// Checks the limit before enquiries are stored.
    ///
    /// # Errors
    /// 429 above ten times the limit.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        let most = self.per_minute.saturating_mul(REFUSED);
        if self.platform.store.enquiries(&self.name, self.now) < most {
            return Ok(());
        }
        let left = (Window::Minute.end(self.now) - self.now).num_milliseconds().max(1);
        let detail = format!("you have sent {most} enquiries in this minute; send the same request again when the minute is over (SET-12)");
        Err(Problem::too_many(detail, u64::try_from(left).unwrap_or(1).div_ceil(1_000)).under("SET-12"))
    }

    /// Counts enquiries that were stored. A repeat of an enquiry does not count.
    pub(crate) async fn count(&self, stored: usize) {
        let number = u32::try_from(stored).unwrap_or(u32::MAX);
        if number == 0 {
            return;
        }
        let Self { platform, scope, name, per_minute, now } = self;
        let before = platform.store.enquiries(name, *now);
        let counter = EnquiryCounter { name, batch: (per_minute / PARTS).max(1) };
        match platform.store.count_enquiries(scope, counter, number, *now).await {
            Ok(total) if before <= *per_minute && total > *per_minute => {
                // Names of users are personal data (PRV-1).
                let partner = if let Actor::Partner(partner) = scope.actor() { partner.to_string() } else { String::new() };
                tracing::warn!(function = platform.function, group = scope.group().as_str(), partner, total, "a sender is over its limit");
                platform.metrics.note(Metric::OverBudget, &[1.0], *now);
            }
            Ok(_) => {}
            // The enquiries are stored: a failed count must not make the sender repeat them.
            Err(failure) => tracing::warn!(function = platform.function, problem = failure.chain(), "the count of a sender is not stored"),
        }
    }
}
