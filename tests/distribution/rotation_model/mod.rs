//! The rotation under absences, groups, users who join and leave, and simultaneous leads. The real store and handlers are compared with a
//! naive sequential model (DIS-1 to DIS-4, DIS-6, INT-5).
//!
//! A history runs on a table whose calls take virtual time, so that they interleave. The results are then ordered by the turn numbers on
//! the timelines and compared with the model. A failing history is shrunk, and the failure prints the line that replays it: `ROTATION='…'
//! cargo test -p forecourt-tests rotation_model::replay -- --nocapture`.

mod desk;
mod history;
mod shares;

use desk::{Delivery, PlayedHistory, millis, play};
use forecourt_domain::distribution::{AssignmentReason, Rotation};
use forecourt_domain::lead::{Entry, Event};
use forecourt_store::LeadPage;
use history::{KINDS, Lane, PEOPLE, RotationHistory, Shop, UserNumber, history, name};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use shares::ModelLane;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;

/// The number of histories for each of the two threads.
const HISTORIES: u32 = 300;

/// A lead that has an owner, and how it was assigned.
struct Assignment {
    /// The round and the enquiry.
    name: String,
    kind: usize,
    owner: String,
    why: AssignmentReason,
    /// The settings version that the assignment used.
    version: u64,
    at: u64,
    /// The commit that assigned the lead.
    commit: usize,
    by_intake: bool,
}

impl Assignment {
    fn passed_over(&self) -> Vec<&str> {
        self.why.passed_over.iter().map(|passed_over| passed_over.user.as_str()).collect()
    }

    fn lane(&self) -> Lane {
        self.why.group.as_ref().map(|group| group.as_str().trim_start_matches("group-").parse().unwrap())
    }
}

impl fmt::Display for Assignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Assignment { name, kind, owner, why, version, at, commit, by_intake } = self;
        let (kind, by) = (KINDS[*kind], if *by_intake { "intake" } else { "assign" });
        let turn = why.turn.map_or(String::new(), |turn| format!(", turn {turn}"));
        let lane = why.group.as_ref().map_or("all".to_owned(), ToString::to_string);
        write!(f, "commit {commit}: {by} gives {name} ({kind}) to {owner} by {} of {lane}{turn}", why.rule)?;
        write!(f, ", settings {version} at {at}, passing over {:?}", self.passed_over())
    }
}

macro_rules! ensure {
    ($holds:expr, $($message:tt)*) => {
        if !$holds {
            return Err(format!($($message)*));
        }
    };
}

/// INT-5, DIS-11: checks that an enquiry became one lead, that its timeline holds one assignment with its reason, that only the owner was
/// notified, and that the assignment used settings no older than the enquiry.
fn checked_assignment(
    name: &str,
    kind: usize,
    deliveries: &[Delivery],
    page: &LeadPage,
    played: &PlayedHistory,
) -> Result<Assignment, String> {
    let lead = &page.lead;
    let answered: Vec<&str> = deliveries.iter().map(|delivery| delivery.reply.text("/owner")).collect();
    ensure!(answered.iter().all(|owner| *owner == answered[0]), "{name} was answered {answered:?}");
    let ids: Vec<&str> = deliveries.iter().map(|delivery| delivery.reply.text("/id")).collect();
    ensure!(ids.iter().all(|id| *id == lead.id.to_string()), "{name} is {ids:?}");
    let events = page.timeline.iter().flat_map(|entry| entry.events.iter().map(move |event| (entry, event)));
    let assigned: Vec<(&Entry, _, &AssignmentReason)> = events
        .filter_map(|(entry, event)| if let Event::Assigned { to, why, .. } = event { Some((entry, to, why)) } else { None })
        .collect();
    ensure!(assigned.len() == 1, "{name} was given out {} times", assigned.len());
    let (entry, to, why) = assigned[0];
    ensure!(lead.owner.as_ref() == Some(to), "{name} is {:?}'s, and its timeline says {to}", lead.owner);
    // Otherwise the lead's settings version would not be that of the assigning commit.
    ensure!(lead.version == entry.version, "{name} was changed after it was given out");
    let readers: Vec<_> = page.messages.iter().map(|message| &message.reader).collect();
    ensure!(readers == [to], "notices about {name} went to {readers:?}, and its owner is {to}");
    let by_intake = entry.version == 1;
    ensure!(answered[0] == if by_intake { to.as_str() } else { "" }, "{name} is {to}'s, and was answered {answered:?}");
    let written = played.writing(&format!("#L#{}", lead.id), "@");
    let commit = written[entry.version as usize - 1];
    let (sent, sent_at) = deliveries.iter().map(|delivery| (delivery.sent, delivery.sent_at)).min().unwrap();
    // When `assign` assigns a waiting lead, it reads the clock and the settings after the intake commit.
    let (since, since_at) = if by_intake { (sent, sent_at) } else { (written[0] + 1, played.time_of(written[0])) };
    let latest = |commits: usize| played.saves().iter().filter(|save| **save < commits).count() as u64;
    let (version, at) = (lead.settings_version, millis(entry.at));
    ensure!(
        (latest(since)..=latest(commit)).contains(&version),
        "{name} by settings {version}, not {} to {}",
        latest(since),
        latest(commit)
    );
    ensure!(since_at <= at && at <= played.time_of(commit), "{name} at {at}, not {since_at} to {}", played.time_of(commit));
    Ok(Assignment { name: name.into(), kind, owner: to.to_string(), why: why.clone(), version, at, commit, by_intake })
}

