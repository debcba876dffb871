//! A mail with its text, its raw form, and the decision that it needs no lead (INT-7).

use super::make::suggested;
use super::view::{Content, MailPageView, MailView};
use super::{dealer_of, found, is_safe, key_of, mail_of};
use crate::mail;
use crate::mail_in::{layouts, raw_mail};
use forecourt_domain::base::{MailId, Refusal, Right};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::mail::IncomingMail;
use forecourt_domain::settings::Dealer;
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, remembered, request};
use forecourt_edge::usecase::people::named;
use forecourt_edge::usecase::raw_mail::raw_mail as download;
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};

/// `GET /dealers/{dealer}/mails/{mail}`.
pub(crate) async fn page(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let (dealer, mail) = found(platform, call, Right::ReadLeads).await?;
    let raw = if mail.has_virus() { None } else { raw_mail(platform, &mail.object).await? };
    let content = match &raw {
        _ if mail.has_virus() => Content::Virus,
        Some(raw) => Content::Shown(mail::shown(&raw.bytes)),
        None => Content::Expired,
    };
    let is_for_lead = mail.outcome.is_without_lead() && mail.erased.is_none() && !mail.has_virus() && mail.leads().next().is_none();
    let raw = raw.as_ref().map(|raw| raw.bytes.as_slice());
    let suggested = is_for_lead.then(|| suggested(&layouts(platform, &dealer), &mail, raw).0);
    let users = mail.handled.iter().filter_map(|handled| handled.by.user().cloned()).collect();
    let people = named(platform, call, Some(&dealer), users).await?;
    let view = MailPageView::of(&mail, content, suggested, people);
    Ok(Answer::new(200, &view)?.header("etag", format!("\"{}\"", mail.version)).about(&mail.id))
}

/// `GET /dealers/{dealer}/mails/{mail}/raw`.
pub(crate) async fn raw(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let (_, mail) = found(platform, call, Right::ReadLeads).await?;
    is_safe(&mail)?;
    mail.raw_not_erased()?;
    Ok(download(platform, &mail.object, &format!("{}.eml", mail.id)).await?.about(&mail.id))
}

/// A decision about one mail of a request.
pub(super) struct Decided {
    pub(super) key: Key,
    /// The versions of the mail on which the decision is based. `None` means any.
    versions: Option<Vec<u64>>,
    /// The subject of the `Idempotency-Key`.
    place: String,
}

impl Decided {
    /// The decision of a request about one mail.
    async fn of(platform: &Platform, call: &Call) -> Result<Self, Problem> {
        let dealer = dealer_of(platform, call, Right::WorkLeads).await?;
        Ok(Self { key: key_of(call, &dealer)?, versions: call.if_match()?, place: call.place() })
    }

    /// The decision about one of the mails of a request.
    pub(super) fn among(call: &Call, dealer: &Dealer, id: &MailId) -> Self {
        let key = Key::IncomingMail(id.clone(), dealer.id.clone());
        Self { key, versions: None, place: format!("{} {id}", call.place()) }
    }
}

/// `POST /dealers/{dealer}/mails/{mail}/completion`.
pub(crate) async fn complete(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    answer(&complete_one(platform, call, &Decided::of(platform, call).await?).await?)
}

/// Marks a mail as handled.
pub(super) async fn complete_one(platform: &Platform, call: &Call, decided: &Decided) -> Result<IncomingMail, Problem> {
    let (by, now) = (call.scope.actor(), call.now);
    let rule = |mail: &IncomingMail| match mail.outcome.is_without_lead() {
        true => Ok(mail.completed(&by, now)),
        false => Err(Refusal::conflict("INT-7", "this mail is already part of a lead; it needs no decision")),
    };
    decide(platform, call, decided, rule).await
}

/// `DELETE /dealers/{dealer}/mails/{mail}/completion`.
pub(crate) async fn reopen(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    answer(&decide(platform, call, &Decided::of(platform, call).await?, IncomingMail::reopened).await?)
}

fn answer(mail: &IncomingMail) -> Result<Answer, Problem> {
    Ok(Answer::new(200, &MailView::of(mail))?.header("etag", format!("\"{}\"", mail.version)).about(&mail.id))
}

async fn decide(
    platform: &Platform,
    call: &Call,
    Decided { key, versions, place }: &Decided,
    rule: impl Fn(&IncomingMail) -> Result<Option<IncomingMail>, Refusal>,
) -> Result<IncomingMail, Problem> {
    let request = request(platform, call, place);
    let load = Load::of([key.clone()].into_iter().chain(request.as_ref().map(|request| request.remembered_at())));
    let rule = |loaded: &Loaded, _| {
        let mail = mail_of(loaded, key)?;
        if request.as_ref().map(|request| request.done(loaded, call.now)).transpose()?.flatten().is_some() {
            return Ok((None, (mail.clone(), true)));
        }
        if versions.as_ref().is_some_and(|versions| !versions.contains(&mail.version)) {
            return Err(Refusal::Stale { current: mail.version });
        }
        let after = rule(mail)?;
        let decision = after.clone().map(|after| Decision::default().with(Item::IncomingMail(Box::new(after))));
        Ok((remembered(request.as_ref(), decision, mail.version, call.now), (after.unwrap_or_else(|| mail.clone()), false)))
    };
    let (mail, repeated) = platform.store.decide(&call.scope, load, rule).await?;
    call.note_repeat(repeated);
    Ok(mail)
}
