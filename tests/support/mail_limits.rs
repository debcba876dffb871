//! The limits of a mail that was read.

use forecourt_lead_intake::mail::{self, Form, Mail, Reading};

/// Checks the limits of a mail that was read, whatever its bytes were.
pub fn check_limits(name: &str, mail: &Mail<'_>) {
    let envelope = &mail.envelope;
    assert!(envelope.recipients.len() <= mail::MAX_ADDRESSES, "{name}");
    assert!(envelope.references.len() <= mail::MAX_ADDRESSES && envelope.in_reply_to.len() <= mail::MAX_ADDRESSES, "{name}");
    let lines = [envelope.subject.as_ref(), envelope.message_id.as_ref(), envelope.from.as_ref().map(|from| &from.address)];
    // No header can begin another one.
    let lines = lines.into_iter().flatten().chain(&envelope.in_reply_to).chain(&envelope.references);
    lines.for_each(|line| assert!(!line.contains(char::is_control), "{name}: {envelope:?}"));
    assert!(mail.attachments.len() <= mail::MAX_ATTACHMENTS, "{name}");
    let is_name = |name: &String| !name.contains(['/', '\\']) && !name.contains(char::is_control) && name.chars().count() <= 160;
    assert!(mail.attachments.iter().filter_map(|one| one.name.as_ref()).all(is_name), "{name}");
    if let Some(text) = &mail.own_text {
        assert!(text.chars().count() <= mail::MAX_MESSAGE, "{name}");
    }
    if let Some(text) = &mail.text {
        assert!(text.chars().count() <= mail::MAX_SHOWN && !text.trim().is_empty(), "{name}");
    }
    match &mail.reading {
        Reading::Enquiries(enquiries) => {
            assert!(!enquiries.is_empty(), "{name}");
            for one in enquiries {
                assert!(one.flags.len() <= mail::MAX_FLAGS, "{name}");
                assert_eq!(one.adf.is_some(), one.form == Form::Adf, "{name}");
                let is_long = |message: &String| message.chars().count() > mail::MAX_MESSAGE;
                assert!(one.adf.is_some() || !one.enquiry.message.as_ref().is_some_and(is_long), "{name}");
            }
        }
        Reading::NotALead(reason) => assert!(reason.to_string().len() < 2_000, "{name}: {reason}"),
    }
}
