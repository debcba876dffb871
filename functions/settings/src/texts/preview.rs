//! The preview of a text, and its test: a mail to the requesting user (MSG-2).

use super::may_change;
use super::view::{TextPreviewBody, TextPreviewView};
use crate::body;
use crate::me::requesting_user;
use chrono::{DateTime, Days, Utc};
use forecourt_domain::base::{AppointmentId, DealerId, LeadId, Medium, Refusal, Right, Usage};
use forecourt_domain::calendar::name_of;
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::messages::TestMail;
use forecourt_domain::settings::Dealer;
use forecourt_domain::texts::{BookingValues, CheckedText, Values, Written, html_of, text_language};
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::usecase::letter::salesperson_of;
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};

/// The sample of a customer.
const CUSTOMER: &str = "Jana Petersen";
/// The sample of a vehicle.
const VEHICLE: &str = "2021 Opel Corsa";
/// The sample of a lead number.
const NUMBER: u64 = 4_829_130_576;
/// The sample of a salesperson.
const SALESPERSON: &str = "Max Stern";
/// The sample of a customer's link.
const PAGE: &str = "https://example.com/appointment";

/// A checked draft as the customer would get it.
struct Draft {
    dealer: Dealer,
    text: CheckedText,
    written: Written,
    /// The same without the values that a customer can be without. `None` if nothing is left out.
    shortest: Option<Written>,
}

impl Draft {
    fn view(&self) -> TextPreviewView {
        let sender = self.dealer.settings.from_name.as_ref().unwrap_or(&self.dealer.settings.name);
        let html = || html_of(&self.written.text, text_language(&self.text.language), &self.written.subject, sender);
        TextPreviewView::of(&self.written, (self.text.medium == Medium::Email).then(html), self.shortest.as_ref())
    }
}

/// `POST /dealers/{dealer}/texts/preview`.
pub(super) async fn preview(platform: &Platform, call: &Call, dealer: &DealerId) -> Result<Answer, Problem> {
    let draft = draft(platform, call, dealer).await?;
    Ok(Answer::new(200, &draft.view())?.about(dealer))
}

/// `POST /dealers/{dealer}/texts/test`: sends the preview to the requesting user. The body names no address.
pub(super) async fn test(platform: &Platform, call: &Call, dealer: &DealerId) -> Result<Answer, Problem> {
    let user = requesting_user(call)?;
    let draft = draft(platform, call, dealer).await?;
    let name = platform.store.secret().name(&call.scope, &["budget", "test-mail", user.id.as_str()]);
    // A text message is shown in the mail; its name is the subject.
    let subject = if draft.written.subject.is_empty() { draft.text.name.clone() } else { draft.written.subject.clone() };
    let load = Load::of([Key::TestMail(user.id.clone()), Key::Usage(name.clone())]);
    let queued = platform.store.decide(&call.scope, load, |loaded, _| {
        let (used, from) = Usage::take(loaded.usage(&name), &name, TestMail::budget(), call.now);
        if from > call.now {
            return Ok((None, Err(from)));
        }
        let test = TestMail {
            user: user.id.clone(),
            number: loaded.test_mail(&user.id).map_or(0, |test| test.number) + 1,
            dealer: dealer.clone(),
            subject: subject.clone(),
            text: draft.written.text.clone(),
            queued: call.now,
            due: Some(call.now),
            leased: false,
            attempts: 0,
        };
        Ok((Some(Decision::default().with(Item::TestMail(Box::new(test))).with(Item::Usage(used))), Ok(())))
    });
    if let Err(from) = queued.await? {
        let seconds = u64::try_from((from - call.now).num_seconds()).unwrap_or(1).max(1);
        let detail = format!("you have sent {} tests today; wait until tomorrow (SET-12)", TestMail::budget().most);
        return Err(Problem::too_many(detail, seconds).under("SET-12"));
    }
    Ok(Answer::new(202, &TextPreviewView { sent_to: Some(user.email.to_string()), ..draft.view() })?.about(dealer))
}

