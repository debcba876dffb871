//! The mail about bookings about which somebody must decide (APT-9).

use super::{TextError, Texts};
use crate::mail::{Envelope, Mail};
use chrono_tz::Tz;
use forecourt_domain::base::{Language, UserId};
use forecourt_domain::calendar::title_of;
use forecourt_domain::settings::GivenBooking;
use forecourt_domain::texts::{local_time, text_language};
use forecourt_edge::usecase::bookings::AffectedBooking;
use forecourt_edge::usecase::people::Names;
use minijinja::context;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct BookingText {
    when: String,
    title: String,
    customer: String,
    phone: String,
    person: String,
    why: &'static str,
    /// The former person of a booking that was given to another one.
    from: String,
    link: String,
}

impl Texts {
    /// Writes the mail about bookings about which somebody must decide (APT-9). `people` are the names of users.
    ///
    /// # Errors
    /// If the template fails.
    pub fn bookings(
        &self,
        envelope: Envelope<'_>,
        bookings: &[&AffectedBooking],
        people: &BTreeMap<UserId, String>,
    ) -> Result<Mail, TextError> {
        let Envelope { to, dealer, .. } = envelope;
        let zone = dealer.settings.calendar.zone();
        let name = |user: &UserId| people.get(user).cloned().unwrap_or_else(|| user.to_string());
        let texts: Vec<BookingText> = bookings.iter().map(|booking| self.booking(booking, &name, zone, &to.language)).collect();
        let context = context! { language => text_language(&to.language), reader => &to.name, dealer => &dealer.settings.name, bookings => minijinja::value::Serde(&texts) };
        let written = self.templates.get_template("bookings")?.render(context)?;
        Ok(Mail::from_text(envelope, &written))
    }

    /// Writes the mail to `recipient` about bookings that a hand-over gave to other persons (DIS-12).
    ///
    /// # Errors
    /// If the template fails.
    pub(crate) fn given(
        &self,
        envelope: Envelope<'_>,
        recipient: &UserId,
        bookings: &[&(GivenBooking, AffectedBooking)],
        names: &Names,
    ) -> Result<Mail, TextError> {
        let Envelope { to, dealer, .. } = envelope;
        let zone = dealer.settings.calendar.zone();
        let text = |(given, booking): &&(GivenBooking, AffectedBooking)| BookingText {
            from: names.name(&given.from),
            ..self.booking(booking, &|user| names.name(user), zone, &to.language)
        };
        let texts: Vec<BookingText> = bookings.iter().map(text).collect();
        let own = bookings.iter().all(|(_, booking)| booking.user.as_ref() == Some(recipient));
        let context = context! { language => text_language(&to.language), reader => &to.name, dealer => &dealer.settings.name, own, bookings => minijinja::value::Serde(&texts) };
        let written = self.templates.get_template("given")?.render(context)?;
        Ok(Mail::from_text(envelope, &written))
    }

    fn booking(&self, booking: &AffectedBooking, name: &dyn Fn(&UserId) -> String, zone: Tz, language: &Language) -> BookingText {
        let event = booking.event.as_ref();
        let title = match (event, &booking.appointment) {
            (Some((event, _)), _) => title_of(&event.title, language).to_owned(),
            (None, Some(appointment)) => appointment.name(None, language).to_owned(),
            (None, None) => String::new(),
        };
        let link = match (event, &booking.appointment) {
            (Some((event, lead)), _) => self.console.event(lead, &event.id, event.user.as_ref()),
            (None, Some(appointment)) => self.console.appointment(&appointment.id),
            (None, None) => String::new(),
        };
        BookingText {
            when: local_time(booking.at, zone, language),
            title,
            customer: booking.customer().to_owned(),
            phone: booking.phone().unwrap_or_default().to_owned(),
            person: booking.user.as_ref().map(name).unwrap_or_default(),
            why: booking.why.name(),
            from: String::new(),
            link,
        }
    }
}
