//! Units that run once, to their end.

mod rig;

use engine::Change::*;
use engine::*;
use plan::{Criticality, Limit, OnLimit, Restart, Unit, When};
use rig::*;

const A: UnitId = UnitId(0);
const B: UnitId = UnitId(1);

fn announce(change: Change) -> Action {
    Action::Announce(A, change)
}

fn one_shot() -> Unit {
    Unit::one_shot("a")
}

fn with_undo() -> Unit {
    Unit {
        has_finish: true,
        ..one_shot()
    }
}

#[test]
fn success_makes_a_one_shot_ready() {
    let mut rig = Rig::with(vec![one_shot(), service_with("b", &["a"])]);
    assert_eq!(rig.start(A), [announce(Up)]);
    assert_eq!(rig.state(B), State::Waiting);
    assert_eq!(rig.end(A, exited(0)), [announce(Ready), run(B)]);
    assert_eq!(rig.state(A), State::Ready);
    assert_eq!(rig.unit(A).pid(), None);
    assert_eq!(rig.pass(ms(100_000)), []);
}

#[test]
fn failure_keeps_its_dependents_waiting() {
    let mut rig = Rig::with(vec![one_shot(), service_with("b", &["a"])]);
    rig.start(A);
    assert_eq!(
        rig.end(A, exited(1)),
        [announce(Down), announce(Permanent), announce(Finished)]
    );
    assert_eq!(rig.state(A), State::Failed);
    assert_eq!(rig.state(B), State::Waiting);
    assert_eq!(rig.engine.waits_for(B).collect::<Vec<_>>(), ["a"]);
}

#[test]
fn a_failed_one_shot_may_be_tried_again() {
    for request in [Request::Up, Request::Once] {
        let mut rig = Rig::running(one_shot());
        rig.pass(ms(2000));
        rig.end(A, exited(1));
        assert!(rig.ask(A, request).contains(&up(A)));
        rig.start(A);
        rig.end(A, exited(1));
        assert_eq!(rig.state(A), State::Failed, "{request:?}");
    }
}

#[test]
fn a_one_shot_may_be_repeated_until_it_succeeds() {
    let mut unit = one_shot();
    unit.restart = Restart {
        when: When::OnFailure,
        ..Restart::S6
    };
    let mut rig = Rig::running(unit);
    rig.pass(ms(2000));
    assert!(rig.end(A, exited(1)).contains(&up(A)));
    rig.start(A);
    rig.end(A, exited(0));
    assert_eq!(rig.state(A), State::Ready);
}

#[test]
fn a_one_shot_that_takes_too_long_is_killed() {
    let mut rig = Rig::running(Unit {
        start_within: Some(ms(500)),
        ..one_shot()
    });
    let kill = Action::Signal(A, Pid(100), KILL);
    let notice = Action::Tell(Notice::StartTimedOut(A, ms(500)));
    assert_eq!(rig.pass(ms(500)), [kill, notice]);
    rig.end(A, End::Killed(KILL));
    assert_eq!(rig.state(A), State::Failed);
}

#[test]
fn a_one_shot_that_is_done_is_not_killed_for_the_time_it_took() {
    let mut rig = Rig::running(Unit {
        start_within: Some(ms(500)),
        kill_after: Some(ms(600)),
        ..one_shot()
    });
    rig.ask(A, Request::Restart);
    rig.end(A, exited(0));
    assert_eq!(rig.state(A), State::Ready);
    assert_eq!(rig.pass(ms(5000)), []);
}

#[test]
fn down_undoes_what_has_succeeded() {
    let mut rig = Rig::running(with_undo());
    rig.end(A, exited(0));
    assert_eq!(rig.ask(A, Request::Down), [announce(Down), undo(A)]);
    assert_eq!(rig.state(A), State::Finishing);
    rig.start(A);
    assert_eq!(rig.end(A, exited(0)), [announce(Finished)]);
    assert_eq!(rig.state(A), State::Down);
}

#[test]
fn down_without_anything_to_undo_is_down_at_once() {
    let mut rig = Rig::running(one_shot());
    rig.end(A, exited(0));
    assert_eq!(
        rig.ask(A, Request::Down),
        [announce(Down), announce(Finished)]
    );
    assert_eq!(rig.state(A), State::Down);
}

#[test]
fn a_failure_has_nothing_to_undo() {
    let mut rig = Rig::running(with_undo());
    assert_eq!(
        rig.end(A, exited(1)),
        [announce(Down), announce(Permanent), announce(Finished)]
    );
}

#[test]
fn up_while_it_is_undone_does_it_again() {
    let mut rig = Rig::running(with_undo());
    rig.end(A, exited(0));
    rig.pass(ms(2000));
    rig.ask(A, Request::Down);
    rig.start(A);
    rig.ask(A, Request::Up);
    assert_eq!(rig.end(A, exited(0)), [announce(Finished), up(A)]);
}

#[test]
fn down_while_it_runs_ends_it_and_undoes_it_if_it_had_succeeded() {
    let mut rig = Rig::running(with_undo());
    rig.ask(A, Request::Down);
    assert_eq!(rig.state(A), State::Stopping);
    assert_eq!(
        rig.end(A, exited(0)),
        [announce(Ready), announce(Down), undo(A)]
    );

    let mut rig = Rig::running(with_undo());
    rig.ask(A, Request::Down);
    assert_eq!(
        rig.end(A, End::Killed(TERM)),
        [announce(Down), announce(Finished)]
    );
    assert_eq!(rig.state(A), State::Down);
}

