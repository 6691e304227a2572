//! The stop of the container.

mod rig;

use engine::Change::*;
use engine::*;
use plan::{Criticality, Restart, Unit};
use rig::*;

const A: UnitId = UnitId(0);
const B: UnitId = UnitId(1);
const C: UnitId = UnitId(2);

fn silent(id: UnitId) -> Action {
    Action::Announce(id, Silent)
}

/// Running units a, b, … with pids 100, 101, …
fn running(units: Vec<Unit>) -> Rig {
    let count = units.len() as u32;
    let mut rig = Rig::with(units);
    for number in (0..count).rev() {
        if rig.state(UnitId(number)) == State::Starting {
            rig.start(UnitId(number));
        }
    }
    for number in 0..count {
        if rig.state(UnitId(number)) == State::Starting {
            rig.start(UnitId(number));
        }
    }
    rig.pass(ms(2000));
    rig
}

fn services(names: &[&str]) -> Vec<Unit> {
    names.iter().map(|name| Unit::service(*name)).collect()
}

fn pid_of(rig: &Rig, id: UnitId) -> i32 {
    rig.unit(id).pid().expect("a process").0
}

fn signals_to(actions: &[Action], id: UnitId) -> bool {
    let to = |action: &Action| matches!(action, Action::Signal(to, ..) if *to == id);
    actions.iter().any(to)
}

fn left(rig: &mut Rig, actions: &[Action]) -> u8 {
    let leave = |actions: &[Action]| {
        actions.iter().find_map(|action| match action {
            Action::EndStop(code) => Some(*code),
            _ => None,
        })
    };
    match leave(actions) {
        Some(code) => code,
        None => leave(&rig.tell(Event::NoneLeft)).expect("the end"),
    }
}

#[test]
fn every_service_is_asked_to_end_and_the_hooks_run_beside() {
    let mut rig = running(services(&["a", "b"]));
    let (a, b) = (pid_of(&rig, A), pid_of(&rig, B));
    let mut expected = vec![silent(A), silent(B)];
    expected.extend(asked_to_end(A, a));
    expected.extend(asked_to_end(B, b));
    expected.push(Action::RunStopHooks);
    assert_eq!(rig.stop(), expected);
    assert_eq!(rig.stage(), Some(StopStage::Hooks));
}

#[test]
fn nothing_waits_for_what_is_not_there() {
    let mut rig = Rig::new();
    assert_eq!(rig.stop(), [Action::RunStopHooks]);
    assert_eq!(rig.hooks_done(), all_terminated());
    assert_eq!(rig.tell(Event::NoneLeft), [Action::EndStop(0)]);
    assert_eq!(rig.stage(), Some(StopStage::Over));
    assert_eq!(rig.engine.deadline(), None);
}

#[test]
fn the_stop_goes_on_as_soon_as_the_last_service_and_its_finish_have_ended() {
    let with_finish = Unit {
        has_finish: true,
        ..Unit::service("a")
    };
    let mut rig = running(vec![with_finish, Unit::service("b")]);
    rig.stop();
    assert_eq!(rig.hooks_done(), []);
    rig.end(B, End::Killed(TERM));
    rig.end(A, End::Killed(TERM));
    assert_eq!(rig.stage(), Some(StopStage::Services));
    rig.start(A);
    let mut expected = vec![Action::Announce(A, Finished)];
    expected.extend(all_terminated());
    assert_eq!(rig.end(A, exited(0)), expected);
    assert_eq!(rig.tell(Event::NoneLeft), [Action::EndStop(0)]);
}

#[test]
fn services_that_end_before_the_hooks_are_not_waited_for_later() {
    let mut rig = running(services(&["a"]));
    rig.stop();
    let ends = [Action::Announce(A, Down), Action::Announce(A, Finished)];
    assert_eq!(rig.end(A, exited(0)), ends);
    assert_eq!(rig.hooks_done(), all_terminated());
}

