//! Signing secrets for partners' ping-backs (APT-4): created here, shown once.

use chrono::{DateTime, Utc};
use forecourt_domain::access::{AccessEvent, AccessRecord};
use forecourt_domain::base::{Fault, PartnerId, Refusal, Right};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::people::{NewSecret, Signing};
use forecourt_edge::Platform;
use forecourt_edge::formats::json::Loose;
use forecourt_edge::http::{Answer, Call, Problem, Request, request};
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded, short};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Rotates a partner's signing secret.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RotationBody {
    /// Hours for which the previous secret stays valid, 0 to 168. Defaults to 24.
    #[schema(value_type = Option<u32>)]
    previous_good_for_hours: Loose<u32>,
}

/// A secret for the partner. It is shown once; only a repeat of the same request shows it again.
#[derive(Debug, Serialize, ToSchema)]
pub struct SigningSecretView {
    /// Id of the partner.
    pub partner: String,
    /// The secret in the format of Standard Webhooks.
    #[schema(example = "whsec_…")]
    pub secret: String,
    /// URL to which the partner sends its ping-backs.
    pub url: String,
    /// Start of validity.
    pub since: DateTime<Utc>,
    /// End of validity of the previous secret.
    pub previous_until: Option<DateTime<Utc>>,
}

/// `POST /partners/{partner}/signing-secret`, for users who manage the whole group.
pub(crate) async fn rotate(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ManageUsers)?;
    if !call.scope.reaches_all() {
        return Err(Refusal::NotFound("partner").into());
    }
    let partner: PartnerId = call.part("partner", "partner")?;
    let mut faults: Vec<Fault> = Vec::new();
    let hours = call.json::<RotationBody>()?.previous_good_for_hours.take("previous_good_for_hours", "a number of hours", &mut faults);
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let hours = hours.unwrap_or(Signing::HOURS);
    let secret = platform.store.secret();
    let request = request(platform, call, &partner);
    // Signatures go by real time, and so do the secrets that they are made with.
    let (now, name) = (platform.wall.now(), secret.ping_back_name(platform.ids.next()));
    let keys = [Key::Partner(partner.clone()), Key::Signing(partner.clone())];
    let load = Load::of(keys.into_iter().chain(request.as_ref().map(Request::remembered_at)));
    let rule = |loaded: &Loaded, _| {
        let known = loaded.partner(&partner).ok_or(Refusal::NotFound("partner"))?;
        let before = loaded.signing(&partner);
        if let Some(request) = &request
            && let Some(name) = request.answered(loaded, call.now)?
        {
            let replaced = || Refusal::conflict("APT-4", "the secret that this request created has been replaced and is not shown again");
            return Ok((None, (before.filter(|signing| signing.current == name).cloned().ok_or_else(replaced)?, true)));
        }
        let new = NewSecret { name: name.clone(), by: call.scope.actor(), since: now };
        let made = Signing::rotated(before, &partner, new, hours)?;
        // The group's admins are notified, because the owner of the secret can report on appointments (ACC-1).
        let event = AccessEvent::PartnerSecret { partner: partner.clone() };
        let dealer = known.dealers.first().cloned().or_else(|| call.scope.any_dealer());
        let record = dealer.map(|dealer| {
            let id = format!("secret-{partner}-{}", short(&name));
            let record = AccessRecord { id, at: call.now, by: call.scope.actor(), event, notice: None };
            Item::AccessRecord(Box::new(record.notified_for(dealer)))
        });
        let decision = Decision::default().with(Item::Signing(made.clone())).with_some(record);
        let decision = match &request {
            Some(request) => request.answering(decision, name.clone(), call.now),
            None => decision,
        };
        Ok((Some(decision), (made, false)))
    };
    let (signing, again) = platform.store.decide(&call.scope, load, rule).await?;
    call.note_repeat(again);
    // Only a repeat can find that the key of its secret is no longer valid.
    let ended = || Refusal::conflict("APT-4", "the secret that this request created is no longer valid; create another one");
    let view = SigningSecretView {
        partner: partner.to_string(),
        secret: secret.webhook(&call.scope, &partner, &signing.current).ok_or_else(ended)?.text(),
        url: format!("{}/pingbacks/{}/{partner}", platform.public_url, call.scope.group()),
        since: signing.since,
        previous_until: signing.earlier.first().map(|previous| previous.until),
    };
    Ok(Answer::new(201, &view)?.about(&partner))
}
