//! The budgets of letters: a letter over a budget waits for a later window (SET-12).

use crate::appointment::Appointment;
use crate::base::{Budget, Usage};
use crate::messages::{Letter, LetterState};
use crate::settings::DealerSettings;
use chrono::{DateTime, TimeDelta, Utc};

/// How long a letter waits at most for a budget: as long as it is retried after failures (MSG-1).
const LONGEST_WAIT: TimeDelta = TimeDelta::days(3);

/// A letter with its shares of the budgets.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    /// The names of the budgets of which it has its share.
    pub counted: Vec<String>,
    /// The budgets of which it has just taken a share.
    pub used: Vec<Usage>,
    /// Whether and when it may be sent.
    pub admission: Admission,
}

/// Whether and when the budgets let a letter be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It may be sent now.
    Now,
    /// It waits until this time, which is reserved for it.
    At(DateTime<Utc>),
    /// The budgets are used up for longer than a letter waits.
    Never,
}

impl Letter {
    /// Takes the letter's share of each of `budgets`, in their order, until one of them lets it wait. It takes no second share of a budget.
    pub fn shares<'a>(&self, budgets: &[(String, Budget)], usage: impl Fn(&str) -> Option<&'a Usage>, now: DateTime<Utc>) -> Shares {
        let mut shares = Shares { counted: self.counted.clone(), used: Vec::new(), admission: Admission::Now };
        for (name, budget) in budgets {
            if shares.counted.contains(name) {
                continue;
            }
            let (used, from) = Usage::take(usage(name), name, *budget, now);
            if from - now > LONGEST_WAIT {
                shares.admission = Admission::Never;
                break;
            }
            shares.counted.push(name.clone());
            shares.used.push(used);
            if from > now {
                shares.admission = Admission::At(from);
                break;
            }
        }
        shares
    }

    /// Returns the letter queued until `from`. A letter that had to wait is not sent at night, unless the morning is too late for it.
    pub fn waiting(&self, from: DateTime<Utc>, appointment: Option<&Appointment>, settings: &DealerSettings) -> Self {
        let attempts = if let LetterState::Queued { attempts, .. } = self.state { attempts } else { 0 };
        let morning = settings.appointments.day_after(from, &settings.calendar).flatten();
        let in_time = |morning: &DateTime<Utc>| appointment.is_none_or(|appointment| *morning < appointment.at);
        let due = morning.filter(in_time).unwrap_or(from);
        self.with_state(LetterState::Queued { due, attempts })
    }

    /// Returns the letter failed, because its budgets are used up for days.
    pub fn over_budget(&self, now: DateTime<Utc>) -> Self {
        let why =
            "the limit of letters to this recipient, or of text messages of the dealer, is used up for three days (SET-12)".to_owned();
        self.with_state(LetterState::Failed { at: now, why })
    }
}
