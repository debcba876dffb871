//! Changes of a dealer's settings (SET-8, SET-11).

use crate::access::Scope;
use crate::base::{Actor, DealerId, Email, Fault, MailDomain, Refusal, Right, TextId, UserId};
use crate::decision::{Decision, Item};
use crate::people::User;
use crate::settings::{Dealer, DealerSettings, MailServer, Member, Recompute, Settings, SettingsChange, moves_deadlines};
use crate::texts::{DealerTexts, TextKind};
use chrono::{DateTime, Utc};

/// Saves `settings` as the next version with an entry in the history (SET-10). If the change moves deadlines, or open leads are counted
/// from now on, the dealer's open leads are recomputed (SET-11, DIS-13). Returns the decision and the new dealer.
pub fn save(id: &DealerId, before: Option<&Dealer>, settings: Settings, by: Actor, now: DateTime<Utc>) -> (Decision, Dealer) {
    let version = before.map_or(0, |dealer| dealer.version) + 1;
    let since = before.map_or(now, |dealer| dealer.since);
    let change = SettingsChange { dealer: id.clone(), version, at: now, by, settings: settings.clone() };
    let former = before.map(|before| former(before, &settings)).unwrap_or_default();
    let counts_since = settings.has_limits().then(|| before.and_then(|before| kept_counts(before, &settings)).unwrap_or(version));
    let busy = before.map(|before| before.busy.clone()).unwrap_or_default();
    let dealer = Dealer { id: id.clone(), version, since, settings, former, busy, counts_since };
    let counts_anew = counts_since.is_some_and(|since| since == version);
    let moves = before.is_some_and(|before| counts_anew || moves_deadlines(&before.settings, &dealer.settings));
    let job = moves.then(|| Item::Recompute(Recompute::after(&dealer, now)));
    (Decision::default().with(Item::Dealer(Box::new(dealer.clone()))).with(Item::SettingsChange(Box::new(change))).with_some(job), dealer)
}

/// Returns the version since which open leads are counted, if the counts stay valid. They start anew with the first limit, so that counts
/// from before are void (DIS-13), and with another pool, because leads in a pool are not counted.
fn kept_counts(before: &Dealer, after: &DealerSettings) -> Option<u64> {
    let pool = |settings: &DealerSettings| settings.pool.as_ref().map(|pool| pool.user.clone());
    before.counts_since.filter(|_| pool(&before.settings) == pool(after))
}

/// The maximum number of former users that a dealer records, because each one costs a read of that user's board.
const FORMER: usize = 100;

/// Returns the users who were members before and are not after.
fn former(before: &Dealer, after: &DealerSettings) -> Vec<UserId> {
    let gone = |user: &&UserId| after.member(user).is_none();
    let before = before.former.iter().chain(before.settings.members.iter().map(|member| &member.user));
    let gone: Vec<UserId> = before.filter(gone).cloned().collect();
    gone[gone.len().saturating_sub(FORMER)..].to_vec()
}

