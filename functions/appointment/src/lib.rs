//! The function `appointment`: appointments of users and of partners' systems (APT-1 to APT-5).
//!
//! - **Does**: creates, reads, corrects, moves and cancels appointments, records attendance, and shows free times.
//! - **Triggers**: HTTP requests of the routes that the route table gives to this function; messages of the partners' queue, each with a
//!   new appointment or a report on an existing one.
//! - **Reads**: dealer, lead, appointment, pending reports of partners, the customer's contact records, and the days of the salesperson.
//! - **Writes**: the appointment with its lead's event, letters to the customer and webhook events in one transaction. Telephone and
//!   e-mail appointments of a dealer's own system are counted only (APT-2).
//! - **Repeats**: the id derives from the `Idempotency-Key` or from the partner's `external_id`; a repeat gets the first answer.
//! - **On failure**: nothing is stored. HTTP clients get a problem; a refused message becomes a dead letter with the reason; after a
//!   temporary failure a message returns to the queue, for twelve hours at least.

mod availability;
mod body;
mod change;
mod creation;
mod history;
mod linking;
mod view;

pub use availability::{FreeDayView, FreeTimeView, FreeTimesView, UnavailableView};
pub use body::{AppointmentBody, AttendanceBody, CorrectionBody, CustomerBody, MoveBody};
pub use history::{CancellationView, HappenedView};
pub use linking::ProposedLeadView;
pub use view::{
    AppointmentCounted, AppointmentMade, AppointmentPageView, AppointmentView, CustomerView, LetterView, SalespersonNoticeView,
    UnprocessedView, UnsentLetterView,
};

use crate::creation::{Creation, Outcome};
use crate::view::OfLead;
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use forecourt_domain::appointment::Appointment;
use forecourt_domain::base::{AppointmentId, DealerId, Fault, Refusal, Right};
use forecourt_domain::settings::Dealer;
use forecourt_edge::formats::json;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::queue::partner::{self, PartnerQueue};
use forecourt_edge::routes::Operation;
use forecourt_edge::usecase::appointment::{PingBackBody, apply_ping_back, partner};
use forecourt_edge::usecase::lead::{enquiry_key, enquiry_of};
use forecourt_edge::usecase::people::named;
use forecourt_edge::{Platform, http};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load};
use futures::FutureExt as _;
use serde_json::{Map, Value};

/// Handles an event of the function: an HTTP request or a batch of the partners' queue.
///
/// # Errors
/// If the event is neither.
pub async fn handle(platform: &Platform, partners: &dyn PartnerQueue, event: Value) -> Result<Value, lambda_runtime::Error> {
    Ok(match event.get("Records") {
        Some(_) => serde_json::to_value(messages(platform, partners, serde_json::from_value(event)?).await)?,
        None => serde_json::to_value(request(platform, serde_json::from_value(event)?).await)?,
    })
}

/// Handles an HTTP request of one of this function's routes.
pub async fn request(platform: &Platform, event: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
    http::answer(platform, event, async |call| operate(platform, call).await).await
}

async fn operate(platform: &Platform, call: Call) -> Result<Answer, Problem> {
    match call.operation {
        Operation::MakeAppointment => create(platform, call).boxed().await,
        Operation::ReadAppointment => read(platform, &call).await,
        Operation::UnprocessedAppointments => unprocessed(platform, &call).await,
        Operation::FreeTimes => availability::show(platform, &call).await,
        Operation::EditAppointment => change::edit(platform, &call).boxed().await,
        Operation::MoveAppointment
        | Operation::CancelAppointment
        | Operation::ReopenAppointment
        | Operation::KeepAppointment
        | Operation::ConfirmAppointment
        | Operation::TakeBackConfirmation
        | Operation::RecordArrival
        | Operation::TakeBackArrival
        | Operation::MarkAttendance => change::report(platform, &call).boxed().await,
        _ => Err(Problem::wrong_function()),
    }
}

async fn create(platform: &Platform, call: Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::WorkAppointments)?;
    let dealer = call.part("dealer", "dealer")?;
    let body = call.json()?;
    let Call { scope, idempotency_key: key, now, .. } = call;
    let (made, repeated) = Creation { scope, dealer, body, key, now }.run(platform).await?;
    let answer = match made {
        Outcome::Created(made) => Answer::new(201, &made)?.header("location", format!("/appointments/{}", made.id)).about(&made.id),
        Outcome::Counted(counted) => Answer::new(200, &counted)?,
    };
    Ok(if repeated { answer.header("idempotent-replay", "true") } else { answer })
}

async fn read(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadAppointments)?;
    let id: AppointmentId = call.part("id", "appointment")?;
    let page = platform.store.appointment_page(&call.scope, &id).await?.ok_or(Refusal::NotFound("appointment"))?;
    let dealer = platform.store.dealer(&call.scope, &page.appointment.dealer).await?.ok_or(Refusal::NotFound("appointment"))?;
    call.scope.needs_on_appointment(Right::ReadAppointments, &page.appointment, &dealer.settings, call.now)?;
    let etag = format!("\"{}\"", page.appointment.version);
    let of_lead = OfLead::read(platform, call, &page.appointment, &dealer).await?;
    let proposed_leads = linking::proposals(platform, &call.scope, &page.appointment, &dealer, call.now).await?;
    let view = AppointmentPageView { proposed_leads, ..AppointmentPageView::of(&page, of_lead, &dealer, &call.scope) };
    let people = named(platform, call, Some(&dealer), view.users()).await?;
    let appointment = AppointmentView { affected: change::affected(call, &page.appointment, &dealer), ..view.appointment };
    Ok(Answer::new(200, &AppointmentPageView { people, appointment, ..view })?.header("etag", etag).about(&id))
}

