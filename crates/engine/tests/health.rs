//! Ends that nobody asked for: what is told of them, and when a unit counts as well.

mod rig;

use engine::*;
use plan::{Criticality, Limit, OnLimit, Readiness, Restart, Unit, When};
use rig::*;

const A: UnitId = UnitId(0);

/// How the ends so far were told: `Ended` as `nth next`, a count as `+count`.
fn told(rig: &mut Rig) -> Vec<String> {
    let notices = std::mem::take(&mut rig.ends);
    let word = |notice| match notice {
        Notice::Ended(ended) => {
            let more = if ended.counts_from_here { " ..." } else { "" };
            format!("{} {:?}{more}", ended.nth, ended.next)
        }
        Notice::EndedOften(_, count, _) => format!("+{count}"),
        other => panic!("{other:?}"),
    };
    notices.into_iter().map(word).collect()
}

/// One life of `millis`, then an end by itself.
fn live_and_end(rig: &mut Rig, millis: u64, end: End) {
    if rig.state(A) == State::Starting {
        rig.start(A);
    }
    rig.pass(ms(millis));
    rig.end(A, end);
    if rig.state(A) == State::Finishing {
        rig.start(A);
        rig.end(A, exited(0));
    }
}

fn hindrance(rig: &Rig) -> Option<Hindrance> {
    rig.engine.hindrances(rig.now).next().map(|(_, why)| why)
}

#[test]
fn an_end_is_told_with_how_and_when_and_what_happens_now() {
    let mut rig = Rig::running(Unit::service("a"));
    rig.pass(ms(2500));
    rig.end(A, exited(3));
    assert_eq!(
        rig.ends,
        [Notice::Ended(Ended {
            unit: A,
            end: exited(3),
            lived: ms(2500),
            next: Next::Again(ms(0)),
            nth: 1,
            counts_from_here: false,
        })]
    );
}

#[test]
fn an_end_is_told_ahead_of_its_own_next_process() {
    let mut rig = Rig::running(Unit::service("a"));
    rig.pass(ms(2500));
    let mut actions = Vec::new();
    let end = Event::Exited(Pid(100), exited(3));
    rig.engine.handle(end, rig.now, &mut actions);
    assert!(matches!(
        actions[2..],
        [
            Action::Tell(Notice::Ended(_)),
            Action::Execute(A, Role::Run)
        ]
    ));
}

#[test]
fn an_end_with_finish_is_told_when_that_is_done() {
    let mut rig = Rig::running(Unit {
        has_finish: true,
        ..Unit::service("a")
    });
    rig.pass(ms(300));
    rig.end(A, End::Killed(11));
    assert_eq!(told(&mut rig), [] as [&str; 0]);
    rig.start(A);
    rig.end(A, exited(0));
    assert_eq!(told(&mut rig), ["1 Again(700ms)"]);
}

#[test]
fn a_loop_is_four_lines_then_a_count_a_minute() {
    let mut rig = Rig::running(Unit::service("a"));
    for _ in 0..59 {
        live_and_end(&mut rig, 2000, exited(1));
    }
    // 118 s: the minute began with the first end, at 2 s.
    let expected = [
        "1 Again(0ns)",
        "2 Again(0ns)",
        "3 Again(0ns)",
        "4 Again(0ns) ...",
        "+26",
    ];
    assert_eq!(told(&mut rig), expected);
    rig.pass(ms(4000));
    assert_eq!(told(&mut rig), ["+29"], "and the rest, once it has ended");
    // Two quiet minutes later it is news again.
    rig.start(A);
    rig.pass(ms(120_000));
    rig.end(A, exited(1));
    assert_eq!(told(&mut rig), ["1 Again(0ns)"]);
}

#[test]
fn what_was_only_counted_is_told_when_the_container_stops_or_the_unit_leaves() {
    let in_a_loop = || {
        let mut rig = Rig::running(Unit::service("a"));
        for _ in 0..7 {
            live_and_end(&mut rig, 2000, exited(1));
        }
        told(&mut rig);
        rig
    };
    let mut rig = in_a_loop();
    rig.stop();
    assert_eq!(told(&mut rig), ["+3"]);
    let mut rig = in_a_loop();
    rig.start(A);
    rig.tell(Event::Remove(A));
    rig.end(A, exited(0));
    assert_eq!(told(&mut rig), ["+3"]);
    assert_eq!(rig.engine.deadline(), None);
}