/// DIS-6: checks that a lead without an eligible user takes no turn. The users who were passed over must match some position of the
/// rotation, which did not change.
fn check_fallback(shop: &Shop, given: &Assignment) -> Result<(), String> {
    let (owner, away) = shop.fallback(given.at);
    ensure!(given.owner == owner && given.why.turn.is_none(), "{owner} was to get {given}");
    let lasts = [None].into_iter().chain((0..PEOPLE).map(Some));
    let passed_over = |last: Option<UserNumber>| match shop.turn(given.lane(), last, given.at) {
        (None, members) => {
            let away = away.filter(|away| !members.contains(away));
            members.into_iter().chain(away).map(name).collect()
        }
        (Some(due), _) => vec![format!("nobody: it was {}'s turn", name(due))],
    };
    // With weights the order follows the credits.
    let ordered = |mut names: Vec<String>| {
        if shop.is_weighted(given.lane()) {
            names.sort();
        }
        names
    };
    let passed = ordered(given.passed_over().into_iter().map(str::to_owned).collect());
    ensure!(lasts.map(passed_over).any(|expected: Vec<String>| ordered(expected) == passed), "{:?} for {given}", passed_over(None));
    Ok(())
}

/// DIS-1 to DIS-4: checks that the turns of a lane are consecutive and that each goes to the user of the model.
fn check_turns(shops: &[Shop], lane: Lane, turns: &[&Assignment], place: &Rotation) -> Result<(), String> {
    let mut model = ModelLane::default();
    for (i, given) in turns.iter().enumerate() {
        ensure!(given.why.turn == Some(i as u64 + 1), "turn {} is missing or there twice: {given}", i + 1);
        ensure!(i == 0 || turns[i - 1].commit <= given.commit, "a later turn in an earlier commit: {given}");
        let (due, passed_over) = model.turn(&shops[given.version as usize - 1], lane, given.at);
        ensure!(due.map(name).as_ref() == Some(&given.owner), "it was {due:?}'s turn: {given}");
        ensure!(passed_over.iter().copied().map(name).eq(given.passed_over()), "{passed_over:?} were passed over: {given}");
    }
    let stands = (place.turns, place.last.as_ref().map(ToString::to_string));
    ensure!(stands == (turns.len() as u64, model.last.map(name)), "lane {lane:?} stands at {stands:?} after {} turns", turns.len());
    Ok(())
}