/// Checks the rights of fields with their own right: distribution groups (DIS-3) and the dealer's own exports (EXP-1) need the operator or
/// a group admin; the mail server, the number of text messages and `lead_tracking_only` need the operator (SET-4, SET-5, MSG-3), and so do
/// the numbers of the limits (SET-12).
///
/// # Errors
/// [`Refusal::ForbiddenFields`] names the right and the fields.
pub fn allowed(before: &DealerSettings, after: &DealerSettings, scope: &Scope) -> Result<(), Refusal> {
    let groups = before.distribution_groups != after.distribution_groups;
    let server = before.mail_server != after.mail_server;
    let credentials = before.mail_server_secret != after.mail_server_secret;
    let number = before.text_number != after.text_number;
    let tracking = before.lead_tracking_only != after.lead_tracking_only;
    let exports = before.own_exports != after.own_exports;
    let letters = before.limits.letters_per_recipient != after.limits.letters_per_recipient;
    let texts = before.limits.text_messages_per_hour != after.limits.text_messages_per_hour;
    for (changed, field, rule, right, who) in [
        (groups, "distribution_groups", "DIS-3", Right::ManageGroups, "the operator or the group's admin"),
        (server, "mail_server", "SET-4", Right::Operate, "the operator"),
        (credentials, "mail_server_secret", "SET-4", Right::Operate, "the operator"),
        (number, "text_number", "MSG-3", Right::Operate, "the operator"),
        (tracking, "lead_tracking_only", "SET-5", Right::Operate, "the operator"),
        (exports, "own_exports", "EXP-1", Right::ManageGroups, "the operator or the group's admin"),
        (letters, "limits.letters_per_recipient", "SET-12", Right::Operate, "the operator"),
        (texts, "limits.text_messages_per_hour", "SET-12", Right::Operate, "the operator"),
    ] {
        if changed && scope.needs(right).is_err() {
            return Err(Refusal::ForbiddenFields(right, vec![Fault::new(field, rule, format!("can be changed only by {who}"))]));
        }
    }
    Ok(())
}

/// Returns the other dealers that `after` names as sites of vehicles and `before` does not.
pub fn new_sites<'a>(before: &'a DealerSettings, after: &'a DealerSettings) -> impl Iterator<Item = &'a DealerId> {
    let known = |id: &DealerId| before.vehicle_sites.iter().any(|site| site.dealer == *id);
    after.vehicle_sites.iter().map(|site| &site.dealer).filter(move |id| !known(id))
}

/// Checks the new sites of vehicles: each must be a dealer that accepts enquiries from this one (INT-10). The fault is the same for an
/// unknown dealer.
///
/// # Errors
/// A fault for every site that did not agree, by field.
pub fn agreed<'a>(
    id: &DealerId,
    before: &DealerSettings,
    after: &DealerSettings,
    dealer: impl Fn(&DealerId) -> Option<&'a Dealer>,
) -> Result<(), Refusal> {
    let agrees = |site: &DealerId| dealer(site).is_some_and(|site| site.id != *id && site.settings.accepts_enquiries_from.contains(id));
    let faults: Vec<Fault> = new_sites(before, after)
        .filter(|site| !agrees(site))
        .map(|site| {
            let at = after.vehicle_sites.iter().position(|known| known.dealer == *site).unwrap_or_default();
            let detail =
                format!("must be a dealer that accepts enquiries from {id}: its setting accepts_enquiries_from must name {id} first");
            Fault::new(format!("vehicle_sites[{at}].dealer"), "INT-10", detail)
        })
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid(faults)) }
}

/// Checks the new addresses to which mail is passed on: none may be at the domain at which dealers receive mail, because the mail would
/// come back (SET-4, INT-7, INT-8).
///
/// # Errors
/// A fault for every such address.
pub fn outside_mail_domain(before: &DealerSettings, after: &DealerSettings, domain: Option<&MailDomain>) -> Result<(), Refusal> {
    let Some(domain) = domain else { return Ok(()) };
    let addresses = [
        ("forward_to", "SET-4", &before.forward_to, &after.forward_to),
        ("unparsed_mail_to", "INT-7", &before.unparsed_mail_to, &after.unparsed_mail_to),
        ("trade_in_cc_email", "INT-8", &before.trade_in_cc_email, &after.trade_in_cc_email),
    ];
    let comes_back = |to: &Option<Email>| to.as_ref().is_some_and(|to| domain.contains(&to.wire()));
    let faults: Vec<Fault> = addresses
        .into_iter()
        .filter(|(.., before, after)| before != after && comes_back(after))
        .map(|(field, rule, ..)| Fault::new(field, rule, "must not be an address at which dealers receive leads: the mail would come back"))
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid(faults)) }
}

