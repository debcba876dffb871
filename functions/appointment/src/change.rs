//! Changes of an appointment: move, cancel, reopen, keep, confirmation, arrival, attendance, correction (APT-3, APT-4, APT-9, APT-12).

use crate::body::{AttendanceBody, Correction, CorrectionBody, MoveBody};
use crate::creation::person;
use crate::linking::LinkRequest;
use crate::view::AppointmentView;
use forecourt_domain::appointment::{
    Appointment, AppointmentChange, AppointmentState, Attended, ConfirmationWay, not_to_the_past, on_its_day,
};
use forecourt_domain::base::{AppointmentId, Cancellation, Refusal, Right, UserId};
use forecourt_domain::bookings::{Despite, Impediment};
use forecourt_domain::decision::Decision;
use forecourt_domain::rules::appointment::{self, AppointmentContext, ChangedAppointment, Customer, Edit, NextVisit, apply_local};
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, Request, remembered, request};
use forecourt_edge::routes::Operation;
use forecourt_edge::usecase::appointment::{context_of, in_pool, load, needs, watched};
use forecourt_edge::usecase::cancellation::CancellationBody;
use forecourt_edge::usecase::directory::{self, PersonChannels};
use forecourt_edge::usecase::pool;
use forecourt_edge::usecase::warnings::{WarningView, warnings};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded, short};

/// A change that a client requests.
enum ChangeRequest {
    Move(chrono::DateTime<chrono::Utc>, Despite),
    Cancel(Cancellation),
    Keep,
    Reopen,
    Confirm,
    TakeBackConfirmation,
    Arrive,
    TakeBackArrival,
    Mark(Attended, Option<String>),
}

/// Moves, cancels or keeps an appointment, or records attendance.
pub(crate) async fn report(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::WorkAppointments)?;
    let id: AppointmentId = call.part("id", "appointment")?;
    let wanted = match call.operation {
        Operation::MoveAppointment => {
            let (to, despite) = call.json::<MoveBody>()?.check()?;
            ChangeRequest::Move(to, despite)
        }
        Operation::MarkAttendance => {
            let (is, reason) = call.json::<AttendanceBody>()?.check()?;
            ChangeRequest::Mark(is, reason)
        }
        Operation::KeepAppointment => ChangeRequest::Keep,
        Operation::ReopenAppointment => ChangeRequest::Reopen,
        Operation::ConfirmAppointment => ChangeRequest::Confirm,
        Operation::TakeBackConfirmation => ChangeRequest::TakeBackConfirmation,
        Operation::RecordArrival => ChangeRequest::Arrive,
        Operation::TakeBackArrival => ChangeRequest::TakeBackArrival,
        _ => ChangeRequest::Cancel(call.json::<CancellationBody>()?.check()?),
    };
    let (by, request) = (call.scope.actor(), request(platform, call, &id));
    let despite = if let ChangeRequest::Move(_, despite) = &wanted { despite.clone() } else { Despite::Unstated };
    let next_name = platform.store.secret().name(&call.scope, &["appointment-after", id.as_str()]);
    let next = AppointmentId::parse(&short(&next_name)).map_err(|e| Failure::Broken(e.into()))?;
    let maker = call.scope.makes_appointments().ok();
    let rule = |context: &AppointmentContext<'_>, appointment: &Appointment, known: Option<&Appointment>| match wanted {
        ChangeRequest::Move(to, _) if appointment.is_followed_at_move(context.by, to, &context.dealer.settings, context.now) => {
            through_event(appointment, |made| made.request_hash.is_none())?;
            let (origin, team) = maker.ok_or(Refusal::Forbidden(Right::WorkAppointments))?;
            appointment::follow_up(context, appointment, NextVisit { id: next.clone(), to, origin, team }, known)
        }
        ChangeRequest::Keep => appointment::keep(context, appointment),
        ChangeRequest::Confirm => appointment::confirm(context, appointment, ConfirmationWay::recorded_by(context.by)),
        ChangeRequest::TakeBackConfirmation => appointment::take_back_confirmation(context, appointment),
        ChangeRequest::Arrive => appointment::arrive(context, appointment),
        ChangeRequest::TakeBackArrival => appointment::take_back_arrival(context, appointment),
        ChangeRequest::Reopen => {
            through_event(appointment, |made| made.request_hash.is_none())?;
            appointment::reopen(context, appointment)
        }
        _ => wanted.resulting_change(context, appointment)?.map(|what| apply_local(context, appointment, what)).transpose(),
    };
    let read_days = |context: &AppointmentContext<'_>, appointment: &Appointment| {
        let _ = rule(context, appointment, None);
    };
    let moved_to = matches!(wanted, ChangeRequest::Move(..)).then(|| Key::Appointment(next.clone()));
    let also = request.as_ref().map(Request::remembered_at).into_iter().chain(moved_to);
    let load = load(&id, also, read_days, &by, call.now);
    let decided = platform.store.decide(&call.scope, load, |loaded, _| {
        let appointment = loaded.appointment(&id).ok_or(Refusal::NotFound("appointment"))?;
        // The answer to a move after a visit is the appointment that follows.
        let known = loaded.appointment(&next).filter(|next| appointment.followed_by.as_ref() == Some(&next.id));
        if check_request(call, appointment, loaded, request.as_ref())? {
            let shown = known.unwrap_or(appointment);
            let dealer = loaded.dealer(&shown.dealer);
            let affected = dealer.and_then(|dealer| affected(call, shown, dealer));
            return Ok((None, (shown.clone(), true, Notes { affected, warnings: Vec::new() })));
        }
        let days = |user: &UserId, date| loaded.day(user, date);
        let context = AppointmentContext { despite: &despite, ..context_of(loaded, appointment, &days, &by, call.now)? };
        let changed = rule(&context, appointment, known)?.map(|changed| watched(changed, appointment, &context, loaded));
        let version = appointment.version;
        let follows = |to| appointment.is_followed_at_move(&by, to, &context.dealer.settings, call.now);
        let is_followed = matches!(wanted, ChangeRequest::Move(to, _) if follows(to));
        let unchanged = || if is_followed { known.unwrap_or(appointment).clone() } else { appointment.clone() };
        let (decision, after) =
            changed.map_or_else(|| (None, unchanged()), |ChangedAppointment { decision, appointment }| (Some(decision), appointment));
        let notes = Notes::of(call, &after, context.dealer, decision.as_ref());
        Ok((remembered(request.as_ref(), decision, version, call.now), (after, false, notes)))
    });
    let (appointment, again, notes) = decided.await?;
    call.note_repeat(again);
    answer(call, &appointment, notes)
}

