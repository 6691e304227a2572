//! What s6-svc's letters do to a unit.

mod rig;

use engine::Change::*;
use engine::*;
use plan::{Readiness, Restart, Unit, When};
use rig::*;

const A: UnitId = UnitId(0);

fn announce(change: Change) -> Action {
    Action::Announce(A, change)
}

fn service() -> Unit {
    Unit::service("a")
}

fn unwanted() -> Unit {
    Unit {
        wanted: false,
        ..service()
    }
}

/// A rig whose service was started two seconds ago.
fn running(unit: Unit) -> Rig {
    let mut rig = Rig::running(unit);
    rig.pass(ms(2000));
    rig
}

fn to_end() -> Vec<Action> {
    asked_to_end(A, 100).to_vec()
}

fn and(mut actions: Vec<Action>, more: Change) -> Vec<Action> {
    actions.push(announce(more));
    actions
}

#[test]
fn up_starts_what_is_down_and_keeps_it_up() {
    let mut rig = Rig::with(vec![unwanted()]);
    assert_eq!(rig.ask(A, Request::Up), [run(A), announce(Silent)]);
    rig.start(A);
    rig.pass(ms(2000));
    assert!(rig.end(A, exited(0)).contains(&run(A)));
}

#[test]
fn once_starts_what_is_down_and_leaves_it_to_its_end() {
    let mut rig = Rig::with(vec![unwanted()]);
    assert_eq!(rig.ask(A, Request::Once), [run(A)]);
    assert_eq!(rig.start(A), [announce(Up)]);
    rig.pass(ms(2000));
    assert_eq!(rig.end(A, exited(0)), [announce(Down), announce(Finished)]);
    assert_eq!(rig.state(A), State::Down);
}

#[test]
fn once_lets_what_runs_run_without_another_start() {
    let mut rig = running(service());
    assert_eq!(rig.ask(A, Request::Once), [announce(Silent)]);
    assert!(!rig.unit(A).wanted());
    rig.end(A, exited(0));
    assert_eq!(rig.state(A), State::Down);
}

#[test]
fn once_during_finish_starts_once_more() {
    let mut rig = running(Unit {
        has_finish: true,
        ..service()
    });
    rig.end(A, exited(0));
    rig.start(A);
    rig.ask(A, Request::Once);
    assert!(rig.end(A, exited(0)).contains(&run(A)));
    rig.start(A);
    rig.pass(ms(2000));
    rig.end(A, exited(0));
    rig.start(A);
    rig.end(A, exited(0));
    assert_eq!(rig.state(A), State::Down);
}

#[test]
fn a_start_for_once_respects_the_floor() {
    let mut rig = Rig::running(service());
    rig.ask(A, Request::Down);
    rig.end(A, End::Killed(TERM));
    rig.ask(A, Request::Once);
    assert_eq!(rig.state(A), State::BackingOff);
    assert_eq!(rig.pass(ms(999)), []);
    assert_eq!(rig.pass(ms(1)), [run(A)]);
}

#[test]
fn a_start_for_once_that_fails_is_tried_again() {
    let mut rig = Rig::with(vec![unwanted()]);
    rig.ask(A, Request::Once);
    rig.tell(Event::StartFailed(A));
    assert_eq!(rig.pass(ms(1000)), [run(A)]);
}

#[test]
fn once_at_most_does_not_start_what_is_down() {
    let mut rig = Rig::with(vec![unwanted()]);
    assert_eq!(rig.ask(A, Request::OnceAtMost), []);
    assert_eq!(rig.state(A), State::Down);
}

#[test]
fn once_at_most_calls_off_a_restart() {
    let mut rig = Rig::running(service());
    rig.end(A, exited(0));
    assert_eq!(rig.ask(A, Request::OnceAtMost), [announce(Silent)]);
    assert_eq!(rig.pass(ms(5000)), []);
    assert_eq!(rig.state(A), State::Down);
}

#[test]
fn once_at_most_does_not_signal_what_runs_or_starts() {
    let mut rig = running(service());
    assert_eq!(rig.ask(A, Request::OnceAtMost), [announce(Silent)]);
    rig.end(A, exited(0));
    assert_eq!(rig.state(A), State::Down);

    let mut rig = Rig::with(vec![service()]);
    rig.ask(A, Request::OnceAtMost);
    assert_eq!(rig.start(A), [announce(Up)]);
    rig.end(A, exited(0));
    assert_eq!(rig.state(A), State::Down);
}

#[test]
fn once_at_most_while_it_starts_does_not_call_off_a_down() {
    let mut rig = Rig::with(vec![service()]);
    rig.ask(A, Request::Down);
    assert_eq!(rig.ask(A, Request::OnceAtMost), []);
    let mut expected = vec![announce(Up)];
    expected.extend(to_end());
    assert_eq!(rig.start(A), expected);
}

