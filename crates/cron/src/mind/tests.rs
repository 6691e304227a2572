//! What the mind does, case by case.

use std::time::Duration;

use super::simulator::Stub;
use super::*;
use crate::job::{Missed, Overlap};

const NOON: Seconds = 1_000_000_800;

fn at(seconds: Seconds) -> Now {
    Now {
        wall: NOON + seconds,
        mono: (seconds * 1000 + 50) as u64,
    }
}

fn mind(jobs: Vec<Stub>) -> Mind<Stub> {
    Mind::new(jobs, 5000, 1, at(0))
}

/// The actions, each in a word.
fn told(mind: &mut Mind<Stub>) -> Vec<String> {
    let word = |action: Action<Stub>| match action {
        Action::Start { run, job } => format!("start {} {run}", job.name),
        Action::Term(run) => format!("term {run}"),
        Action::Kill(run) => format!("kill {run}"),
        Action::Say(Note::Ended {
            why, killed, end, ..
        }) => match (why, killed) {
            (None, _) => format!("end {}", end.code()),
            (Some(why), killed) => format!("end {why:?}{}", if killed { " killed" } else { "" }),
        },
        Action::Say(Note::LeftOut { .. }) => "left out".into(),
        Action::Say(Note::Missed { times, once, .. }) => format!("missed {times} {once}"),
        Action::Say(Note::MissedByMany { jobs, times }) => format!("missed {jobs} {times}"),
        Action::Say(Note::ClockBack { by, anew }) => format!("back {by} {anew}"),
        Action::Say(Note::Dropped { .. }) => "dropped".into(),
        Action::Tell(asker, end) => format!("tell {asker} {:?}", end.map(End::code)),
        Action::Over => "over".into(),
    };
    mind.actions().into_iter().map(word).collect()
}

fn turn(mind: &mut Mind<Stub>, seconds: Seconds) -> Vec<String> {
    mind.turn(at(seconds));
    told(mind)
}

fn end(mind: &mut Mind<Stub>, run: RunId, seconds: Seconds) -> Vec<String> {
    mind.ended(run, End::Code(0), false, at(seconds));
    told(mind)
}

#[test]
fn a_job_starts_at_its_time_and_once() {
    let mut mind = mind(vec![Stub::new("a", 60)]);
    assert_eq!(mind.deadline().wall, Some(NOON + 60));
    assert_eq!(turn(&mut mind, 59), [""; 0]);
    assert_eq!(turn(&mut mind, 60), ["start a 1"]);
    assert_eq!(turn(&mut mind, 60), [""; 0]);
    assert_eq!(end(&mut mind, 1, 61), ["end 0"]);
    assert_eq!(turn(&mut mind, 121), ["start a 2"]);
    mind.ended(2, End::Code(3), false, at(122));
    assert_eq!(told(&mut mind), ["end 3"]);
    let tally = mind.entries[0].tally;
    assert_eq!((tally.runs, tally.failures), (2, 1));
    assert_eq!(tally.last_end, Some((End::Code(3), 1000)));
}

#[test]
fn overlap() {
    use Overlap::*;
    for (overlap, second, third, after) in [
        (Skip, vec!["left out"], vec!["left out"], vec!["end 0"]),
        (Queue, vec![], vec!["left out"], vec!["end 0", "start a 2"]),
        (
            Replace,
            vec!["term 1"],
            vec!["left out"],
            vec!["end Replaced", "start a 2"],
        ),
        (Allow, vec!["start a 2"], vec!["start a 3"], vec!["end 0"]),
    ] {
        let mut mind = mind(vec![Stub::new("a", 2).overlap(overlap)]);
        assert_eq!(turn(&mut mind, 2), ["start a 1"]);
        assert_eq!(turn(&mut mind, 4), second, "{overlap:?}");
        assert_eq!(turn(&mut mind, 6), third, "{overlap:?}");
        assert_eq!(end(&mut mind, 1, 7), after, "{overlap:?}");
    }
}

