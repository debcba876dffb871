//! The fields that several forms of the lead page have.

use crate::forms::{Field, Kind, clearing, field, needed};

pub(super) const NOTE: Field = clearing("note", Kind::Text(2_000));
pub(super) const NOTES: Field = clearing("notes", Kind::Text(2_000));

const CONDITION: Kind = Kind::Choice(&["new", "used"]);
const OF_VEHICLE: &[Field] = &of_vehicle(clearing("condition", CONDITION));
const OF_QUOTED: &[Field] = &of_vehicle(needed("condition", CONDITION));

/// The vehicle of a trade-in or a test drive.
pub(super) const VEHICLE: Field = needed("vehicle", Kind::Group(OF_VEHICLE));

const fn of_vehicle(condition: Field) -> [Field; 11] {
    [
        condition,
        clearing("make", Kind::Line(200)),
        clearing("model", Kind::Line(200)),
        clearing("trim", Kind::Line(200)),
        clearing("year", Kind::Number),
        clearing("mileage", Kind::Line(200)),
        clearing("colour", Kind::Line(200)),
        clearing("plate", Kind::Line(200)),
        clearing("vin", Kind::Line(200)),
        clearing("stock_number", Kind::Line(200)),
        clearing("remarks", Kind::Text(2_000)),
    ]
}

pub(super) const TRADE_IN: &[Field] = &[VEHICLE, clearing("asked", Kind::Money), clearing("offered", Kind::Money), NOTES];

/// A quote is for a new or a used vehicle.
pub(super) const QUOTE: &[Field] = &[
    needed("vehicle", Kind::Group(OF_QUOTED)),
    needed("price", Kind::Money),
    clearing("lines", Kind::Rows(&[field("text", Kind::Line(200)), field("amount", Kind::Amount("price.currency"))], 30)),
    clearing("valid_until", Kind::Day),
    NOTES,
];

pub(super) const TEST_DRIVE: &[Field] =
    &[VEHICLE, needed("at", Kind::Time), clearing("user", Kind::Listed), WARNINGS, clearing("title", Kind::Line(200)), NOTES];

pub(super) const COMMENT: &[Field] = &[needed("text", Kind::Text(2_000))];

/// The warnings about the time and the person of a booking.
pub(super) const WARNINGS: Field = field("despite", Kind::Warnings);

pub(super) const EVENT: &[Field] = &[
    needed("title", Kind::Line(200)),
    needed("type", Kind::Listed),
    needed("at", Kind::Time),
    clearing("user", Kind::Listed),
    WARNINGS,
    NOTES,
];

/// The fields of an event that can be corrected.
pub(super) const EVENT_TEXTS: &[Field] =
    &[needed("title", Kind::Line(200)), needed("type", Kind::Listed), clearing("user", Kind::Listed), WARNINGS, NOTES];

/// Why and from which side an event is cancelled.
pub(super) const CANCELLATION: &[Field] =
    &[field("side", Kind::Choice(&["customer", "dealer"])), field("reason", Kind::Listed), field("note", Kind::Text(2_000))];

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
    &[needed("title", Kind::Line(100)), needed("start", Kind::Time), needed("minutes", Kind::Number), clearing("assignee", Kind::Listed)];

pub(super) const DEADLINE: &[Field] = &[needed("title", Kind::Line(100)), needed("at", Kind::Time)];

const FIRST_NAME: Field = clearing("first_name", Kind::Line(100));
const MIDDLE_NAME: Field = clearing("middle_name", Kind::Line(100));
const LAST_NAME: Field = clearing("last_name", Kind::Line(100));
const COMPANY: Field = clearing("company", Kind::Line(200));
const EMAILS: Field = clearing("emails", Kind::List);
const PHONES: Field =
    clearing("phones", Kind::Rows(&[field("number", Kind::Phone), field("type", Kind::Listed), field("time", Kind::Line(40))], 5));
const CHANNEL: Field = clearing("preferred_channel", Kind::Choice(&["email", "phone"]));
const LANGUAGE: Field = clearing("language", Kind::Line(35));
const STREET: Field = clearing("street", Kind::Line(200));
const POSTCODE: Field = clearing("postcode", Kind::Line(20));
const CITY: Field = clearing("city", Kind::Line(100));
const COUNTRY: Field = clearing("country", Kind::Line(100));

pub(super) const CONTACT: &[Field] =
    &[FIRST_NAME, MIDDLE_NAME, LAST_NAME, COMPANY, PHONES, EMAILS, CHANNEL, LANGUAGE, STREET, POSTCODE, CITY, COUNTRY];

/// Whether replaced numbers and addresses ever were the contact's.
const REPLACES: Field = field("replaces", Kind::Choice(&["wrong", "former"]));

pub(super) const CORRECTION: &[Field] =
    &[FIRST_NAME, MIDDLE_NAME, LAST_NAME, COMPANY, PHONES, EMAILS, REPLACES, CHANNEL, LANGUAGE, STREET, POSTCODE, CITY, COUNTRY];

// The parts of a correction, each edited where it stands.
pub(super) const NAME: &[Field] = &[FIRST_NAME, MIDDLE_NAME, LAST_NAME, COMPANY];
pub(super) const NUMBERS: &[Field] = &[PHONES, REPLACES];
pub(super) const ADDRESSES: &[Field] = &[EMAILS, REPLACES];
pub(super) const HOME: &[Field] = &[STREET, POSTCODE, CITY, COUNTRY];
pub(super) const WISHES: &[Field] = &[CHANNEL, LANGUAGE];
