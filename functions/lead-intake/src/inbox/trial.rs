//! `POST /dealers/{dealer}/mail-layouts/dry-run`: what layouts read from a mail, without storing anything (INT-1).

use super::view::SuggestedLead;
use super::{is_safe, mail_of};
use crate::answer::FlagBody;
use crate::mail::{Layouts, Reading, TriedMail, tried};
use crate::mail_in::raw_mail;
use forecourt_domain::base::text::is_text;
use forecourt_domain::base::{DealerId, Email, Fault, MailId, Refusal, Right};
use forecourt_domain::enquiry::RawVehicle;
use forecourt_domain::settings::{Dealer, MailLayout};
use forecourt_edge::Platform;
use forecourt_edge::formats::json::{Loose, Text};
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::{Array, ArrayBuilder, Ref};

/// The longest text, in characters.
const MAX_TEXT: usize = 100_000;

/// A mail to be read by layouts, without storing anything.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"text": "Kunde: Jana Petersen\nMail: jana@example.com\nWunsch: Corsa", "from": "form@website.example",
    "mail_layouts": [{"source": "Website", "senders": ["website.example"], "labels": {"Kunde": "full_name", "Wunsch": "vehicle"}}]}))]
pub struct MailTrialBody {
    /// Id of a mail of the dealer. Either this or `text`.
    #[schema(value_type = Option<String>)]
    mail: Loose<Text>,
    /// Text of a mail, 1 to 100,000 characters.
    #[schema(value_type = Option<String>, max_length = 100_000)]
    text: Loose<Text>,
    /// Address of the sender of `text`, which selects the layout.
    #[schema(value_type = Option<String>, max_length = 254)]
    from: Loose<Text>,
    /// The layouts, as in the settings of the mailbox; those of the dealer if absent.
    #[schema(schema_with = layouts, required = false)]
    mail_layouts: Loose<Value>,
}

/// The schema of the layouts: that of the settings of the mailbox.
fn layouts() -> Array {
    let about = "The layouts, as in the settings of the mailbox; those of the dealer if absent.";
    ArrayBuilder::new().items(Ref::from_schema_name("MailLayoutBody")).max_items(Some(200)).description(Some(about)).build()
}

/// What layouts read from a mail.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailTrialView {
    /// The sender by whose layout the mail is read; `null` if it names none. Of a forwarded mail it is the sender of the original.
    pub sender: Option<String>,
    /// The source of the layout that names this sender; `null` if none does.
    pub layout: Option<String>,
    /// The labels that are known, in the order of the mail. Values of more than 200 characters are cut.
    pub values: Vec<TriedLabelView>,
    /// The labels that no layout knows.
    pub unknown: Vec<TriedLabelView>,
    /// The enquiries of the mail; empty if it makes no lead.
    pub enquiries: Vec<TriedEnquiryView>,
    /// Why it makes no lead, as the reason of a mail in the inbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// The reason in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// A label of a mail.
#[derive(Debug, Serialize, ToSchema)]
pub struct TriedLabelView {
    /// The label as the mail writes it.
    pub label: String,
    /// The field that it means; absent if it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<&'static str>,
    /// The value; empty if the mail states none.
    pub value: String,
}

/// An enquiry of a mail.
#[derive(Debug, Serialize, ToSchema)]
pub struct TriedEnquiryView {
    #[serde(flatten)]
    #[expect(missing_docs, reason = "its fields are those of an enquiry")]
    pub lead: SuggestedLead,
    /// The vehicle in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vehicle: Option<String>,
    /// The vehicle that the customer offers in part payment, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trade_in: Option<String>,
    /// Data that a person should check.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<FlagBody>,
}

/// A checked request.
struct Trial {
    mail: Option<MailId>,
    /// The text as a mail.
    raw: Vec<u8>,
    layouts: Option<Vec<MailLayout>>,
}

