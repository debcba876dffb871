//! Hands over the work of a user who cannot do it any more, one page per wake-up (DIS-12). An interrupted order continues with its last
//! page. Each lead is moved in its own commit, together with the order, so a page that is processed twice moves and counts nothing twice.

use chrono::{DateTime, TimeDelta, Utc};
use forecourt_domain::base::{AppointmentId, LeadId, UserId};
use forecourt_domain::decision::Decision;
use forecourt_domain::distribution::LoadLane;
use forecourt_domain::lead::Lead;
use forecourt_domain::rules::hand_over::{self, HandOverInput, events_of, give_back, move_lead, tasks_of};
use forecourt_domain::settings::{Dealer, HandOver, HandOverPhase, HandOverReason};
use forecourt_domain::slots::LoadDay;
use forecourt_edge::Platform;
use forecourt_edge::usecase::lead::{days_of, lanes_of};
use forecourt_store::keys::{Key, WakeUp};
use forecourt_store::{DealerLeads, Failure, HeldBy, LeadRow, Load, Loaded, Paging, WorkQuery};

/// Leads, tasks or appointments per page.
const PAGE: usize = 50;

/// The order that a wake-up is about.
struct Job<'a> {
    platform: &'a Platform,
    wake_up: &'a WakeUp,
    id: &'a str,
    now: DateTime<Utc>,
}

/// Moves the next page of an order and stores the cursor of the one after it.
pub(crate) async fn process_page(platform: &Platform, wake_up: &WakeUp, id: &str) -> Result<(), Failure> {
    let job = Job { platform, wake_up, id, now: platform.clock.now() };
    let loaded = platform.store.load(&wake_up.scope(), &Load::of(job.keys())).await?;
    let Some((order, dealer)) = job.found(&loaded).filter(|(order, _)| order.is_due(job.now)) else { return Ok(()) };
    let page = match job.next_step(order, dealer) {
        Next::Move => job.move_page(order, dealer).await?,
        Next::Wait(until) => return job.store(order, |order| HandOver { due: Some(until), ..order.clone() }).await,
        Next::Cancel => return job.store(order, |order| order.broken_off(job.now)).await,
        Next::End => return job.store(order, |order| order.ended(job.now)).await,
    };
    job.store(order, |order| order.turned(page.clone(), job.now)).await
}

/// What is to be done with an order now.
enum Next {
    /// Move the next page.
    Move,
    /// Wait: the user is still absent.
    Wait(DateTime<Utc>),
    /// The absence was removed, perhaps while leads were moved.
    Cancel,
    /// Nothing is left to do: an absent user left the dealer, or a user who left is back.
    End,
}

