//! The appointment overview, the lead overview (OVR-1 to OVR-5) and the yield of follow-up plans (CAL-11).
//!
//! - **Triggers**: `GET /overview/appointments`, `GET /overview/appointments/figures`, `GET /overview/leads` and `GET /overview/plans`.
//! - **Reads**: the settings of all requested dealers, then the dealers' lists month by month, up to 32 pages concurrently. If only numbers
//!   are needed, it reads the fields to count and not the whole rows.
//! - **Writes**: nothing. No totals are stored, so they cannot drift from the data.
//! - **Visibility**: rows that the caller may not see are not counted.
//! - **Failure**: if one read fails the request fails with 503 and no partial numbers are returned. The caller may retry.
//!
//! `sites` finds the dealers and reads their lists, `appointments`, `figures`, `leads` and `plans` count, `grid` holds a page of
//! appointments, `view` and `figures_view` define the responses.

mod appointments;
mod figures;
mod figures_view;
mod grid;
mod leads;
mod plans;
mod sites;
mod view;

pub use figures_view::{AppointmentFiguresView, FigureCountsView, FigureRowView, FigureWeekView, NoShowReasonView};
pub use plans::{PlanFiguresView, PlanStepYieldView, PlanYieldView};
pub use view::{
    AppointmentDayView, AppointmentOverviewView, AppointmentRowView, AppointmentsBox, AttendanceBox, FurtherCountsView, LeadCountsView,
    LeadOverviewView, ResponseTimeView, SentBox, Share, SourceBox,
};

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::routes::Operation;
use forecourt_edge::{Platform, http};

/// Answers a request of one of this function's routes.
pub async fn handle(platform: &Platform, event: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
    http::answer(platform, event, async |call| operate(platform, call).await).await
}

async fn operate(platform: &Platform, call: Call) -> Result<Answer, Problem> {
    match call.operation {
        Operation::AppointmentOverview => appointments::overview(platform, &call).await,
        Operation::PlanFigures => plans::figures(platform, &call).await,
        Operation::AppointmentFigures => figures::figures(platform, &call).await,
        Operation::LeadOverview => leads::overview(platform, &call).await,
        _ => Err(Problem::wrong_function()),
    }
}
