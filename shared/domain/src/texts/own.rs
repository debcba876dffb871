//! Forecourt's own texts, for dealers without a text of their own. They are templates like those of dealers.

use super::TextKind;
use crate::base::Medium;

/// A subject and a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnText {
    /// The subject; empty in a text message.
    pub subject: String,
    /// The text.
    pub text: String,
}

/// Returns Forecourt's own text of a kind in `en`, `de` or `nl`. `None` if it has none: each canned answer is a dealer's own.
pub fn own_text(kind: TextKind, medium: Medium, language: &str) -> Option<OwnText> {
    if (kind, medium) == (TextKind::InstantAnswer, Medium::Email) {
        return Some(instant_answer(language));
    }
    text_of(about_appointment(kind, language)?, kind, medium, language)
}

/// Returns Forecourt's own text about an appointment that takes place at another dealer, at the same time.
pub(super) fn place_text(medium: Medium, language: &str) -> Option<OwnText> {
    let words = match language {
        "de" => (
            "Neuer Ort Ihres Termins am {{ time }}",
            "Der Ort Ihres Termins hat sich geändert: {{ dealer }} erwartet Sie zur gleichen Zeit. Die beigefügte Kalenderdatei aktualisiert \
             den Termin in Ihrem Kalender.",
        ),
        "nl" => (
            "Nieuwe plaats van uw afspraak op {{ time }}",
            "De plaats van uw afspraak is gewijzigd: {{ dealer }} verwacht u op hetzelfde tijdstip. Het bijgevoegde agendabestand werkt de \
             afspraak in uw agenda bij.",
        ),
        _ => (
            "New place of your appointment on {{ time }}",
            "The place of your appointment has changed: {{ dealer }} expects you at the same time. The attached calendar file updates it in \
             your calendar.",
        ),
    };
    text_of(words, TextKind::Moved, medium, language)
}

/// Returns the text about an appointment with this subject and first sentence.
fn text_of((subject, sentence): (&str, &str), kind: TextKind, medium: Medium, language: &str) -> Option<OwnText> {
    match medium {
        Medium::Email => {
            let Words { vehicle, person, phone, regards } = words(language);
            let text = format!(
                "{{{{ greeting }}}}\n\n{sentence}\n\n  {{{{ appointment }}}}\n  {{{{ time }}}}\n  {{{{ dealer }}}}\n  {{{{ address }}}}\n  {{{{ map }}}}\n  \
                 {vehicle}: {{{{ vehicle }}}}\n  {person}: {{{{ salesperson }}}}\n  {phone}: {{{{ phone }}}}\n\n\
                 {{{{ page }}}}\n\n{regards}\n{{{{ dealer }}}}"
            );
            Some(OwnText { subject: format!("{subject} – {{{{ dealer }}}}"), text })
        }
        Medium::Sms => {
            let Words { person, phone, .. } = words(language);
            let reply = if kind == TextKind::Reminder { "\n{{ reply }}" } else { "" };
            let text = format!(
                "{{{{ dealer }}}}: {subject} ({{{{ about }}}}). {{{{ page }}}}\n{{{{ address }}}}\n{person}: {{{{ salesperson }}}}\n\
                 {phone}: {{{{ phone }}}}{reply}"
            );
            Some(OwnText { subject: String::new(), text })
        }
        Medium::Unknown => None,
    }
}

struct Words {
    vehicle: &'static str,
    person: &'static str,
    phone: &'static str,
    regards: &'static str,
}

fn words(language: &str) -> Words {
    match language {
        "de" => Words { vehicle: "Fahrzeug", person: "Ihr Kontakt", phone: "Telefon", regards: "Mit freundlichen Grüßen" },
        "nl" => Words { vehicle: "Voertuig", person: "Uw contactpersoon", phone: "Telefoon", regards: "Met vriendelijke groet" },
        _ => Words { vehicle: "Vehicle", person: "Your contact", phone: "Telephone", regards: "Kind regards" },
    }
}