#[test]
fn each_part_of_a_stop_ends_at_its_limit() {
    let mut rig = running(services(&["a", "b"]));
    rig.stop();
    rig.pass(ms(60_000));
    rig.tell(Event::StopHooksDone(limits(3000, 2000)));
    assert_eq!(rig.pass(ms(2999)), []);
    let mut expected = vec![Action::Tell(Notice::GraceOver(vec![A, B]))];
    expected.extend(all_terminated());
    assert_eq!(rig.pass(ms(1)), expected);
    assert_eq!(rig.pass(ms(1999)), []);
    assert_eq!(rig.pass(ms(1)), [Action::SignalAll(KILL)]);
    assert_eq!(rig.pass(ms(999)), []);
    assert_eq!(rig.pass(ms(1)), [Action::EndStop(0)]);
    assert_eq!(rig.pass(ms(60_000)), []);
}

#[test]
fn a_limit_that_is_none_waits_as_long_as_it_takes() {
    let mut rig = running(services(&["a"]));
    rig.stop();
    let none = StopLimits {
        services: None,
        kill: None,
        whole: None,
    };
    rig.tell(Event::StopHooksDone(none));
    let actions = rig.pass(ms(10_000_000));
    let waits = |action: &Action| matches!(action, Action::Tell(Notice::StopWaits(..)));
    assert!(actions.iter().all(waits), "{actions:?}");
    rig.end(A, exited(0));
    assert_eq!(rig.pass(ms(10_000_000)), []);
    assert_eq!(rig.tell(Event::NoneLeft), [Action::EndStop(0)]);
}

#[test]
fn the_limit_for_the_whole_stop_counts_from_its_begin() {
    let mut rig = running(services(&["a"]));
    rig.stop();
    rig.pass(ms(1000));
    rig.tell(Event::StopHooksDone(StopLimits {
        services: None,
        kill: None,
        whole: Some(ms(9000)),
    }));
    assert_eq!(rig.pass(ms(7099)), []);
    assert_eq!(rig.pass(ms(1)), [Action::SignalAll(KILL)]);
    assert_eq!(rig.pass(ms(899)), []);
    assert_eq!(rig.pass(ms(1)), [Action::EndStop(0)]);
}

#[test]
fn a_whole_limit_that_the_hooks_have_used_up_ends_the_stop_at_once() {
    let mut rig = running(services(&["a"]));
    rig.stop();
    rig.pass(ms(10_000));
    let done = Event::StopHooksDone(StopLimits {
        whole: Some(ms(9000)),
        ..limits(3000, 3000)
    });
    assert_eq!(
        rig.tell(done),
        [Action::SignalAll(KILL), Action::EndStop(0)]
    );
}

#[test]
fn a_restart_that_is_due_at_the_moment_of_a_stop_does_not_happen() {
    let mut rig = Rig::running(Unit::service("a"));
    rig.end(A, exited(0));
    rig.now = rig.now.after(ms(5000));
    assert_eq!(rig.stop(), [silent(A), Action::RunStopHooks]);
    assert_eq!(rig.state(A), State::Down);
}

#[test]
fn a_process_that_ended_at_the_moment_of_its_kill_is_not_signalled() {
    let mut rig = running(vec![Unit {
        kill_after: Some(ms(400)),
        ..Unit::service("a")
    }]);
    rig.ask(A, Request::Down);
    rig.now = rig.now.after(ms(5000));
    assert!(!signals_to(&rig.end(A, exited(0)), A));
}

#[test]
fn everything_is_killed_once_whatever_limit_comes_later() {
    let mut rig = running(services(&["a"]));
    rig.stop();
    rig.tell(Event::StopHooksDone(StopLimits {
        services: None,
        kill: None,
        whole: Some(ms(9000)),
    }));
    rig.pass(ms(7500));
    rig.hasten();
    assert_eq!(
        rig.hasten(),
        [hastened(StopStage::Kill), Action::SignalAll(KILL)]
    );
    assert_eq!(rig.pass(ms(999)), []);
    assert_eq!(rig.pass(ms(1)), [Action::EndStop(0)]);
}