#[test]
fn an_end_that_was_asked_for_is_not_told() {
    let ask: [fn(&mut Rig); 9] = [
        |rig| drop(rig.ask(A, Request::Down)),
        |rig| drop(rig.ask(A, Request::Restart)),
        |rig| drop(rig.ask(A, Request::Once)),
        |rig| drop(rig.ask(A, Request::OnceAtMost)),
        |rig| drop(rig.ask(A, Request::Exit)),
        |rig| drop(rig.ask(A, Request::Signal(TERM))),
        |rig| drop(rig.ask(A, Request::Signal(KILL))),
        |rig| drop(rig.stop()),
        |rig| {
            rig.ask(A, Request::Down);
            rig.ask(A, Request::Up);
        },
    ];
    for (number, ask) in ask.into_iter().enumerate() {
        let mut rig = Rig::running(Unit::service("a"));
        rig.pass(ms(2000));
        ask(&mut rig);
        rig.pass(ms(1500));
        rig.end(A, End::Killed(TERM));
        assert_eq!(rig.ends, [], "way {number}");
        assert_eq!(hindrance(&rig).filter(|why| *why != Hindrance::NotUp), None);
    }
}

#[test]
fn a_signal_that_means_something_else_asks_for_no_end() {
    let mut rig = Rig::running(Unit::service("a"));
    rig.pass(ms(2000));
    rig.ask(A, Request::Signal(1));
    rig.end(A, End::Killed(1));
    assert_eq!(told(&mut rig), ["1 Again(0ns)"]);
}

#[test]
fn a_restart_that_was_swallowed_asks_for_no_end_much_later() {
    let mut rig = Rig::running(Unit::service("a"));
    rig.ask(A, Request::Restart);
    rig.pass(ms(61_000));
    rig.end(A, exited(1));
    assert_eq!(told(&mut rig), ["1 Again(0ns)"]);
}

#[test]
fn what_is_not_started_again_says_why() {
    let ends = |unit: Unit, finish: Option<u8>| {
        let mut rig = Rig::running(unit);
        rig.pass(ms(2000));
        rig.end(A, exited(1));
        if let Some(code) = finish {
            rig.start(A);
            rig.end(A, exited(code));
        }
        told(&mut rig)
    };
    let with_finish = Unit {
        has_finish: true,
        ..Unit::service("a")
    };
    assert_eq!(ends(with_finish.clone(), Some(125)), ["1 FinishForbids"]);
    assert_eq!(ends(with_finish, Some(1)), ["1 Again(0ns)"]);
    let mut limited = Unit::service("a");
    limited.restart.limit = Some(Limit {
        starts: 0,
        within: ms(1000),
        then: OnLimit::GiveUp,
    });
    assert_eq!(ends(limited, None), ["1 LimitForbids"]);
    let never = Unit {
        restart: Restart::NEVER,
        ..Unit::service("a")
    };
    assert_eq!(ends(never.clone(), None), ["1 Rests"]);
    let critical = Unit {
        criticality: Criticality::Critical,
        ..never
    };
    assert_eq!(ends(critical, None), ["1 StopsContainer"]);
}

#[test]
fn a_clean_end_after_which_finish_wants_no_more_is_not_told() {
    let mut rig = Rig::running(Unit {
        has_finish: true,
        ..Unit::service("a")
    });
    rig.end(A, exited(0));
    rig.start(A);
    rig.end(A, exited(125));
    assert_eq!(rig.ends, []);
    assert_eq!(hindrance(&rig), Some(Hindrance::GaveUp));
}

#[test]
fn what_finish_asks_for_is_asked_for() {
    for ask in [
        Event::Asked(A, Request::Down),
        Event::Asked(A, Request::OnceAtMost),
        Event::Asked(A, Request::Exit),
        Event::Stop(StopCause::Asked),
    ] {
        let mut rig = Rig::running(Unit {
            has_finish: true,
            ..Unit::service("a")
        });
        rig.end(A, exited(3));
        rig.start(A);
        rig.tell(ask);
        rig.end(A, exited(0));
        assert_eq!(rig.ends, []);
    }
}

#[test]
fn one_that_could_not_be_executed_is_told_by_who_knows_why() {
    let mut rig = Rig::running(Unit::service("a"));
    let pid = rig.unit(A).pid().expect("a process");
    rig.tell(Event::ExecFailed(pid));
    assert_eq!(rig.ends, []);
    assert_eq!(hindrance(&rig), Some(Hindrance::Ended(None)));
}

