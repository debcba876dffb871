//! A mail as JSON: the form in which the samples state their expected results. Empty fields are left out.

use forecourt_domain::enquiry::{PreferredChannel, RawContact, RawEnquiry, RawVehicle};
use forecourt_lead_intake::mail::{Attachment, Envelope, Form, Mail, MailEnquiry, Mailbox, Reading, Recipient, Verdict};
use serde_json::{Map, Value, json};

/// Returns a mail as JSON.
pub(super) fn render(mail: &Mail<'_>) -> Value {
    let reading = match &mail.reading {
        Reading::Enquiries(enquiries) => ("enquiries", enquiries.iter().map(enquiry).collect()),
        Reading::NotALead(reason) => ("not_a_lead", json!({"reason": reason.name(), "text": reason.to_string()})),
    };
    object([
        ("envelope", envelope(&mail.envelope)),
        reading,
        ("attachments", mail.attachments.iter().map(attachment).collect()),
        ("answer", json!(mail.answer())),
        ("notes", json!(mail.notes)),
    ])
}

/// Returns an object without its empty fields.
fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let is_empty = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(all) => all.is_empty(),
        Value::Object(all) => all.is_empty(),
        _ => false,
    };
    Value::Object(
        fields.into_iter().filter(|(_, value)| !is_empty(value)).map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>(),
    )
}

fn mailbox(mailbox: Option<&Mailbox>) -> Value {
    json!(mailbox.map(|Mailbox { name, address }| name.as_ref().map_or(address.clone(), |name| format!("{name} <{address}>"))))
}

fn envelope(envelope: &Envelope) -> Value {
    let recipient =
        |one: &Recipient| format!("{}: {}", one.header, one.tag.as_ref().map_or(one.base.clone(), |tag| format!("{} +{tag}", one.base)));
    let verdicts = envelope.verdicts;
    let verdict = |verdict: Verdict| match verdict {
        Verdict::Missing => Value::Null,
        verdict => json!(format!("{verdict:?}").to_lowercase()),
    };
    object([
        ("from", mailbox(envelope.from.as_ref())),
        ("reply_to", mailbox(envelope.reply_to.as_ref())),
        ("recipients", envelope.recipients.iter().map(recipient).collect()),
        ("subject", json!(envelope.subject)),
        ("message_id", json!(envelope.message_id)),
        ("in_reply_to", json!(envelope.in_reply_to)),
        ("references", json!(envelope.references)),
        ("date", json!(envelope.date)),
        ("spam", verdict(verdicts.spam)),
        ("virus", verdict(verdicts.virus)),
        ("spf", verdict(verdicts.spf)),
        ("dkim", verdict(verdicts.dkim)),
        ("dmarc", verdict(verdicts.dmarc)),
        ("loops", json!(envelope.automatic.loops)),
        ("is_automatic", json!(envelope.is_automatic())),
    ])
}

fn attachment(attachment: &Attachment<'_>) -> Value {
    object([("name", json!(attachment.name)), ("media_type", json!(attachment.media_type)), ("bytes", json!(attachment.bytes.len()))])
}

fn enquiry(read: &MailEnquiry) -> Value {
    let RawEnquiry { source, provider, external_id, lead_type, contact, vehicles, trade_ins, message, requested_at, consents, resend } =
        &read.enquiry;
    let form = match read.form {
        Form::Adf => "adf",
        Form::Labelled => "labelled",
        Form::Letter => "letter",
    };
    object([
        ("form", json!(form)),
        ("source", json!(source)),
        ("provider", json!(provider)),
        ("external_id", json!(external_id)),
        ("lead_type", json!(lead_type)),
        ("contact", person(contact)),
        ("vehicles", vehicles.iter().map(vehicle).collect()),
        ("trade_ins", trade_ins.iter().map(vehicle).collect()),
        ("message", json!(message)),
        ("requested_at", json!(requested_at)),
        ("consents", consents.iter().map(|one| json!(one.text)).collect()),
        ("resend", json!(resend)),
        ("vendor_id", json!(read.vendor_id)),
        ("vendor_name", json!(read.vendor_name)),
        ("adf", json!(read.adf.as_ref().map(|adf| adf.starts_with('<') && adf.contains("prospect")))),
        ("flags", read.flags.iter().map(|(field, detail)| format!("{field}: {detail}")).collect()),
    ])
}

fn person(contact: &RawContact) -> Value {
    let RawContact { first_name, middle_name, last_name, company, emails, phones, preferred_channel, language, .. } = contact;
    let phones: Vec<Value> = phones
        .iter()
        .map(|phone| object([("number", json!(phone.number)), ("kind", json!(phone.kind)), ("time", json!(phone.time))]))
        .collect();
    let channel = preferred_channel.map(|channel| if channel == PreferredChannel::Email { "email" } else { "phone" });
    object([
        ("first_name", json!(first_name)),
        ("middle_name", json!(middle_name)),
        ("last_name", json!(last_name)),
        ("company", json!(company)),
        ("emails", json!(emails)),
        ("phones", json!(phones)),
        ("preferred_channel", json!(channel)),
        ("language", json!(language)),
        ("street", json!(contact.street)),
        ("postcode", json!(contact.postcode)),
        ("city", json!(contact.city)),
        ("country", json!(contact.country)),
    ])
}

fn vehicle(vehicle: &RawVehicle) -> Value {
    let RawVehicle { condition, year, make, model, trim, vin, stock_number, site, plate, colour, mileage, price, remarks } = vehicle;
    object([
        ("condition", json!(condition)),
        ("year", json!(year)),
        ("make", json!(make)),
        ("model", json!(model)),
        ("trim", json!(trim)),
        ("vin", json!(vin)),
        ("stock_number", json!(stock_number)),
        ("site", json!(site)),
        ("plate", json!(plate)),
        ("colour", json!(colour)),
        ("mileage", json!(mileage)),
        ("price", json!(price)),
        ("remarks", json!(remarks)),
    ])
}
