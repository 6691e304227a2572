//! Start, readiness, end, `finish` and restart of services.

mod rig;

use engine::Change::*;
use engine::*;
use plan::{Backoff, Criticality, Limit, OnLimit, Readiness, Restart, Unit, When};
use rig::*;

const A: UnitId = UnitId(0);
const B: UnitId = UnitId(1);

fn announce(change: Change) -> Action {
    Action::Announce(A, change)
}

fn with_finish() -> Unit {
    Unit {
        has_finish: true,
        ..Unit::service("a")
    }
}

fn with_backoff(first: u64, factor: u32, max: u64, reset_after: u64) -> Unit {
    Unit {
        restart: Restart {
            when: When::Always,
            backoff: Backoff {
                floor: ms(0),
                first: ms(first),
                factor,
                max: ms(max),
                reset_after: ms(reset_after),
            },
            limit: None,
        },
        ..Unit::service("a")
    }
}

#[test]
fn a_wanted_service_starts_and_is_announced_up() {
    let mut rig = Rig::new();
    assert_eq!(rig.add(vec![Unit::service("a")]), [run(A)]);
    assert_eq!(rig.start(A), [announce(Up)]);
    assert_eq!(rig.unit(A).name(), "a");
    assert_eq!(rig.unit(A).pid(), Some(Pid(100)));
    assert_eq!(rig.unit(A).since(), rig.now);
}

#[test]
fn an_unwanted_service_does_not_start() {
    let unwanted = Unit {
        wanted: false,
        ..Unit::service("a")
    };
    let mut rig = Rig::new();
    assert_eq!(rig.add(vec![unwanted]), []);
    assert_eq!(rig.pass(ms(100_000)), []);
    assert_eq!(rig.state(A), State::Down);
}

#[test]
fn a_service_waits_for_what_it_needs() {
    let needed = Unit {
        readiness: Readiness::Notified,
        ..Unit::service("b")
    };
    let mut rig = Rig::new();
    let actions = rig.add(vec![service_with("a", &["b"]), needed]);
    assert_eq!(actions, [run(B)]);
    assert_eq!(rig.state(A), State::Waiting);
    assert_eq!(rig.engine.waits_for(A).collect::<Vec<_>>(), ["b"]);
    rig.start(B);
    assert_eq!(rig.state(A), State::Waiting);
    let ready = Action::Announce(B, Ready);
    assert_eq!(rig.tell(Event::Ready(B)), [ready, run(A)]);
    assert_eq!(rig.engine.waits_for(A).count(), 0);
}

#[test]
fn a_service_waits_for_a_need_that_is_added_later() {
    let mut rig = Rig::new();
    assert_eq!(rig.add(vec![service_with("a", &["b", "b"])]), []);
    assert_eq!(rig.add(vec![Unit::service("b")]), [run(B)]);
    let actions = rig.start(B);
    assert_eq!(actions, [Action::Announce(B, Up), run(A)]);
}

#[test]
fn an_end_within_the_floor_is_restarted_a_second_after_the_start() {
    let mut rig = Rig::running(Unit::service("a"));
    rig.pass(ms(300));
    assert_eq!(rig.end(A, exited(0)), [announce(Down), announce(Finished)]);
    assert_eq!(rig.state(A), State::BackingOff);
    assert_eq!(rig.pass(ms(699)), []);
    assert_eq!(rig.pass(ms(1)), [run(A)]);
}

#[test]
fn an_end_after_the_floor_is_restarted_at_once() {
    let mut rig = Rig::running(Unit::service("a"));
    rig.pass(ms(1000));
    assert_eq!(
        rig.end(A, exited(1)),
        [announce(Down), announce(Finished), run(A)]
    );
}

#[test]
fn finish_runs_between_down_and_finished() {
    let mut rig = Rig::running(with_finish());
    rig.pass(ms(2000));
    let run_finish = finish(A, End::Killed(11), 100);
    assert_eq!(rig.end(A, End::Killed(11)), [announce(Down), run_finish]);
    rig.start(A);
    assert_eq!(rig.state(A), State::Finishing);
    assert_eq!(rig.end(A, exited(0)), [announce(Finished), run(A)]);
}

#[test]
fn a_finish_that_runs_too_long_is_killed() {
    let mut rig = Rig::running(with_finish());
    rig.end(A, exited(1));
    rig.start(A);
    assert_eq!(rig.pass(ms(4999)), []);
    let kill = Action::Signal(A, Pid(101), KILL);
    let notice = Action::Tell(Notice::FinishKilled(A));
    assert_eq!(rig.pass(ms(1)), [kill, notice]);
    assert_eq!(rig.end(A, End::Killed(KILL)), [announce(Finished), run(A)]);
}

