//! Whatever fails at any step, nothing is lost and nothing happens twice.
//!
//! A journey is played once without faults, and every external call of a function is numbered. Then it is played again for each call and
//! each fault that this call can meet. Work that a crash or a failure left undone is delivered again, as AWS does, until nothing is due.
//! Then the two ends are compared: stored items, due times, notices and responses. Only one difference is allowed: a mail is sent again
//! if its sender crashed between the provider's acceptance and the record.
//!
//! A failing case prints the command that replays it and shows every call:
//! `CRASH='…' cargo test -p forecourt-tests crash::replay -- --nocapture`.

mod access;
mod between;
mod bounce;
mod bugs;
mod bulk;
mod cloud;
mod erasure;
mod group;
mod inbox;
mod journey;
mod judge;
mod leavers;
mod limits;
mod linked;
mod mail_in;
mod mornings;
mod office;
mod pingback;
mod plans;
mod ports;
mod races;
mod retention;
mod texts;
mod thread;
mod turn;
mod unmarked;
mod visits;

use crate::support::gate::{Call, Fault, Gate, Strike};
use bugs::Bug;
use cloud::{Cloud, Setting, WakeUpTreatment};
use forecourt_local::demo::GroupData;
use journey::Journey;
use judge::End;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::LazyLock;
use turn::Turn;

static GROUP: LazyLock<GroupData> = LazyLock::new(group::group);

/// The parameters of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CrashCase {
    journey: Journey,
    strikes: Vec<Strike>,
    wakes: WakeUpTreatment,
    /// With a seed, up to three deliveries run concurrently.
    side_by_side: Option<u64>,
    retries: u32,
    bug: Option<Bug>,
}

impl CrashCase {
    fn of(journey: Journey) -> Self {
        Self { journey, strikes: Vec::new(), wakes: WakeUpTreatment::AsSent, side_by_side: None, retries: 0, bug: None }
    }
}

impl fmt::Display for CrashCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).unwrap())
    }
}

struct PlayedCase {
    end: End,
    calls: Vec<Call>,
    injected: usize,
}

/// Plays a case on its own runtime, whose timers elapse at once.
fn play(case: &CrashCase, verbose: bool) -> PlayedCase {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let gate = Gate::new(case.strikes.clone(), case.side_by_side, verbose);
        let setting = Setting {
            gate: gate.clone(),
            wakes: case.wakes,
            bug: case.bug,
            retries: case.retries,
            at_once: if case.side_by_side.is_some() { 3 } else { 1 },
            lagging: case.strikes.iter().any(|(_, fault)| *fault == Fault::LaggingIndex),
        };
        let mut cloud = Cloud::new(setting, &GROUP, case.journey.begins()).await;
        cloud.reads = if case.journey == Journey::Access { 8 } else { cloud.reads };
        let replies = Box::pin(case.journey.play(&cloud)).await;
        PlayedCase { end: End::of(&cloud, &replies), calls: gate.calls(), injected: gate.injected() }
    })
}

/// Compares a case with the undisturbed end. Returns the differences and the command that replays the case as an error.
fn judge(case: &CrashCase, undisturbed: &End) -> Result<(), String> {
    let played = play(case, false);
    let mut wrong = played.end.against(undisturbed);
    if !case.strikes.is_empty() && played.injected == 0 {
        wrong.push("no fault has struck".into());
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!("CRASH='{case}'\n    {}", wrong.join("\n    ")))
}