#[test]
fn a_units_own_kill_limit_holds_in_a_stop() {
    let mut rig = running(vec![Unit {
        kill_after: Some(ms(400)),
        ..Unit::service("a")
    }]);
    rig.stop();
    let actions = rig.pass(ms(400));
    let kill = Action::Signal(A, Pid(100), KILL);
    let notice = Action::Tell(Notice::KilledAfter(A, ms(400)));
    assert_eq!(actions, [kill, notice]);
}

#[test]
fn nothing_is_started_any_more() {
    let mut rig = running(vec![
        Unit::service("a"),
        service_with("b", &["c"]),
        Unit::service("d"),
    ]);
    rig.end(C, exited(1));
    rig.start(C);
    rig.end(C, exited(1));
    assert_eq!(rig.state(C), State::BackingOff);
    assert_eq!(rig.state(B), State::Waiting);
    rig.stop();
    assert_eq!(rig.state(B), State::Down);
    assert_eq!(rig.state(C), State::Down);
    for request in [Request::Up, Request::Once] {
        let before = rig.engine.clone();
        assert_eq!(rig.ask(B, request), []);
        assert_eq!(
            rig.engine, before,
            "nothing of {request:?} is kept for later"
        );
    }
    assert_eq!(rig.add(services(&["c"])), []);
    rig.end(A, exited(1));
    assert_eq!(rig.state(A), State::Down);
    assert_eq!(rig.pass(ms(100_000)), []);
}

#[test]
fn a_unit_in_the_middle_of_its_start_is_asked_when_its_process_is_known() {
    let mut rig = Rig::with(services(&["a"]));
    assert_eq!(rig.stop(), [silent(A), Action::RunStopHooks]);
    let mut expected = vec![Action::Announce(A, Up)];
    expected.extend(asked_to_end(A, 100));
    assert_eq!(rig.start(A), expected);
}

#[test]
fn a_start_that_fails_in_a_stop_is_not_tried_again() {
    let mut rig = Rig::with(services(&["a"]));
    rig.stop();
    assert_eq!(rig.tell(Event::StartFailed(A)), []);
    assert_eq!(rig.state(A), State::Down);
    assert_eq!(rig.hooks_done(), all_terminated());
}

#[test]
fn what_others_need_is_asked_when_they_are_down() {
    let mut rig = running(vec![
        service_with("a", &["b", "c"]),
        service_with("b", &["c"]),
        Unit::service("c"),
    ]);
    while rig.state(A) != State::Up {
        for id in [A, B, C] {
            if rig.state(id) == State::Starting {
                rig.start(id);
            }
        }
    }
    let actions = rig.stop();
    assert!(signals_to(&actions, A));
    assert!(!signals_to(&actions, B) && !signals_to(&actions, C));
    let actions = rig.end(A, exited(0));
    assert!(signals_to(&actions, B) && !signals_to(&actions, C));
    let actions = rig.end(B, exited(0));
    assert!(signals_to(&actions, C));
}

fn with_logger() -> Vec<Unit> {
    let mut units = services(&["a", "a/log"]);
    units[0].logger = Some("a/log".into());
    units[0].has_finish = true;
    units
}

#[test]
fn a_logger_ends_by_the_end_of_its_input_when_its_service_is_done() {
    let mut rig = running(with_logger());
    let actions = rig.stop();
    assert!(signals_to(&actions, A) && !signals_to(&actions, B));
    let actions = rig.end(A, exited(0));
    assert!(!actions.contains(&Action::CloseInput(B)));
    rig.start(A);
    assert_eq!(
        rig.end(A, exited(0)),
        [Action::Announce(A, Finished), Action::CloseInput(B)]
    );
    assert_eq!(rig.state(B), State::Stopping);
    rig.hooks_done();
    rig.end(B, exited(0));
    assert_eq!(rig.tell(Event::NoneLeft), [Action::EndStop(0)]);
}

#[test]
fn a_logger_of_several_ends_after_the_last_of_them() {
    let mut units = services(&["a", "b", "log"]);
    units[0].logger = Some("log".into());
    units[1].logger = Some("log".into());
    let mut rig = running(units);
    rig.stop();
    assert!(!rig.end(A, exited(0)).contains(&Action::CloseInput(C)));
    assert!(rig.end(B, exited(0)).contains(&Action::CloseInput(C)));
}

