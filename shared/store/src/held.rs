//! The work that a user holds at a dealer, and the orders that hand it over (DIS-12).

use crate::calendar::{CalendarRange, EventRow};
use crate::cursor::Cursor;
use crate::keys::{self, Key};
use crate::lead_row::LeadRow;
use crate::work::{Range, merged};
use crate::{Failure, Store, WorkQuery};
use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::access::Scope;
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::{DealerId, Status, UserId};
use forecourt_domain::lead::Task;
use forecourt_domain::settings::HandOver;

/// The most entries of one kind that are counted.
const MOST: usize = 5_000;
/// The number of entries in one read.
const AT_ONCE: usize = 1_000;
/// How far back and ahead planned events are counted, in days. An order moves those at other times too.
const EVENTS: (i64, i64) = (31, 400);
/// The lists' names in cursors.
const TASKS: &str = "given";
const APPOINTMENTS: &str = "personal";

/// A user at a dealer.
#[derive(Debug, Clone, Copy)]
pub struct HeldBy<'a> {
    /// The scope of the principal.
    pub scope: &'a Scope,
    /// The dealer.
    pub dealer: &'a DealerId,
    /// The user.
    pub user: &'a UserId,
}

/// The open work of a user at a dealer. It comes from indexes, which lag.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Held {
    /// The leads with work for their owner, by the dates of their next actions.
    pub leads: Vec<LeadRow>,
    /// The open tasks that are assigned to the user, by start.
    pub tasks: Vec<Task>,
    /// The planned events of the user, and those on the user's leads without a user of their own.
    pub events: Vec<EventRow>,
    /// The appointments to come that are no events of leads.
    pub appointments: Vec<Appointment>,
}

/// Returns whether the lead of `user` has work for the user: a closed lead only by a task or its next planned event.
fn is_held(row: &LeadRow, user: &UserId) -> bool {
    let task = row.facts.tasks.iter().any(|task| task.assignee.is_none());
    row.facts.status == Status::InProgress || task || row.next_action().is_some_and(|next| next.user == Some(user))
}

impl Store {
    /// Returns the open work of a user at a dealer.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn held(&self, of: HeldBy<'_>, now: DateTime<Utc>) -> Result<Held, Failure> {
        let HeldBy { scope, dealer, user } = of;
        let users = [user.clone()];
        let query = WorkQuery { users: &users, from: None, until: None, cursor: None, limit: MOST, selective: true };
        let (from, until) = (now - TimeDelta::days(EVENTS.0), now + TimeDelta::days(EVENTS.1));
        let range = CalendarRange { dealer, from, until };
        let begin = keys::stamp(from);
        let (leads, tasks, events, appointments) = tokio::try_join!(
            self.board(scope, query, |row| row.facts.dealer == *dealer && is_held(row, user)),
            self.given_tasks(of, None, MOST),
            self.events_from(scope, &range, &begin, MOST),
            self.personal_appointments(of, now, None, MOST),
        )?;
        let leads: Vec<LeadRow> = leads.leads.into_iter().map(|(_, row)| row).collect();
        let own = |row: &EventRow| row.user.is_none() && leads.iter().any(|lead| lead.facts.id == row.lead);
        let held = |row: &EventRow| row.state == "incomplete" && (row.user.as_ref() == Some(user) || own(row));
        let events = events.rows.into_iter().filter(held).collect();
        Ok(Held { leads, tasks: tasks.0, events, appointments: appointments.0 })
    }

    /// Returns a page of the open tasks that are assigned to the user at the dealer, and the cursor of the next page.
    ///
    /// # Errors
    /// [`Failure::Refused`] if the cursor is invalid; [`Failure::Unavailable`].
    pub async fn given_tasks(&self, of: HeldBy<'_>, cursor: Option<&str>, limit: usize) -> Result<(Vec<Task>, Option<String>), Failure> {
        let valid = |place: &str| place.starts_with(keys::TASKS);
        let after = cursor.map(|cursor| Cursor::place(cursor, TASKS, "DIS-12", valid)).transpose()?;
        let range = Range {
            partition: keys::work_partition(of.scope, of.user),
            from: after.map_or_else(|| keys::tasks_from(None), |after| keys::next_place(&after)),
            until: keys::tasks_until(None),
            at_once: AT_ONCE,
            enough: limit + 1,
        };
        let part = self.work_of(range, &|task: &Task| task.dealer == *of.dealer).await?;
        let (rows, end) = merged(vec![part], limit);
        Ok((rows.into_iter().map(|(_, task)| task).collect(), end.map(|end| Cursor::new(TASKS, end).encode())))
    }

    /// Returns a page of the user's appointments at the dealer from `now` on that are no events of leads, and the cursor of the next page.
    ///
    /// # Errors
    /// [`Failure::Refused`] if the cursor is invalid; [`Failure::Unavailable`].
    pub async fn personal_appointments(
        &self,
        of: HeldBy<'_>,
        now: DateTime<Utc>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Appointment>, Option<String>), Failure> {
        let valid = |place: &str| keys::time_of(place).is_some();
        let after = cursor.map(|cursor| Cursor::place(cursor, APPOINTMENTS, "DIS-12", valid)).transpose()?;
        let range = Range {
            partition: keys::diary_partition(of.scope, of.dealer),
            from: after.map_or_else(|| keys::stamp(now), |after| keys::next_place(&after)),
            until: "~".to_owned(),
            at_once: AT_ONCE,
            enough: limit + 1,
        };
        let of_user = |row: &Appointment| row.user.as_ref() == Some(of.user) && !row.state.is_cancelled();
        let (rows, end) = merged(vec![self.work_of(range, &of_user).await?], limit);
        Ok((rows.into_iter().map(|(_, row)| row).collect(), end.map(|end| Cursor::new(APPOINTMENTS, end).encode())))
    }

    /// Returns at most `limit` hand-over orders of a dealer before the order `before`, the latest first.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub async fn hand_overs(&self, scope: &Scope, dealer: &DealerId, before: Option<&str>, limit: usize) -> Result<Vec<HandOver>, Failure> {
        // `!` sorts before every character of an id, and `~` after.
        let last = before.map_or_else(|| "~".to_owned(), |before| before.to_owned());
        let found: Vec<HandOver> =
            self.newest(Key::HandOver(dealer.clone(), last).at(scope), keys::HAND_OVERS, limit + usize::from(before.is_some())).await?;
        Ok(found.into_iter().filter(|order| before != Some(&*order.id)).take(limit).collect())
    }
}
