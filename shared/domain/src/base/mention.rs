//! Users in texts for people. A rule knows only ids. It marks each id in its text, and the edge puts the name in its place.

use crate::base::UserId;

/// The mark before an id: Unicode's "first strong isolate". Texts of senders cannot contain it ([`super::text::forbidden`]).
const BEGIN: char = '\u{2068}';
/// The mark after an id: Unicode's "pop directional isolate".
const END: char = '\u{2069}';

impl UserId {
    /// Returns the marked id, for a text in which people read the name.
    pub fn mention(&self) -> String {
        format!("{BEGIN}{self}{END}")
    }
}

/// Returns the users whose marked ids are in a text, in their order.
pub fn mentioned(text: &str) -> impl Iterator<Item = UserId> {
    text.split(BEGIN).skip(1).filter_map(|rest| UserId::parse(rest.split_once(END)?.0).ok())
}

/// Returns a text with the result of `name` in the place of each marked id.
pub fn with_names(text: &str, name: impl Fn(&UserId) -> String) -> String {
    let mut parts = text.split(BEGIN);
    let mut named = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (id, rest) = part.split_once(END).unwrap_or((part, ""));
        match UserId::parse(id) {
            Ok(user) => named.push_str(&name(&user)),
            Err(_) => named.push_str(id),
        }
        named.push_str(rest);
    }
    named
}
