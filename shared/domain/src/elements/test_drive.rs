//! Test drives.

use crate::base::EventId;
use crate::enquiry::Vehicle;
use serde::{Deserialize, Serialize};

/// A test drive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TestDrive {
    /// The vehicle.
    pub vehicle: Vehicle,
    /// The lead's calendar event of the type [`BOOKED_TEST_DRIVE`](crate::base::BOOKED_TEST_DRIVE): it alone holds the time
    /// and the outcome.
    pub event: EventId,
}