#[test]
fn down_before_its_start_is_known_undoes_it_too() {
    let mut rig = Rig::with(vec![with_undo()]);
    rig.tell(Event::Exited(Pid(100), exited(0)));
    rig.ask(A, Request::Down);
    let actions = rig.tell(Event::Started(A, Pid(100)));
    assert_eq!(actions.last(), Some(&undo(A)));
}

#[test]
fn a_failed_undo_is_told_and_counts_as_down() {
    for end in [exited(1), exited(125), End::Killed(9)] {
        let mut rig = Rig::running(with_undo());
        rig.end(A, exited(0));
        rig.ask(A, Request::Down);
        rig.start(A);
        let told = Action::Tell(Notice::DownFailed(A, end));
        assert_eq!(rig.end(A, end), [told, announce(Finished)]);
        assert_eq!(rig.state(A), State::Down);
    }
}

#[test]
fn an_undo_that_is_killed_with_everything_is_not_told() {
    let mut rig = Rig::running(with_undo());
    rig.end(A, exited(0));
    rig.stop();
    rig.start(A);
    rig.hasten();
    rig.hasten();
    assert_eq!(rig.end(A, End::Killed(KILL)), [announce(Finished)]);
}

/// What was told of ends: whether there was one, and what comes next.
fn next(rig: &mut Rig) -> Option<Next> {
    match rig.ends.pop()? {
        Notice::Ended(ended) => Some(ended.next),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_failure_is_told_with_what_comes_next() {
    let mut rig = Rig::running(one_shot());
    rig.end(A, exited(1));
    assert_eq!(next(&mut rig), Some(Next::Rests));

    let mut unit = one_shot();
    unit.restart = Restart {
        when: When::OnFailure,
        ..Restart::S6
    };
    let mut rig = Rig::running(unit);
    rig.pass(ms(200));
    rig.end(A, End::Killed(11));
    assert_eq!(next(&mut rig), Some(Next::Again(ms(800))));
    let hindrances: Vec<_> = rig.engine.hindrances(rig.now).collect();
    assert_eq!(hindrances, [(A, Hindrance::Ended(None))]);
    rig.pass(ms(800));
    rig.start(A);
    rig.end(A, exited(0));
    assert_eq!(next(&mut rig), None);
    assert_eq!(rig.engine.hindrances(rig.now).count(), 0);
}

#[test]
fn a_failure_of_one_that_was_started_once_is_told() {
    let mut rig = Rig::with(vec![Unit {
        wanted: false,
        restart: Restart::S6,
        ..one_shot()
    }]);
    rig.ask(A, Request::Once);
    rig.start(A);
    rig.end(A, exited(1));
    assert_eq!(next(&mut rig), Some(Next::Rests));
}

#[test]
fn a_failure_past_the_restart_limit_is_told_as_that() {
    let mut unit = one_shot();
    unit.restart = Restart {
        when: When::OnFailure,
        limit: Some(Limit {
            starts: 0,
            within: ms(1000),
            then: OnLimit::GiveUp,
        }),
        ..Restart::S6
    };
    let mut rig = Rig::running(unit);
    rig.end(A, exited(1));
    assert_eq!(next(&mut rig), Some(Next::LimitForbids));
}

#[test]
fn an_end_that_was_asked_for_is_no_failure() {
    let mut rig = Rig::running(one_shot());
    rig.ask(A, Request::Down);
    rig.end(A, End::Killed(TERM));
    assert_eq!(next(&mut rig), None);
    let mut rig = Rig::running(one_shot());
    rig.ask(A, Request::Exit);
    rig.end(A, exited(1));
    assert_eq!(next(&mut rig), None);
}

#[test]
fn exit_undoes_and_forgets() {
    let mut rig = Rig::running(with_undo());
    rig.end(A, exited(0));
    assert_eq!(rig.ask(A, Request::Exit), [announce(Down), undo(A)]);
    rig.start(A);
    assert!(rig.end(A, exited(0)).contains(&Action::Forget(A)));
}

#[test]
fn exit_while_it_runs_forgets_it_after_its_end() {
    let mut rig = Rig::running(one_shot());
    assert_eq!(rig.ask(A, Request::Exit), []);
    assert_eq!(
        rig.end(A, exited(0)),
        [
            announce(Ready),
            announce(Down),
            announce(Finished),
            announce(Gone),
            Action::Forget(A)
        ]
    );
}

#[test]
fn a_critical_one_shot_stops_the_container_when_it_fails_only() {
    let critical = Unit {
        criticality: Criticality::Critical,
        ..one_shot()
    };
    let mut rig = Rig::running(critical.clone());
    rig.end(A, exited(0));
    rig.ask(A, Request::Down);
    assert_eq!(rig.engine.phase(), Phase::Running);

    let mut rig = Rig::running(critical);
    assert!(rig.end(A, exited(9)).contains(&Action::RunStopHooks));
    rig.hooks_done();
    assert_eq!(rig.tell(Event::NoneLeft), [Action::EndStop(9)]);
}

#[test]
fn a_one_shot_that_says_it_is_ready_is_reported() {
    let mut rig = Rig::running(one_shot());
    let notice = Action::Tell(Notice::Impossible("Ready", A));
    assert_eq!(rig.tell(Event::Ready(A)), [notice]);
}