#[test]
fn a_logger_without_a_running_service_ends_by_the_end_of_its_input_at_once() {
    let mut units = with_logger();
    units[0].wanted = false;
    let mut rig = running(units);
    let actions = rig.stop();
    assert!(actions.contains(&Action::CloseInput(B)));
    assert!(!signals_to(&actions, B));
}

#[test]
fn a_removed_logger_stays_until_its_service_is_down() {
    let mut rig = running(with_logger());
    assert_eq!(rig.tell(Event::Remove(B)), []);
    rig.end(B, exited(1));
    assert_eq!(rig.state(B), State::Starting, "lines are still to come");
    rig.start(B);
    rig.tell(Event::Remove(A));
    rig.end(A, exited(0));
    rig.start(A);
    let actions = rig.end(A, exited(0));
    assert!(actions.contains(&Action::CloseInput(B)));
    let actions = rig.end(B, exited(0));
    assert!(actions.contains(&Action::Forget(B)));
}

#[test]
fn a_removed_logger_that_others_need_leaves_when_it_ends_in_a_stop() {
    let mut units = services(&["a", "log", "c"]);
    units[0].logger = Some("log".into());
    units[2].needs = vec!["log".into()];
    let mut rig = running(units);
    rig.tell(Event::Remove(B));
    rig.stop();
    assert!(
        !rig.end(A, exited(0)).contains(&Action::CloseInput(B)),
        "C needs it"
    );
    assert!(rig.end(B, exited(0)).contains(&Action::Forget(B)));
}

#[test]
fn a_removed_logger_that_others_need_is_closed_after_them_in_a_stop() {
    let mut units = services(&["a", "log", "c"]);
    units[0].logger = Some("log".into());
    units[2].needs = vec!["log".into()];
    let mut rig = running(units);
    rig.tell(Event::Remove(B));
    rig.stop();
    rig.end(A, exited(0));
    assert!(rig.end(C, exited(0)).contains(&Action::CloseInput(B)));
}

#[test]
fn a_logger_removed_after_its_service_ends_by_the_end_of_its_input() {
    let mut rig = running(with_logger());
    rig.tell(Event::Remove(A));
    rig.end(A, exited(0));
    rig.start(A);
    rig.end(A, exited(0));
    let actions = rig.tell(Event::Remove(B));
    assert_eq!(actions, [Action::CloseInput(B), silent(B)]);
}

#[test]
fn units_that_wait_for_each_others_end_are_all_asked() {
    let mut units = vec![Unit::service("a"), service_with("log", &["a"])];
    units[0].logger = Some("log".into());
    let mut rig = Rig::with(units);
    rig.start(A);
    rig.start(B);
    let actions = rig.stop();
    assert!(signals_to(&actions, A) && actions.contains(&Action::CloseInput(B)));
}

#[test]
fn one_shots_are_undone_after_what_needs_them() {
    let one_shot = Unit {
        has_finish: true,
        ..Unit::one_shot("b")
    };
    let mut rig = Rig::with(vec![service_with("a", &["b"]), one_shot]);
    rig.start(B);
    rig.end(B, exited(0));
    rig.start(A);
    rig.stop();
    assert_eq!(rig.hooks_done(), []);
    assert!(rig.end(A, exited(0)).contains(&undo(B)));
    rig.start(B);
    assert!(rig.end(B, exited(0)).contains(&Action::SignalAll(TERM)));
}

#[test]
fn a_one_shot_whose_end_is_told_before_its_start_is_undone_in_a_stop() {
    let one_shot = Unit {
        has_finish: true,
        ..Unit::one_shot("a")
    };
    let mut rig = Rig::with(vec![one_shot, Unit::service("b")]);
    rig.start(B);
    rig.tell(Event::Exited(Pid(7), exited(0)));
    rig.stop();
    let actions = rig.tell(Event::Started(A, Pid(7)));
    assert_eq!(actions.last(), Some(&undo(A)));
}