/// Judges all cases on both cores and returns their number. Panics with the list of all failed cases.
fn judge_all(cases: &[CrashCase], undisturbed: &End) -> usize {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let failed = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, std::sync::atomic::Ordering::SeqCst)) {
                    if let Err(wrong) = judge(case, undisturbed) {
                        failed.lock().unwrap().push(wrong);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(
        failed.is_empty(),
        "{} of {} cases went wrong:\n{}",
        failed.len(),
        cases.len(),
        failed.iter().take(5).map(|wrong| &wrong[..wrong.len().min(2_000)]).collect::<Vec<_>>().join("\n")
    );
    cases.len()
}

/// Plays the cases of a journey whose turn it is. Returns their number.
fn faults_in_turn_at_every_call(journey: Journey) -> usize {
    let undisturbed = play(&CrashCase::of(journey), false);
    let turn = Turn::current();
    judge_all(&turn.share(cases(turn, journey, &undisturbed.calls)), &undisturbed.end)
}

/// Returns the cases of a journey in a turn: a case for each call and each fault that is its turn, and one for each treatment of wake-ups.
fn cases(turn: Turn, journey: Journey, calls: &[Call]) -> Vec<CrashCase> {
    let strikes = turn.strikes(calls, |fault| journey.meets(*fault)).into_iter();
    let wakes = journey.treatments().iter().map(|wakes| CrashCase { wakes: *wakes, ..CrashCase::of(journey) });
    strikes.map(|strike| CrashCase { strikes: vec![strike], ..CrashCase::of(journey) }).chain(wakes).collect()
}

/// Returns the cases whose turn it is. [`cases`] are those of a turn already.
fn in_turn(cases: Vec<CrashCase>) -> Vec<CrashCase> {
    let turn = Turn::current();
    turn.share(cases.into_iter().enumerate().filter_map(|(place, case)| turn.takes(place).then_some(case)).collect())
}

/// INT-9, MSG-1, ESC-10: a day with leads by HTTP and by queue ends the same whichever call fails.
#[test]
fn int_9_a_day_survives_a_fault_at_every_call() {
    println!("{} cases", faults_in_turn_at_every_call(Journey::Day));
}

/// ESC-6, MSG-1: held notices that go out together in one mail are neither lost nor repeated.
#[test]
fn esc_6_a_night_survives_a_fault_at_every_call() {
    println!("{} cases", faults_in_turn_at_every_call(Journey::Night));
}

/// SET-11, ESC-4, DIS-10, INT-8: everything that follows from a change of the settings happens once.
#[test]
fn set_11_a_change_of_the_settings_survives_a_fault_at_every_call() {
    println!("{} cases", faults_in_turn_at_every_call(Journey::Change));
}

/// DIS-8, INT-6: claims from the pool and added enquiries end the same whichever call fails.
#[test]
fn dis_8_a_pool_survives_a_fault_at_every_call() {
    println!("{} cases", faults_in_turn_at_every_call(Journey::Pool));
}

/// EXP-3: the exported file has each row once, whichever call fails. Lagging indexes are excluded here, because an export waits for its
/// index.
#[test]
fn exp_3_an_export_survives_a_fault_at_every_call() {
    let undisturbed = play(&CrashCase::of(Journey::Export), false);
    let turn = Turn::current();
    let cases = turn.share(cases(turn, Journey::Export, &undisturbed.calls));
    let doubled =
        (1..4).map(|seed| CrashCase { wakes: WakeUpTreatment::Doubled, side_by_side: Some(seed), ..CrashCase::of(Journey::Export) });
    println!("{} cases", judge_all(&cases.into_iter().chain(doubled).collect::<Vec<_>>(), &undisturbed.end));
}

/// INT-9, ESC-10: if a call fails repeatedly, its caller gives up, and the next delivery completes the work.
#[test]
fn int_9_repeated_failures_of_the_table_only_delay_the_work() {
    let calls = play(&CrashCase::of(Journey::Day), false);
    let mut cases = Vec::new();
    for call in calls.calls.iter().filter(|call| call.faults().contains(&Fault::Throttled)) {
        for fault in call.faults().into_iter().filter(|fault| matches!(fault, Fault::Throttled | Fault::Conflict)) {
            // Nine failures exceed the retries of one delivery. A call outside a unit is not retried by the store.
            for times in if call.is_of_a_unit() { vec![2, 9] } else { vec![2] } {
                cases.push(CrashCase {
                    strikes: call.and_the_next(times).map(|call| (call, fault)).collect(),
                    ..CrashCase::of(Journey::Day)
                });
            }
        }
    }
    println!("{} cases", judge_all(&in_turn(cases), &calls.end));
}

/// LEAD-2: the bucket holds exactly the documents that the table lists.
#[test]
fn lead_2_documents_survive_a_fault_at_every_call() {
    println!("{} cases", faults_in_turn_at_every_call(Journey::Documents));
}

/// CAL-8, APT-3, MSG-1: a customer's booking, move and cancellation happen once, and each letter is sent at most once.
#[test]
fn cal_8_an_invitation_survives_a_fault_at_every_call() {
    println!("{} cases", faults_in_turn_at_every_call(Journey::Invitation));
}

/// APT-8, APT-12, MSG-1: what a customer does by the link of a letter happens once, and each letter is sent at most once.
#[test]
fn apt_8_a_customer_confirms_moves_and_cancels_by_a_link_whatever_call_fails() {
    println!("{} cases", faults_in_turn_at_every_call(Journey::CustomerLink));
}

/// APT-3, APT-5, APT-6: an appointment of another system is processed once, from its message to the webhook that reports its end.
#[test]
fn apt_5_an_appointment_survives_a_fault_at_every_call() {
    println!("{} cases", faults_in_turn_at_every_call(Journey::Appointment));
}

/// CAL-1, LEAD-3, LEAD-4, LEAD-6, LEAD-7: each change of a lead by its users happens once, and a text message is sent at most once.
#[test]
fn lead_4_the_work_on_a_lead_survives_a_fault_at_every_call() {
    println!("{} cases", faults_in_turn_at_every_call(Journey::Work));
}

/// SET-7, APT-6, CAL-6, ACC-5: an admin's changes of users, webhooks and calendar feeds and a user's saved view happen once.
#[test]
fn set_7_the_administration_of_a_group_survives_a_fault_at_every_call() {
    println!("{} cases", faults_in_turn_at_every_call(Journey::Administration));
}

/// DIS-12: the work of users who leave is moved once, and none of it stays.
#[test]
fn dis_12_a_hand_over_survives_a_fault_at_every_call() {
    println!("{} cases", faults_in_turn_at_every_call(Journey::Leavers));
}

/// APT-4, ACC-1: a partner's secret that an answer shows is the one that is valid, each replacement happens once, and the admins are
/// notified of it.
#[test]
fn apt_4_the_replacement_of_a_partners_secret_survives_a_fault_at_every_call() {
    println!("{} cases", faults_in_turn_at_every_call(Journey::Partner));
}

/// SET-12: messages and enquiries that wait for a limit are sent or stored once, and no limit is exceeded.
#[test]
fn set_12_what_goes_over_a_limit_survives_a_fault_at_every_call() {
    println!("{} cases", faults_in_turn_at_every_call(Journey::Limits));
}

/// LEAD-3: a mail that answers joins its lead once with its files, the owner is notified, and the answer in the thread is sent once.
#[test]
fn lead_3_an_answer_by_mail_survives_a_fault_at_every_call() {
    println!("{} cases", faults_in_turn_at_every_call(Journey::Thread));
}

/// INT-1, INT-5, INT-7: each received mail makes its leads once and has one record, whichever call fails.
#[test]
fn int_1_received_mails_survive_a_fault_at_every_call() {
    println!("{} cases", faults_in_turn_at_every_call(Journey::MailIn));
}

/// INT-7, SET-4: a mail is forwarded and reported, becomes one lead by hand, and is named in one notice, whichever call fails. The morning
/// check reads an index hours after the mail, so that it does not lag.
#[test]
fn int_7_an_inbox_survives_a_fault_at_every_call() {
    println!("{} cases", faults_in_turn_at_every_call(Journey::Inbox));
}

/// MSG-1: what the provider reports about a mail is recorded once, and its consequences happen once.
#[test]
fn msg_1_reports_of_the_provider_survive_a_fault_at_every_call() {
    println!("{} cases", faults_in_turn_at_every_call(Journey::Bounce));
}

/// INT-9: if the response to a commit is lost, even at the last attempt, the store recognises its own commit and makes no second one.
#[test]
fn int_9_the_store_recognises_its_own_commit_after_a_lost_response() {
    let undisturbed = play(&CrashCase::of(Journey::Keyless), false);
    let writes = undisturbed.calls.iter().filter(|call| call.faults().contains(&Fault::Conflict));
    let lost_at_last = |call: &Call, tries: usize| {
        let names: Vec<String> = call.and_the_next(tries).collect();
        names.into_iter().enumerate().map(|(i, name)| (name, if i + 1 < tries { Fault::Conflict } else { Fault::ResponseLost })).collect()
    };
    let cases: Vec<_> = writes
        .flat_map(|call| [1, 2, 8].map(|tries| CrashCase { strikes: lost_at_last(call, tries), ..CrashCase::of(Journey::Keyless) }))
        .collect();
    println!("{} cases", judge_all(&cases, &undisturbed.end));
}

/// The end of each journey without faults, as a snapshot. All other runs are compared with it.
#[test]
fn an_undisturbed_journey_ends_in_the_expected_state() {
    for journey in Journey::ALL.into_iter().chain(Journey::SHORT) {
        insta::assert_snapshot!(format!("crash_{journey:?}"), play(&CrashCase::of(journey), false).end.as_text());
    }
}

/// ESC-8, ESC-10: two faults in one run end the same. The pairs are a seeded sample.
#[test]
fn int_9_a_run_with_two_faults_ends_in_the_same_state() {
    for journey in Journey::ALL {
        let undisturbed = play(&CrashCase::of(journey), false);
        let mut dice = fastrand::Rng::with_seed(42);
        let mut strike = || {
            let call = dice.choice(&undisturbed.calls).unwrap();
            (call.to_string(), dice.choice(call.faults()).unwrap())
        };
        let cases = (0..120).map(|_| CrashCase { strikes: vec![strike(), strike()], ..CrashCase::of(journey) }).collect();
        judge_all(&in_turn(cases), &undisturbed.end);
    }
}

/// ESC-8, ESC-10: lost, repeated, early, late and reordered wake-ups and concurrent deliveries end the same.
#[test]
fn esc_10_lost_repeated_early_and_reordered_wake_ups_end_in_the_same_state() {
    for journey in Journey::ALL {
        let undisturbed = play(&CrashCase::of(journey), false).end;
        let treatments = [WakeUpTreatment::AsSent, WakeUpTreatment::Lost, WakeUpTreatment::Doubled, WakeUpTreatment::Early]
            .into_iter()
            .chain((0..24).map(WakeUpTreatment::LateInAnyOrder));
        let sides =
            |wakes| [None, Some(1), Some(2), Some(3)].map(|side_by_side| CrashCase { wakes, side_by_side, ..CrashCase::of(journey) });
        println!("{} cases", judge_all(&in_turn(treatments.flat_map(sides).collect()), &undisturbed));
    }
}

/// INT-9: when the SDK retries a call whose response was lost, the store must not take its own commit for another one's.
#[test]
fn int_9_a_retry_by_the_sdk_makes_no_second_commit() {
    let undisturbed = play(&CrashCase::of(Journey::Day), false);
    let lost = undisturbed.calls.iter().filter(|call| call.faults().contains(&Fault::Conflict));
    let cases: Vec<_> = lost
        .map(|call| CrashCase { strikes: vec![(call.to_string(), Fault::ResponseLost)], retries: 2, ..CrashCase::of(Journey::Day) })
        .collect();
    println!("{} cases", judge_all(&cases, &undisturbed.end));
}

/// Each seeded bug changes the end of at least one run. `races` detects the writes without a condition.
#[test]
fn the_harness_detects_each_seeded_bug() {
    let seeded = [
        (Bug::LostDueAt, Journey::Day, Fault::CrashBefore),
        (Bug::MailBeforeCommit, Journey::Day, Fault::CrashBefore),
        (Bug::TrustedWakeUp, Journey::Day, Fault::CrashBefore),
        (Bug::LetterSentAgain, Journey::Invitation, Fault::ResponseLost),
        (Bug::WebhookForgotten, Journey::Appointment, Fault::ServerError),
        (Bug::PartForgotten, Journey::Export, Fault::ServerError),
    ];
    for (bug, journey, fault) in seeded {
        let buggy = CrashCase { bug: Some(bug), ..CrashCase::of(journey) };
        let undisturbed = play(&buggy, false);
        // Mail that is sent before the commit is sent the right number of times until a call fails.
        let right = if bug == Bug::MailBeforeCommit { undisturbed.end } else { play(&CrashCase::of(journey), false).end };
        let met = undisturbed.calls.iter().filter(|call| call.faults().contains(&fault));
        let strikes = met.map(|call| CrashCase { strikes: vec![(call.to_string(), fault)], ..buggy.clone() });
        let wakes = [WakeUpTreatment::AsSent, WakeUpTreatment::Lost].map(|wakes| CrashCase { wakes, ..buggy.clone() });
        let judged = |case: &CrashCase| match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| judge(case, &right))) {
            Ok(judged) => judged,
            // The bucket panics if a part of an upload is missing.
            Err(_) if bug == Bug::PartForgotten => Err(format!("CRASH='{case}' panics")),
            Err(panic) => std::panic::resume_unwind(panic),
        };
        let noticed = wakes.into_iter().chain(strikes).find_map(|case| judged(&case).err());
        println!("{bug:?}: {}", noticed.as_deref().unwrap_or("nothing"));
        assert!(noticed.is_some(), "{bug:?} went unnoticed");
    }
}

/// Replays the case in the environment variable `CRASH` and prints every call.
#[test]
fn replay() {
    let Ok(text) = std::env::var("CRASH") else { return };
    let case: CrashCase = serde_json::from_str(&text).unwrap();
    let undisturbed = play(&CrashCase::of(case.journey), false);
    let played = play(&case, true);
    println!("{}", played.end.against(&undisturbed.end).join("\n"));
}
