//! Changes of users (SET-7, ACC-1).

use crate::access::{AccessRecord, Scope};
use crate::base::text::line;
use crate::base::{Country, DealerId, Fault, Phone, Refusal, Right, Role, UNDELIVERABLE, UserId};
use crate::calendar::CalendarFeeds;
use crate::decision::{Decision, Item};
use crate::people::{OwnFacts, SavedViews, SubjectClaim, User, UserChange, UserFacts};
use crate::settings::Dealer;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// The maximum length of a subject in characters, as OpenID Connect has it.
const MAX_SUBJECT: usize = 255;

/// The input of a rule that changes a user.
#[derive(Debug, Clone, Copy)]
pub struct UserInput<'a> {
    /// The dealers at which the user worked before.
    pub dealers: &'a [&'a Dealer],
    /// The dealers of the request that do not exist.
    pub unknown: &'a [DealerId],
    /// The user's calendar links.
    pub feeds: Option<&'a CalendarFeeds>,
    /// The user's saved views.
    pub views: Option<&'a SavedViews>,
    /// The scope of the principal.
    pub scope: &'a Scope,
    /// The current time.
    pub now: DateTime<Utc>,
}

/// Creates or changes a user (SET-7). `None` if nothing changes. A user who returns to the group, and one whom tokens name by another text,
/// gets no earlier calendar link and no earlier saved view (CAL-6, ACC-5): it may be another person (ACC-1).
///
/// # Errors
/// Faults by field: rights and roles that the principal cannot grant (ACC-1), and a removed dealer at which the user is still a member.
pub fn save(
    input: UserInput<'_>,
    id: &UserId,
    before: Option<&User>,
    facts: UserFacts,
    claim: SubjectClaim<'_>,
) -> Result<Option<(Decision, User)>, Refusal> {
    let UserInput { dealers, unknown, scope, now, .. } = input;
    within_reach(before, scope)?;
    let nowhere = BTreeSet::new();
    let mut faults = Vec::new();
    if line(&facts.name, 100).is_none() {
        faults.push(Fault::new("name", "SET-7", "must be 1 to 100 characters in one line"));
    }
    let subject = facts.subject_after(before);
    if subject.as_deref().is_some_and(|subject| line(subject, MAX_SUBJECT).as_deref() != Some(subject)) {
        let detail = format!("must be 1 to {MAX_SUBJECT} characters in one line, without spaces around them");
        faults.push(Fault::new("subject", "SET-7", detail));
    }
    faults.extend(claim.fault(subject.as_deref()));
    let mobile = mobile_after(facts.mobile.as_ref(), before.filter(|user| user.is_here()), &mut faults);
    if !facts.email.is_deliverable() {
        faults.push(Fault::new("email", "SET-7", UNDELIVERABLE));
    }
    // Rights that stay are not checked: another release may have stored them, and the user is within reach.
    let rights = facts.rights_after(before);
    let named: Vec<Right> = facts.rights.iter().flatten().flatten().copied().collect();
    if named.contains(&Right::Unknown) {
        let names = Right::ALL.map(Right::name).join(", ");
        faults.push(Fault::new("rights", "SET-7", format!("must be among {names}")));
    }
    for right in named.iter().filter(|right| **right != Right::Unknown && !scope.gives(**right)) {
        faults.push(Fault::new("rights", "ACC-1", format!("must not include {right}: you cannot grant this right")));
    }
    if rights.contains(&Right::Export) && !matches!(facts.role, Role::HeadOffice | Role::Unknown) {
        faults.push(Fault::new("rights", "EXP-1", "must not include export: only the role head office has this right"));
    }
    if facts.role == Role::Unknown {
        let names = Role::NAMES.join(", ");
        faults.push(Fault::new("role", "SET-7", format!("must be one of {names}")));
    }
    if facts.role != Role::Unknown && !scope.gives_role(facts.role) {
        faults.push(Fault::new("role", "ACC-1", "grants rights you do not have"));
    }
    let own = of_oneself(before, &facts, scope).into_iter();
    let own: Vec<Fault> = own.filter(|own| faults.iter().all(|fault| fault.field != own.field)).collect();
    faults.extend(own);
    let had = before.map_or(&nowhere, |before| &before.dealers);
    for dealer in facts.dealers.difference(had).filter(|dealer| scope.reaches(dealer).is_err()) {
        faults.push(Fault::new("dealers", "ACC-1", format!("must not include {dealer}: you cannot access this dealer")));
    }
    for dealer in unknown {
        faults.push(Fault::new("dealers", "SET-7", format!("must not include {dealer}: the group has no such dealer")));
    }
    for dealer in dealers.iter().filter(|dealer| !facts.dealers.contains(&dealer.id) && dealer.settings.member(id).is_some()) {
        faults.push(Fault::new(
            "dealers",
            "SET-7",
            format!("must include {}: {} is still a member there; remove the member first", dealer.id, id.mention()),
        ));
    }
    if !faults.is_empty() {
        return Err(Refusal::Invalid(faults));
    }
    no_lock_out(id, facts.role, &rights, scope)?;
    let notices = facts.notices_after(before);
    let UserFacts { name, email, language, role, dealers, .. } = facts;
    let version = before.map_or(0, |before| before.version);
    let same = User { id: id.clone(), version, subject, name, email, mobile, language, role, rights, dealers, notices, left: None };
    if before == Some(&same) {
        return Ok(None);
    }
    let after = User { version: version + 1, ..same };
    let claimed = claim.claimed(before, &after)?;
    let decision = saved(before, after.clone(), scope, now).with_some(claimed.map(Item::TokenSubject));
    let is_new = before.is_some_and(|before| !before.is_here() || before.token_name() != after.token_name());
    Ok(Some((if is_new { without_own_items(decision, input) } else { decision }, after)))
}