#[test]
fn down_sends_the_down_signal_and_cont_and_keeps_it_down() {
    let mut rig = running(Unit {
        down_signal: 3,
        ..service()
    });
    assert_eq!(
        rig.ask(A, Request::Down),
        [
            Action::Signal(A, Pid(100), 3),
            Action::Signal(A, Pid(100), CONT),
            announce(Silent),
        ]
    );
    assert_eq!(rig.state(A), State::Stopping);
    assert_eq!(rig.pass(ms(100_000)), []);
    assert_eq!(
        rig.end(A, End::Killed(3)),
        [announce(Down), announce(Finished)]
    );
    assert_eq!(rig.state(A), State::Down);
}

#[test]
fn down_while_it_starts_ends_it_as_soon_as_its_process_is_known() {
    let mut rig = Rig::with(vec![service()]);
    assert_eq!(rig.ask(A, Request::Down), [announce(Silent)]);
    let mut expected = vec![announce(Up)];
    expected.extend(to_end());
    assert_eq!(rig.start(A), expected);
    assert_eq!(rig.state(A), State::Stopping);
}

#[test]
fn down_and_up_while_it_starts_leaves_it_up() {
    let mut rig = Rig::with(vec![service()]);
    rig.ask(A, Request::Down);
    rig.ask(A, Request::Up);
    assert_eq!(rig.start(A), [announce(Up)]);
}

#[test]
fn down_calls_off_a_wait() {
    let mut rig = Rig::with(vec![service_with("a", &["b"])]);
    assert_eq!(rig.state(A), State::Waiting);
    rig.ask(A, Request::Down);
    assert_eq!(rig.state(A), State::Down);
    assert!(!rig.add(vec![service_with("b", &[])]).contains(&run(A)));

    let mut rig = Rig::running(service());
    rig.end(A, exited(0));
    rig.ask(A, Request::Down);
    assert_eq!(rig.pass(ms(5000)), []);
    assert_eq!(rig.state(A), State::Down);
}

#[test]
fn down_again_signals_again_without_more_time() {
    let mut rig = running(Unit {
        kill_after: Some(ms(1000)),
        ..service()
    });
    rig.ask(A, Request::Down);
    rig.pass(ms(900));
    assert_eq!(rig.ask(A, Request::Down), to_end());
    let kill = Action::Signal(A, Pid(100), KILL);
    let notice = Action::Tell(Notice::KilledAfter(A, ms(1000)));
    assert_eq!(rig.pass(ms(100)), [kill, notice]);
}

#[test]
fn up_while_it_goes_down_starts_it_anew() {
    for when in [When::Always, When::Never] {
        let mut unit = service();
        unit.restart.when = when;
        let mut rig = running(unit);
        rig.ask(A, Request::Down);
        assert_eq!(rig.ask(A, Request::Up), [announce(Silent)]);
        assert!(rig.end(A, exited(0)).contains(&run(A)), "{when:?}");
    }
}

#[test]
fn restart_signals_and_starts_anew_whatever_the_policy() {
    let mut rig = running(Unit {
        restart: Restart::NEVER,
        ..service()
    });
    assert_eq!(rig.ask(A, Request::Restart), to_end());
    assert_eq!(rig.state(A), State::Up);
    assert!(rig.end(A, End::Killed(TERM)).contains(&run(A)));
    rig.start(A);
    rig.pass(ms(2000));
    rig.end(A, exited(0));
    assert_eq!(rig.state(A), State::Down);
}

#[test]
fn restart_of_what_is_not_wanted_ends_it() {
    let mut rig = running(service());
    rig.ask(A, Request::Once);
    rig.ask(A, Request::Restart);
    rig.end(A, End::Killed(TERM));
    assert_eq!(rig.state(A), State::Down);
}

#[test]
fn restart_has_its_time_limit_too() {
    let mut rig = running(Unit {
        kill_after: Some(ms(700)),
        ..service()
    });
    rig.ask(A, Request::Restart);
    assert_eq!(rig.pass(ms(699)), []);
    let kill = Action::Signal(A, Pid(100), KILL);
    assert_eq!(rig.pass(ms(1)).first(), Some(&kill));
}

#[test]
fn a_restart_is_no_failure_for_the_back_off() {
    let mut unit = service();
    unit.restart.backoff.floor = ms(0);
    unit.restart.backoff.first = ms(5000);
    unit.restart.backoff.reset_after = ms(60_000);
    let mut rig = running(unit);
    rig.ask(A, Request::Restart);
    assert!(rig.end(A, exited(1)).contains(&run(A)));
}