#[test]
fn a_finish_that_exits_125_fails_the_service_for_good() {
    let mut rig = Rig::running(with_finish());
    rig.end(A, exited(1));
    rig.start(A);
    assert_eq!(
        rig.end(A, exited(125)),
        [announce(Permanent), announce(Finished)]
    );
    assert_eq!(rig.state(A), State::Failed);
    assert!(!rig.unit(A).wanted());
    assert_eq!(rig.pass(ms(100_000)), []);
}

#[test]
fn a_finish_that_cannot_be_run_is_skipped_with_a_notice() {
    let mut rig = Rig::running(with_finish());
    rig.pass(ms(2000));
    rig.end(A, exited(1));
    let notice = Action::Tell(Notice::FinishNotRun(A));
    assert_eq!(
        rig.tell(Event::StartFailed(A)),
        [notice, announce(Finished), run(A)]
    );
}

#[test]
fn a_service_that_is_never_restarted_rests_unwanted() {
    let never = Unit {
        restart: Restart::NEVER,
        ..Unit::service("a")
    };
    let mut rig = Rig::running(never);
    assert_eq!(rig.end(A, exited(3)), [announce(Down), announce(Finished)]);
    assert_eq!(rig.state(A), State::Down);
    assert!(!rig.unit(A).wanted());
    assert_eq!(rig.unit(A).last_end(), Some(exited(3)));
}

#[test]
fn on_failure_restarts_after_codes_and_signals_but_not_after_success() {
    for (end, restarts) in [
        (exited(1), true),
        (End::Killed(TERM), true),
        (exited(0), false),
    ] {
        let mut unit = Unit::service("a");
        unit.restart.when = When::OnFailure;
        let mut rig = Rig::running(unit);
        rig.pass(ms(2000));
        let actions = rig.end(A, end);
        assert_eq!(actions.contains(&run(A)), restarts, "{end:?}");
    }
}

#[test]
fn an_exponential_back_off_grows_and_is_reset_by_a_long_run() {
    let mut rig = Rig::running(with_backoff(100, 2, 350, 5000));
    for wait in [100, 200, 350, 350] {
        rig.end(A, exited(1));
        assert_eq!(rig.pass(ms(wait - 1)), [], "{wait}");
        assert_eq!(rig.pass(ms(1)), [run(A)], "{wait}");
        rig.start(A);
    }
    rig.pass(ms(5000));
    rig.end(A, exited(1));
    assert_eq!(rig.pass(ms(99)), []);
    assert_eq!(rig.pass(ms(1)), [run(A)]);
}

#[test]
fn the_floor_holds_below_a_shorter_back_off() {
    let mut unit = with_backoff(100, 1, 100, 5000);
    unit.restart.backoff.floor = ms(1000);
    let mut rig = Rig::running(unit);
    rig.pass(ms(200));
    rig.end(A, exited(1));
    assert_eq!(rig.pass(ms(799)), []);
    assert_eq!(rig.pass(ms(1)), [run(A)]);
}

fn limited(then: OnLimit) -> Unit {
    let mut unit = with_backoff(0, 1, 0, 0);
    unit.restart.limit = Some(Limit {
        starts: 2,
        within: ms(1000),
        then,
    });
    unit
}

#[test]
fn the_restart_that_is_one_too_many_fails_the_service() {
    let mut rig = Rig::running(limited(OnLimit::GiveUp));
    for _ in 0..2 {
        assert!(rig.end(A, exited(1)).contains(&run(A)));
        rig.start(A);
    }
    assert_eq!(
        rig.end(A, exited(1)),
        [
            Action::Tell(Notice::LimitReached(A)),
            announce(Down),
            announce(Permanent),
            announce(Finished),
        ]
    );
    assert_eq!(rig.state(A), State::Failed);
    assert!(rig.ask(A, Request::Up).contains(&run(A)));
}

#[test]
fn restarts_outside_the_window_do_not_count() {
    let mut rig = Rig::running(limited(OnLimit::GiveUp));
    for _ in 0..10 {
        assert!(rig.end(A, exited(1)).contains(&run(A)));
        rig.start(A);
        rig.pass(ms(500));
    }
}

#[test]
fn a_restart_limit_may_stop_the_container_with_the_services_code() {
    let mut rig = Rig::running(limited(OnLimit::StopContainer));
    for _ in 0..2 {
        rig.end(A, exited(1));
        rig.start(A);
    }
    assert!(rig.end(A, exited(7)).contains(&Action::RunStopHooks));
    rig.hooks_done();
    assert_eq!(rig.tell(Event::NoneLeft), [Action::EndStop(7)]);
}

