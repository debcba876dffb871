//! The letters and mails that a test reads.

use super::world::{Reply, World};
use forecourt_send::mail::Mail;
use serde_json::Value;

/// Returns the letters about an appointment as `says medium state why`.
pub fn letters(reply: &Reply) -> Vec<String> {
    let text = |letter: &Value, name: &str| letter[name].as_str().unwrap_or_default().to_owned();
    let line =
        |l: &Value| format!("{} {} {} {}", text(l, "says"), text(l, "medium"), text(l, "fate"), text(l, "why")).trim_end().to_owned();
    reply.body["letters"].as_array().unwrap().iter().map(line).collect()
}

pub fn mails_to(world: &World, name: &str) -> Vec<(Mail, String)> {
    let mails = world.system.mailbox.mails().into_iter().filter(|mail| mail.to == format!("{name}@example.com"));
    mails
        .map(|mail| {
            let line = format!("{} {}", mail.at.format("%m-%d %H:%M"), mail.subject);
            (mail, line)
        })
        .collect()
}
