//! The sender of a text message: its leads, the stops of its number, and the appointments about which it was asked (MSG-3).

use super::ReceivedText;
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::{Actor, ChannelKey, ElementId, LeadId, Refusal, UserId, numbered};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::lead::Lead;
use forecourt_domain::messages::{Reply, TextCommand};
use forecourt_domain::rules::appointment::{AppointmentContext, Meant, answer, answer_unclearly, meant_by};
use forecourt_domain::rules::lead::text::{CommandContext, IncomingText, TextContext, TextOutcome};
use forecourt_domain::slots::LoadDay;
use forecourt_edge::usecase::appointment::{context_of, needs};
use forecourt_edge::usecase::directory::{contact_of, lead_keys, leads_of, pointed};
use forecourt_edge::usecase::lead::{enquiry_key, enquiry_of};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded, short};

/// The result of a text message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Settled {
    /// It is stored: now, or before.
    Done,
    /// The sender has no open lead at the dealer.
    WithoutLead,
    /// The sender's lead has too many communications.
    Full,
}

impl ReceivedText<'_> {
    pub(super) fn receipt_key(&self) -> Key {
        Key::ReceivedRequest(self.key.clone())
    }

    /// Carries out a command to stop or start, or joins the message to the sender's open lead.
    pub(super) async fn of_sender(&self, number: &str, command: Option<TextCommand>) -> Result<Settled, Failure> {
        let Self { platform, scope, dealer, .. } = *self;
        let key = platform.store.secret().channel(scope, number);
        let text = self.incoming(number)?;
        let command = command.filter(|command| *command != TextCommand::Help);
        let first = [self.receipt_key(), Key::Channel(key.clone()), Key::AddressState(key.clone()), Key::Dealer(dealer.id.clone())];
        let reply = Reply::of(&self.notice.text).filter(|_| command.is_none());
        let load = Load::of(first).with_long_retry().then(|loaded| {
            let record = pointed(loaded, &key).map(Key::Channel);
            let asked = reply.into_iter().flat_map(|reply| self.asked_keys(loaded, &key, reply));
            record.into_iter().chain(lead_keys(loaded, self.leads(loaded, &key).into_iter())).chain(asked).collect()
        });
        let rule = |loaded: &Loaded, _| {
            if loaded.holds(&self.receipt_key()) {
                return Ok((None, Settled::Done));
            }
            let leads: Vec<&Lead> = self.leads(loaded, &key).into_iter().filter_map(|lead| loaded.lead(lead)).collect();
            let here = leads.into_iter().filter(|lead| lead.dealer == dealer.id);
            let dealer = loaded.dealer(&dealer.id).unwrap_or(dealer);
            let context = |lead| TextContext { lead, dealer, enquiry: enquiry_of(loaded, lead), now: self.now };
            // The lead of the latest message to this number is the one that changed last.
            let of_number = here.filter(|lead| lead.texter(number, enquiry_of(loaded, lead)).is_some());
            let lead = of_number.max_by_key(|lead| (context(lead).has(number), lead.updated, lead.id));
            let done = |decision: Decision, lead: Option<&Lead>| {
                let answer = lead.map(|lead| lead.id.to_string()).unwrap_or_default();
                (Some(decision.with(self.receipt(answer))), Settled::Done)
            };
            if let Some(command) = command {
                let state = loaded.address_state(&key);
                let context = CommandContext { dealer: &dealer.id, number, key: &key, state, lead, at: self.at, now: self.now };
                return Ok(context.carry_out(command).map_or((None, Settled::Done), |decision| done(decision, lead)));
            }
            let days = |user: &UserId, date| loaded.day(user, date);
            let asked = self.asked(loaded, &key, number, &days);
            if let Some(reply) = reply
                && let Some(meant) = meant_by(reply, asked.iter().map(|(appointment, _)| *appointment).collect())
            {
                let is_meant = |appointment: &Appointment| match &meant {
                    Meant::One(one) => one.id == appointment.id,
                    Meant::Several(several) => several.iter().any(|one| one.id == appointment.id),
                };
                let meant_visits: Vec<_> = asked.iter().filter(|(appointment, _)| is_meant(appointment)).collect();
                let mut leads_of_visits = meant_visits.iter().filter_map(|(_, visit)| visit.lead);
                let of_visit = leads_of_visits.find(|lead| lead.texter(number, enquiry_of(loaded, lead)).is_some());
                let lead = of_visit.or(lead.filter(|lead| context(lead).has(number)));
                let owner = lead.and_then(|lead| lead.owner.as_ref());
                let is_owner = owner.is_some() && meant_visits.iter().any(|(appointment, _)| appointment.user.as_ref() == owner);
                let joined = match lead.map(|lead| context(lead).join_answer(&text, reply, is_owner)) {
                    Some(TextOutcome::Full) => return Ok((None, Settled::Full)),
                    Some(TextOutcome::Joined(decision)) => decision,
                    Some(TextOutcome::NotOfLead) | None => Decision::default(),
                };
                let mut changed = Vec::new();
                for (appointment, visit) in meant_visits {
                    if let Meant::Several(_) = meant {
                        changed.extend(answer_unclearly(visit, appointment, reply).map(|after| Item::Appointment(Box::new(after))));
                        continue;
                    }
                    match answer(visit, appointment, reply) {
                        // The contact of the lead was erased.
                        Err(Refusal::Conflict { .. }) => {}
                        answered => changed.extend(answered?.into_iter().flat_map(|answered| answered.decision.items)),
                    }
                }
                return Ok(done(changed.into_iter().fold(joined, Decision::with), lead));
            }
            Ok(match lead.map(|lead| context(lead).join(&text)) {
                None | Some(TextOutcome::NotOfLead) => (None, Settled::WithoutLead),
                Some(TextOutcome::Full) => (None, Settled::Full),
                Some(TextOutcome::Joined(decision)) => done(decision, lead),
            })
        };
        platform.store.decide(scope, load, rule).await
    }

    /// Returns the latest leads that name the number, as far as the directory's record is read.
    fn leads(&self, loaded: &Loaded, key: &ChannelKey) -> Vec<LeadId> {
        let Some(record) = contact_of(loaded, key) else { return Vec::new() };
        // Old records have no list of their leads.
        let latest = record.latest.get(&self.dealer.id).copied();
        let mut leads: Vec<LeadId> = leads_of(&record, None).chain(latest).collect();
        leads.sort_unstable();
        leads.dedup();
        leads
    }

    /// Returns the appointments to come about which the number was asked, each with the input of a change.
    fn asked<'a>(
        &self,
        loaded: &'a Loaded,
        key: &ChannelKey,
        number: &str,
        days: LoadDay<'a>,
    ) -> Vec<(&'a Appointment, AppointmentContext<'a>)> {
        let ids = loaded.address_state(key).into_iter().flat_map(|state| state.asked_by(&self.dealer.id, self.now));
        let asked = ids.filter_map(|id| loaded.appointment(id)).filter(|found| found.was_asked(number, self.now));
        let with_context = asked.filter_map(|asked| Some((asked, context_of(loaded, asked, days, &Actor::Customer, self.now).ok()?)));
        with_context.filter(|(_, visit)| visit.dealer.id == self.dealer.id).collect()
    }

    /// Returns the keys of the appointments about which the number was asked, and of everything that a change of them needs.
    fn asked_keys(&self, loaded: &Loaded, key: &ChannelKey, reply: Reply) -> Vec<Key> {
        let ids = loaded.address_state(key).into_iter().flat_map(|state| state.asked_by(&self.dealer.id, self.now));
        let read_days = |context: &AppointmentContext<'_>, appointment: &Appointment| {
            let _ = answer(context, appointment, reply);
        };
        ids.flat_map(|id| {
            let lead = loaded.appointment(id).and_then(|found| found.lead).filter(|lead| loaded.lead(*lead).is_some());
            let enquiry = lead.map(|lead| enquiry_key(loaded, lead));
            let needed = needs(loaded, id, read_days, &Actor::Customer, self.now);
            [Key::Appointment(id.clone())].into_iter().chain(needed).chain(enquiry)
        })
        .collect()
    }

    fn incoming(&self, number: &str) -> Result<IncomingText, Failure> {
        let name = self.platform.store.secret().name(self.scope, &["text-element", &self.key]);
        Ok(IncomingText {
            id: ElementId::parse(&short(&name)).unwrap_or_else(|_| numbered(0)),
            from: number.to_owned(),
            text: self.notice.text.clone(),
            message_id: self.notice.message_id.clone(),
            at: self.at,
            raw: self.raw()?,
        })
    }
}
