//! The only way to change a dealer's settings: with `If-Match`, checked as a whole, recorded in the history (SET-10).

use crate::bookings::{self, BookingsAffectedView};
use crate::hand_over::HandOverRequest;
use forecourt_domain::base::{DealerId, Refusal, UserId};
use forecourt_domain::bookings::{BookingWatch, affected_range};
use forecourt_domain::decision::{Decision, Item};
use forecourt_domain::privacy::Retention;
use forecourt_domain::rules::hand_over::{self, Asked, Change};
use forecourt_domain::rules::settings;
use forecourt_domain::settings::{Absence, Dealer, DealerSettings, HandOver, Member, NumberChange, Settings};
use forecourt_edge::Platform;
use forecourt_edge::http::{Call, Problem};
use forecourt_store::keys::Key;
use forecourt_store::{Failure, LeadAddressName, Load, Loaded, number_claims, number_keys};

/// Returns the versions that `If-Match` lists.
///
/// # Errors
/// 428 if the header is missing.
pub(crate) fn required_versions(call: &Call) -> Result<Vec<u64>, Problem> {
    call.if_match()?
        .ok_or_else(|| Problem::precondition_required("If-Match header required: send the ETag of the version that you read (SET-10)"))
}

/// A dealer before and after a change.
pub(crate) struct Saved {
    /// The dealer before the change. `None` if the settings had the requested values already.
    before: Option<Dealer>,
    /// The dealer after the change; in a dry run, as it stays.
    pub(crate) dealer: Dealer,
    /// The dealer that the change would make. `None` unless it is a dry run.
    dry: Option<Dealer>,
    /// The orders that hand over the work of users who lost it by the change (DIS-12).
    pub(crate) orders: Vec<HandOver>,
    /// The new absences that were not stored, because they had ended (DIS-4).
    pub(crate) past: Vec<(UserId, Absence)>,
}

impl Saved {
    /// Returns the bookings that the change affects (APT-9).
    pub(crate) async fn bookings(&self, platform: &Platform, call: &Call) -> Result<BookingsAffectedView, Failure> {
        match self.change() {
            Some((before, after)) => Box::pin(bookings::newly_affected(platform, call, before, after)).await,
            None => Ok(BookingsAffectedView::default()),
        }
    }

    /// Returns the dealer before and after the change; in a dry run, after the change that it would make. `None` if nothing changes.
    pub(crate) fn change(&self) -> Option<(&Dealer, &Dealer)> {
        self.before.as_ref().map(|before| (before, self.dry.as_ref().unwrap_or(&self.dealer)))
    }
}

/// Returns the absences of `entered` that are new and that `kept`, which has no ended ones, leaves out.
fn past(before: &DealerSettings, entered: &DealerSettings, kept: &DealerSettings) -> Vec<(UserId, Absence)> {
    let of_member = |member: &Member| {
        let has = |settings: &DealerSettings, absence: &Absence| {
            settings.member(&member.user).is_some_and(|member| member.absences.contains(absence))
        };
        let dropped = member.absences.iter().filter(|absence| !has(kept, absence) && !has(before, absence));
        dropped.map(|absence| (member.user.clone(), absence.clone())).collect::<Vec<_>>()
    };
    entered.members.iter().flat_map(of_member).collect()
}

/// Saves the settings that `make` returns, if the stored version is one of `versions`.
pub(crate) async fn save(
    platform: &Platform,
    call: &Call,
    id: &DealerId,
    versions: &[u64],
    make: impl Fn(&Dealer) -> Result<Settings, Refusal> + Send + Sync,
) -> Result<Saved, Failure> {
    save_and_hand_over(platform, (call, &HandOverRequest::default()), id, versions, make).await
}