#[test]
fn a_process_that_cannot_be_made_is_tried_again() {
    let mut rig = Rig::with(vec![Unit::service("a")]);
    for wait in [1, 2, 4] {
        let wait = ms(wait * 1000);
        let notice = Action::Tell(Notice::WillRetry(A, wait));
        assert_eq!(rig.tell(Event::StartFailed(A)), [notice]);
        assert_eq!(rig.pass(wait - ms(1)), []);
        assert_eq!(rig.pass(ms(1)), [run(A)]);
    }
    assert_eq!(rig.start(A), [announce(Up)]);
    rig.pass(ms(2000));
    rig.end(A, exited(1));
    let notice = Action::Tell(Notice::WillRetry(A, ms(1000)));
    assert_eq!(rig.tell(Event::StartFailed(A)), [notice]);
}

#[test]
fn a_service_that_is_not_ready_in_time_is_killed_and_restarted() {
    let slow = Unit {
        readiness: Readiness::Notified,
        start_within: Some(ms(500)),
        ..Unit::service("a")
    };
    let mut rig = Rig::running(slow);
    assert_eq!(rig.pass(ms(499)), []);
    let kill = Action::Signal(A, Pid(100), KILL);
    let notice = Action::Tell(Notice::StartTimedOut(A, ms(500)));
    assert_eq!(rig.pass(ms(1)), [kill, notice]);
    rig.end(A, End::Killed(KILL));
    assert_eq!(rig.state(A), State::BackingOff);
}

#[test]
fn a_service_that_is_ready_in_time_is_left_alone() {
    let quick = Unit {
        readiness: Readiness::Notified,
        start_within: Some(ms(500)),
        ..Unit::service("a")
    };
    let mut rig = Rig::running(quick);
    assert_eq!(rig.tell(Event::Ready(A)), [announce(Ready)]);
    assert_eq!(rig.unit(A).ready_since(), Some(rig.now));
    assert_eq!(rig.pass(ms(10_000)), []);
}

#[test]
fn readiness_at_start_needs_no_time_limit() {
    let unit = Unit {
        start_within: Some(ms(500)),
        ..Unit::service("a")
    };
    assert_eq!(Rig::running(unit).pass(ms(10_000)), []);
}

#[test]
fn an_end_that_is_told_before_its_start_is_not_lost() {
    let mut rig = Rig::with(vec![with_finish()]);
    assert_eq!(rig.tell(Event::Exited(Pid(7), exited(4))), []);
    assert_eq!(rig.tell(Event::Exited(Pid(8), exited(5))), []);
    let run_finish = |pid, code| finish(A, exited(code), pid);
    assert_eq!(
        rig.tell(Event::Started(A, Pid(7))),
        [announce(Up), announce(Down), run_finish(7, 4)]
    );
    assert_eq!(
        rig.tell(Event::Started(A, Pid(8))),
        [announce(Silent), announce(Finished)]
    );
    assert_eq!(rig.state(A), State::BackingOff);
}

#[test]
fn an_end_from_before_the_start_is_another_process_of_the_same_number() {
    let mut rig = Rig::with(vec![Unit::service("a"), Unit::service("b")]);
    rig.start(A);
    rig.pass(ms(2000));
    // B's answer is still due, so this end is kept.
    rig.tell(Event::Exited(Pid(7), exited(4)));
    rig.pass(ms(1));
    assert!(rig.end(A, exited(0)).contains(&run(A)));
    assert_eq!(rig.tell(Event::Started(A, Pid(7))), [announce(Up)]);
    rig.tell(Event::Exited(Pid(8), exited(5)));
    assert!(
        rig.tell(Event::Started(B, Pid(8)))
            .contains(&Action::Announce(B, Down))
    );
}

#[test]
fn ends_of_strangers_are_nobodys() {
    let mut rig = Rig::running(Unit::service("a"));
    assert_eq!(rig.tell(Event::Exited(Pid(7), exited(4))), []);
    rig.pass(ms(2000));
    rig.end(A, exited(1));
    // The number was used before; that end was not this process's.
    assert_eq!(rig.tell(Event::Started(A, Pid(7))), [announce(Up)]);
}

#[test]
fn ends_of_strangers_are_not_kept_when_no_answer_is_due() {
    let mut rig = Rig::running(with_finish());
    let is_kept = |rig: &mut Rig, pid: i32| {
        let before = rig.engine.clone();
        assert_eq!(rig.tell(Event::Exited(Pid(pid), exited(4))), []);
        rig.engine != before
    };
    assert!(!is_kept(&mut rig, 7));
    rig.end(A, exited(1));
    assert!(is_kept(&mut rig, 8), "finish may be this process");
    rig.start(A);
    assert!(!is_kept(&mut rig, 9));
}

