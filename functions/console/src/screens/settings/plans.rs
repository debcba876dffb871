//! The fields of the follow-up plans.

use super::describe::{Kind, Rows, Shape, field, needed, values};
use super::sections::LEAD_TYPES;

/// The types of the events that a plan can make: all but an appointment.
const TYPES: &[&str] = &[
    "phone_outbound",
    "email_outbound",
    "sms",
    "48_hour_follow_up",
    "3-7_day_follow_up",
    "14_day_follow_up",
    "live_leads_follow_up",
    "post_sales_follow_up",
    "attempted_contact",
    "notes",
    "visit_outbound",
    "visit_inbound",
    "phone_inbound",
    "email_inbound",
    "delivery",
];

const STEPS: Rows = Rows {
    fields: &[
        needed("day", Kind::Number),
        needed("type", Kind::Choice(values("type_of_event", TYPES))),
        needed("title", Kind::Line(200)),
        field("text", Kind::Canned),
        field("purpose", Kind::Choice(values("purpose", &["contract", "service", "advertising"]))),
    ],
    shape: Shape::Ordered,
};

/// The follow-up plans of a dealer.
pub(super) const PLANS: Rows = Rows {
    fields: &[
        needed("id", Kind::Line(64)),
        needed("name", Kind::Line(100)),
        field("types", Kind::Ticks(values("lead_type", LEAD_TYPES))),
        field("starts", Kind::Choice(values("plan_start", &["by_hand", "after_answer"]))),
        field("steps", Kind::Rows(&STEPS)),
    ],
    shape: Shape::Ordered,
};