impl Job<'_> {
    fn keys(&self) -> [Key; 2] {
        [Key::HandOver(self.wake_up.dealer.clone(), self.id.to_owned()), Key::Dealer(self.wake_up.dealer.clone())]
    }

    fn found<'a>(&self, loaded: &'a Loaded) -> Option<(&'a HandOver, &'a Dealer)> {
        loaded.hand_over(&self.wake_up.dealer, self.id).zip(loaded.dealer(&self.wake_up.dealer))
    }

    fn input<'a>(&self, loaded: &'a Loaded) -> Option<HandOverInput<'a>> {
        let (order, dealer) = self.found(loaded)?;
        Some(HandOverInput { order, dealer, now: self.now, earlier: None })
    }

    /// Returns the input of a rule about a lead, with the order by which the lead came to its owner.
    fn unit<'a>(&self, loaded: &'a Loaded, id: LeadId) -> Option<(HandOverInput<'a>, &'a Lead)> {
        let (input, lead) = self.input(loaded).zip(loaded.lead(id))?;
        let earlier = lead.handed_from.as_ref().and_then(|from| loaded.hand_over(&lead.dealer, &from.order));
        Some((HandOverInput { earlier, ..input }, lead))
    }

    fn next_step(&self, order: &HandOver, dealer: &Dealer) -> Next {
        let member = dealer.settings.member(&order.user);
        if order.reason != HandOverReason::Absent {
            // A user who has a part again before the order ends keeps what was not moved yet.
            let pool = dealer.settings.pool.as_ref().is_some_and(|pool| pool.user == order.user);
            let again = if order.reason == HandOverReason::Pool { pool } else { member.is_some_and(|m| m.assignable || m.receives_leads) };
            return if again { Next::End } else { Next::Move };
        }
        let away_until = member.and_then(|member| member.away_until(self.now));
        match (order.phase, member, away_until) {
            (HandOverPhase::Back, None, _) => Next::End,
            // The absence that lasts may be shortened, which does not change this order.
            (HandOverPhase::Back, _, Some(until)) => Next::Wait(until.min(self.now + TimeDelta::hours(1))),
            (HandOverPhase::Back, ..) => Next::Move,
            (_, Some(member), _) => {
                let asks = member.absences_at(self.now).any(|absence| absence.hand_over.is_some());
                if asks { Next::Move } else { Next::Cancel }
            }
            (_, None, _) => Next::Cancel,
        }
    }

    /// Stores the order after a page, unless another delivery has processed the page.
    async fn store(&self, seen: &HandOver, next: impl Fn(&HandOver) -> HandOver) -> Result<(), Failure> {
        let rule = |loaded: &Loaded, _| {
            let order = loaded.hand_over(&self.wake_up.dealer, self.id);
            // The moves of the page have changed the numbers, and nothing else.
            let ours = order.filter(|order| (order.due, order.phase, &order.cursor) == (seen.due, seen.phase, &seen.cursor));
            let watch = loaded.booking_watch(&self.wake_up.dealer);
            Ok((ours.map(|order| hand_over::turned(next(order), watch, self.now)), ()))
        };
        let keys = self.keys().into_iter().chain([Key::BookingWatch(self.wake_up.dealer.clone())]);
        self.platform.store.decide(&self.wake_up.scope(), Load::of(keys).with_long_retry(), rule).await
    }

    /// Moves a page of the order's phase. Returns the cursor of the next page.
    async fn move_page(&self, order: &HandOver, dealer: &Dealer) -> Result<Option<String>, Failure> {
        let cursor = order.cursor.as_deref();
        let page = self.page(order, dealer, cursor).await;
        match page {
            // Another release wrote the cursor in a form that this one does not read: the phase begins again.
            Err(Failure::Refused(_)) if cursor.is_some() => self.page(order, dealer, None).await,
            page => page,
        }
    }

    async fn page(&self, order: &HandOver, dealer: &Dealer, cursor: Option<&str>) -> Result<Option<String>, Failure> {
        let (store, scope) = (&self.platform.store, self.wake_up.scope());
        let held = HeldBy { scope: &scope, dealer: &dealer.id, user: &order.user };
        match order.phase {
            HandOverPhase::Leads | HandOverPhase::Again | HandOverPhase::Unknown => {
                let users = [order.user.clone()];
                let query = WorkQuery { users: &users, from: None, until: None, cursor, limit: PAGE, selective: true };
                let board = store.board(&scope, query, |row| row.facts.dealer == dealer.id).await?;
                for (_, row) in board.leads {
                    self.move_all_of(row.facts.id, &order.user).await?;
                }
                Ok(board.cursor)
            }
            HandOverPhase::Tasks => {
                let (tasks, next) = store.given_tasks(held, cursor, PAGE).await?;
                let mut leads: Vec<LeadId> = tasks.iter().map(|task| task.lead).collect();
                leads.dedup();
                for lead in leads {
                    self.one(lead, self.tasks(lead).await)?;
                }
                Ok(next)
            }
            HandOverPhase::Events => {
                let (planned, next) = self.rows(dealer, cursor, |row| row.planned).await?;
                let loaded = store.load(&scope, &Load::of(planned.iter().copied().map(Key::Lead))).await?;
                let input = HandOverInput { order, dealer, now: self.now, earlier: None };
                for id in planned {
                    if loaded.lead(id).is_some_and(|lead| !events_of(input, lead).is_empty()) {
                        self.one(id, self.events(id).await)?;
                    }
                }
                Ok(next)
            }
            HandOverPhase::Appointments => {
                let (appointments, next) = store.personal_appointments(held, self.now, cursor, PAGE).await?;
                for appointment in appointments {
                    self.appointment(&appointment.id).await?;
                }
                Ok(next)
            }
            HandOverPhase::Back => {
                let handed = |row: &LeadRow| row.facts.handed_from.as_ref().is_some_and(|from| from.order == order.id);
                let (leads, next) = self.rows(dealer, cursor, handed).await?;
                for id in leads {
                    self.one(id, self.back(id).await)?;
                }
                Ok(next)
            }
        }
    }

    /// Returns a page of the dealer's leads that `wanted` selects, newest first.
    async fn rows(
        &self,
        dealer: &Dealer,
        cursor: Option<&str>,
        wanted: impl Fn(&LeadRow) -> bool,
    ) -> Result<(Vec<LeadId>, Option<String>), Failure> {
        let scope = self.wake_up.scope();
        let paging = Paging { now: self.now, cursor, limit: PAGE, from: None, at_once: Some(1_000) };
        let page = self.platform.store.leads(DealerLeads { scope: &scope, dealer }, paging, wanted).await?;
        Ok((page.leads.iter().map(|row| row.facts.id).collect(), page.cursor))
    }

    /// Moves a lead of the user, and the user's tasks and events on it.
    async fn move_all_of(&self, id: LeadId, user: &UserId) -> Result<(), Failure> {
        self.one(id, self.lead(id, user).await)?;
        self.one(id, self.tasks(id).await)?;
        self.one(id, self.events(id).await)
    }

    /// Leaves out a lead that cannot be read, so that it does not stop the others.
    fn one(&self, lead: LeadId, done: Result<(), Failure>) -> Result<(), Failure> {
        match done {
            Err(Failure::Broken(_)) => {
                let about = lead.to_string();
                tracing::warn!(
                    function = self.platform.function,
                    about,
                    "a lead cannot be handed over and is left out; `forecourt migrate` prints the reason"
                );
                Ok(())
            }
            done => done,
        }
    }

    /// Moves a lead in progress of the user.
    async fn lead(&self, id: LeadId, user: &UserId) -> Result<(), Failure> {
        let invitations = self.platform.store.invitations(&self.wake_up.scope(), id).await?;
        let open = invitations.iter().filter(|invitation| invitation.is_open_with(user, self.now)).count();
        let open = u32::try_from(open).unwrap_or(u32::MAX);
        self.change_lead(id, |input, lead, lanes| move_lead(input, lead, open, lanes)).await
    }

    async fn back(&self, id: LeadId) -> Result<(), Failure> {
        self.change_lead(id, give_back).await
    }

    /// Changes a lead by a rule that reads lanes of the dealer.
    async fn change_lead(
        &self,
        id: LeadId,
        change: impl Fn(HandOverInput<'_>, &Lead, LoadLane<'_>) -> Option<Decision> + Send + Sync,
    ) -> Result<(), Failure> {
        let load = Load::of(self.keys().into_iter().chain([Key::Lead(id)])).then(|loaded| {
            let Some((input, lead)) = self.unit(loaded, id) else { return Vec::new() };
            let earlier = lead.handed_from.as_ref().filter(|from| from.order != self.id);
            let earlier = earlier.map(|from| Key::HandOver(lead.dealer.clone(), from.order.clone()));
            lanes_of(input.dealer, |lanes| change(input, lead, lanes)).into_iter().chain(earlier).collect()
        });
        let rule = |loaded: &Loaded, _| {
            let unit = self.unit(loaded, id);
            Ok((unit.and_then(|(input, lead)| change(input, lead, &|lane| loaded.place(&input.dealer.id, lane))), ()))
        };
        self.platform.store.decide(&self.wake_up.scope(), load.with_long_retry(), rule).await
    }

    async fn tasks(&self, id: LeadId) -> Result<(), Failure> {
        let ids = |loaded: &Loaded| self.input(loaded).zip(loaded.lead(id)).map(|(input, lead)| tasks_of(input, lead)).unwrap_or_default();
        let load = Load::of(self.keys().into_iter().chain([Key::Lead(id)]))
            .then(|loaded| ids(loaded).into_iter().map(|task| Key::Task(id, task)).collect());
        let rule = |loaded: &Loaded, _| {
            let tasks: Vec<_> = ids(loaded).iter().filter_map(|task| loaded.task(id, task)).collect();
            Ok((self.input(loaded).zip(loaded.lead(id)).and_then(|(input, lead)| hand_over::move_tasks(input, lead, &tasks)), ()))
        };
        self.platform.store.decide(&self.wake_up.scope(), load.with_long_retry(), rule).await
    }

    /// Moves the user's events on a lead, a few in each commit.
    async fn events(&self, id: LeadId) -> Result<(), Failure> {
        while self.some_events(id).await? {}
        Ok(())
    }

    /// Returns whether events were moved, so that there may be more.
    async fn some_events(&self, id: LeadId) -> Result<bool, Failure> {
        let keys = |loaded: &Loaded| -> Vec<Key> {
            let events = self.input(loaded).zip(loaded.lead(id)).map(|(input, lead)| events_of(input, lead)).unwrap_or_default();
            events.into_iter().map(|event| Key::Event(id, event)).collect()
        };
        let decide = |loaded: &Loaded, days: LoadDay<'_>| {
            let Some((input, lead)) = self.input(loaded).zip(loaded.lead(id)) else { return Ok(None) };
            let events: Vec<_> = events_of(input, lead).iter().filter_map(|event| loaded.event(id, event)).collect();
            hand_over::move_events(input, lead, &events, days, |id| loaded.appointment(id))
        };
        let load = Load::of(self.keys().into_iter().chain([Key::Lead(id)])).then(|loaded| {
            let events = keys(loaded);
            let appointments = loaded.appointments_of(&events);
            [events, appointments, days_of(|days| decide(loaded, days))].concat()
        });
        let rule = |loaded: &Loaded, _| {
            let decision = decide(loaded, &|user, date| loaded.day(user, date))?;
            let moved = decision.is_some();
            Ok((decision, moved))
        };
        self.platform.store.decide(&self.wake_up.scope(), load.with_long_retry(), rule).await
    }

    async fn appointment(&self, id: &AppointmentId) -> Result<(), Failure> {
        let decide = |loaded: &Loaded, days: LoadDay<'_>| match self.input(loaded).zip(loaded.appointment(id)) {
            Some((input, appointment)) => hand_over::move_appointment(input, appointment, days),
            None => Ok(None),
        };
        let load =
            Load::of(self.keys().into_iter().chain([Key::Appointment(id.clone())])).then(|loaded| days_of(|days| decide(loaded, days)));
        let rule = |loaded: &Loaded, _| Ok((decide(loaded, &|user, date| loaded.day(user, date))?, ()));
        self.platform.store.decide(&self.wake_up.scope(), load.with_long_retry(), rule).await
    }
}
