//! Comments.

use crate::base::Fault;
use serde::{Deserialize, Serialize};

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// 1 to 2,000 characters; several lines are allowed.
    pub text: String,
}

/// The length of a title in characters.
const TITLE: usize = 80;

impl Comment {
    /// Creates a comment that a user enters. Adds a fault if the text is missing.
    pub fn entered(text: Option<String>, faults: &mut Vec<Fault>) -> Self {
        if text.is_none() && faults.is_empty() {
            faults.push(Fault::new("text", "LEAD-2", "must not be empty"));
        }
        Self { text: text.unwrap_or_default() }
    }

    pub(crate) fn title(&self) -> String {
        beginning(&self.text)
    }
}

/// Returns the beginning of a text: its first line, cut to 80 characters.
pub(crate) fn beginning(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(TITLE) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line.to_owned(),
    }
}