/// What the answer about a change says beside the appointment.
struct Notes {
    affected: Option<&'static str>,
    warnings: Vec<WarningView>,
}

impl Notes {
    fn of(call: &Call, after: &Appointment, dealer: &Dealer, decision: Option<&Decision>) -> Self {
        Self { affected: affected(call, after, dealer), warnings: warnings(decision.iter().flat_map(|decision| &decision.warnings)) }
    }
}

impl ChangeRequest {
    /// Returns the change to apply. `None` if the appointment is in the requested state already.
    fn resulting_change(&self, context: &AppointmentContext<'_>, appointment: &Appointment) -> Result<Option<AppointmentChange>, Refusal> {
        if matches!(self, ChangeRequest::Move(..) | ChangeRequest::Cancel(_)) {
            through_event(appointment, |made| made.request_hash.is_none())?;
        }
        let cancelled = appointment.state.is_cancelled();
        let what = match self {
            ChangeRequest::Keep
            | ChangeRequest::Reopen
            | ChangeRequest::Confirm
            | ChangeRequest::TakeBackConfirmation
            | ChangeRequest::Arrive
            | ChangeRequest::TakeBackArrival => return Ok(None),
            ChangeRequest::Cancel(why) => match &appointment.state {
                AppointmentState::Cancelled { why: known, .. } => {
                    context.dealer.settings.same_cancellation("appointment", why, known, context.by)?;
                    return Ok(None);
                }
                _ if appointment.attendance.is != Attended::Unknown => {
                    return Err(Refusal::conflict("APT-12", "the attendance is recorded; take it back before you cancel"));
                }
                _ => AppointmentChange::Cancelled { why: context.dealer.settings.cancellation(why.clone(), context.by)? },
            },
            _ if cancelled => return Err(Refusal::conflict("APT-4", "the appointment is cancelled; reopen it or create a new one")),
            ChangeRequest::Move(to, _) if *to == appointment.at => return Ok(None),
            ChangeRequest::Move(to, _) if (*to - context.now).num_days().abs() > 3_653 => {
                return Err(Refusal::field("at", "APT-1", "must be within ten years"));
            }
            ChangeRequest::Move(to, _) => {
                not_to_the_past(appointment.at, *to, context.now)?;
                AppointmentChange::Moved { to: *to }
            }
            ChangeRequest::Mark(is, reason) => {
                let reason = match (is, reason) {
                    (Attended::NoShow, Some(reason)) => Some(known_reason(reason, context.dealer)?),
                    (Attended::NoShow, None) => Some("did_not_come".to_owned()),
                    _ => None,
                };
                let unchanged = appointment.attendance.is == *is && appointment.attendance.reason == reason;
                if unchanged {
                    return Ok(None);
                }
                if *is == Attended::Unknown {
                    appointment.keeps_no_mark()?;
                }
                on_its_day(*is, appointment.at, context.dealer, context.now)?;
                AppointmentChange::Attended { is: *is, reason }
            }
        };
        Ok(Some(what))
    }
}