#[test]
fn one_shots_whose_turn_never_came_are_undone_with_the_last_term() {
    let one_shot = Unit {
        has_finish: true,
        ..Unit::one_shot("b")
    };
    let mut rig = Rig::with(vec![service_with("a", &["b"]), one_shot]);
    rig.start(B);
    rig.end(B, exited(0));
    rig.start(A);
    rig.stop();
    rig.hooks_done();
    let actions = rig.pass(ms(3000));
    assert!(actions.contains(&Action::Tell(Notice::GraceOver(vec![A]))));
    assert_eq!(rig.state(B), State::Finishing);
}

fn hastened(stage: StopStage) -> Action {
    Action::Tell(Notice::Hastened(stage))
}

/// An engine's TERM, an order from inside.
const ASKED: Event = Event::Stop(StopCause::Asked);
const INTERRUPTED: Event = Event::Stop(StopCause::Interrupted);

#[test]
fn asking_again_changes_nothing_at_any_gap_and_stage() {
    // No stage is over by itself by then.
    for gap in [0, 1, 499, 500, 900] {
        for first in [ASKED, INTERRUPTED, Event::Stop(StopCause::Now)] {
            let mut rig = running(services(&["a"]));
            rig.tell(first);
            let again = |rig: &mut Rig, stage: StopStage| {
                rig.pass(ms(gap));
                let before = rig.engine.clone();
                assert_eq!(rig.tell(ASKED), []);
                assert_eq!(rig.engine, before, "after {gap} ms in {stage:?}");
                assert_eq!(rig.stage(), Some(stage));
            };
            again(&mut rig, StopStage::Hooks);
            rig.hooks_done();
            again(&mut rig, StopStage::Services);
            rig.hasten();
            again(&mut rig, StopStage::Terminate);
            rig.hasten();
            again(&mut rig, StopStage::Kill);
            assert_eq!(rig.tell(Event::NoneLeft), [Action::EndStop(0)]);
            again(&mut rig, StopStage::Over);
        }
    }
}

#[test]
fn whom_a_long_stop_waits_for_is_said_after_half_a_minute_and_at_each_doubling() {
    let mut rig = running(services(&["a", "b"]));
    rig.stop();
    let none = StopLimits {
        services: None,
        kill: None,
        whole: None,
    };
    rig.tell(Event::StopHooksDone(none));
    let waits = |units: &[UnitId], seconds: u64| {
        [Action::Tell(Notice::StopWaits(
            units.to_vec(),
            ms(seconds * 1000),
        ))]
    };
    assert_eq!(rig.pass(ms(29_999)), []);
    assert_eq!(rig.pass(ms(1)), waits(&[A, B], 30));
    rig.end(A, exited(0));
    assert_eq!(rig.pass(ms(29_999)), []);
    assert_eq!(rig.pass(ms(1)), waits(&[B], 60));
    assert_eq!(rig.pass(ms(60_000)), waits(&[B], 120));
    assert!(rig.end(B, exited(0)).contains(&Action::SignalAll(TERM)));
    assert_eq!(rig.engine.deadline(), None);
}

#[test]
fn to_wait_no_longer_skips_to_the_next_harder_stage() {
    let mut rig = running(services(&["a"]));
    assert!(rig.hasten().contains(&Action::RunStopHooks));
    rig.hooks_done();
    let mut expected = vec![
        hastened(StopStage::Terminate),
        Action::Tell(Notice::GraceOver(vec![A])),
    ];
    expected.extend(all_terminated());
    assert_eq!(rig.hasten(), expected);
    let killed = [hastened(StopStage::Kill), Action::SignalAll(KILL)];
    assert_eq!(rig.hasten(), killed);
    assert_eq!(rig.hasten(), []);
    assert_eq!(rig.tell(Event::NoneLeft), [Action::EndStop(0)]);
    assert_eq!(rig.hasten(), []);
}

