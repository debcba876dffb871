//! Overviews and exports of leads and appointments (OVR, EXP).
//!
//! Every number is counted from the current state for each request: there are no stored totals that could drift. [`AppointmentTally`],
//! [`AppointmentFigures`] and [`LeadTally`] define each number.

mod appointments;
mod export;
mod figures;
mod filter;
mod leads;
mod period;
mod plans;

pub use crate::lead::RESPONSE_BUCKETS;
pub use appointments::{AppointmentFacts, AppointmentOrder, AppointmentTally, OfDay, Sent};
pub use export::{
    CsvDialect, Download, Export, ExportContent, ExportFormat, ExportOutput, ExportPosition, ExportState, ReadingTime, ReadingTimes,
    RowPosition, UnfinishedSheet, VALIDITY,
};
pub use figures::{AppointmentFigures, FigureBounds, FigureCounts, FigureDate, FigureSite, FigureTally};
pub use filter::{AppointmentFilter, AttendanceFilter, Bounds, FORMER_NAMES, LeadFilter, Named};
pub use leads::{FurtherCounts, LeadCounts, LeadFacts, LeadTally, Response};
pub use period::{BadBound, Bound, Dates, Period};
pub use plans::{PlanFacts, PlanTally, PlanYield, StepYield};

/// Returns the percentage of `number` in `total` to one decimal, rounded half up; 0.0 if `total` is 0.
pub fn percentage(number: u64, total: u64) -> f64 {
    if total == 0 {
        return 0.0;
    }
    let tenths = (u128::from(number) * 2_000 + u128::from(total)) / (u128::from(total) * 2);
    tenths as f64 / 10.0
}