/// DIS-2, DIS-13: checks fairness without the model. Between two turns of one user, every user who was eligible throughout gets at least
/// one lead, and exactly one if the first user was also eligible throughout. Of the turns with the same eligible users and weights, each
/// user gets its share, rounded up or down.
fn check_fairness(shops: &[Shop], lane: Lane, turns: &[&Assignment]) -> Result<(), String> {
    let shop = |given: &Assignment| &shops[given.version as usize - 1];
    let eligible: Vec<Vec<String>> =
        turns.iter().map(|given| shop(given).eligible(lane, given.at).into_iter().map(name).collect()).collect();
    let gets = |from: usize, until: usize, who: &String| turns[from..until].iter().filter(|given| given.owner == *who).count();
    for (i, given) in turns.iter().enumerate() {
        let Some(next) = (i + 1..turns.len()).find(|next| turns[*next].owner == given.owner) else { continue };
        if turns[i..=next].iter().any(|given| shop(given).is_weighted(lane)) {
            continue;
        }
        let stays = |who: &String| eligible[i..=next].iter().all(|there| there.contains(who));
        for who in eligible[i].iter().filter(|who| **who != given.owner && stays(who)) {
            let got = gets(i, next, who);
            ensure!(got == 1 || got > 1 && !stays(&given.owner), "{who} got {got} between {given}\n  and {}", turns[next]);
        }
    }
    // A stretch ends when the eligible users or their weights change, or the weights of the lane become equal or cease to be.
    let weights = |given: &&Assignment| {
        let (shop, at) = (shop(given), given.at);
        let of = shop.eligible(lane, at).into_iter().map(|who| (who, shop.weight(who)));
        (shares::reduced(of.collect()), shop.is_weighted(lane))
    };
    let weights: Vec<_> = turns.iter().map(weights).collect();
    let mut from = 0;
    for same in weights.chunk_by(|a, b| a == b) {
        let (of, total) = (&same[0].0, same[0].0.values().sum::<i64>());
        for n in 1..=same.len() {
            for (who, weight) in of {
                let (got, share) = (gets(from, from + n, &name(*who)) as i64, n as i64 * weight);
                ensure!((got * total - share).abs() < total, "{who} got {got} of {n} with {weight} of {total} from turn {}", from + 1);
            }
        }
        from += same.len();
    }
    Ok(())
}

/// How often each case of interest occurred in the histories.
type Situations = BTreeMap<&'static str, usize>;

/// Lists the assignments of a history, one per line.
fn assignments_as_text(all: &[Assignment]) -> String {
    all.iter().map(|given| format!("\n  {given}")).collect()
}

/// Returns the leads of a history in the order of their assignment.
fn all_assignments(history: &RotationHistory, played: &PlayedHistory) -> Result<Vec<Assignment>, String> {
    let mut all = Vec::new();
    for (r, round) in history.rounds.iter().enumerate() {
        for (i, sent) in round.leads.iter().enumerate() {
            all.push(checked_assignment(&format!("r{r}-{i}"), sent.kind, &played.delivered[r][i], &played.pages[r][i], played)?);
        }
    }
    all.sort_by_key(|given| (given.commit, given.why.turn));
    ensure!(played.leads() == all.len(), "{} leads of {} enquiries", played.leads(), all.len());
    Ok(all)
}

/// Checks that each lead went through its lane, and checks each lane turn by turn.
fn check_lanes(shops: &[Shop], all: &[Assignment], played: &PlayedHistory) -> Result<(), String> {
    let mut lanes: BTreeMap<Lane, Vec<&Assignment>> = [None, Some(0), Some(1)].map(|lane| (lane, Vec::new())).into();
    for given in all {
        let shop = &shops[given.version as usize - 1];
        let lane = given.lane();
        ensure!(lane == shop.lane(given.kind), "it belongs to lane {:?}: {given}", shop.lane(given.kind));
        match (given.why.rule.as_str(), lane) {
            ("DIS-1", None) | ("DIS-3", Some(_)) => lanes.get_mut(&lane).unwrap().push(given),
            ("DIS-6", _) => check_fallback(shop, given)?,
            _ => return Err(format!("by what rule? {given}")),
        }
    }
    for ((lane, turns), place) in lanes.iter_mut().zip(&played.places) {
        turns.sort_by_key(|given| given.why.turn);
        check_turns(shops, *lane, turns, place)?;
        check_fairness(shops, *lane, turns)?;
    }
    Ok(())
}