#[test]
fn a_further_interrupt_skips_a_stage_half_a_second_after_the_last_that_counted() {
    let mut rig = running(services(&["a"]));
    assert!(rig.tell(INTERRUPTED).contains(&Action::RunStopHooks));
    rig.pass(ms(499));
    assert_eq!(rig.tell(INTERRUPTED), []);
    rig.pass(ms(1));
    let actions = rig.tell(INTERRUPTED);
    assert!(actions.contains(&hastened(StopStage::Terminate)));
    rig.pass(ms(499));
    assert_eq!(rig.tell(INTERRUPTED), []);
    rig.pass(ms(1));
    let actions = rig.tell(INTERRUPTED);
    assert!(actions.contains(&Action::SignalAll(KILL)));
}

#[test]
fn the_first_interrupt_of_a_stop_changes_nothing() {
    for first in [
        ASKED,
        Event::Stop(StopCause::Now),
        Event::Stop(StopCause::CommandEnded(1)),
    ] {
        let mut rig = running(services(&["a"]));
        rig.tell(first);
        rig.pass(ms(2000));
        assert_eq!(rig.tell(INTERRUPTED), []);
        assert_eq!(rig.stage(), Some(StopStage::Hooks));
        rig.pass(ms(500));
        assert!(rig.tell(INTERRUPTED).contains(&Action::SignalAll(TERM)));
    }
}

#[test]
fn to_wait_no_longer_while_hooks_run_abandons_them() {
    let mut rig = running(services(&["a"]));
    rig.stop();
    assert!(rig.hasten().contains(&Action::SignalAll(TERM)));
    assert_eq!(rig.hooks_done(), []);
    assert_eq!(rig.stage(), Some(StopStage::Terminate));
    assert_eq!(rig.pass(ms(2999)), []);
    assert_eq!(rig.pass(ms(1)), [Action::SignalAll(KILL)]);
}

#[test]
fn a_process_that_appears_after_the_last_kill_is_killed() {
    let mut rig = Rig::with(services(&["a"]));
    rig.stop();
    rig.hasten();
    rig.hasten();
    let kill = Action::Signal(A, Pid(100), KILL);
    assert_eq!(rig.start(A), [Action::Announce(A, Up), kill]);
}

#[test]
fn no_finish_runs_after_the_last_kill() {
    let with_finish = |name: &str| Unit {
        has_finish: true,
        ..Unit::service(name)
    };
    let mut rig = running(vec![with_finish("a"), with_finish("b")]);
    rig.stop();
    rig.end(B, exited(0));
    rig.hasten();
    rig.hasten();
    let killed = [Action::Announce(A, Down), Action::Announce(A, Finished)];
    assert_eq!(rig.end(A, End::Killed(KILL)), killed);
    let pid = rig.pid();
    assert_eq!(
        rig.tell(Event::Started(B, pid)),
        [Action::Signal(B, pid, KILL), silent(B)]
    );
}

#[test]
fn finish_runs_after_the_last_term() {
    let mut rig = running(vec![Unit {
        has_finish: true,
        ..Unit::service("a")
    }]);
    rig.stop();
    rig.hasten();
    let actions = rig.end(A, End::Killed(TERM));
    assert_eq!(actions[1], finish(A, End::Killed(TERM), 100));
    assert_eq!(rig.tell(Event::NoneLeft), []);
    rig.start(A);
    assert_eq!(rig.end(A, exited(0)), [Action::Announce(A, Finished)]);
    assert_eq!(rig.tell(Event::NoneLeft), [Action::EndStop(0)]);
}

#[test]
fn news_that_nothing_is_left_skips_the_last_term() {
    let mut rig = running(services(&["a"]));
    rig.stop();
    rig.hooks_done();
    assert_eq!(rig.tell(Event::NoneLeft), []);
    let actions = rig.end(A, exited(0));
    assert_eq!(actions.last(), Some(&Action::EndStop(0)));
    assert!(!actions.contains(&Action::SignalAll(TERM)));
}

#[test]
fn news_that_nothing_is_left_counts_only_until_something_appears() {
    let mut rig = running(vec![Unit {
        has_finish: true,
        ..Unit::service("a")
    }]);
    rig.stop();
    rig.hooks_done();
    rig.end(A, exited(0));
    rig.tell(Event::NoneLeft);
    rig.start(A);
    let actions = rig.end(A, exited(0));
    assert!(actions.contains(&Action::SignalAll(TERM)));
}

