//! The names of event types and no-show reasons for the people who plan events, in English, German and Dutch (CAL-1, CAL-4).

/// The names in English, German and Dutch.
pub type Labels = [&'static str; 3];

/// The names of the types that every dealer has. Those of the console are the same.
pub const TYPE_LABELS: [(&str, Labels); 16] = [
    ("phone_inbound", ["Phone, inbound", "Telefon, eingehend", "Telefoon, inkomend"]),
    ("phone_outbound", ["Phone, outbound", "Telefon, ausgehend", "Telefoon, uitgaand"]),
    ("email_inbound", ["E-mail, inbound", "E-Mail, eingehend", "E-mail, inkomend"]),
    ("email_outbound", ["E-mail, outbound", "E-Mail, ausgehend", "E-mail, uitgaand"]),
    ("visit_inbound", ["Visit, inbound", "Besuch im Haus", "Bezoek in de showroom"]),
    ("visit_outbound", ["Visit, outbound", "Besuch beim Kunden", "Bezoek bij de klant"]),
    ("booked_test_drive", ["Booked test drive", "Vereinbarte Probefahrt", "Afgesproken proefrit"]),
    ("delivery", ["Delivery", "Auslieferung", "Aflevering"]),
    ("48_hour_follow_up", ["48 hour follow-up", "Nachfassen nach 48 Stunden", "Opvolging na 48 uur"]),
    ("3-7_day_follow_up", ["3–7 day follow-up", "Nachfassen nach 3–7 Tagen", "Opvolging na 3–7 dagen"]),
    ("14_day_follow_up", ["14 day follow-up", "Nachfassen nach 14 Tagen", "Opvolging na 14 dagen"]),
    ("attempted_contact", ["Attempted contact", "Kontaktversuch", "Contactpoging"]),
    ("notes", ["Notes", "Notizen", "Notities"]),
    ("live_leads_follow_up", ["Live leads follow-up", "Nachfassen bei laufenden Leads", "Opvolging van lopende leads"]),
    ("sms", ["SMS", "SMS", "Sms"]),
    ("post_sales_follow_up", ["Post-sales follow-up", "Nachfassen nach dem Verkauf", "Opvolging na verkoop"]),
];

/// The names of the reasons of a no-show that every dealer has. Those of the console are the same.
pub const NO_SHOW_LABELS: [(&str, Labels); 5] = [
    ("not_reached", ["Not reached", "Nicht erreicht", "Niet bereikt"]),
    ("did_not_come", ["Did not come", "Nicht gekommen", "Niet gekomen"]),
    ("called_off", ["Cancelled by the customer", "Abgesagt", "Afgezegd"]),
    ("wrong_number", ["Wrong number", "Falsche Nummer", "Verkeerd nummer"]),
    ("other", ["Other", "Sonstiges", "Overig"]),
];
