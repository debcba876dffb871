//! Comments.

use crate::base::Fault;
use serde::{Deserialize, Serialize};

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// 1 to 2,000 characters, in lines.
    pub text: String,
}

/// How much of it stands for all of it, in characters.
const TITLE: usize = 80;

impl Comment {
    /// A comment of some words.
    pub fn entered(text: Option<String>, faults: &mut Vec<Fault>) -> Self {
        if text.is_none() && faults.is_empty() {
            faults.push(Fault::new("text", "LEAD-2", "must say something"));
        }
        Self { text: text.unwrap_or_default() }
    }

    pub(crate) fn title(&self) -> String {
        beginning(&self.text)
    }
}

/// How a text begins.
pub(crate) fn beginning(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(TITLE) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line.to_owned(),
    }
}