#[test]
fn a_start_that_is_told_after_its_end_leaves_nothing_behind() {
    let mut rig = running(vec![Unit {
        has_finish: true,
        ..Unit::service("a")
    }]);
    rig.stop();
    rig.hasten();
    rig.end(A, exited(0));
    let pid = rig.pid();
    rig.tell(Event::Exited(pid, exited(0)));
    assert_eq!(rig.tell(Event::NoneLeft), []);
    let actions = rig.tell(Event::Started(A, pid));
    assert_eq!(actions.last(), Some(&Action::EndStop(0)));
}

#[test]
fn news_that_nothing_is_left_says_nothing_while_hooks_may_run() {
    let mut rig = Rig::new();
    rig.tell(Event::NoneLeft);
    rig.stop();
    assert_eq!(rig.tell(Event::NoneLeft), []);
    assert_eq!(rig.hooks_done(), all_terminated());
}

#[test]
fn the_exit_code_is_that_of_what_began_the_stop() {
    for (cause, code) in [
        (StopCause::Asked, 0),
        (StopCause::BootFailed(4), 4),
        (StopCause::CommandEnded(5), 5),
        (StopCause::CommandEnded(0), 0),
    ] {
        let mut rig = Rig::new();
        rig.tell(Event::Stop(cause));
        let actions = rig.hooks_done();
        assert_eq!(left(&mut rig, &actions), code, "{cause:?}");
    }
}

#[test]
fn the_first_exit_code_wins() {
    let mut rig = Rig::new();
    rig.stop();
    rig.tell(Event::Stop(StopCause::CommandEnded(143)));
    rig.tell(Event::Stop(StopCause::BootFailed(2)));
    rig.tell(Event::Stop(StopCause::BootFailed(3)));
    let actions = rig.hooks_done();
    assert_eq!(left(&mut rig, &actions), 2);

    let mut rig = Rig::new();
    rig.tell(Event::Stop(StopCause::CommandEnded(0)));
    rig.tell(Event::Stop(StopCause::BootFailed(3)));
    let actions = rig.hooks_done();
    assert_eq!(left(&mut rig, &actions), 0);
}

#[test]
fn a_command_that_ends_in_a_stop_does_not_hurry_it() {
    let mut rig = running(services(&["a"]));
    rig.stop();
    assert_eq!(rig.tell(Event::Stop(StopCause::CommandEnded(143))), []);
    assert_eq!(rig.tell(Event::Stop(StopCause::BootFailed(1))), []);
    assert_eq!(rig.stage(), Some(StopStage::Hooks));
}

#[test]
fn a_critical_unit_that_ends_in_a_stop_does_not_count() {
    let mut rig = running(vec![Unit {
        restart: Restart::NEVER,
        criticality: Criticality::Critical,
        ..Unit::service("a")
    }]);
    rig.stop();
    rig.end(A, exited(1));
    let actions = rig.hooks_done();
    assert_eq!(left(&mut rig, &actions), 0);
}

#[test]
fn two_critical_units_that_end_together_stop_the_container_once() {
    let critical = |name: &str| Unit {
        restart: Restart::NEVER,
        criticality: Criticality::Critical,
        ..Unit::service(name)
    };
    let mut rig = running(vec![critical("a"), critical("b")]);
    assert!(rig.end(A, exited(3)).contains(&Action::RunStopHooks));
    assert!(!rig.end(B, exited(4)).contains(&Action::RunStopHooks));
    let actions = rig.hooks_done();
    assert_eq!(left(&mut rig, &actions), 3);
}

#[test]
fn hooks_that_are_done_without_a_stop_change_nothing() {
    let mut rig = running(services(&["a"]));
    assert_eq!(rig.hooks_done(), []);
    assert_eq!(rig.tell(Event::NoneLeft), []);
    assert_eq!(rig.engine.phase(), Phase::Running);
}