#[test]
fn up_skips_the_back_off_but_not_the_floor() {
    let mut unit = service();
    unit.restart.backoff.first = ms(60_000);
    unit.restart.backoff.max = ms(60_000);
    unit.restart.backoff.reset_after = ms(60_000);
    let mut rig = Rig::running(unit);
    rig.end(A, exited(1));
    assert_eq!(rig.pass(ms(400)), []);
    assert_eq!(rig.ask(A, Request::Up), []);
    assert_eq!(rig.pass(ms(599)), []);
    assert_eq!(rig.pass(ms(1)), [run(A)]);
}

#[test]
fn up_gives_a_failed_service_another_chance() {
    let mut rig = running(Unit {
        has_finish: true,
        ..service()
    });
    rig.end(A, exited(1));
    rig.start(A);
    rig.end(A, exited(125));
    assert_eq!(rig.state(A), State::Failed);
    assert_eq!(rig.ask(A, Request::Down), []);
    assert_eq!(rig.state(A), State::Failed);
    assert!(rig.ask(A, Request::Up).contains(&run(A)));
}

#[test]
fn a_signal_reaches_the_process_and_only_it() {
    let mut rig = running(Unit {
        has_finish: true,
        ..service()
    });
    let usr1 = Action::Signal(A, Pid(100), 10);
    assert_eq!(rig.ask(A, Request::Signal(10)), [usr1]);
    rig.end(A, exited(0));
    assert_eq!(rig.ask(A, Request::Signal(10)), []);
    rig.start(A);
    assert_eq!(rig.ask(A, Request::Signal(10)), []);
    rig.end(A, exited(0));
    assert_eq!(rig.state(A), State::Starting);
    assert_eq!(rig.ask(A, Request::Signal(10)), []);
}

#[test]
fn stop_and_cont_are_seen_as_paused() {
    let mut rig = running(service());
    let signal = |number| Action::Signal(A, Pid(100), number);
    let stop = Request::Signal(19);
    assert_eq!(rig.ask(A, stop), [signal(19), announce(Silent)]);
    assert!(rig.unit(A).paused());
    assert_eq!(
        rig.ask(A, Request::Signal(CONT)),
        [signal(CONT), announce(Silent)]
    );
    assert!(!rig.unit(A).paused());
    rig.ask(A, stop);
    assert_eq!(rig.ask(A, Request::Restart), and(to_end(), Silent));
    assert!(!rig.unit(A).paused());
    rig.ask(A, stop);
    rig.end(A, End::Killed(KILL));
    assert!(!rig.unit(A).paused());
}

#[test]
fn exit_forgets_what_is_down_at_once() {
    let mut rig = Rig::with(vec![unwanted()]);
    assert_eq!(
        rig.ask(A, Request::Exit),
        [announce(Gone), Action::Forget(A)]
    );
    assert!(rig.engine.unit(A).is_none());
    assert_eq!(rig.engine.find("a"), None);
    assert_eq!(rig.add(vec![service()]), [run(UnitId(1))]);
}

#[test]
fn exit_waits_for_the_end_of_what_runs() {
    let mut rig = running(service());
    assert_eq!(rig.ask(A, Request::Exit), []);
    assert!(rig.unit(A).leaving());
    assert_eq!(rig.ask(A, Request::Up), []);
    assert_eq!(
        rig.end(A, exited(0)),
        [
            announce(Down),
            announce(Finished),
            announce(Gone),
            Action::Forget(A)
        ]
    );
}

#[test]
fn removal_ends_and_forgets() {
    let mut rig = running(service());
    assert_eq!(rig.tell(Event::Remove(A)), and(to_end(), Silent));
    assert!(rig.end(A, exited(0)).contains(&Action::Forget(A)));
    assert_eq!(rig.engine.units().count(), 0);
}

#[test]
fn removal_while_it_starts_ends_it_when_it_is_known() {
    let mut rig = Rig::with(vec![service()]);
    rig.tell(Event::Remove(A));
    let mut expected = vec![announce(Up)];
    expected.extend(to_end());
    assert_eq!(rig.start(A), expected);
    assert!(rig.end(A, exited(0)).contains(&Action::Forget(A)));
}

#[test]
fn removal_while_it_cannot_start_forgets_it() {
    let mut rig = Rig::with(vec![service()]);
    rig.tell(Event::Remove(A));
    assert!(rig.tell(Event::StartFailed(A)).contains(&Action::Forget(A)));
}

#[test]
fn readiness_during_the_end_is_still_announced_once() {
    let mut rig = running(Unit {
        readiness: Readiness::Notified,
        ..service()
    });
    rig.ask(A, Request::Down);
    assert_eq!(rig.tell(Event::Ready(A)), [announce(Ready)]);
    assert_eq!(rig.tell(Event::Ready(A)), []);
    assert_eq!(rig.state(A), State::Stopping);
}

#[test]
fn deaths_are_counted() {
    let mut rig = running(service());
    for deaths in 1..4 {
        rig.end(A, exited(0));
        assert_eq!(rig.unit(A).deaths(), deaths);
        rig.start(A);
        rig.pass(ms(2000));
    }
}
