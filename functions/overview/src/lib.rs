//! What appointments and leads come to (OVR): counted anew from the dealers' lists each time it is asked, so that no number can drift.

mod appointments;
mod leads;
mod sites;
mod view;

pub use view::{
    AppointmentOverviewView, AppointmentRowView, AppointmentsBox, AttendanceBox, LeadCountsView, LeadOverviewView, SentBox, Share,
    SourceBox,
};

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::routes::Operation;
use forecourt_edge::{Platform, http};

/// A request of one of this function's routes.
pub async fn handle(platform: &Platform, event: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
    http::answer(platform, event, async |call| operate(platform, call).await).await
}

async fn operate(platform: &Platform, call: Call) -> Result<Answer, Problem> {
    match call.operation {
        Operation::AppointmentOverview => appointments::overview(platform, &call).await,
        Operation::LeadOverview => leads::overview(platform, &call).await,
        _ => Err(Problem::wrong_function()),
    }
}
