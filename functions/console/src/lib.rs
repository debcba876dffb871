//! The console: the screens of sellers, managers and head office.
//!
//! - **Triggers**: requests of browsers below `/desk/`, and `GET /`.
//! - **Reads**: the API, by its URL and with the user's token; sessions. A page asks the API at most three times, in parallel.
//! - **Writes**: sessions. A form is one request to the API and a redirect; problems come back beside their fields.
//! - **Failure**: a page that says what happened and what to do, in the reader's language.
//!
//! It contains no rule: the API decides what a user may see and do. Pages work without a script; the script makes them quicker.
//!
//! | Module | Purpose |
//! |---|---|
//! | [`http`], [`Http`] | requests to the API and to the identity provider |
//! | `visit`, `reply` | the request of a browser, and the response |
//! | [`session`], [`sign_in`] | who the visitor is |
//! | [`api`] | the client of the API |
//! | `view` | texts, times, templates |
//! | `forms` | forms as data: fields, the body that they make, problems beside the fields |
//! | `screens` | one file or folder for each screen |

pub mod api;
mod console;
mod deployed;
mod forms;
pub mod http;
mod reply;
mod screens;
pub mod session;
pub mod sign_in;
mod view;
mod visit;

pub use console::{Console, Parts};
pub use http::{Client, Http, NoAnswer};
pub use screens::addresses;
pub use view::{Language, text_keys, translated};
pub use visit::MOST_WITH_FILE;