#[test]
fn the_end_of_a_stranger_is_not_that_of_a_process_made_at_the_same_moment() {
    let mut rig = Rig::running(Unit::service("a"));
    rig.end(A, exited(0));
    assert_eq!(rig.state(A), State::BackingOff);
    rig.now = rig.engine.deadline().expect("the back-off ends");
    let start = rig.tell(Event::Exited(Pid(7), exited(4)));
    assert_eq!(start, [run(A)]);
    assert_eq!(rig.tell(Event::Started(A, Pid(7))), [announce(Up)]);
}

#[test]
fn a_run_that_cannot_be_executed_has_no_finish_and_waits_ten_seconds() {
    let mut rig = Rig::running(with_finish());
    rig.pass(ms(2000));
    assert_eq!(
        rig.tell(Event::ExecFailed(Pid(100))),
        [announce(Down), announce(Finished)]
    );
    assert_eq!(rig.unit(A).last_end(), Some(exited(127)));
    assert_eq!(rig.pass(ms(9999)), []);
    assert_eq!(rig.pass(ms(1)), [run(A)]);
}

#[test]
fn a_run_that_cannot_be_executed_may_be_told_before_its_start() {
    let mut rig = Rig::with(vec![with_finish()]);
    assert_eq!(rig.tell(Event::ExecFailed(Pid(100))), []);
    assert_eq!(
        rig.start(A),
        [announce(Up), announce(Down), announce(Finished)]
    );
    assert_eq!(rig.pass(ms(10_000)), [run(A)]);
}

#[test]
fn a_finish_that_cannot_be_executed_counts_as_none() {
    let mut rig = Rig::running(with_finish());
    rig.pass(ms(2000));
    rig.end(A, exited(0));
    rig.start(A);
    assert_eq!(
        rig.tell(Event::ExecFailed(Pid(101))),
        [
            Action::Tell(Notice::FinishNotRun(A)),
            announce(Finished),
            run(A)
        ]
    );
}

#[test]
fn a_critical_service_stops_the_container_with_its_code() {
    for (end, code) in [(exited(3), 3), (exited(0), 0), (End::Killed(KILL), 137)] {
        let critical = Unit {
            restart: Restart::NEVER,
            criticality: Criticality::Critical,
            ..Unit::service("a")
        };
        let mut rig = Rig::running(critical);
        assert_eq!(
            rig.end(A, end),
            [announce(Down), announce(Finished), Action::RunStopHooks]
        );
        rig.hooks_done();
        assert_eq!(rig.tell(Event::NoneLeft), [Action::EndStop(code)]);
    }
}

#[test]
fn a_critical_service_that_is_restarted_stops_nothing() {
    let critical = Unit {
        criticality: Criticality::Critical,
        ..Unit::service("a")
    };
    let mut rig = Rig::running(critical);
    rig.end(A, exited(3));
    assert_eq!(rig.engine.phase(), Phase::Running);
}

#[test]
fn a_critical_service_whose_finish_forbids_the_restart_stops_the_container() {
    let critical = Unit {
        criticality: Criticality::Critical,
        ..with_finish()
    };
    let mut rig = Rig::running(critical);
    rig.end(A, exited(3));
    assert_eq!(rig.engine.phase(), Phase::Running);
    rig.start(A);
    rig.end(A, exited(125));
    rig.hooks_done();
    assert_eq!(rig.tell(Event::NoneLeft), [Action::EndStop(3)]);
}

#[test]
fn a_name_is_taken_until_its_unit_is_about_to_leave() {
    let mut rig = Rig::running(Unit::service("a"));
    let taken = Action::Tell(Notice::Impossible("Add", A));
    assert_eq!(rig.add(vec![Unit::service("a")]), [taken]);
    rig.tell(Event::Remove(A));
    assert_eq!(rig.add(vec![Unit::service("a")]), []);
    assert_eq!(rig.engine.find("a"), Some(B));
    assert_eq!(rig.state(B), State::Waiting);
    assert_eq!(
        rig.end(A, End::Killed(TERM)),
        [
            announce(Down),
            announce(Finished),
            announce(Gone),
            Action::Forget(A),
            run(B),
        ]
    );
    assert!(rig.engine.unit(A).is_none());
}

#[test]
fn news_of_an_unknown_unit_is_reported() {
    let mut rig = Rig::new();
    let id = UnitId(9);
    for (event, name) in [
        (Event::Remove(id), "Remove"),
        (Event::Started(id, Pid(3)), "Started"),
        (Event::StartFailed(id), "StartFailed"),
        (Event::Ready(id), "Ready"),
        (Event::Asked(id, Request::Up), "Asked"),
    ] {
        let notice = Action::Tell(Notice::Impossible(name, id));
        assert_eq!(rig.tell(event), [notice]);
    }
}

#[test]
fn the_time_never_goes_back() {
    let mut rig = Rig::with(vec![Unit::service("a")]);
    let started = rig.now;
    rig.now = Time(0);
    rig.start(A);
    assert_eq!(rig.unit(A).since(), started);
}
