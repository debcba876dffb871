//! The names of event types in three languages.

use crate::base::{AppointmentKind, EVENT_TYPES, Language};
use crate::calendar::CalendarEvent;

/// The names in English, German and Dutch. Both the customer and the seller read them, so they avoid "your".
const NAMES: [(&str, [&str; 3]); 11] = [
    ("booked_test_drive", ["Test drive", "Probefahrt", "Proefrit"]),
    ("visit_inbound", ["Visit", "Besuch", "Bezoek"]),
    ("visit_outbound", ["Home visit", "Hausbesuch", "Bezoek aan huis"]),
    ("delivery", ["Vehicle handover", "Fahrzeugübergabe", "Aflevering van de auto"]),
    ("phone_inbound", ["Phone call", "Telefongespräch", "Telefoongesprek"]),
    ("phone_outbound", ["Phone call", "Telefongespräch", "Telefoongesprek"]),
    ("email_inbound", ["By e-mail", "Per E-Mail", "Per e-mail"]),
    ("email_outbound", ["By e-mail", "Per E-Mail", "Per e-mail"]),
    ("video", ["Video call", "Videogespräch", "Videogesprek"]),
    ("workshop", ["Workshop", "Werkstatt", "Werkplaats"]),
    ("other", ["Appointment", "Termin", "Afspraak"]),
];

fn known(kind: &str, language: &Language) -> Option<&'static str> {
    let (_, [english, german, dutch]) = NAMES.iter().find(|(name, _)| *name == kind)?;
    Some(match language.as_str() {
        "de" => german,
        "nl" => dutch,
        _ => english,
    })
}

/// Returns the name of an event type in a language. A dealer's own type keeps the dealer's name.
pub fn name_of<'a>(kind: &'a str, language: &Language) -> &'a str {
    let own = || EVENT_TYPES.iter().all(|(name, _)| *name != kind).then_some(kind);
    known(kind, language).or_else(own).or_else(|| known("other", language)).unwrap_or(kind)
}

/// Returns the name by which [`name_of`] knows a kind of appointment.
pub fn type_of(kind: AppointmentKind) -> &'static str {
    match kind {
        AppointmentKind::Video | AppointmentKind::Workshop | AppointmentKind::Other | AppointmentKind::Unknown => kind.name(),
        AppointmentKind::Showroom
        | AppointmentKind::TestDrive
        | AppointmentKind::Telephone
        | AppointmentKind::Email
        | AppointmentKind::Delivery => kind.event_type(),
    }
}

/// Whether the customer comes to the dealer for an event of this type, or for the kind of appointment that [`type_of`] names.
pub fn is_at_dealer(kind: &str) -> bool {
    !matches!(kind, "phone_inbound" | "phone_outbound" | "email_inbound" | "email_outbound" | "visit_outbound" | "video")
}

/// Returns the title in the reader's language if it is the label of an event type or the title of a kind of appointment. Any other title
/// stays as it is.
pub fn title_of<'a>(title: &'a str, language: &Language) -> &'a str {
    let label = EVENT_TYPES.iter().find(|(_, label)| *label == title).map(|(name, _)| *name);
    let kind = || AppointmentKind::NAMES.iter().find(|(_, kind)| kind.title() == title).map(|(_, kind)| type_of(*kind));
    label.or_else(kind).and_then(|kind| known(kind, language)).unwrap_or(title)
}

impl CalendarEvent {
    /// Returns the title. `None` if it is the label of an event type.
    pub fn own_title(&self) -> Option<&str> {
        Some(self.title.as_str()).filter(|title| EVENT_TYPES.iter().all(|(_, label)| label != title))
    }
}
