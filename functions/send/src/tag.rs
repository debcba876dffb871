//! The tags of a mail, by which a report of the provider finds the letter or the user (MSG-1).
//!
//! SES returns the tags of a mail with each event about it. A name and a value consist of ASCII letters, digits, `_` and `-`, at most 256
//! of them (`MessageTag` in the SES API). Both values are base64url without padding; they hold ids and no personal data (PRV-1).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use forecourt_domain::access::Scope;
use forecourt_domain::base::{GroupId, Subject, UserId};
use forecourt_store::Secret;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The longest value of a tag.
const LONGEST: usize = 256;
/// The names of the tags.
const ABOUT: &str = "about";
const PROOF: &str = "proof";

/// The tags of a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailTags {
    /// The group, and the letter or the user.
    pub about: String,
    /// Shows that this deployment wrote `about`.
    pub proof: String,
}

/// The item that a mail is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tagged {
    /// A letter to a customer, by its subject and cause.
    Letter(Subject, String),
    /// A mail to a user.
    User(UserId),
}

impl MailTags {
    /// Makes the tags of a mail of the scope's group. `None` if the ids are too long for a tag: then no report is recorded.
    pub(crate) fn of(secret: &Secret, scope: &Scope, tagged: &Tagged) -> Option<Self> {
        let group = scope.group();
        let text = match tagged {
            Tagged::Letter(Subject::Lead(lead), cause) => format!("{group}/L/{lead}/{cause}"),
            Tagged::Letter(Subject::Appointment(id), cause) => format!("{group}/A/{id}/{cause}"),
            Tagged::User(user) => format!("{group}/U/{user}/"),
        };
        let about = URL_SAFE_NO_PAD.encode(&text);
        (about.len() <= LONGEST).then(|| Self { about, proof: secret.name(scope, &["mail", &text]) })
    }

    /// The names and values.
    pub fn pairs(&self) -> [(&'static str, &str); 2] {
        [(ABOUT, &self.about), (PROOF, &self.proof)]
    }

    /// Reads the tags of an event. `None` if this deployment did not write them.
    pub(crate) fn read(secret: &Secret, tags: &HashMap<String, Vec<String>>) -> Option<(Scope, Tagged)> {
        let value = |name: &str| tags.get(name)?.first();
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(value(ABOUT)?).ok()?).ok()?;
        let mut parts = text.splitn(4, '/');
        let group: GroupId = parts.next()?.parse().ok()?;
        let scope = Scope::keys_only(group);
        if *value(PROOF)? != secret.name(&scope, &["mail", &text]) {
            return None;
        }
        let (kind, id, cause) = (parts.next()?, parts.next()?, parts.next()?.to_owned());
        let tagged = match kind {
            "L" => Tagged::Letter(Subject::Lead(id.parse().ok()?), cause),
            "A" => Tagged::Letter(Subject::Appointment(id.parse().ok()?), cause),
            "U" => Tagged::User(id.parse().ok()?),
            _ => return None,
        };
        Some((scope, tagged))
    }
}