#[test]
fn a_time_out_is_term_then_kill_for_the_whole_group() {
    let mut job = Stub::new("a", 60);
    job.policy.timeout = Some(Duration::from_secs(3));
    let mut mind = mind(vec![job]);
    assert_eq!(turn(&mut mind, 60), ["start a 1"]);
    assert_eq!(mind.deadline().mono, Some(at(63).mono));
    assert_eq!(turn(&mut mind, 63), ["term 1"]);
    // Its shell ends, what the shell has started does not.
    mind.ended(1, End::Signal(15), true, at(64));
    assert_eq!(told(&mut mind), [""; 0]);
    assert_eq!(mind.remainders(), [1]);
    assert_eq!(turn(&mut mind, 68), ["kill 1", "end TimeOut killed"]);
    assert_eq!(mind.entries[0].tally.failures, 1);
    // And where it ends meanwhile.
    assert_eq!(turn(&mut mind, 120), ["start a 2"]);
    assert_eq!(turn(&mut mind, 123), ["term 2"]);
    mind.ended(2, End::Signal(15), true, at(124));
    mind.group_ended(2, at(125));
    assert_eq!(told(&mut mind), ["end TimeOut"]);
    assert_eq!(mind.deadline().mono, None);
}

#[test]
fn what_is_left_in_the_background_does_not_hold_a_job() {
    let mut mind = mind(vec![Stub::new("a", 60)]);
    assert_eq!(turn(&mut mind, 60), ["start a 1"]);
    mind.ended(1, End::Code(0), true, at(61));
    assert_eq!(told(&mut mind), ["end 0"]);
    assert_eq!(turn(&mut mind, 120), ["start a 2"]);
}

#[test]
fn missed_times_are_left_out_and_said_once_or_made_up_for_by_one_run() {
    let mut once = Stub::new("b", 60);
    once.policy.missed = Missed::Once;
    let mut mind = mind(vec![Stub::new("a", 60), once]);
    // An hour has gone by: the last minute counts as on time, for it has just begun.
    let missed = turn(&mut mind, 3600);
    assert_eq!(
        missed,
        [
            "start a 1",
            "start b 2",
            "missed 59 false",
            "missed 59 true"
        ]
    );
    let mut rare = Stub::new("b", 3600);
    rare.policy.missed = Missed::Once;
    let mut mind = self::mind(vec![Stub::new("a", 3600), rare]);
    assert_eq!(
        turn(&mut mind, 9000),
        ["start b 1", "missed 2 false", "missed 2 true"]
    );
    // As many as are counted, and one of them on time: that one has not been missed.
    let mut mind = self::mind(vec![Stub::new("a", 1)]);
    assert_eq!(turn(&mut mind, 100), ["start a 1", "missed 99 false"]);
    let mut mind = self::mind(vec![Stub::new("a", 1)]);
    assert_eq!(turn(&mut mind, 101), ["start a 1", "missed 100 false"]);
    // More than are counted, and of more jobs than lines are said.
    let jobs = (0..9).map(|number| Stub::new(&format!("j{number}"), 1));
    let mut mind = self::mind(jobs.collect());
    let said = turn(&mut mind, 1_000_000);
    assert_eq!(said.len(), 10);
    assert_eq!(said[9], "missed 9 900");
    assert_eq!(mind.deadline().wall, Some(NOON + 1_000_001));
}

#[test]
fn a_clock_that_is_set_back_runs_nothing_twice() {
    let mut mind = mind(vec![Stub::new("a", 60)]);
    assert_eq!(turn(&mut mind, 60), ["start a 1"]);
    assert_eq!(end(&mut mind, 1, 61), ["end 0"]);
    let back = |wall: Seconds, mono| Now {
        wall: NOON + wall,
        mono,
    };
    mind.turn(back(-600, 62_000));
    assert_eq!(told(&mut mind), ["back 660 false"]);
    for wall in [-60, 0, 59, 60, 61] {
        mind.turn(back(wall, 63_000));
        assert_eq!(told(&mut mind), [""; 0]);
    }
    mind.turn(back(120, 64_000));
    assert_eq!(told(&mut mind), ["start a 2"]);
    // By more than three hours: the clock was wrong before.
    mind.turn(back(-20_000, 65_000));
    assert_eq!(told(&mut mind), ["back 20120 true"]);
    assert_eq!(mind.deadline().wall, Some(NOON - 19_980));
}

#[test]
fn jitter_puts_a_start_off_and_holds_its_limit() {
    let mut job = Stub::new("a", 60);
    job.policy.jitter = Duration::from_secs(10);
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..50 {
        let mut mind = Mind::new(vec![job.clone()], 5000, seed, at(0));
        assert_eq!(turn(&mut mind, 60), [""; 0]);
        let later = mind.deadline().mono.expect("a start");
        assert!((at(60).mono..=at(70).mono).contains(&later));
        seen.insert(later);
        mind.turn(Now {
            wall: NOON + 71,
            mono: later,
        });
        assert_eq!(told(&mut mind), ["start a 1"]);
    }
    assert!(seen.len() > 40);
}