fn check_history(history: &RotationHistory) -> Result<Situations, String> {
    let (shops, _) = history.versions();
    let played = play(history)?;
    ensure!(played.saves().len() == shops.len(), "{} versions were saved of {}", played.saves().len(), shops.len());
    let all = all_assignments(history, &played)?;
    check_lanes(&shops, &all, &played).map_err(|wrong| format!("{wrong}{}", assignments_as_text(&all)))?;
    let count = |of: &dyn Fn(&Assignment) -> bool| all.iter().filter(|given| of(given)).count();
    let older = |lane| {
        let mut turns: Vec<&Assignment> = all.iter().filter(|given| given.lane() == lane && given.why.turn.is_some()).collect();
        turns.sort_by_key(|given| given.why.turn);
        turns.windows(2).filter(|pair| pair[1].version < pair[0].version).count()
    };
    Ok([
        ("histories", 1),
        ("leads", all.len()),
        ("delivered twice", history.rounds.iter().flat_map(|round| &round.leads).filter(|sent| sent.again.is_some()).count()),
        ("given out by assign", count(&|given| !given.by_intake)),
        ("to the fallback", count(&|given| given.why.rule == "DIS-6")),
        ("in groups", count(&|given| given.why.rule == "DIS-3")),
        ("by weight", count(&|given| given.why.turn.is_some() && shops[given.version as usize - 1].is_weighted(given.lane()))),
        ("passing somebody over", count(&|given| given.why.turn.is_some() && !given.why.passed_over.is_empty())),
        ("settings saved", shops.len() - 1),
        ("commits that met another's", played.refused),
        // These assignments were already running when newer settings were saved.
        ("turns by older settings than the one before", [None, Some(0), Some(1)].map(older).iter().sum()),
    ]
    .into())
}

fn check_many(seen: &Mutex<Situations>) {
    let config = Config { cases: HISTORIES, failure_persistence: None, max_shrink_iters: 600, ..Config::default() };
    let judged = TestRunner::new(config).run(&history(), |history| {
        let of_this = check_history(&history).map_err(TestCaseError::fail)?;
        let mut seen = seen.lock().unwrap();
        of_this.into_iter().for_each(|(what, times)| *seen.entry(what).or_default() += times);
        Ok(())
    });
    match judged {
        Ok(()) => {}
        Err(TestError::Fail(wrong, history)) => panic!("{wrong}\nROTATION='{}'", serde_json::to_string(&history).unwrap()),
        Err(e) => panic!("{e}"),
    }
}

/// DIS-1, DIS-2, DIS-3, DIS-4, DIS-6, INT-5: no lead is lost or doubled, and no user is skipped whose turn it was.
#[test]
fn dis_2_every_turn_agrees_with_a_naive_model_over_hundreds_of_histories() {
    let seen = Mutex::default();
    std::thread::scope(|scope| (0..2).for_each(|_| drop(scope.spawn(|| check_many(&seen)))));
    let seen: Situations = seen.into_inner().unwrap();
    println!("{seen:?}");
    // The cases of interest did occur.
    let histories = seen["histories"];
    let often = seen.iter().filter(|(what, _)| !what.contains("older settings")).all(|(_, times)| *times > histories / 4);
    assert!(histories == 2 * HISTORIES as usize && often, "{seen:?}");
}

/// Replays the history in the environment variable `ROTATION` and prints how each lead was assigned.
#[test]
fn replay() {
    let Ok(text) = std::env::var("ROTATION") else { return };
    let history: RotationHistory = serde_json::from_str(&text).unwrap();
    for (i, shop) in history.versions().0.iter().enumerate() {
        println!("settings {}: {}", i + 1, serde_json::to_string(shop).unwrap());
    }
    match check_history(&history) {
        Ok(_) => println!("all is well{}", assignments_as_text(&all_assignments(&history, &play(&history).unwrap()).unwrap())),
        Err(wrong) => println!("{wrong}"),
    }
}

/// A failure can be reproduced: the same history interleaves its calls in the same way.
#[test]
fn the_same_history_interleaves_its_calls_identically() {
    let mut runner = TestRunner::new(Config::default());
    for _ in 0..30 {
        let history = history().new_tree(&mut runner).unwrap().current();
        let [once, again] = [(); 2].map(|()| assignments_as_text(&all_assignments(&history, &play(&history).unwrap()).unwrap()));
        assert_eq!(once, again);
    }
}
