//! The console: sign-in and sessions, what pages may not show, and what every screen keeps.

mod details;
mod forms;
mod group;
mod help;
mod links;
mod pages;
mod sessions;
mod sign_in;
mod texts;
mod things;
