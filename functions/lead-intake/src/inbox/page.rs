//! A mail with its text, its raw form, and the decision that it needs no lead (INT-7).

use super::make::suggested;
use super::view::{Content, MailPageView, MailView};
use super::{dealer_of, found, is_safe, key_of, mail_of};
use crate::mail;
use forecourt_domain::base::{Refusal, Right};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::mail::IncomingMail;
use forecourt_edge::Platform;
use forecourt_edge::http::{Answer, Call, Problem, remembered, request};
use forecourt_edge::usecase::people::named;
use forecourt_edge::usecase::raw_mail::raw_mail;
use forecourt_store::{Load, Loaded};

/// `GET /dealers/{dealer}/mails/{mail}`.
pub(crate) async fn page(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let (dealer, mail) = found(platform, call, Right::ReadLeads).await?;
    let raw = if mail.has_virus() { None } else { platform.files.get(&mail.object).await? };
    let content = match &raw {
        _ if mail.has_virus() => Content::Virus,
        Some(raw) => Content::Shown(mail::shown(raw)),
        None => Content::Expired,
    };
    let is_for_lead = mail.outcome.is_without_lead() && !mail.has_virus() && mail.leads().next().is_none();
    let suggested = is_for_lead.then(|| suggested(&dealer, &mail, raw.as_deref()));
    let users = mail.handled.iter().filter_map(|handled| handled.by.user().cloned()).collect();
    let people = named(platform, call, Some(&dealer), users).await?;
    let view = MailPageView::of(&mail, content, suggested, people);
    Ok(Answer::new(200, &view)?.header("etag", format!("\"{}\"", mail.version)).about(&mail.id))
}

/// `GET /dealers/{dealer}/mails/{mail}/raw`.
pub(crate) async fn raw(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let (_, mail) = found(platform, call, Right::ReadLeads).await?;
    is_safe(&mail)?;
    Ok(raw_mail(platform, &mail.object, &format!("{}.eml", mail.id)).await?.about(&mail.id))
}

/// `POST /dealers/{dealer}/mails/{mail}/completion`.
pub(crate) async fn complete(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    let (by, now) = (call.scope.actor(), call.now);
    decide(platform, call, |mail| match mail.outcome.is_without_lead() {
        true => Ok(mail.completed(&by, now)),
        false => Err(Refusal::conflict("INT-7", "this mail became part of a lead by itself; it needs no decision")),
    })
    .await
}

/// `DELETE /dealers/{dealer}/mails/{mail}/completion`.
pub(crate) async fn reopen(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    decide(platform, call, IncomingMail::reopened).await
}

async fn decide(
    platform: &Platform,
    call: &Call,
    rule: impl Fn(&IncomingMail) -> Result<Option<IncomingMail>, Refusal>,
) -> Result<Answer, Problem> {
    let dealer = dealer_of(platform, call, Right::WorkLeads).await?;
    let key = key_of(call, &dealer)?;
    let request = request(platform, call, call.place());
    let versions = call.if_match()?;
    let load = Load::of([key.clone()].into_iter().chain(request.as_ref().map(|request| request.remembered_at())));
    let rule = |loaded: &Loaded, _| {
        let mail = mail_of(loaded, &key)?;
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
    Ok(Answer::new(200, &MailView::of(&mail))?.header("etag", format!("\"{}\"", mail.version)).about(&mail.id))
}
