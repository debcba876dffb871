//! Saves and removes the views of a user (ACC-5).

use crate::base::{Refusal, ViewId};
use crate::decision::{Decision, Item};
use crate::people::{SavedView, SavedViews};

impl SavedViews {
    /// Creates a view, or replaces the one with its id. Returns the view with its version, which `new` need not have. The decision is
    /// `None` if the view is stored like this already.
    ///
    /// # Errors
    /// 409 if there are too many views.
    pub fn with(&self, new: SavedView) -> Result<(Option<Decision>, SavedView), Refusal> {
        let before = self.get(&new.id);
        if let Some(before) = before
            && *before == (SavedView { version: before.version, ..new.clone() })
        {
            return Ok((None, before.clone()));
        }
        if before.is_none() && self.views.len() >= Self::MOST {
            return Err(Refusal::conflict("ACC-5", format!("you already have {} saved views; delete one first", Self::MOST)));
        }
        let mut after = Self { version: self.version + 1, ..self.clone() };
        let saved = SavedView { version: after.version, ..new };
        match after.views.iter_mut().find(|view| view.id == saved.id) {
            Some(view) => view.clone_from(&saved),
            None => after.views.push(saved.clone()),
        }
        Ok((Some(Decision::default().with(Item::SavedViews(after))), saved))
    }

    /// Removes a view. Returns the views that are left.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if there is no view with this id.
    pub fn without(&self, id: &ViewId) -> Result<(Decision, Self), Refusal> {
        self.get(id).ok_or(Refusal::NotFound("saved view"))?;
        let mut after = Self { version: self.version + 1, ..self.clone() };
        after.views.retain(|view| view.id != *id);
        Ok((Decision::default().with(Item::SavedViews(after.clone())), after))
    }
}