/// Returns the mobile number of a user after a change. `given` is `None` if the change keeps it.
fn mobile_after(given: Option<&Option<String>>, before: Option<&User>, faults: &mut Vec<Fault>) -> Option<String> {
    let Some(given) = given else { return before.and_then(|user| user.mobile.clone()) };
    let phone = given.as_deref().map(|typed| Phone::read(typed, Country::US))?;
    let number = phone.texted().filter(|_| phone.typed.trim().starts_with('+')).map(str::to_owned);
    if number.is_none() {
        faults.push(Fault::new("mobile", "SET-7", "must be a number with + and its country's code, such as +49 171 2345678"));
    }
    number
}

/// Changes the language, the notices and the mobile number of the principal (ACC-6). Returns the user after it, without a decision if
/// nothing changes.
///
/// # Errors
/// 404 if the principal is no user of the group any more. 422 if the mobile number cannot be read.
pub fn change_own(before: Option<&User>, facts: &OwnFacts, scope: &Scope, now: DateTime<Utc>) -> Result<(Option<Decision>, User), Refusal> {
    let own = before.filter(|user| user.is_here() && scope.user_id() == Some(&user.id)).ok_or(Refusal::NotFound("user"))?;
    let language = facts.language.clone().unwrap_or_else(|| own.language.clone());
    let notices = facts.notices.map_or(own.notices, |given| given.unwrap_or(true));
    let mut faults = Vec::new();
    // In a patch, an empty text removes a value.
    let given = facts.mobile.clone().map(|given| given.filter(|typed| !typed.trim().is_empty()));
    let mobile = mobile_after(given.as_ref(), Some(own), &mut faults);
    if !faults.is_empty() {
        return Err(Refusal::Invalid(faults));
    }
    let same = User { language, notices, mobile, ..own.clone() };
    if same == *own {
        return Ok((None, same));
    }
    let after = User { version: own.version + 1, ..same };
    Ok((Some(saved(before, after.clone(), scope, now)), after))
}

/// Adds to the decision about a user who leaves, or is another person: the calendar links, all revoked, and the saved views, all removed.
fn without_own_items(decision: Decision, input: UserInput<'_>) -> Decision {
    let feeds = input.feeds.filter(|feeds| !feeds.feeds.is_empty());
    let views = input.views.filter(|views| !views.views.is_empty());
    let revoked = feeds.map(|feeds| Item::CalendarFeeds(CalendarFeeds::none(feeds.user.clone())));
    let removed = views.map(|views| SavedViews { version: views.version + 1, ..SavedViews::none(views.user.clone()) });
    decision.with_some(revoked).with_some(removed.map(Item::SavedViews))
}