/// Returns the canned answers that the follow-up plans of `after` name and those of `before` do not, each with its field (CAL-11).
pub fn new_plan_texts<'a>(before: &'a DealerSettings, after: &'a DealerSettings) -> impl Iterator<Item = (String, &'a TextId)> {
    let named = |settings: &DealerSettings, id: &TextId| {
        settings.follow_up_plans.iter().flat_map(|plan| &plan.steps).any(|step| step.text.as_ref() == Some(id))
    };
    let steps =
        after.follow_up_plans.iter().enumerate().flat_map(|(i, plan)| plan.steps.iter().enumerate().map(move |(j, step)| (i, j, step)));
    steps
        .filter_map(|(i, j, step)| Some((format!("follow_up_plans[{i}].steps[{j}].text"), step.text.as_ref()?)))
        .filter(move |(_, id)| !named(before, id))
}

/// Checks the canned answers of [`new_plan_texts`]: the dealer has each of them. One that is removed later makes its step an event
/// (CAL-11).
///
/// # Errors
/// A fault for each other one.
pub fn has_plan_texts(before: &DealerSettings, after: &DealerSettings, texts: Option<&DealerTexts>) -> Result<(), Refusal> {
    let has = |id: &TextId| texts.and_then(|texts| texts.get(id)).is_some_and(|text| text.kind == TextKind::Canned);
    let unknown = new_plan_texts(before, after).filter(|(_, id)| !has(id));
    let faults: Vec<Fault> =
        unknown.map(|(field, _)| Fault::new(field, "CAL-11", "must be the id of a canned answer of the dealer")).collect();
    if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid(faults)) }
}

/// Checks a new address of a mail server (SET-4). The check of the whole settings accepts the name of a host without a secret, because
/// earlier releases stored it.
///
/// # Errors
/// A fault if the address is none of a mail server.
pub fn is_mail_server(before: &DealerSettings, after: &DealerSettings) -> Result<(), Refusal> {
    let new = after.mail_server.as_ref().filter(|_| before.mail_server != after.mail_server);
    match new.map(|address| MailServer::parse(address, "")) {
        Some(Err(bad)) => Err(Refusal::field("mail_server", "SET-4", bad.to_string())),
        Some(Ok(_)) | None => Ok(()),
    }
}

/// Returns the users that `after` names and `before` does not.
pub fn newcomers<'a>(before: &'a DealerSettings, after: &'a DealerSettings) -> impl Iterator<Item = &'a UserId> {
    after.members.iter().map(|member| &member.user).filter(|user| before.member(user).is_none())
}

/// Checks the new members: each must be a user of the group who works at this dealer (SET-7). The decision also writes their records, so
/// that no user can be removed at the same moment.
///
/// # Errors
/// A fault for every user who cannot be a member, by field.
pub fn welcome<'a>(
    id: &DealerId,
    before: &DealerSettings,
    after: &DealerSettings,
    user: impl Fn(&UserId) -> Option<&'a User>,
) -> Result<Vec<Item>, Refusal> {
    let (mut items, mut faults) = (Vec::new(), Vec::new());
    for newcomer in newcomers(before, after) {
        let at = after.members.iter().position(|member| member.user == *newcomer).unwrap_or_default();
        let mut fault = |detail: String| faults.push(Fault::new(format!("members[{at}].user"), "SET-7", detail));
        // The fault is the same for an unknown user and for one who works elsewhere: it must not reveal the users of other dealers.
        match user(newcomer).filter(|user| user.is_here() && user.dealers.contains(id)) {
            None => fault(format!("{newcomer} does not work at {id}; a user with the right to manage users can add the dealer to a user")),
            Some(user) => items.push(Item::User(Box::new(user.clone()))),
        }
    }
    if items.len() > MAX_AT_ONCE {
        faults.push(Fault::new("members", "SET-7", format!("at most {MAX_AT_ONCE} users can be added at once")));
    }
    if faults.is_empty() { Ok(items) } else { Err(Refusal::Invalid(faults)) }
}

