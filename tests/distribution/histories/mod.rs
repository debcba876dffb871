//! Random histories of settings, absences, leavers, hand-overs and enquiries on the running system, judged after every step (DIS-2, DIS-12,
//! DIS-13, ESC-12).

mod stage;
mod steps;

use chrono::TimeDelta;
use forecourt_domain::access::Scope;
use forecourt_domain::base::{Right, Status, UserId};
use forecourt_domain::lead::{Event, Lead, is_pooled};
use forecourt_domain::people::User;
use forecourt_domain::settings::Dealer;
use forecourt_store::Load;
use forecourt_store::keys::Key;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestCaseError, TestRng, TestRunner};
use serde_json::{Value, json};
use stage::{PEOPLE, SELLERS, Situations, Stage, user};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use steps::{Step, fair_step, step};

use crate::support::world::{ADMIN, NORDSTERN, dealer};

type Judged = Result<(), TestCaseError>;

/// Runs `play` with many histories of `of`. Each of the `situations` must occur: a kind of step that was carried out, or a case.
fn run<F: Future<Output = Result<Situations, TestCaseError>>>(
    cases: u32,
    of: impl Strategy<Value = Vec<Step>>,
    situations: &[&str],
    play: impl Fn(Vec<Step>) -> F,
) {
    let config = ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 120, ..ProptestConfig::default() };
    // The same histories in each run, because each situation must occur.
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let seen = RefCell::new(Situations::new());
    let played = runner.run(&of, |steps| {
        let of_this = runtime.block_on(play(steps))?;
        of_this.into_iter().for_each(|(what, times)| *seen.borrow_mut().entry(what).or_default() += times);
        Ok(())
    });
    played.unwrap_or_else(|failed| panic!("{failed}"));
    let seen = seen.into_inner();
    println!("{seen:?}");
    let missing: Vec<_> = situations.iter().filter(|what| seen.get(**what).is_none_or(|times| *times == 0)).collect();
    assert!(missing.is_empty(), "{missing:?} did not occur: {seen:?}");
}

/// Plays a step. A step may be refused, but never fails.
async fn play(stage: &mut Stage, step: &Step) -> Judged {
    let reply = stage.play(step).await;
    if let Some(reply) = &reply {
        prop_assert!(reply.status < 500, "{step:?}: {}", reply.body);
    }
    if reply.is_none_or(|reply| reply.status < 300) {
        let name = format!("{step:?}").split('(').next().unwrap_or_default().to_owned();
        *stage.seen.entry(name).or_default() += 1;
    }
    stage.world.system.settle().await;
    Ok(())
}

/// The open leads of the dealer.
async fn open_leads(stage: &Stage) -> Vec<Lead> {
    let here = |lead: &Lead| lead.dealer == dealer(NORDSTERN) && lead.status == Status::InProgress;
    stage.stored().await.into_iter().filter(here).collect()
}

/// DIS-13: the number of open leads of each user, and what each lead says of it, are those of the leads themselves.
async fn check_count(stage: &mut Stage, step: &Step) -> Judged {
    let of_dealer = stage.dealer().await;
    let counted = stage.rotation().await.open.filter(|open| Some(open.since()) == of_dealer.counts_since);
    let mut real: BTreeMap<UserId, u32> = BTreeMap::new();
    for lead in stage.stored().await {
        let open = lead.status == Status::InProgress && lead.dealer == of_dealer.id;
        let user = lead.owner.clone().filter(|_| open && !is_pooled(&lead, &of_dealer.settings));
        user.iter().for_each(|user| *real.entry(user.clone()).or_default() += 1);
        if lead.dealer == of_dealer.id {
            let noted = lead.counted.filter(|counted| Some(counted.since) == of_dealer.counts_since).map(|counted| counted.user);
            prop_assert_eq!(noted, user, "{} after {:?}", lead.id, step);
        }
    }
    for person in PEOPLE.map(user) {
        let stored = counted.as_ref().map_or(0, |open| open.of(&person));
        prop_assert_eq!(stored, real.get(&person).copied().unwrap_or(0), "{} after {:?}", person, step);
        let is_full = of_dealer.settings.member(&person).and_then(|member| member.max_open).is_some_and(|most| stored >= most);
        *stage.seen.entry("full".to_owned()).or_default() += usize::from(is_full);
    }
    Ok(())
}

/// DIS-13: over random histories of assignments, transfers, closings, reopenings, hand-overs and limits, the stored count of the open leads
/// of each user is their number.
#[test]
fn dis_13_the_count_of_open_leads_is_exact_over_random_histories() {
    let steps = ["Enquire", "Assign", "Transfer", "Close", "Reopen", "Claim", "Limit", "Leave", "Join", "Pool", "Pass", "full"];
    run(20, prop::collection::vec(step(), 12..40), &steps, async |steps| {
        let mut stage = Stage::new(true).await;
        for step in &steps {
            play(&mut stage, step).await?;
            check_count(&mut stage, step).await?;
        }
        Ok(stage.seen)
    });
}

