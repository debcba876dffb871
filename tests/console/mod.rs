//! The console: sign-in and sessions, what pages may not show, and what every screen keeps.

mod forms;
mod group;
mod live;
mod pages;
mod sessions;
mod sign_in;
mod texts;
