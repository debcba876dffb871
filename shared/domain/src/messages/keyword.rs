//! The words by which a customer stops and permits text messages (MSG-3).

use icu_normalizer::ComposingNormalizerBorrowed;

/// The command of a text message that consists of one of the words that carriers define.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextCommand {
    /// The customer wants no text messages.
    Stop,
    /// The customer wants text messages again.
    Start,
    /// The customer asks who writes. The provider answers.
    Help,
}

/// The words that stop text messages, in English, German, Dutch and French, without spaces and punctuation.
const STOP: [&str; 23] = [
    "stop",
    "stopp",
    "stopall",
    "stopalle",
    "unsubscribe",
    "cancel",
    "end",
    "ende",
    "quit",
    "optout",
    "revoke",
    "remove",
    "abmelden",
    "abbestellen",
    "austragen",
    "aus",
    "afmelden",
    "uitschrijven",
    "stoppen",
    "uit",
    "arret",
    "arrêt",
    "stopsms",
];
/// The words that permit them again. "Yes" and its translations are not among them, because customers answer questions with them.
const START: [&str; 8] = ["start", "unstop", "optin", "weiter", "anmelden", "aanmelden", "starten", "subscribe"];
/// The words that ask who writes.
const HELP: [&str; 4] = ["help", "info", "hilfe", "hulp"];

impl TextCommand {
    /// Returns the command of a text. A word that is repeated counts once, and letters of another width count as the usual ones. `None` if
    /// the text has anything else: "Please stop by on Friday" is no command.
    pub fn of(text: &str) -> Option<Self> {
        let text = const { ComposingNormalizerBorrowed::new_nfkc() }.normalize(text).to_lowercase();
        let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let word = match words.as_slice() {
            [first, rest @ ..] if rest.iter().all(|word| word == first) => (*first).to_owned(),
            words => words.concat(),
        };
        let has = |words: &[&str]| words.contains(&word.as_str());
        match () {
            () if has(&STOP) => Some(Self::Stop),
            () if has(&START) => Some(Self::Start),
            () if has(&HELP) => Some(Self::Help),
            () => None,
        }
    }
}
