//! The inbox of a dealer: mails that arrived, and the decisions of users about those without a lead (INT-7).

mod list;
mod make;
mod many;
mod page;
mod trial;
mod view;

pub(crate) use list::list;
pub(crate) use make::make;
pub(crate) use many::complete_many;
pub use many::{MailResult, MailResultsView, MailsBody};
pub(crate) use page::{complete, page, raw, reopen};
pub(crate) use trial::try_layouts;
pub use trial::{MailTrialBody, MailTrialView, TriedEnquiryView, TriedLabelView};
pub use view::{
    MailFileView, MailHandledView, MailLeadRef, MailListView, MailOutcomeView, MailPageView, MailStepView, MailView, SuggestedLead,
    VerdictsView,
};

use forecourt_domain::base::{DealerId, MailId, Refusal, Right};
use forecourt_domain::mail::IncomingMail;
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::http::{Call, Problem};
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};
use std::sync::Arc;

/// Returns the dealer of a request whose sender has a right on its mails.
async fn dealer_of(platform: &Platform, call: &Call, right: Right) -> Result<Arc<Dealer>, Problem> {
    call.scope.needs(Right::ReadLeads)?;
    call.scope.needs(right)?;
    let id: DealerId = call.part("dealer", "dealer")?;
    call.scope.reaches(&id)?;
    let dealer = platform.store.dealer(&call.scope, &id).await?.ok_or(Refusal::NotFound("dealer"))?;
    call.scope.needs_on_mail(right, &dealer, call.now)?;
    Ok(dealer)
}

/// Returns the key of the mail of a request.
fn key_of(call: &Call, dealer: &Dealer) -> Result<Key, Refusal> {
    let id: MailId = call.part("mail", "mail")?;
    Ok(Key::IncomingMail(id, dealer.id.clone()))
}

/// Returns a loaded mail.
fn mail_of<'a>(loaded: &'a Loaded, key: &Key) -> Result<&'a IncomingMail, Refusal> {
    let Key::IncomingMail(id, dealer) = key else { return Err(Refusal::NotFound("mail")) };
    loaded.incoming_mail(id, dealer).ok_or(Refusal::NotFound("mail"))
}

/// Returns the dealer and the mail of a request whose sender has a right on it.
async fn found(platform: &Platform, call: &Call, right: Right) -> Result<(Arc<Dealer>, IncomingMail), Problem> {
    let dealer = dealer_of(platform, call, right).await?;
    let key = key_of(call, &dealer)?;
    let loaded = platform.store.load(&call.scope, &Load::of([key.clone()])).await?;
    let mail = mail_of(&loaded, &key)?.clone();
    Ok((dealer, mail))
}

/// Refuses the content of a mail whose virus check failed.
fn is_safe(mail: &IncomingMail) -> Result<(), Refusal> {
    match mail.has_virus() {
        true => Err(Refusal::conflict("INT-7", "the virus check of this mail failed; its content is not available")),
        false => Ok(()),
    }
}
