//! What partners sign their ping-backs with (APT-4): made here, shown once.

use chrono::{DateTime, Utc};
use forecourt_domain::base::{Fault, PartnerId, Refusal, Right};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::people::Signing;
use forecourt_edge::Platform;
use forecourt_edge::formats::json::Loose;
use forecourt_edge::http::{Answer, Call, Problem, Request, request};
use forecourt_store::keys::Key;
use forecourt_store::{Load, Loaded};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A new secret.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RotationBody {
    /// Hours for which the secret before stays good, 0 to 168; 24, if not said.
    #[schema(value_type = Option<u32>)]
    previous_good_for_hours: Loose<u32>,
}

/// A secret, for the partner alone. It is not shown again, but to a repeat of the same request.
#[derive(Debug, Serialize, ToSchema)]
pub struct SigningSecretView {
    /// Whose.
    pub partner: String,
    /// The secret, as Standard Webhooks writes it.
    #[schema(example = "whsec_…")]
    pub secret: String,
    /// Where the partner sends its ping-backs to.
    pub url: String,
    /// Since when it is good.
    pub since: DateTime<Utc>,
    /// Until when the one before is.
    pub previous_until: Option<DateTime<Utc>>,
}

/// `POST /partners/{partner}/signing-secret`, by who manages the group's people and systems.
pub(crate) async fn rotate(platform: &Platform, call: &Call) -> Result<Answer, Problem> {
    call.scope.needs(Right::ManageUsers)?;
    if !call.scope.reaches_all() {
        return Err(Refusal::NotFound("partner").into());
    }
    let partner: PartnerId = call.part("partner", "partner")?;
    let hours = match call.body.iter().all(u8::is_ascii_whitespace) {
        true => Signing::HOURS,
        false => {
            let mut faults: Vec<Fault> = Vec::new();
            let hours =
                call.json::<RotationBody>()?.previous_good_for_hours.take("previous_good_for_hours", "a number of hours", &mut faults);
            if !faults.is_empty() {
                return Err(Problem::invalid(faults));
            }
            hours.unwrap_or(Signing::HOURS)
        }
    };
    let secret = platform.store.secret();
    let request = request(platform, call, &partner);
    // Signatures go by real time, and so do the secrets that they are made with.
    let (now, name) = (platform.wall.now(), platform.ids.next());
    let keys = [Key::Partner(partner.clone()), Key::Signing(partner.clone())];
    let load = Load::of(keys.into_iter().chain(request.as_ref().map(Request::remembered_at)));
    let rule = |loaded: &Loaded, _| {
        loaded.partner(&partner).ok_or(Refusal::NotFound("partner"))?;
        let before = loaded.signing(&partner);
        if let Some(request) = &request
            && let Some(name) = request.answered(loaded, call.now)?
        {
            let replaced =
                || Refusal::Conflict("the secret that this request made was replaced since, and is not shown again (APT-4)".into());
            return Ok((None, (before.filter(|signing| signing.current == name).cloned().ok_or_else(replaced)?, true)));
        }
        let made = Signing::rotated(before, &partner, name.clone(), hours, call.scope.actor(), now)?;
        let decision = Decision::default().with(Item::Signing(made.clone()));
        let decision = match &request {
            Some(request) => request.answering(decision, name.clone(), call.now),
            None => decision,
        };
        Ok((Some(decision), (made, false)))
    };
    let (signing, again) = platform.store.decide(&call.scope, load, rule).await?;
    call.note_repeat(again);
    let view = SigningSecretView {
        partner: partner.to_string(),
        secret: secret.webhook(&call.scope, &partner, &signing.current).text(),
        url: format!("{}/pingbacks/{}/{partner}", platform.public_url, call.scope.group()),
        since: signing.since,
        previous_until: signing.earlier.first().map(|previous| previous.until),
    };
    Ok(Answer::new(201, &view)?.about(&partner))
}