#[test]
fn a_loop_of_two_seconds_is_never_well() {
    let mut rig = Rig::running(Unit::service("a"));
    live_and_end(&mut rig, 2000, exited(1));
    for _ in 0..100 {
        rig.start(A);
        for _ in 0..4 {
            rig.pass(ms(500));
            assert!(matches!(hindrance(&rig), Some(Hindrance::Ended(Some(_)))));
        }
        rig.end(A, exited(1));
        assert_eq!(hindrance(&rig), Some(Hindrance::Ended(None)));
    }
}

#[test]
fn one_end_and_ten_seconds_of_life_is_well_again() {
    for readiness in [Readiness::WhenUp, Readiness::Notified] {
        let mut rig = Rig::running(Unit {
            readiness,
            ..Unit::service("a")
        });
        if readiness == Readiness::Notified {
            assert_eq!(hindrance(&rig), Some(Hindrance::NotReady));
            rig.tell(Event::Ready(A));
        }
        assert_eq!(hindrance(&rig), None);
        live_and_end(&mut rig, 2000, exited(1));
        rig.start(A);
        if readiness == Readiness::Notified {
            rig.tell(Event::Ready(A));
        }
        rig.pass(ms(9999));
        assert_eq!(hindrance(&rig), Some(Hindrance::Ended(Some(ms(1)))));
        rig.pass(ms(1));
        assert_eq!(hindrance(&rig), None);
    }
}

#[test]
fn a_start_by_hand_is_a_fresh_start() {
    let mut rig = Rig::running(Unit {
        has_finish: true,
        ..Unit::service("a")
    });
    rig.pass(ms(2000));
    rig.end(A, exited(1));
    rig.start(A);
    rig.end(A, exited(125));
    assert_eq!(hindrance(&rig), Some(Hindrance::GaveUp));
    rig.ask(A, Request::Up);
    rig.start(A);
    assert_eq!(hindrance(&rig), None);
}

#[test]
fn what_is_not_to_run_is_in_nobodys_way() {
    let mut rig = Rig::running(Unit::service("a"));
    rig.ask(A, Request::Down);
    assert_eq!(rig.state(A), State::Stopping);
    assert_eq!(hindrance(&rig), None);
    rig.end(A, exited(0));
    assert_eq!(hindrance(&rig), None);
    rig.ask(A, Request::Up);
    assert_eq!(hindrance(&rig), Some(Hindrance::NotUp));
}

#[test]
fn a_start_withdraws_a_stop_that_was_swallowed() {
    for readiness in [Readiness::WhenUp, Readiness::Notified] {
        let mut rig = Rig::running(Unit {
            readiness,
            kill_after: Some(ms(3000)),
            ..Unit::service("a")
        });
        if readiness == Readiness::Notified {
            rig.tell(Event::Ready(A));
        }
        let before = rig.state(A);
        rig.ask(A, Request::Down);
        assert_eq!(rig.state(A), State::Stopping);
        rig.ask(A, Request::Up);
        assert_eq!(rig.state(A), before);
        assert!(rig.unit(A).wanted());
        assert_eq!(hindrance(&rig), None);
        // Its time to end goes on; then it starts anew.
        let actions = rig.pass(ms(3000));
        assert_eq!(actions[0], Action::Signal(A, Pid(100), KILL));
        let actions = rig.end(A, End::Killed(KILL));
        assert_eq!(actions.last(), Some(&run(A)));
        assert_eq!(rig.ends, []);
    }
}

#[test]
fn restarts_are_counted_and_not_ends() {
    let mut rig = Rig::running(Unit::service("a"));
    assert_eq!(rig.unit(A).restarts(), 0);
    rig.pass(ms(2000));
    rig.end(A, exited(1));
    assert_eq!(rig.unit(A).restarts(), 0);
    rig.start(A);
    assert_eq!((rig.unit(A).restarts(), rig.unit(A).deaths()), (1, 1));
    rig.ask(A, Request::Down);
    rig.end(A, exited(0));
    assert_eq!((rig.unit(A).restarts(), rig.unit(A).deaths()), (1, 2));
}

#[test]
fn a_policy_that_restarts_after_failures_only_rests_after_a_clean_end() {
    let mut unit = Unit::service("a");
    unit.restart.when = When::OnFailure;
    let mut rig = Rig::running(unit);
    rig.pass(ms(2000));
    rig.end(A, exited(0));
    assert_eq!(told(&mut rig), ["1 Rests"]);
    assert_eq!(hindrance(&rig), None);
}