/// Returns the users to whom the change gives a part in the distribution, or puts in charge of the work of others, with the field that does
/// it (DIS-12).
pub fn entrusted<'a>(before: &DealerSettings, after: &'a DealerSettings) -> Vec<(String, &'a UserId)> {
    let mut entrusted = Vec::new();
    for (i, member) in after.members.iter().enumerate() {
        let known = before.member(&member.user);
        let mut note = |field: &str, user: &'a UserId| entrusted.push((format!("members[{i}].{field}"), user));
        if member.receives_leads && known.is_none_or(|known| !known.receives_leads) {
            note("receives_leads", &member.user);
        }
        if member.assignable && known.is_none_or(|known| !known.assignable) {
            note("assignable", &member.user);
        }
        if let Some(supervisor) = member.supervisor.as_ref().filter(|new| known.is_none_or(|known| known.supervisor.as_ref() != Some(new)))
        {
            note("supervisor", supervisor);
        }
        let known: Vec<&UserId> = known.into_iter().flat_map(Member::stand_ins).map(|(_, user)| user).collect();
        for (field, user) in member.stand_ins().filter(|(_, user)| !known.contains(user)) {
            note(&field, user);
        }
    }
    let fallback = after.fallback_user.as_ref().filter(|_| before.fallback_user != after.fallback_user);
    entrusted.extend(fallback.map(|user| ("fallback_user".to_owned(), user)));
    let admin = Some(&after.admin_user).filter(|_| before.admin_user != after.admin_user);
    entrusted.extend(admin.map(|user| ("admin_user".to_owned(), user)));
    entrusted
}

/// Checks that every user whom the change entrusts with leads can read and work them (DIS-12). A user that was not loaded is not checked.
///
/// # Errors
/// A fault for every field that names another user.
pub fn able<'a>(before: &DealerSettings, after: &DealerSettings, user: impl Fn(&UserId) -> Option<&'a User>) -> Result<(), Refusal> {
    let fault = |(field, id): (String, &UserId)| {
        let user = user(id).filter(|user| !user.works_leads())?;
        let (who, role) = (id.mention(), user.role.name());
        let detail = format!("must be a user who may read and work leads; {who} has the role {role} without these rights");
        Some(Fault::new(field, "DIS-12", detail))
    };
    let faults: Vec<Fault> = entrusted(before, after).into_iter().filter_map(fault).collect();
    if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid(faults)) }
}

/// Checks the users to whom new absences hand over leads: each must be assignable (DIS-12). Without this, the distribution would get the
/// leads when the absence begins. A user who is switched off later is not checked.
///
/// # Errors
/// A fault for every target that is not assignable, by field.
pub fn assignable_targets(before: &DealerSettings, after: &DealerSettings) -> Result<(), Refusal> {
    let mut faults = Vec::new();
    for (i, member) in after.members.iter().enumerate() {
        let known = before.member(&member.user).map(|known| known.absences.as_slice()).unwrap_or_default();
        let new = member.absences.iter().enumerate().filter(|(_, absence)| !known.contains(absence));
        for (j, user) in new.filter_map(|(j, absence)| Some((j, absence.hand_over.as_ref()?.to.user()?))) {
            if after.member(user).is_some_and(|target| !target.assignable) {
                let detail = "must be a user who is assignable: leads cannot go to another one";
                faults.push(Fault::new(format!("members[{i}].absences[{j}].hand_over.to"), "DIS-12", detail));
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid(faults)) }
}

/// The maximum number of new members in one change, limited by the size of a transaction.
const MAX_AT_ONCE: usize = 90;

/// The refusal of a message to a customer of a dealer with `lead_tracking_only` (SET-5).
pub(crate) fn tracking_only(rule: &'static str) -> Refusal {
    Refusal::conflict(rule, "the dealer answers customers in another system, by its setting lead_tracking_only")
}