#[test]
fn reboot_jobs_run_when_the_scheduler_begins_and_not_at_a_reload() {
    let mut job = Stub::new("a", 0);
    job.reboot = true;
    let mut mind = mind(vec![job.clone()]);
    assert_eq!(told(&mut mind), ["start a 1"]);
    mind.reload(vec![job], at(5));
    assert_eq!(told(&mut mind), [""; 0]);
}

#[test]
fn a_reload_keeps_what_runs_and_its_job() {
    let mut mind = mind(vec![Stub::new("a", 60), Stub::new("b", 60)]);
    assert_eq!(turn(&mut mind, 60), ["start a 1", "start b 2"]);
    let mut changed = Stub::new("a", 30);
    changed.text = 7;
    let mut new = Stub::new("c", 60);
    new.text = 8;
    let changes = mind.reload(vec![changed, new], at(70));
    assert_eq!((changes.jobs, changes.new, changes.gone), (2, 1, 1));
    assert_eq!(mind.entries.len(), 3, "b still runs");
    assert_eq!(
        turn(&mut mind, 90),
        ["left out"],
        "a is still the job that runs"
    );
    assert_eq!(end(&mut mind, 2, 91), ["end 0"]);
    assert_eq!(mind.entries.len(), 2);
    assert_eq!(end(&mut mind, 1, 92), ["end 0"]);
    assert_eq!(turn(&mut mind, 120), ["start a 3", "start c 4"]);
}

#[test]
fn an_asked_for_run_heeds_the_overlap() {
    let mut mind = mind(vec![
        Stub::new("a", 600),
        Stub::new("q", 600).overlap(Overlap::Queue),
    ]);
    assert_eq!(mind.ask("x", 1, at(1)), Err(Refusal::Unknown));
    assert_eq!(mind.ask("a", 1, at(1)), Ok(Answer::Begun));
    assert_eq!(mind.ask("a", 2, at(2)), Err(Refusal::Runs(1000)));
    assert_eq!(mind.ask("q", 3, at(2)), Ok(Answer::Begun));
    assert_eq!(mind.ask("q", 4, at(2)), Ok(Answer::Waits));
    assert_eq!(mind.ask("q", 5, at(2)), Err(Refusal::Waits));
    assert_eq!(told(&mut mind), ["start a 1", "start q 2"]);
    assert_eq!(end(&mut mind, 1, 3), ["end 0", "tell 1 Some(0)"]);
    assert_eq!(
        end(&mut mind, 2, 3),
        ["end 0", "tell 3 Some(0)", "start q 3"]
    );
    mind.stop(at(4));
    assert_eq!(told(&mut mind), ["term 3"]);
    assert_eq!(mind.ask("a", 6, at(4)), Err(Refusal::Stopping));
    assert_eq!(end(&mut mind, 3, 5), ["end Stop", "tell 4 Some(0)", "over"]);
}

#[test]
fn the_stop_ends_all_and_starts_nothing() {
    let mut mind = mind(vec![
        Stub::new("a", 60),
        Stub::new("q", 60).overlap(Overlap::Queue),
    ]);
    assert_eq!(turn(&mut mind, 60), ["start a 1", "start q 2"]);
    assert_eq!(turn(&mut mind, 120), ["left out"]);
    mind.stop(at(121));
    assert_eq!(told(&mut mind), ["term 1", "dropped", "term 2"]);
    mind.stop(at(122));
    assert_eq!(told(&mut mind), [""; 0], "a further one changes nothing");
    assert_eq!(turn(&mut mind, 125), [""; 0]);
    assert_eq!(end(&mut mind, 1, 125), ["end Stop"]);
    assert_eq!(turn(&mut mind, 126), ["kill 2"]);
    assert_eq!(mind.deadline().mono, Some(at(128).mono));
    // It does not even end by KILL.
    assert_eq!(turn(&mut mind, 128), ["end Stop killed", "over"]);
    assert_eq!(turn(&mut mind, 600), [""; 0]);
    assert_eq!(mind.deadline(), Deadline::default());
}
