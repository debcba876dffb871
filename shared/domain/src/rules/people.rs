//! Changes of users (SET-7, ACC-1).

use crate::access::Scope;
use crate::base::text::line;
use crate::base::{Country, Fault, Phone, Refusal, Right, Role, UserId};
use crate::decision::{Decision, Item};
use crate::people::{User, UserChange, UserFacts};
use crate::settings::Dealer;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// Sets a user up, or changes one (SET-7). `dealers` are those that the user worked at so far. `None`: it is so already.
///
/// # Errors
/// Faults by field; rights and roles that the asker cannot give (ACC-1); a dealer left where the user still has a part.
pub fn save(
    id: &UserId,
    before: Option<&User>,
    facts: UserFacts,
    dealers: &[&Dealer],
    scope: &Scope,
    now: DateTime<Utc>,
) -> Result<Option<(Decision, User)>, Refusal> {
    within_reach(before, scope)?;
    let nowhere = BTreeSet::new();
    let mut faults = Vec::new();
    if line(&facts.name, 100).is_none() {
        faults.push(Fault::new("name", "SET-7", "must be 1 to 100 characters in one line"));
    }
    let mobile =
        facts.mobile.as_deref().map(|typed| Phone::read(typed, Country::US)).map(|phone| (phone.typed.trim().starts_with('+'), phone));
    if mobile.as_ref().is_some_and(|(international, phone)| !international || phone.e164.is_none()) {
        faults.push(Fault::new("mobile", "SET-7", "must be a number with + and its country's code, such as +49 171 2345678"));
    }
    for right in facts.rights.iter().filter(|right| !scope.gives(**right)) {
        faults.push(Fault::new("rights", "ACC-1", format!("{right} is not yours to give")));
    }
    if facts.rights.contains(&Right::Export) && facts.role != Role::HeadOffice {
        faults.push(Fault::new("rights", "EXP-1", "export is head office's alone: it cannot be given besides another role"));
    }
    if !scope.gives_role(facts.role) {
        faults.push(Fault::new("role", "ACC-1", "may more than you: it is not yours to give"));
    }
    let had = before.map_or(&nowhere, |before| &before.dealers);
    for dealer in facts.dealers.difference(had).filter(|dealer| scope.reaches(dealer).is_err()) {
        faults.push(Fault::new("dealers", "ACC-1", format!("{dealer} is not within your reach")));
    }
    for dealer in dealers.iter().filter(|dealer| !facts.dealers.contains(&dealer.id) && dealer.settings.member(id).is_some()) {
        faults.push(Fault::new("dealers", "SET-7", format!("{} has {id} among its users still; take them out there first", dealer.id)));
    }
    if !faults.is_empty() {
        return Err(Refusal::Invalid(faults));
    }
    no_lock_out(id, facts.role, &facts.rights, scope)?;
    let UserFacts { name, email, language, role, rights, dealers, notices, .. } = facts;
    let mobile = mobile.and_then(|(_, phone)| phone.e164);
    let version = before.map_or(0, |before| before.version);
    let same = User { id: id.clone(), version, name, email, mobile, language, role, rights, dealers, notices, left: None };
    if before == Some(&same) {
        return Ok(None);
    }
    let after = User { version: version + 1, ..same };
    Ok(Some((saved(after.clone(), scope, now), after)))
}

/// A user leaves the group. `None`: they have left already. The record stays, so that what they did keeps their name.
///
/// # Errors
/// 409 where they have a part at a dealer still, or it is the asker.
pub fn leave(user: &User, dealers: &[&Dealer], scope: &Scope, now: DateTime<Utc>) -> Result<Option<Decision>, Refusal> {
    if !user.is_here() {
        return Ok(None);
    }
    if scope.user_id() == Some(&user.id) {
        return Err(Refusal::Conflict("nobody can remove themselves".into()));
    }
    within_reach(Some(user), scope)?;
    let parts: Vec<&str> =
        dealers.iter().filter(|dealer| dealer.settings.member(&user.id).is_some()).map(|dealer| dealer.id.as_str()).collect();
    if !parts.is_empty() {
        return Err(Refusal::Conflict(format!("{} is among the users of {} still; take them out there first", user.id, parts.join(", "))));
    }
    let gone = User { version: user.version + 1, left: Some(now), ..user.clone() };
    Ok(Some(saved(gone, scope, now)))
}

/// Whoever may more than the asker is not the asker's to change; whoever is out of reach is not to be seen.
fn within_reach(user: Option<&User>, scope: &Scope) -> Result<(), Refusal> {
    let Some(user) = user else { return Ok(()) };
    if !scope.sees_user(user) {
        return Err(Refusal::NotFound("user"));
    }
    if scope.gives_role(user.role) && user.rights.iter().all(|right| scope.gives(*right)) {
        return Ok(());
    }
    let right = if user.role == Role::Operator { Right::Operate } else { Right::ManageUsers };
    Err(Refusal::ForbiddenFields(right, vec![Fault::new("user", "ACC-1", format!("{} may more than you", user.id))]))
}

/// Nobody takes the right to manage users from themselves.
fn no_lock_out(id: &UserId, role: Role, rights: &BTreeSet<Right>, scope: &Scope) -> Result<(), Refusal> {
    let keeps = role.may(Right::ManageUsers) || rights.contains(&Right::ManageUsers);
    if scope.user_id() == Some(id) && !keeps {
        return Err(Refusal::Conflict("nobody can take the right to manage users from themselves".into()));
    }
    Ok(())
}

fn saved(user: User, scope: &Scope, now: DateTime<Utc>) -> Decision {
    let change = UserChange { at: now, by: scope.actor(), user: user.clone() };
    Decision::default().with(Item::User(Box::new(user))).with(Item::UserChange(Box::new(change)))
}