/// Saves the settings that `make` returns, and orders the hand-over of work that the request asks for. In a dry run nothing is saved: the
/// dealer is as before, and the orders are those that the change would make.
pub(crate) async fn save_and_hand_over(
    platform: &Platform,
    (call, request): (&Call, &HandOverRequest),
    id: &DealerId,
    versions: &[u64],
    make: impl Fn(&Dealer) -> Result<Settings, Refusal> + Send + Sync,
) -> Result<Saved, Failure> {
    let by = call.scope.actor();
    let asked = Asked { to: request.to.as_ref(), despite: &request.despite, about: None, by: &by, now: call.now };
    let named = |loaded: &Loaded| -> Vec<Key> {
        let Some(before) = loaded.dealer(id) else { return Vec::new() };
        let Ok(after) = make(before) else { return Vec::new() };
        let after = after.with_orders_of_absences(&before.settings, call.now);
        let users = settings::newcomers(&before.settings, &after).cloned().map(Key::User);
        let entrusted = settings::entrusted(&before.settings, &after).into_iter().map(|(_, user)| Key::User(user.clone()));
        let orders = hand_over::concerned(&before.settings, &after, asked).into_iter().map(|order| Key::HandOver(id.clone(), order));
        let target = request.target_keys(before);
        let texts = settings::new_plan_texts(&before.settings, &after).next().map(|_| Key::DealerTexts(id.clone()));
        let address = after.lead_address.as_ref().map(LeadAddressName::new);
        let address = address.iter().flat_map(|address| address.keys(loaded)).collect::<Vec<_>>();
        users
            .chain(entrusted)
            .chain(orders)
            .chain(target)
            .chain(texts)
            .chain(address)
            .chain(number_keys(NumberChange::of(call.scope.group(), id, Some(&before.settings), &after), loaded))
            .chain(settings::new_sites(&before.settings, &after).cloned().map(Key::Dealer))
            .collect()
    };
    let load = Load::of([Key::Dealer(id.clone()), Key::Recompute(id.clone()), Key::BookingWatch(id.clone()), Key::Retention(id.clone())])
        .then(named);
    let rule = |loaded: &Loaded, _| {
        let before = loaded.dealer(id).ok_or(Refusal::NotFound("dealer"))?;
        let entered = make(before)?.with_orders_of_absences(&before.settings, call.now);
        let settings = entered.clone().without_ended_absences(call.now);
        let past = past(&before.settings, &entered, &settings);
        // A repeat after a lost answer finds the settings changed already, and succeeds.
        if before.settings == entered || before.settings == settings {
            return Ok((None, Saved { before: None, dealer: before.clone(), dry: None, orders: Vec::new(), past }));
        }
        if !versions.contains(&before.version) {
            return Err(Refusal::Stale { current: before.version });
        }
        settings::allowed(&before.settings, &settings, &call.scope)?;
        settings::agreed(id, &before.settings, &settings, |site| loaded.dealer(site))?;
        settings::outside_mail_domain(&before.settings, &settings, platform.mail_domain.as_deref())?;
        settings::is_mail_server(&before.settings, &settings)?;
        settings::has_plan_texts(&before.settings, &settings, loaded.dealer_texts(id))?;
        let welcomed = settings::welcome(id, &before.settings, &settings, |user| loaded.user(user))?;
        settings::able(&before.settings, &settings, |user| loaded.user(user))?;
        settings::assignable_targets(&before.settings, &settings)?;
        let address = settings.lead_address.as_ref().map(LeadAddressName::new);
        let claim = address.as_ref().map(|address| address.claim(loaded).claimed(id, Some(before))).transpose();
        let claim = claim.map_err(|fault| Refusal::Invalid(vec![fault]))?.flatten().map(Item::LeadAddress);
        let number = NumberChange::of(call.scope.group(), id, Some(&before.settings), &settings);
        let numbers = number_claims(number, loaded)?;
        let (decision, after) = settings::save(id, Some(before), settings, by.clone(), call.now);
        let target = request.target(before, loaded);
        let orders = hand_over::orders(Change { before, after: &after }, asked, target, |order| loaded.hand_over(id, order))?;
        if request.dry_run {
            return Ok((None, Saved { before: Some(before.clone()), dealer: before.clone(), dry: Some(after), orders, past }));
        }
        let ordered = orders.iter().cloned().map(|order| Item::HandOver(Box::new(order)));
        let affects = affected_range(&before.settings, &after.settings, call.now).is_some();
        let moves = orders.iter().any(|order| order.reason.takes_everything() && order.is_due(call.now));
        let start = if moves { BookingWatch::started_with_hand_over } else { BookingWatch::started };
        let watch = affects.then(|| Item::BookingWatch(start(loaded.booking_watch(id), id, call.now)));
        let retention = Retention::started(loaded.retention(id), &after, call.now).map(|job| Item::Retention(Box::new(job)));
        let others = welcomed.into_iter().chain(ordered).chain(claim).chain(numbers);
        let decision = others.fold(decision, Decision::with).with_some(watch).with_some(retention);
        Ok((Some(decision), Saved { before: Some(before.clone()), dealer: after, dry: None, orders, past }))
    };
    Box::pin(platform.store.decide(&call.scope, load, rule)).await
}