fn known_reason(reason: &str, dealer: &Dealer) -> Result<String, Refusal> {
    let own = dealer.settings.no_show_reasons.iter().map(String::as_str);
    let names: Vec<&str> = forecourt_domain::base::NO_SHOW_REASONS.into_iter().chain(own).collect();
    let found = dealer.settings.no_show_reason(reason);
    found.ok_or_else(|| Refusal::field("reason", "CAL-4", format!("must be one of {}", names.join(", "))))
}

/// Refuses a change that must be made on the lead's event, if the appointment is one.
fn through_event(appointment: &Appointment, there: impl Fn(&Appointment) -> bool) -> Result<(), Refusal> {
    match (appointment.lead, &appointment.event) {
        (Some(lead), Some(event)) if there(appointment) => Err(Refusal::conflict(
            "APT-1",
            format!("this appointment is an event of a lead; change the event: /leads/{lead}/events/{event}"),
        )),
        _ => Ok(()),
    }
}

/// Returns whether the request is a repeat. Otherwise checks right, access and version.
fn check_request(call: &Call, appointment: &Appointment, loaded: &Loaded, request: Option<&Request>) -> Result<bool, Refusal> {
    let dealer = loaded.dealer(&appointment.dealer).ok_or(Refusal::NotFound("appointment"))?;
    // A repeat is answered even if the first request took away the requester's access. Its key contains the requester.
    if let Some(request) = request
        && request.done(loaded, call.now)?.is_some()
    {
        return Ok(true);
    }
    call.scope.needs_on_appointment(Right::WorkAppointments, appointment, &dealer.settings, call.now)?;
    if call.if_match()?.is_some_and(|versions| !versions.contains(&appointment.version)) {
        return Err(Refusal::Stale { current: appointment.version });
    }
    Ok(false)
}

/// A checked correction with the customer's channels.
struct Wanted {
    correction: Correction,
    /// The channels of the customer after the correction.
    channels: PersonChannels,
    /// The channels that the customer has no longer and never had. Empty if they are former ones, or if a lead identifies the customer.
    removed: PersonChannels,
}

impl Wanted {
    fn of(platform: &Platform, call: &Call, appointment: &Appointment, dealer: &Dealer) -> Result<Self, Refusal> {
        let before = Customer { name: Some(appointment.customer.clone()), reached: appointment.reached.clone(), known: Vec::new() };
        let body: CorrectionBody = forecourt_edge::formats::json::read(&call.body)?;
        let correction = body.check(&before, dealer.settings.country, appointment.lead.is_some())?;
        let of = |customer: &Customer| directory::channels(platform, &call.scope, dealer, &person(customer));
        let channels = correction.customer.as_ref().map(of).unwrap_or_default();
        let before = of(&before);
        // With another name it is another customer, and the former one keeps the channels.
        let is_same = channels.name.as_ref().zip(before.name.as_ref()).is_none_or(|(one, other)| one.agrees(other));
        let corrects = correction.customer.is_some() && !correction.keeps_former && appointment.lead.is_none() && is_same;
        let removed = if corrects { before.only(|key| !channels.has(key)) } else { PersonChannels::default() };
        Ok(Self { correction, channels, removed })
    }

    /// Returns the keys of the customer's entries in the directory, and of the leads whose contacts can have a removed channel.
    fn keys(&self, loaded: &Loaded, appointment: &Appointment) -> Vec<Key> {
        let mut keys = directory::records(loaded, &self.channels);
        keys.extend(self.channels.keys());
        if !self.removed.all.is_empty() {
            keys.extend(directory::records(loaded, &self.removed));
            keys.extend(self.removed.keys().chain(self.removed.named_keys()));
            keys.extend(appointment.customer_id.clone().map(Key::Channel));
            let record = appointment.customer_id.as_ref().and_then(|id| directory::record(loaded, id));
            keys.extend(record.iter().flat_map(|record| directory::lead_keys(loaded, directory::leads_of(record, None))));
        }
        keys
    }
}

