//! The function `appointment`: appointments of users and of partners' systems (APT-1 to APT-5).
//!
//! - **Does**: creates, reads, corrects, moves and cancels appointments, and records attendance.
//! - **Triggers**: HTTP requests of the routes that the route table gives to this function; messages of the partners' queue, each with a
//!   new appointment or a report on an existing one.
//! - **Reads**: dealer, lead, appointment, pending reports of partners, the customer's contact records, and the days of the salesperson.
//! - **Writes**: the appointment with its lead's event, letters to the customer and webhook events in one transaction. Telephone and
//!   e-mail appointments of a dealer's own system are counted only (APT-2).
//! - **Repeats**: the id derives from the `Idempotency-Key` or from the partner's `external_id`; a repeat gets the first answer.
//! - **On failure**: nothing is stored. HTTP clients get a problem; a refused message becomes a dead letter with the reason; after a
//!   temporary failure a message returns to the queue, for twelve hours at least.

mod body;
mod change;
mod creation;
mod view;

pub use body::{AppointmentBody, AttendanceBody, CorrectionBody, CustomerBody, MoveBody};
pub use view::{
    AppointmentCounted, AppointmentMade, AppointmentPageView, AppointmentView, CustomerView, HappenedView, LetterView, UnprocessedView,
};

use crate::creation::{Creation, Outcome};
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use forecourt_domain::base::{AppointmentId, DealerId, Fault, LeadId, Refusal, Right};
use forecourt_edge::formats::json;
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::queue::partner::{self, PartnerQueue};
use forecourt_edge::routes::Operation;
use forecourt_edge::usecase::appointment::{PingBackBody, apply_ping_back, partner};
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
        Operation::EditAppointment => change::edit(platform, &call).boxed().await,
        Operation::MoveAppointment | Operation::CancelAppointment | Operation::KeepAppointment | Operation::MarkAttendance => {
            change::report(platform, &call).boxed().await
        }
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
    let read_lead = reads_lead(platform, call, page.appointment.lead).await?;
    let view = AppointmentPageView::of(&page, read_lead, &call.scope);
    let people = named(platform, call, Some(&dealer), view.users()).await?;
    let appointment = AppointmentView { affected: change::affected(call, &page.appointment, &dealer), ..view.appointment };
    Ok(Answer::new(200, &AppointmentPageView { people, appointment, ..view })?.header("etag", etag).about(&id))
}

/// Whether the requester may see the contact data of the appointment's lead, as on the lead page (LEAD-9).
async fn reads_lead(platform: &Platform, call: &Call, lead: Option<LeadId>) -> Result<bool, Failure> {
    let may = call.scope.needs(Right::ReadLeads).is_ok();
    let Some(id) = lead.filter(|_| may) else { return Ok(may) };
    let load = Load::of([Key::Lead(id)]).then(|loaded| loaded.lead(id).map(|lead| Key::Dealer(lead.dealer.clone())).into_iter().collect());
    let loaded = platform.store.load(&call.scope, &load).await?;
    let here = loaded.lead(id).and_then(|lead| Some((lead, loaded.dealer(&lead.dealer)?)));
    Ok(here.is_some_and(|(lead, dealer)| call.scope.needs_on(Right::ReadLeads, lead, &dealer.settings, call.now).is_ok()))
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
