//! The text of a notice about a record of the access log (ACC-1).

use super::{TextError, Texts};
use crate::mail::{Addressee, Mail};
use chrono::{DateTime, Utc};
use forecourt_domain::access::{AccessEvent, AccessRecord};
use forecourt_domain::base::UserId;
use forecourt_domain::texts::text_language;
use forecourt_edge::usecase::people::Names;
use minijinja::context;

/// Returns the users whom the text of a record mentions.
pub(crate) fn mentions(record: &AccessRecord) -> impl Iterator<Item = UserId> {
    let user = match &record.event {
        AccessEvent::Granted { user, .. } => Some(user),
        _ => None,
    };
    record.by.user().into_iter().chain(user).cloned()
}

impl Texts {
    /// Writes the mail to an admin of the group about a record of the access log (ACC-1). `None` for an event without a mail in this
    /// release.
    ///
    /// # Errors
    /// If the template fails.
    pub fn access(&self, to: &Addressee, record: &AccessRecord, names: &Names, now: DateTime<Utc>) -> Result<Option<Mail>, TextError> {
        let template = self.templates.get_template("access")?;
        let (user, role, rights, partner) = match &record.event {
            AccessEvent::Granted { user, role, rights, .. } => {
                let rights: Vec<&str> = rights.iter().map(|right| right.name()).collect();
                (Some(names.name(user)), Some(role.name()), rights.join(", "), None)
            }
            AccessEvent::AdminChanged { name, .. } => (Some(name.clone()), None, String::new(), None),
            AccessEvent::PartnerSecret { partner } => (None, None, String::new(), Some(partner.as_str())),
            AccessEvent::LeadSearch { .. } | AccessEvent::AccessFile { .. } | AccessEvent::Unknown => return Ok(None),
        };
        let by = record.by.user().map_or_else(|| record.by.to_string(), |user| names.name(user));
        let at = record.at.format("%Y-%m-%d %H:%M").to_string();
        let context = context! { language => text_language(&to.language), reader => &to.name, by, at, user, role, rights, partner, link => self.console.access_log() };
        let written = template.render(context)?;
        Ok(Some(Mail::of_forecourt("", to, &written, now)))
    }
}