/// Corrects the salesperson, notes or customer of an appointment. Needs `If-Match`.
pub(crate) async fn edit(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::WorkAppointments)?;
    if call.if_match()?.is_none() && call.header("if-match") != Some("*") {
        return Err(Problem::precondition_required("If-Match header required: send the ETag of the version that you read (SET-10)"));
    }
    let id: AppointmentId = call.part("id", "appointment")?;
    // A malformed body is refused before anything is read.
    let names_lead = call.json::<CorrectionBody>()?.names_lead();
    let by = call.scope.actor();
    let link = names_lead.then(|| LinkRequest { platform, call, search: platform.ids.next() });
    let wanted = |appointment: &Appointment, dealer: &Dealer| Wanted::of(platform, call, appointment, dealer);
    let rule = |context: &AppointmentContext<'_>, appointment: &Appointment, loaded: &Loaded, checks: bool| {
        let Wanted { correction: Correction { user, notes, customer, despite, .. }, channels, removed } =
            wanted(appointment, context.dealer)?;
        let customer = customer.map(|customer| Customer { known: directory::known(loaded, &channels), ..customer });
        let record = appointment.customer_id.as_ref().and_then(|id| directory::record(loaded, id));
        let removed = record.map(|record| {
            let kept: Vec<PersonChannels> = directory::contacts_of(loaded, &record.id, directory::leads_of(&record, None))
                .map(|contact| directory::channels(platform, &call.scope, context.dealer, &contact.person))
                .collect();
            let removed = directory::known(loaded, &removed.only(|key| !kept.iter().any(|channels| channels.has(key))));
            (record, removed)
        });
        let despite = if checks { &despite } else { Despite::UNSTATED };
        appointment::edit(&AppointmentContext { despite, ..*context }, appointment, Edit { user, notes, customer, removed })
    };
    let load = Load::of([Key::Appointment(id.clone())]).then(|loaded| {
        let read_days = |context: &AppointmentContext<'_>, appointment: &Appointment| {
            let _ = rule(context, appointment, loaded, false);
        };
        let found = loaded.appointment(&id).and_then(|appointment| Some((appointment, loaded.dealer(&appointment.dealer)?)));
        let wanted = found.and_then(|(appointment, dealer)| Some((appointment, wanted(appointment, dealer).ok()?)));
        let to = wanted.as_ref().and_then(|(appointment, wanted)| Some((appointment, wanted.correction.lead?, link.as_ref()?)));
        let link: Vec<Key> = to.into_iter().flat_map(|(appointment, lead, link)| link.keys(loaded, appointment, lead, &by)).collect();
        let of_customer = wanted.into_iter().flat_map(|(appointment, wanted)| wanted.keys(loaded, appointment));
        let pool = found.and_then(|(appointment, _)| appointment.lead).into_iter().flat_map(|lead| pool::keys(loaded, lead));
        let keys = of_customer.chain(needs(loaded, &id, read_days, &by, call.now)).chain(pool).chain(link);
        keys.collect()
    });
    let decided = platform.store.decide(&call.scope, load, |loaded, _| {
        let appointment = loaded.appointment(&id).ok_or(Refusal::NotFound("appointment"))?;
        check_request(call, appointment, loaded, None)?;
        let days = |user: &UserId, date| loaded.day(user, date);
        let context = context_of(loaded, appointment, &days, &by, call.now)?;
        let linked = wanted(appointment, context.dealer)?.correction.lead;
        let changed = match linked.zip(link.as_ref()) {
            Some((lead, link)) => link.link((&context, appointment), lead, loaded)?,
            None => {
                let changed = rule(&context, appointment, loaded, true)?;
                changed.map(|changed| in_pool(changed, &context, loaded, &call.scope)).transpose()?
            }
        };
        let changed = changed.map(|changed| watched(changed, appointment, &context, loaded));
        let Some(ChangedAppointment { decision, appointment: after }) = changed else {
            return Ok((None, (appointment.clone(), Notes::of(call, appointment, context.dealer, None))));
        };
        let notes = Notes::of(call, &after, context.dealer, Some(&decision));
        Ok((Some(decision), (after, notes)))
    });
    let (appointment, notes) = decided.await?;
    answer(call, &appointment, notes)
}

/// Returns why the appointment cannot take place as planned. A partner does not learn who is absent.
pub(crate) fn affected(call: &Call, appointment: &Appointment, dealer: &Dealer) -> Option<&'static str> {
    call.scope.user_id().and_then(|_| appointment.affected(&dealer.settings, call.now)).map(Impediment::name)
}

fn answer(call: &Call, appointment: &Appointment, Notes { affected, warnings }: Notes) -> Result<Answer, Problem> {
    let etag = format!("\"{}\"", appointment.version);
    let view = AppointmentView { affected, warnings, ..AppointmentView::of(appointment, &call.scope) };
    Ok(Answer::new(200, &view)?.header("etag", etag).about(&appointment.id))
}
