//! The console: sign-in and sessions, what pages may not show, and what every screen keeps.

mod availability;
mod choices;
mod details;
mod forms;
mod group;
mod hand_over;
mod help;
mod inbox;
mod links;
mod list_forms;
mod lists;
mod live;
mod pages;
mod security;
mod security_forms;
mod security_provider;
mod security_texts;
mod sessions;
mod sign_in;
mod texts;
mod things;