impl OfLead {
    /// Reads what the requester may see of the appointment's lead: the contact data, as on the lead page (LEAD-9); number and vehicle also
    /// if the requester works for the salesperson (APT-7).
    async fn read(platform: &Platform, call: &Call, appointment: &Appointment, dealer: &Dealer) -> Result<Self, Failure> {
        let may = call.scope.needs(Right::ReadLeads).is_ok();
        let Some(id) = appointment.lead.filter(|_| may) else { return Ok(Self { read: may, ..Self::default() }) };
        let load = Load::of([Key::Lead(id)]).then(|loaded| {
            let Some(lead) = loaded.lead(id) else { return Vec::new() };
            let enquiry = lead.contacts.is_empty().then(|| enquiry_key(loaded, id));
            let other = (lead.dealer != dealer.id).then(|| Key::Dealer(lead.dealer.clone()));
            other.into_iter().chain(enquiry).collect()
        });
        let loaded = platform.store.load(&call.scope, &load).await?;
        let found = loaded.lead(id).and_then(|lead| {
            let own = if lead.dealer == dealer.id { Some(dealer) } else { loaded.dealer(&lead.dealer) };
            Some((lead, own?))
        });
        let Some((lead, lead_dealer)) = found else { return Ok(Self::default()) };
        let read = call.scope.needs_on(Right::ReadLeads, lead, &lead_dealer.settings, call.now).is_ok();
        let serves = lead.dealer == dealer.id && call.scope.sees_customer_of(appointment, &dealer.settings, call.now);
        if !(read || serves) {
            return Ok(Self::default());
        }
        let phone = lead.reached(enquiry_of(&loaded, lead)).and_then(|reached| reached.phone).map(|phone| phone.typed);
        Ok(Self { read, phone, vehicle: Some(lead.vehicle.clone()).filter(|vehicle| !vehicle.is_empty()) })
    }
}

/// Returns how many appointments were only counted. For users only: partners see their own appointments only.
async fn unprocessed(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadAppointments)?;
    call.scope.user_id().ok_or(Refusal::Forbidden(Right::ReadAppointments))?;
    let dealer: DealerId = call.part("dealer", "dealer")?;
    call.scope.reaches(&dealer)?;
    let keys = [Key::Dealer(dealer.clone()), Key::Unprocessed(dealer.clone())];
    let loaded = platform.store.load(&call.scope, &Load::of(keys)).await?;
    loaded.dealer(&dealer).ok_or(Refusal::NotFound("dealer"))?;
    Ok(Answer::new(200, &UnprocessedView::of(&dealer, loaded.unprocessed(&dealer)))?.about(&dealer))
}

/// Handles a batch of the partners' queue.
pub async fn messages(platform: &Platform, partners: &dyn PartnerQueue, event: SqsEvent) -> SqsBatchResponse {
    partner::each(platform, partners, event, async |message| message_of(platform, message).boxed().await).await
}

/// Handles a message: `{"appointment": {…}}` with the dealer as attribute or as field `dealer`, or a report in the format of a ping-back.
async fn message_of(platform: &Platform, message: SqsMessage) -> Result<String, Failure> {
    let scope = partner::sender(platform, &message).await?;
    let now = platform.clock.now();
    let mut body: Map<String, Value> = json::read(message.body.as_deref().unwrap_or_default().as_bytes())?;
    let Some(appointment) = body.remove("appointment") else {
        let report = json::known::<PingBackBody>(Value::Object(body))?.check(now)?;
        return Ok(apply_ping_back(platform, &scope, &report, None, now).await?.appointment);
    };
    partner(&scope)?;
    let named = partner::dealer(&message).or_else(|| body.get("dealer").and_then(Value::as_str));
    let dealer = named.and_then(|text| DealerId::parse(text.trim()).ok()).ok_or_else(|| {
        Refusal::field("dealer", "INT-10", "is required: as the message attribute 'dealer' or as the field 'dealer' next to 'appointment'")
    })?;
    // A redriven message has a new message id, so that only the sender's own id can recognise a repeat.
    if appointment.get("external_id").is_none_or(Value::is_null) {
        return Err(Refusal::field("appointment.external_id", "INT-5", "is required: your id of the appointment").into());
    }
    body.remove("dealer");
    let others: Vec<Fault> = body.keys().map(|name| json::unknown(name, &["appointment", "dealer"])).collect();
    if !others.is_empty() {
        return Err(Refusal::Invalid(others).into());
    }
    let within = |field: &str| Some(format!("appointment.{field}"));
    let appointment = json::known(appointment).map_err(|refusal| refusal.relocated(within))?;
    let making = Creation { scope, dealer, body: appointment, key: None, now };
    let made = making.run(platform).await.map_err(|failure| match failure {
        Failure::Refused(refusal) => Failure::Refused(refusal.relocated(within)),
        other => other,
    })?;
    Ok(match made.0 {
        Outcome::Created(made) => made.id,
        Outcome::Counted(_) => "counted".into(),
    })
}