impl MailTrialBody {
    fn check(self) -> Result<Trial, Refusal> {
        let mut faults = Vec::new();
        let mail = self.mail.text("mail", &mut faults);
        let text = self.text.text("text", &mut faults);
        if faults.is_empty() && mail.is_some() == text.is_some() {
            faults.push(Fault::new("mail", "INT-1", "send either mail or text"));
        }
        if text.as_ref().is_some_and(|text| !is_text(text, MAX_TEXT)) {
            faults.push(Fault::new("text", "INT-1", format!("must be 1 to {MAX_TEXT} characters without control characters")));
        }
        let from = self.from.text("from", &mut faults).filter(|from| !from.trim().is_empty());
        let from = from.and_then(|from| Email::parse(&from).map_err(|_| faults.push(Fault::new("from", "INT-1", NO_ADDRESS))).ok());
        let layouts = match self.mail_layouts {
            Loose::Here(layouts) => serde_json::from_value::<Vec<MailLayout>>(layouts).map(Some).unwrap_or_else(|_| {
                faults.push(Fault::new("mail_layouts", "INT-1", "must be a list of layouts, each with source, senders and labels"));
                None
            }),
            _ => None,
        };
        MailLayout::check_all(layouts.as_deref().unwrap_or_default(), &mut faults);
        if !faults.is_empty() {
            return Err(Refusal::Invalid(faults));
        }
        let from = from.map(|from| format!("From: {}\r\n", from.wire())).unwrap_or_default();
        let raw = format!("{from}Content-Type: text/plain; charset=utf-8\r\n\r\n{}", text.unwrap_or_default()).into_bytes();
        let id = |mail: String| MailId::parse(mail.trim()).map_err(|_| Refusal::NotFound("mail"));
        Ok(Trial { mail: mail.map(id).transpose()?, raw, layouts })
    }
}

const NO_ADDRESS: &str = "must be an e-mail address";

pub(crate) async fn try_layouts(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ReadSettings)?;
    let id: DealerId = call.part("dealer", "dealer")?;
    call.scope.reaches(&id)?;
    let dealer = platform.store.dealer(&call.scope, &id).await?.ok_or(Refusal::NotFound("dealer"))?;
    let Trial { mail, raw, layouts } = call.json::<MailTrialBody>()?.check()?;
    let raw = match &mail {
        Some(mail) => stored(platform, call, (&dealer, mail)).await?,
        None => raw,
    };
    let own = layouts.unwrap_or_else(|| dealer.settings.mail_layouts.clone());
    let layouts = Layouts::standard().with(own).map_err(|e| Failure::Broken(e.into()))?;
    Ok(Answer::new(200, &MailTrialView::of(tried(&raw, &layouts)))?.about(&id))
}

/// Reads the content of a mail of the dealer.
async fn stored(platform: &Platform, call: &Call, (dealer, mail): (&Dealer, &MailId)) -> Result<Vec<u8>, Problem> {
    call.scope.needs_on_mail(Right::ReadLeads, dealer, call.now)?;
    let key = Key::IncomingMail(mail.clone(), dealer.id.clone());
    let loaded = platform.store.load(&call.scope, &Load::of([key.clone()])).await?;
    let mail = mail_of(&loaded, &key)?;
    is_safe(mail)?;
    mail.raw_not_erased()?;
    let raw = raw_mail(platform, &mail.object).await?;
    Ok(raw.ok_or_else(|| Refusal::gone("INT-2", "the raw input has expired"))?.bytes)
}

impl MailTrialView {
    fn of(TriedMail { sender, layout, values, unknown, reading }: TriedMail) -> Self {
        let (enquiries, reason, detail) = match reading {
            Reading::Enquiries(enquiries) => (enquiries, None, None),
            Reading::NotALead(reason) => (Vec::new(), Some(reason.name()), Some(reason.to_string())),
        };
        let enquiry = |mut one: crate::mail::MailEnquiry| {
            let vehicle = one.enquiry.vehicles.first().and_then(line_of);
            let trade_in = one.enquiry.trade_ins.first().and_then(line_of);
            let flags = std::mem::take(&mut one.flags).into_iter().map(|(field, detail)| FlagBody { field, detail }).collect();
            TriedEnquiryView { lead: SuggestedLead::of(one.enquiry), vehicle, trade_in, flags }
        };
        Self {
            sender,
            layout,
            values: values
                .into_iter()
                .map(|one| TriedLabelView { label: one.label, field: Some(one.field.name()), value: one.value })
                .collect(),
            unknown: unknown.into_iter().map(|(label, value)| TriedLabelView { label, field: None, value }).collect(),
            enquiries: enquiries.into_iter().map(enquiry).collect(),
            reason,
            detail,
        }
    }
}

/// Returns a vehicle in one line. `None` if nothing of it is known.
fn line_of(vehicle: &RawVehicle) -> Option<String> {
    let RawVehicle { year, make, model, trim, plate, vin, stock_number, mileage, colour, price, .. } = vehicle;
    let parts = [year, make, model, trim, colour, plate, vin, stock_number, mileage, price];
    let line = parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then_some(line)
}