/// Returns everybody who is notified of the work of `owner`, by a naive search: the first ones, and the deputies of those who are absent.
fn notified(of: &Dealer, first: Vec<UserId>, at: chrono::DateTime<chrono::Utc>) -> BTreeSet<UserId> {
    let (mut known, mut left) = (BTreeSet::new(), first);
    while let Some(next) = left.pop() {
        if known.insert(next.clone()) {
            left.extend(of.settings.deputies(&next, at).into_iter().cloned());
        }
    }
    known
}

/// ESC-12, DIS-12: for each open lead there is a person who is present, may work it and is notified, or a finding says that there is none.
async fn check_presence(stage: &mut Stage, step: &Step) -> Judged {
    let mut seen: Vec<&str> = Vec::new();
    let of_dealer = stage.dealer().await;
    let settings = &of_dealer.settings;
    let (now, at) = (stage.now(), settings.decided_at(stage.now()));
    let keys = PEOPLE.map(|person| Key::User(user(person)));
    let loaded = stage.world.store.load(&stage.world.scope(), &Load::of(keys)).await.unwrap();
    let group = stage.world.scope().group().clone();
    let record = |id: &UserId| -> Option<User> { loaded.user(id).cloned() };
    let works = |id: &UserId, lead: &Lead| {
        record(id).is_some_and(|record| Scope::user(group.clone(), record).needs_on(Right::WorkLeads, lead, settings, at).is_ok())
    };
    let found = stage.world.get(ADMIN, &format!("/dealers/{NORDSTERN}/settings/findings")).await;
    prop_assert_eq!(found.status, 200, "{}", found.body);
    let finding = |kinds: &[&str], fields: &[String]| {
        let list = found.body["findings"].as_array().unwrap();
        let fits = |value: &Value, of: &[&str]| of.contains(&value.as_str().unwrap_or_default());
        list.iter().any(|f| fits(&f["kind"], kinds) && fields.iter().any(|field| f["field"] == field.as_str()))
    };
    let place = |id: &UserId| settings.members.iter().position(|member| member.user == *id);
    for lead in open_leads(stage).await {
        let Some(owner) = &lead.owner else {
            prop_assert!(false, "{} has no owner after {step:?}", lead.id);
            continue;
        };
        let Some(i) = place(owner) else {
            prop_assert!(false, "{} is with {owner}, who left, after {step:?}", lead.id);
            continue;
        };
        let supervisor = settings.member(owner).and_then(|member| member.supervisor.clone());
        let above: Vec<UserId> =
            supervisor.into_iter().chain(settings.fallback_user.clone()).chain([settings.admin_user.clone()]).collect();
        // Level 1: the owner, if not absent, or a person present.
        let reads_outside = settings.leads_outside_own_hours && !settings.is_absent(&settings.members[i], at);
        let all = notified(&of_dealer, [owner.clone()].into_iter().chain(above.clone()).collect(), at);
        let reader = settings.recipient_for(owner, at);
        let is_reached = settings.is_present(reader, at) || (reader == owner && reads_outside);
        let anybody = reads_outside || all.iter().any(|person| settings.is_present(person, at));
        let says = finding(&["nobody_present"], &[format!("members[{i}].absences")]);
        seen.push(if !anybody {
            "nobody present"
        } else if reader == owner {
            "the owner"
        } else {
            "a person for the owner"
        });
        seen.extend((reads_outside && !settings.is_present(owner, at)).then_some("outside own hours"));
        prop_assert!(is_reached == anybody && (anybody || says), "{} of {owner} at {at} after {step:?}: {}", lead.id, found.body);
        prop_assert!(!anybody || works(reader, &lead), "{reader} cannot work {} of {owner} at {now} after {step:?}", lead.id);
        // Level 2: a person present above the owner.
        let all = notified(&of_dealer, above, at);
        let anybody = all.iter().any(|person| person != owner && settings.is_present(person, at));
        let reader = settings.escalates_to(Some(owner), at);
        let says = finding(&["nobody_present", "nobody_above"], &[format!("members[{i}].absences"), format!("members[{i}].supervisor")]);
        seen.push(if anybody { "a person above" } else { "nobody above" });
        let is_reached = reader != owner && settings.is_present(reader, at);
        prop_assert!(is_reached == anybody && (anybody || says), "level 2 of {owner} at {at} after {step:?}: {}", found.body);
        prop_assert!(!anybody || works(reader, &lead), "{reader} cannot work {} of {owner} at {now} after {step:?}", lead.id);
    }
    seen.into_iter().for_each(|what| *stage.seen.entry(what.to_owned()).or_default() += 1);
    Ok(())
}

