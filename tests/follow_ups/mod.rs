//! Tests of service follow-ups (FUP).

mod settings;
