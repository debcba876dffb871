//! The fields that several forms of the lead page have.

use crate::forms::{Field, Kind, field, needed};

pub(super) const NOTE: Field = field("note", Kind::Text(2_000));
pub(super) const NOTES: Field = field("notes", Kind::Text(2_000));

/// The vehicle of a trade-in, a quote or a test drive.
pub(super) const VEHICLE: Field = needed(
    "vehicle",
    Kind::Group(&[
        field("condition", Kind::Choice(&["new", "used"])),
        field("make", Kind::Line(200)),
        field("model", Kind::Line(200)),
        field("trim", Kind::Line(200)),
        field("year", Kind::Number),
        field("mileage", Kind::Line(200)),
        field("colour", Kind::Line(200)),
        field("plate", Kind::Line(200)),
        field("vin", Kind::Line(200)),
        field("stock_number", Kind::Line(200)),
        field("remarks", Kind::Text(2_000)),
    ]),
);

pub(super) const TRADE_IN: &[Field] = &[VEHICLE, field("asked", Kind::Money), field("offered", Kind::Money), NOTES];

pub(super) const QUOTE: &[Field] = &[
    VEHICLE,
    needed("price", Kind::Money),
    field("lines", Kind::Rows(&[field("text", Kind::Line(200)), field("amount", Kind::Amount("price.currency"))], 30)),
    field("valid_until", Kind::Day),
    NOTES,
];

pub(super) const TEST_DRIVE: &[Field] =
    &[VEHICLE, needed("at", Kind::Time), field("user", Kind::Listed), field("title", Kind::Line(200)), NOTES];

pub(super) const COMMENT: &[Field] = &[needed("text", Kind::Text(2_000))];

pub(super) const EVENT: &[Field] =
    &[needed("title", Kind::Line(200)), needed("type", Kind::Listed), needed("at", Kind::Time), field("user", Kind::Listed), NOTES];

/// The next event, planned with the end of another.
pub(super) const FOLLOW_UP: Field = field(
    "follow_up",
    Kind::Group(&[
        field("title", Kind::Line(200)),
        field("type", Kind::Listed),
        field("at", Kind::Time),
        field("user", Kind::Listed),
        field("notes", Kind::Text(2_000)),
    ]),
);

pub(super) const TASK: &[Field] =
    &[needed("title", Kind::Line(100)), needed("start", Kind::Time), needed("minutes", Kind::Number), field("assignee", Kind::Listed)];

pub(super) const DEADLINE: &[Field] = &[needed("title", Kind::Line(100)), needed("at", Kind::Time)];

const FIRST_NAME: Field = field("first_name", Kind::Line(100));
const MIDDLE_NAME: Field = field("middle_name", Kind::Line(100));
const LAST_NAME: Field = field("last_name", Kind::Line(100));
const COMPANY: Field = field("company", Kind::Line(200));
const EMAILS: Field = field("emails", Kind::List);
const PHONES: Field =
    field("phones", Kind::Rows(&[field("number", Kind::Phone), field("type", Kind::Listed), field("time", Kind::Line(40))], 5));
const CHANNEL: Field = field("preferred_channel", Kind::Choice(&["email", "phone"]));
const LANGUAGE: Field = field("language", Kind::Line(35));
const STREET: Field = field("street", Kind::Line(200));
const POSTCODE: Field = field("postcode", Kind::Line(20));
const CITY: Field = field("city", Kind::Line(100));
const COUNTRY: Field = field("country", Kind::Line(100));

pub(super) const CONTACT: &[Field] =
    &[FIRST_NAME, MIDDLE_NAME, LAST_NAME, COMPANY, PHONES, EMAILS, CHANNEL, LANGUAGE, STREET, POSTCODE, CITY, COUNTRY];

/// The fields of a correction say too whether replaced numbers and addresses ever were the contact's.
pub(super) const CORRECTION: &[Field] = &[
    FIRST_NAME,
    MIDDLE_NAME,
    LAST_NAME,
    COMPANY,
    PHONES,
    EMAILS,
    field("replaces", Kind::Choice(&["wrong", "former"])),
    CHANNEL,
    LANGUAGE,
    STREET,
    POSTCODE,
    CITY,
    COUNTRY,
];