/// ESC-12, DIS-12: over random histories of settings, absences, leavers, hand-overs and enquiries, there is at every moment for each open
/// lead a person who is present, is notified and may work it, or a finding says that there is none. No lead stays with a user who left.
#[test]
fn esc_12_each_open_lead_has_somebody_present_or_a_finding_over_random_histories() {
    let cases = ["nobody present", "the owner", "a person for the owner", "a person above", "nobody above", "Leave", "Pool"];
    run(20, prop::collection::vec(step(), 12..40), &cases, async |steps| {
        let mut stage = Stage::new(true).await;
        for step in &steps {
            play(&mut stage, step).await?;
            if matches!(step, Step::Leave(..) | Step::Pool(_)) {
                // The second look at the work of a user who left is a minute later.
                stage.pass(TimeDelta::minutes(2)).await;
            }
            check_presence(&mut stage, step).await?;
        }
        Ok(stage.seen)
    });
}

/// The eligible users with their weights, and whether the weights of the rotation differ.
type Stretch = (BTreeMap<UserId, i64>, bool);

async fn stretch(stage: &Stage) -> Stretch {
    let of_dealer = stage.dealer().await;
    let now = stage.now();
    let away = |member: &forecourt_domain::settings::Member| member.absences.iter().any(|a| a.from <= now && now < a.until);
    let members: Vec<_> = of_dealer.settings.members.iter().filter(|member| member.receives_leads).collect();
    let eligible = members.iter().filter(|member| !away(member)).map(|member| (member.user.clone(), i64::from(member.weight)));
    let eligible: BTreeMap<UserId, i64> = eligible.collect();
    let common = (1..=10).rev().find(|divisor| eligible.values().all(|weight| weight % divisor == 0)).unwrap_or(1);
    let reduced = eligible.into_iter().map(|(who, weight)| (who, weight / common)).collect();
    (reduced, members.windows(2).any(|pair| pair[0].weight != pair[1].weight))
}

/// Returns the owners of the turns of new leads, by the number of the turn.
async fn turns(stage: &Stage) -> BTreeMap<u64, String> {
    let mut owners = BTreeMap::new();
    for id in &stage.leads {
        let page = stage.world.page(*id).await;
        for event in page.timeline.iter().flat_map(|entry| &entry.events) {
            let Event::Assigned { to, why, .. } = event else { continue };
            let event = json!(event);
            if let Some(turn) = why.turn.filter(|_| PEOPLE[..SELLERS].contains(&to.as_str())) {
                assert!(owners.insert(turn, to.to_string()).is_none(), "turn {turn} twice: {event}");
            }
        }
    }
    owners
}

/// DIS-2, DIS-13: with transfers to and from another dealer, repeated enquiries and assignments by hand, no number of turns differs by a
/// whole turn from its share while the eligible users and weights stay the same.
#[test]
fn dis_13_turns_follow_the_weights_with_transfers_and_repeated_enquiries() {
    run(
        32,
        (prop::collection::vec((0..SELLERS, 1_u8..=10), 0..4), prop::collection::vec(fair_step(), 20..60))
            .prop_map(|(weights, steps)| weights.into_iter().map(|(who, weight)| Step::Weight(who, weight)).chain(steps).collect()),
        &["Enquire", "Repeat", "Transfer", "Assign", "Away", "Weight"],
        async |steps| {
            let mut stage = Stage::new(false).await;
            // For each turn in order, the stretch that it belongs to.
            let mut stretches: Vec<Stretch> = Vec::new();
            for step in &steps {
                play(&mut stage, step).await?;
                let taken = stage.rotation().await.turns as usize;
                let of = stretch(&stage).await;
                stretches.resize(taken.max(stretches.len()), of);
            }
            let owners = turns(&stage).await;
            prop_assert_eq!(owners.len(), stretches.len(), "{:?}", owners);
            let mut from = 0;
            for same in stretches.chunk_by(|a, b| a == b) {
                let (users, total) = (&same[0].0, same[0].0.values().sum::<i64>());
                let mut counts: BTreeMap<String, i64> = BTreeMap::new();
                for n in 1..=same.len() {
                    *counts.entry(owners[&((from + n) as u64)].clone()).or_default() += 1;
                    for (who, weight) in users {
                        let count = counts.get(who.as_str()).copied().unwrap_or(0);
                        prop_assert!(
                            (count * total - n as i64 * weight).abs() < total,
                            "{who}: {count} of {n}, {weight} of {total}: {owners:?}"
                        );
                    }
                }
                from += same.len();
            }
            Ok(stage.seen)
        },
    );
}