/// Reads and checks the draft of the body, and writes it with its values.
async fn draft(platform: &Platform, call: &Call, dealer: &DealerId) -> Result<Draft, Problem> {
    may_change(call, dealer)?;
    let body: TextPreviewBody = body::read(body::writable(call, &["id", "version", "changed_at", "changed_by"])?, "MSG-2")?;
    let text = body.check().map_err(Problem::invalid)?;
    let id = |field: &'static str, detail: String| Refusal::field(field, "MSG-2", detail);
    let lead = body.lead.as_deref().map(str::parse::<LeadId>).transpose().map_err(|e| id("lead", e.to_string()))?;
    let appointment =
        body.appointment.as_deref().map(str::parse::<AppointmentId>).transpose().map_err(|e| id("appointment", e.to_string()))?;
    if appointment.is_some() && !text.kind.is_of_appointment() {
        return Err(id("appointment", "is for texts about appointments only".to_owned()).into());
    }
    let load =
        Load::of([Key::Dealer(dealer.clone())].into_iter().chain(appointment.clone().map(Key::Appointment)).chain(lead.map(Key::Lead)));
    let load = load.then(|loaded| {
        let booking = appointment.as_ref().and_then(|id| loaded.appointment(id));
        let event = booking.and_then(|booking| Some(Key::Event(booking.lead?, booking.event.clone()?)));
        let person = booking.and_then(|booking| booking.user.clone()).map(Key::User);
        event.into_iter().chain(booking.and_then(|booking| booking.lead).map(Key::Lead)).chain(person).collect()
    });
    let loaded = platform.store.load(&call.scope, &load).await?;
    let here = loaded.dealer(dealer).ok_or(Refusal::NotFound("dealer"))?;
    let values = values(call, &loaded, (here, &text), (lead, appointment.as_ref()))?;
    let written = Written::of(text.kind, text.medium, (&text.subject, &text.text), &values);
    let empty = || id("text", "is empty with these values: every line has only variables without a value".to_owned());
    let written = written.ok_or_else(empty)?;
    let shortest = Written::of(text.kind, text.medium, (&text.subject, &text.text), &values.without_optional(&text.language));
    let shortest = shortest.filter(|shortest| *shortest != written);
    Ok(Draft { dealer: here.clone(), text, written, shortest })
}

/// Returns the values of the lead or the appointment, as far as the sender may read them; otherwise samples.
fn values(
    call: &Call,
    loaded: &Loaded,
    (dealer, text): (&Dealer, &CheckedText),
    (lead, appointment): (Option<LeadId>, Option<&AppointmentId>),
) -> Result<Values, Refusal> {
    let (settings, language, now) = (&dealer.settings, &text.language, call.now);
    let own_lead = |id: LeadId| {
        call.scope.needs(Right::ReadLeads)?;
        let lead = loaded.lead(id).filter(|lead| lead.dealer == dealer.id).ok_or(Refusal::NotFound("lead"))?;
        call.scope.needs_on(Right::ReadLeads, lead, settings, now).map(|()| lead)
    };
    let lead = lead.map(own_lead).transpose()?;
    let own_appointment = |id: &AppointmentId| {
        call.scope.needs(Right::ReadAppointments)?;
        let found = loaded.appointment(id).filter(|booking| booking.dealer == dealer.id).ok_or(Refusal::NotFound("appointment"))?;
        call.scope.needs_on_appointment(Right::ReadAppointments, found, settings, now).map(|()| found)
    };
    let appointment = appointment.map(own_appointment).transpose()?;
    // The vehicle of the appointment's lead is shown to users who may read that lead.
    let lead = lead.or_else(|| appointment.and_then(|booking| own_lead(booking.lead?).ok()));
    let customer = appointment.map(|booking| booking.customer.as_str()).or_else(|| lead.map(|lead| lead.contact.as_str()));
    let vehicle = lead.map(|lead| lead.vehicle.as_str()).or(appointment.map(|_| ""));
    let values = Values::of(settings, language, customer.unwrap_or(CUSTOMER), vehicle.unwrap_or(VEHICLE));
    let seller = call.scope.as_user().map(|user| user.name.as_str()).unwrap_or_default();
    let values = values.with_lead(lead.map_or_else(|| LeadId::from_bits(NUMBER), |lead| lead.id)).with_seller(seller);
    if !text.kind.is_of_appointment() {
        return Ok(values);
    }
    let event = appointment.and_then(|booking| loaded.event(booking.lead?, booking.event.as_ref()?));
    let name = appointment.map_or_else(|| name_of("booked_test_drive", language), |booking| booking.name(event, language));
    let at = appointment.map_or_else(|| sample_time(dealer, now), |booking| booking.at);
    let (kind, medium, zone) = (text.kind, text.medium, settings.calendar.zone());
    let salesperson = appointment.map_or(SALESPERSON, |booking| salesperson_of(booking, dealer, loaded));
    let is_at_dealer = appointment.is_none_or(|booking| booking.is_at_dealer(event));
    let takes_answers = settings.text_number.is_some();
    let page = Some(PAGE);
    Ok(values.with_booking(&BookingValues { kind, medium, language, name, at, zone, page, salesperson, is_at_dealer, takes_answers }))
}

/// Returns 10:00 of the day after tomorrow, by the dealer's clock.
fn sample_time(dealer: &Dealer, now: DateTime<Utc>) -> DateTime<Utc> {
    let zone = dealer.settings.calendar.zone();
    let date = now.with_timezone(&zone).date_naive().checked_add_days(Days::new(2));
    let at = date.and_then(|date| date.and_hms_opt(10, 0, 0)).and_then(|at| at.and_local_timezone(zone).earliest());
    at.map_or(now, |at| at.to_utc())
}