/// Returns the subject and the first sentence of a letter about an appointment.
fn about_appointment(kind: TextKind, language: &str) -> Option<(&'static str, &'static str)> {
    Some(match (kind, language) {
        (TextKind::Confirmation, "de") => (
            "Ihr Termin am {{ time }}",
            "Ihr Termin ist gebucht. Mit der beigefügten Kalenderdatei können Sie ihn in Ihren Kalender übernehmen.",
        ),
        (TextKind::Confirmation, "nl") => {
            ("Uw afspraak op {{ time }}", "Uw afspraak is geboekt. Met het bijgevoegde agendabestand zet u de afspraak in uw agenda.")
        }
        (TextKind::Confirmation, _) => (
            "Your appointment on {{ time }}",
            "Your appointment is booked. Please use the attached calendar file to add it to your calendar.",
        ),
        (TextKind::Moved, "de") => (
            "Ihr neuer Termin am {{ time }}",
            "Ihr Termin wurde auf eine andere Zeit verschoben. Die beigefügte Kalenderdatei aktualisiert ihn in Ihrem Kalender.",
        ),
        (TextKind::Moved, "nl") => (
            "Uw nieuwe afspraak op {{ time }}",
            "Uw afspraak is verzet naar een ander tijdstip. Het bijgevoegde agendabestand werkt de afspraak in uw agenda bij.",
        ),
        (TextKind::Moved, _) => (
            "Your new appointment on {{ time }}",
            "Your appointment has been moved to a new time. The attached calendar file updates it in your calendar.",
        ),
        (TextKind::Cancelled, "de") => {
            ("Absage: Ihr Termin am {{ time }}", "Ihr Termin wurde abgesagt. Die beigefügte Kalenderdatei entfernt ihn aus Ihrem Kalender.")
        }
        (TextKind::Cancelled, "nl") => (
            "Geannuleerd: uw afspraak op {{ time }}",
            "Uw afspraak is geannuleerd. Het bijgevoegde agendabestand verwijdert de afspraak uit uw agenda.",
        ),
        (TextKind::Cancelled, _) => (
            "Cancelled: your appointment on {{ time }}",
            "Your appointment has been cancelled. The attached calendar file removes it from your calendar.",
        ),
        (TextKind::Reminder, "de") => ("Erinnerung: Ihr Termin am {{ time }}", "wir erinnern Sie an Ihren Termin und freuen uns auf Sie."),
        (TextKind::Reminder, "nl") => {
            ("Herinnering: uw afspraak op {{ time }}", "Wij herinneren u graag aan uw afspraak en kijken ernaar uit.")
        }
        (TextKind::Reminder, _) => {
            ("Reminder: your appointment on {{ time }}", "This is a reminder of your appointment. We look forward to it.")
        }
        (TextKind::InstantAnswer | TextKind::Canned | TextKind::Unknown, _) => return None,
    })
}

fn instant_answer(language: &str) -> OwnText {
    let (subject, text) = match language {
        "de" => (
            "Ihre Anfrage bei {{ dealer }}",
            "{{ greeting }}

vielen Dank für Ihre Anfrage. Sie ist bei uns eingegangen, und während unserer Öffnungszeiten antwortet Ihnen jemand aus unserem Team persönlich.

  Fahrzeug: {{ vehicle }}
  Anfragenummer: {{ number }}
  Öffnungszeiten: {{ hours }}

Mit freundlichen Grüßen
{{ dealer }}

Diese Nachricht wurde automatisch versendet.",
        ),
        "nl" => (
            "Uw aanvraag bij {{ dealer }}",
            "{{ greeting }}

Hartelijk dank voor uw aanvraag. Wij hebben deze ontvangen, en tijdens onze openingstijden krijgt u persoonlijk antwoord van iemand van ons team.

  Voertuig: {{ vehicle }}
  Aanvraagnummer: {{ number }}
  Openingstijden: {{ hours }}

Met vriendelijke groet
{{ dealer }}

Dit bericht is automatisch verzonden.",
        ),
        _ => (
            "Your enquiry to {{ dealer }}",
            "{{ greeting }}

Thank you for your enquiry. We have received it, and a person from our team will answer you during our opening hours.

  Vehicle: {{ vehicle }}
  Enquiry number: {{ number }}
  Opening hours: {{ hours }}

Kind regards
{{ dealer }}

This message was sent automatically.",
        ),
    };
    OwnText { subject: subject.to_owned(), text: text.to_owned() }
}