/// Returns the faults of users who change their own role or subject, or grant rights to themselves (ACC-1).
fn of_oneself(before: Option<&User>, facts: &UserFacts, scope: &Scope) -> Vec<Fault> {
    let Some(own) = before.filter(|user| scope.user_id() == Some(&user.id)) else { return Vec::new() };
    let role = (own.role != facts.role)
        .then(|| Fault::new("role", "ACC-1", format!("must stay {}: you cannot change your own role", own.role.name())));
    let rights = facts.rights_after(before);
    let rights = rights
        .difference(&own.rights)
        .map(|right| Fault::new("rights", "ACC-1", format!("must not include {right}: you cannot grant a right to yourself")));
    let subject = (own.subject != facts.subject_after(before))
        .then(|| Fault::new("subject", "ACC-1", "must stay as it is: another user who manages users must change it"));
    role.into_iter().chain(subject).chain(rights).collect()
}

/// Removes a user from the group with the saved views (ACC-5), and revokes the user's calendar links (CAL-6). `None` if the user is already
/// removed. The record remains, so that past changes still show the name.
///
/// # Errors
/// 409 if the user is still a member at a dealer, or is the principal.
pub fn leave(input: UserInput<'_>, user: &User) -> Result<Option<Decision>, Refusal> {
    let UserInput { dealers, scope, now, .. } = input;
    within_reach(Some(user), scope)?;
    if !user.is_here() {
        return Ok(None);
    }
    if scope.user_id() == Some(&user.id) {
        return Err(Refusal::conflict("SET-7", "you cannot remove yourself"));
    }
    let parts: Vec<&str> =
        dealers.iter().filter(|dealer| dealer.settings.member(&user.id).is_some()).map(|dealer| dealer.id.as_str()).collect();
    if !parts.is_empty() {
        return Err(Refusal::conflict(
            "SET-7",
            format!("{} is still a member at {}; remove the member there first", user.name, parts.join(", ")),
        ));
    }
    let gone = User { version: user.version + 1, left: Some(now), ..user.clone() };
    Ok(Some(without_own_items(saved(Some(user), gone, scope, now), input)))
}

/// Checks that the principal may change the user: 404 if it may not see the user, 403 if the user has rights that it cannot grant.
fn within_reach(user: Option<&User>, scope: &Scope) -> Result<(), Refusal> {
    let Some(user) = user else { return Ok(()) };
    if !scope.sees_user(user) {
        return Err(Refusal::NotFound("user"));
    }
    if scope.gives_role(user.role) && user.rights.iter().all(|right| scope.gives(*right)) {
        return Ok(());
    }
    let right = if user.role == Role::Operator { Right::Operate } else { Right::ManageUsers };
    Err(Refusal::ForbiddenFields(right, vec![Fault::new("user", "ACC-1", format!("{} has rights you do not have", user.name))]))
}

/// Checks that users do not remove their own right to manage users.
fn no_lock_out(id: &UserId, role: Role, rights: &BTreeSet<Right>, scope: &Scope) -> Result<(), Refusal> {
    let keeps = role.may(Right::ManageUsers) || rights.contains(&Right::ManageUsers);
    if scope.user_id() == Some(id) && !keeps {
        return Err(Refusal::conflict("SET-7", "you cannot remove your own right to manage users"));
    }
    Ok(())
}

/// Returns the decision that stores a changed user. If the change grants rights over leads, or changes a group admin, it also records that
/// and notifies the group's admins (ACC-1).
fn saved(before: Option<&User>, user: User, scope: &Scope, now: DateTime<Utc>) -> Decision {
    let granted = AccessRecord::of_user(before, &user, scope, now).map(|record| Item::AccessRecord(Box::new(record)));
    let admin = AccessRecord::of_admin(before, &user, scope, now).map(|record| Item::AccessRecord(Box::new(record)));
    let change = UserChange { at: now, by: scope.actor(), user: user.clone() };
    Decision::default().with(Item::User(Box::new(user))).with(Item::UserChange(Box::new(change))).with_some(granted).with_some(admin)
}
