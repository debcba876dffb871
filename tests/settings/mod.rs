//! Tests of a dealer's settings, opening hours, users and rights (SET, CLK, ACC).

pub(crate) mod access;
pub(crate) mod another_release;
pub(crate) mod document;
pub(crate) mod holidays;
pub(crate) mod hours;
pub(crate) mod key_rotation;
pub(crate) mod loading;
pub(crate) mod mail_server;
pub(crate) mod me;
pub(crate) mod oversight;
pub(crate) mod parts;
pub(crate) mod sign_in;
pub(crate) mod users;
pub(crate) mod views;
