//! Saves and removes the texts of a dealer (MSG-2).

use crate::base::{Actor, Fault, Refusal, TextId};
use crate::decision::{Decision, Item};
use crate::texts::{DealerText, DealerTexts, TextChange, TextKind};
use chrono::{DateTime, Utc};

impl DealerTexts {
    /// Creates a text, or replaces the one with its id. Returns the text with its version, which `new` need not have. The decision is
    /// `None` if the text is stored like this already.
    ///
    /// # Errors
    /// 409 if there are too many texts, or they are too long. 422 if another text has the same kind, medium, language and lead type: it
    /// would be unclear which of them is used.
    pub fn with(&self, new: DealerText) -> Result<(Option<Decision>, DealerText), Refusal> {
        let before = self.get(&new.id);
        let same = |before: &&DealerText| {
            **before == DealerText { version: before.version, changed: before.changed, by: before.by.clone(), ..new.clone() }
        };
        if let Some(before) = before.filter(same) {
            return Ok((None, before.clone()));
        }
        if before.is_none() && self.texts.len() >= Self::MOST {
            return Err(Refusal::conflict("MSG-2", format!("the dealer already has {} texts; delete one first", Self::MOST)));
        }
        let use_of = |text: &DealerText| (text.kind, text.medium, text.language.clone(), text.lead_type);
        let rival = self.texts.iter().find(|text| text.id != new.id && text.kind != TextKind::Canned && use_of(text) == use_of(&new));
        if let Some(rival) = rival {
            let detail = format!("must differ from {} in medium, language or lead type; otherwise change that text", rival.id);
            return Err(Refusal::Invalid(vec![Fault::new("kind", "MSG-2", detail)]));
        }
        let mut after = Self { version: self.version + 1, ..self.clone() };
        let saved = DealerText { version: after.version, ..new };
        match after.texts.iter_mut().find(|text| text.id == saved.id) {
            Some(text) => text.clone_from(&saved),
            None => after.texts.push(saved.clone()),
        }
        let bytes: usize = after.texts.iter().map(|text| text.name.len() + text.subject.len() + text.text.len()).sum();
        if bytes > Self::MOST_BYTES {
            let detail = format!("all texts of the dealer together may have {} bytes; shorten or delete one first", Self::MOST_BYTES);
            return Err(Refusal::conflict("MSG-2", detail));
        }
        let change = TextChange { before: before.cloned(), after: Some(saved.clone()), ..after.change(saved.changed, saved.by.clone()) };
        Ok((Some(after.decision(change)), saved))
    }

    /// Removes a text at `at`. Returns the texts that are left.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if there is no text with this id.
    pub fn without(&self, id: &TextId, at: DateTime<Utc>, by: Actor) -> Result<(Decision, Self), Refusal> {
        let before = self.get(id).ok_or(Refusal::NotFound("text"))?;
        let mut after = Self { version: self.version + 1, ..self.clone() };
        after.texts.retain(|text| text.id != *id);
        let change = TextChange { before: Some(before.clone()), ..after.change(at, by) };
        Ok((after.decision(change), after))
    }

    /// Returns the entry of the history for the change that made this version, without its texts.
    fn change(&self, at: DateTime<Utc>, by: Actor) -> TextChange {
        TextChange { dealer: self.dealer.clone(), version: self.version, at, by, before: None, after: None }
    }

    fn decision(&self, change: TextChange) -> Decision {
        Decision::default().with(Item::DealerTexts(Box::new(self.clone()))).with(Item::TextChange(Box::new(change)))
    }
}
