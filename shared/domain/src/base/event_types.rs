//! The types of calendar events that every dealer has (CAL-1), the reasons of a no-show (CAL-4) and of a cancellation (APT-11), the types
//! of jobs of follow-ups (FUP-1), and the reasons for which their customers decline (FUP-3).

/// The types that every dealer has: the name in the API and the label for people (CAL-1).
pub const EVENT_TYPES: [(&str, &str); 16] = [
    ("phone_inbound", "Phone Inbound"),
    ("phone_outbound", "Phone Outbound"),
    ("email_inbound", "Email Inbound"),
    ("email_outbound", "Email Outbound"),
    ("visit_inbound", "Visit Inbound"),
    ("visit_outbound", "Visit Outbound"),
    (BOOKED_TEST_DRIVE, "Booked Test Drive"),
    ("delivery", "Delivery"),
    ("48_hour_follow_up", "48 Hour Follow Up"),
    ("3-7_day_follow_up", "3-7 Day Follow Up"),
    ("14_day_follow_up", "14 Day Follow Up"),
    ("attempted_contact", "Attempted Contact"),
    ("notes", "Notes"),
    ("live_leads_follow_up", "Live Leads Follow Up"),
    ("sms", "SMS"),
    ("post_sales_follow_up", "Post Sales Follow Up"),
];

/// The event type that is always an appointment (APT-1).
pub const BOOKED_TEST_DRIVE: &str = "booked_test_drive";

/// The reasons of a no-show that every dealer has (CAL-4).
pub const NO_SHOW_REASONS: [&str; 5] = ["not_reached", "did_not_come", "called_off", "wrong_number", "other"];

/// The reasons of a cancellation that every dealer has (APT-11).
pub const CANCELLATION_REASONS: [&str; 9] = [
    "no_interest",
    "bought_elsewhere",
    "no_time",
    "illness",
    "vehicle_not_available",
    "staff_not_available",
    "entered_in_error",
    LEAD_CLOSED,
    "other",
];

/// The reason of a lead's event that ended because its appointment stayed at the former dealer of the lead (APT-10).
pub const STAYED_AT_DEALER: &str = "stayed_at_dealer";

/// The reason of an appointment that was cancelled because its lead was won or lost (APT-10).
pub const LEAD_CLOSED: &str = "lead_closed";

/// The types of jobs that every dealer has (FUP-1).
pub const JOB_TYPES: [&str; 5] = ["MOT", "Service", "VHC", "VOSA", "PMI"];

/// The reasons for which customers decline a follow-up, as every dealer has them (FUP-3).
pub const DECLINE_REASONS: [&str; 7] = ["price", "other_garage", "vehicle_sold", "not_needed", "moved_away", "no_time", "other"];
