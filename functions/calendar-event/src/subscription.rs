//! The end of advertising and service mails by the link of a mail, and their permission (PRV-6).
//!
//! Programs open the links of mails to check them. So `GET` changes nothing: only the form of the page, or the request of a mail program
//! that RFC 8058 defines, unsubscribes.

use crate::pages;
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use forecourt_domain::base::Refusal;
use forecourt_domain::decision::Decision;
use forecourt_domain::lead::Lead;
use forecourt_domain::messages::AddressState;
use forecourt_domain::rules::messages::subscription::{SubscriptionContext, is_subscribed, may_resubscribe, resubscribe, unsubscribe};
use forecourt_domain::settings::Dealer;
use forecourt_edge::auth::link::{Link, UnsubscribeLink};
use forecourt_edge::http::{Answer, Call, Problem};
use forecourt_edge::routes::Operation;
use forecourt_edge::usecase::lead::{enquiry_key, enquiry_of};
use forecourt_edge::{Platform, http};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, Load, Loaded};
use futures::FutureExt as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The request of a mail program that unsubscribes with one click (RFC 8058).
#[derive(Debug, Deserialize, ToSchema)]
pub struct UnsubscribeBody {
    /// `One-Click`.
    #[serde(rename = "List-Unsubscribe")]
    #[schema(example = "One-Click")]
    pub list_unsubscribe: String,
}

/// Whether the recipient of a mail gets advertising and service mails of the group.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriptionView {
    /// Name of the dealer that sent the mail.
    pub dealer: String,
    /// Whether the recipient gets such mails. `false` after the link ended them.
    pub subscribed: bool,
}

/// Whether an address gets the mails, and whether the link permits them again if not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subscription {
    pub(crate) subscribed: bool,
    pub(crate) may_resubscribe: bool,
}

impl Subscription {
    fn of(state: Option<&AddressState>) -> Self {
        Self { subscribed: is_subscribed(state), may_resubscribe: may_resubscribe(state) }
    }
}

/// The name of the field that unsubscribes.
const FIELD: &str = "List-Unsubscribe";
/// Its value.
const ONE_CLICK: &str = "One-Click";
/// The proof of a request that a mail program sent.
const BY_PROGRAM: &str = "One-click unsubscription in the recipient's mail program (RFC 8058)";
/// The proof of a program's request that permits the mails again.
const AGAIN_BY_PROGRAM: &str = "Subscription again by the link of a mail, in the recipient's program";

/// Handles a request by the link of a mail, as JSON or as a page.
pub(crate) async fn handle(platform: &Platform, event: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
    let reader = pages::Reader::of(&event.headers);
    let operate = async |call: Call| operate(platform, &call, &reader).boxed().await;
    if !reader.prefers_page {
        return http::answer(platform, event, operate).await;
    }
    http::answer_as(platform, event, operate, |problem| pages::problem(&problem, &reader, None)).await
}

async fn operate(platform: &Platform, call: &Call, reader: &pages::Reader) -> Result<Answer, Problem> {
    let Some(Link::Unsubscribe(link)) = call.link.clone() else { return Err(Problem::no_link().under("PRV-6")) };
    let request = SubscriptionRequest { platform, call, link: &link, reader };
    let (dealer, subscription) = match call.operation {
        Operation::ShowSubscription => request.read().await?,
        Operation::Unsubscribe if is_one_click(call) => request.change(false).await?,
        Operation::Unsubscribe => {
            return Err(Problem::malformed("the body must be a form with List-Unsubscribe=One-Click (RFC 8058)"));
        }
        Operation::Resubscribe => request.change(true).await?,
        _ => return Err(Problem::wrong_function()),
    };
    let answer = match reader.prefers_page {
        true => {
            let up = if call.operation == Operation::Resubscribe { "../" } else { "" };
            let base = format!("{up}{}", call.part::<String>("token", "link")?);
            pages::subscription(reader, &dealer, subscription, base)?
        }
        false => {
            let Subscription { subscribed, .. } = subscription;
            Answer::new(200, &SubscriptionView { dealer: dealer.settings.name.clone(), subscribed })?
        }
    };
    Ok(answer.about(&link.lead))
}

/// Whether a body unsubscribes: `List-Unsubscribe=One-Click` in one of the two forms that RFC 8058 permits.
fn is_one_click(call: &Call) -> bool {
    match call.media_type().as_deref() {
        Some("multipart/form-data") => {
            let body = String::from_utf8_lossy(&call.body);
            let mut lines = body.lines().map(str::trim);
            let is_field = |line: &str| line.to_ascii_lowercase().starts_with("content-disposition:") && line.contains(FIELD);
            lines.any(is_field) && lines.any(|line| line == ONE_CLICK)
        }
        _ => call.form(FIELD).as_deref() == Some(ONE_CLICK),
    }
}

/// A request by the link of a mail.
#[derive(Clone, Copy)]
struct SubscriptionRequest<'a> {
    platform: &'a Platform,
    call: &'a Call,
    link: &'a UnsubscribeLink,
    reader: &'a pages::Reader,
}

impl SubscriptionRequest<'_> {
    fn keys(&self) -> [Key; 2] {
        [Key::Dealer(self.link.dealer.clone()), Key::AddressState(self.link.key.clone())]
    }

    async fn read(&self) -> Result<(Dealer, Subscription), Problem> {
        let loaded = self.platform.store.load(&self.call.scope, &Load::of(self.keys())).await?;
        let dealer = loaded.dealer(&self.link.dealer).ok_or(Refusal::NotFound("link"))?;
        Ok((dealer.clone(), Subscription::of(loaded.address_state(&self.link.key))))
    }

    /// Ends the mails or permits them again. Returns the dealer, and whether the recipient gets them.
    async fn change(&self, permit: bool) -> Result<(Dealer, Subscription), Problem> {
        let UnsubscribeLink { dealer, key, lead } = self.link;
        let load = Load::of(self.keys().into_iter().chain([Key::Lead(*lead)]))
            .then(|loaded| loaded.lead(*lead).map(|_| enquiry_key(loaded, *lead)).into_iter().collect());
        let rule = |loaded: &Loaded, _| {
            let dealer = loaded.dealer(dealer).ok_or(Refusal::NotFound("link"))?;
            let lead = loaded.lead(*lead);
            let address = lead.and_then(|lead| self.address(lead, loaded)).unwrap_or_default();
            let text = self.proof(dealer);
            let context =
                SubscriptionContext { key, state: loaded.address_state(key), lead, address: &address, text: &text, now: self.call.now };
            let decision: Option<Decision> = if permit { resubscribe(context) } else { unsubscribe(context) };
            let before = loaded.address_state(key);
            let after = decision.as_ref().and_then(state_of).or(before);
            let subscription = Subscription::of(after);
            Ok((decision, (dealer.clone(), subscription)))
        };
        let changed: Result<_, Failure> = self.platform.store.decide(&self.call.scope, load, rule).await;
        Ok(changed?)
    }

    /// Returns the address of the lead's contact to which the mail was sent. `None` if no contact has it any more.
    fn address(&self, lead: &Lead, loaded: &Loaded) -> Option<String> {
        let secret = self.platform.store.secret();
        let people = lead.people(enquiry_of(loaded, lead));
        let mut emails = people.iter().flat_map(|contact| &contact.person.emails);
        emails.find(|email| secret.channel(&self.call.scope, &email.key()) == self.link.key).map(ToString::to_string)
    }

    /// Returns the text that the recipient saw when the request was made.
    fn proof(&self, dealer: &Dealer) -> String {
        match (self.reader.prefers_page, self.call.operation == Operation::Resubscribe) {
            (true, false) => pages::subscription_text(self.reader, dealer, "mails_on"),
            (true, true) => pages::subscription_text(self.reader, dealer, "mails_again"),
            (false, false) => BY_PROGRAM.to_owned(),
            (false, true) => AGAIN_BY_PROGRAM.to_owned(),
        }
    }
}

fn state_of(decision: &Decision) -> Option<&AddressState> {
    use forecourt_domain::decision::Item;
    decision.items.iter().find_map(|item| if let Item::AddressState(state) = item { Some(state) } else { None })
}
