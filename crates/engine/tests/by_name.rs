//! Requests by name: units and groups, up with all that they need, down with all that
//! needs them.

mod rig;

use engine::Change::*;
use engine::*;
use plan::{Group, Readiness, Unit};
use rig::*;

const A: UnitId = UnitId(0);
const B: UnitId = UnitId(1);
const C: UnitId = UnitId(2);
const D: UnitId = UnitId(3);

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}

fn group(name: &str, members: &[&str]) -> Group {
    Group {
        name: name.into(),
        members: names(members),
    }
}

fn unwanted(unit: Unit) -> Unit {
    Unit {
        wanted: false,
        ..unit
    }
}

/// `c` needs `b`, `b` needs `a`; `d` is nobody's affair. All are down.
fn chain() -> Rig {
    Rig::with(
        [
            Unit::service("a"),
            service_with("b", &["a"]),
            service_with("c", &["b"]),
            Unit::service("d"),
        ]
        .map(unwanted)
        .to_vec(),
    )
}

fn chain_that_runs() -> Rig {
    let mut rig = chain();
    rig.tell(Event::Up(names(&["c", "d"])));
    for id in [A, D, B, C] {
        rig.start(id);
    }
    // What starts again does so at once.
    rig.pass(ms(2000));
    rig
}

fn starts(actions: &[Action]) -> Vec<UnitId> {
    let start = |action: &Action| match action {
        Action::Execute(id, Role::Run | Role::Up) => Some(*id),
        _ => None,
    };
    actions.iter().filter_map(start).collect()
}

fn terminated(actions: &[Action]) -> Vec<UnitId> {
    let signal = |action: &Action| match action {
        Action::Signal(id, _, TERM) => Some(*id),
        _ => None,
    };
    actions.iter().filter_map(signal).collect()
}

fn states(rig: &Rig) -> Vec<State> {
    rig.engine.units().map(|(_, unit)| unit.state()).collect()
}

#[test]
fn up_starts_everything_that_is_needed_first_and_nothing_else() {
    let mut rig = chain();
    let actions = rig.tell(Event::Up(names(&["c"])));
    assert_eq!(starts(&actions), [A]);
    assert_eq!(
        states(&rig),
        [State::Starting, State::Waiting, State::Waiting, State::Down]
    );
    assert_eq!(starts(&rig.start(A)), [B]);
    assert_eq!(starts(&rig.start(B)), [C]);
    rig.start(C);
    assert_eq!(rig.state(C), State::Up);
    assert_eq!(rig.state(D), State::Down);
}

#[test]
fn up_waits_for_readiness_and_for_one_shots() {
    let notified = Unit {
        readiness: Readiness::Notified,
        ..service_with("b", &["a"])
    };
    let units = [Unit::one_shot("a"), notified, service_with("c", &["b"])];
    let mut rig = Rig::with(units.map(unwanted).to_vec());
    let actions = rig.tell(Event::Up(names(&["c"])));
    assert!(actions.contains(&up(A)));
    assert_eq!(starts(&rig.start(A)), []);
    assert_eq!(starts(&rig.end(A, exited(0))), [B]);
    assert_eq!(starts(&rig.start(B)), []);
    assert_eq!(starts(&rig.tell(Event::Ready(B))), [C]);
}

#[test]
fn up_gives_what_is_needed_a_fresh_chance_too() {
    let one_shot = unwanted(Unit::one_shot("a"));
    let mut rig = Rig::with(vec![one_shot, unwanted(service_with("b", &["a"]))]);
    rig.tell(Event::Up(names(&["b"])));
    rig.start(A);
    rig.pass(ms(1000));
    rig.end(A, exited(1));
    assert_eq!(states(&rig), [State::Failed, State::Waiting]);
    assert_eq!(starts(&rig.tell(Event::Up(names(&["b"])))), [A]);
}

#[test]
fn up_of_what_is_up_changes_nothing() {
    let mut rig = chain_that_runs();
    assert_eq!(rig.tell(Event::Up(names(&["c"]))), []);
}

#[test]
fn up_brings_up_loggers() {
    let mut producer = unwanted(Unit::service("a"));
    producer.logger = Some("b".into());
    let mut logger = unwanted(Unit::service("b"));
    logger.reads_from = names(&["a"]);
    let mut rig = Rig::with(vec![producer, logger]);
    // The logger ahead of what it reads from, though that does not wait for it.
    assert_eq!(starts(&rig.tell(Event::Up(names(&["a"])))), [B, A]);
}

#[test]
fn down_ends_everything_that_needs_it_first_and_nothing_else() {
    let mut rig = chain_that_runs();
    let actions = rig.tell(Event::Down(names(&["a"])));
    assert_eq!(terminated(&actions), [C]);
    let silent = |id| Action::Announce(id, Silent);
    assert!([A, B, C].iter().all(|id| actions.contains(&silent(*id))));
    assert!(![A, B].iter().any(|id| rig.unit(*id).wanted()));
    assert!(!rig.unit(A).provides() && !rig.unit(B).provides());
    assert_eq!(terminated(&rig.end(C, exited(0))), [B]);
    assert_eq!(terminated(&rig.end(B, exited(0))), [A]);
    rig.end(A, exited(0));
    assert_eq!(
        states(&rig),
        [State::Down, State::Down, State::Down, State::Up]
    );
}

#[test]
fn down_in_the_middle_leaves_what_is_needed() {
    let mut rig = chain_that_runs();
    assert_eq!(terminated(&rig.tell(Event::Down(names(&["b"])))), [C]);
    assert_eq!(terminated(&rig.end(C, exited(0))), [B]);
    rig.end(B, exited(0));
    assert_eq!(rig.state(A), State::Up);
}

#[test]
fn down_waits_for_finish_scripts() {
    let with_finish = Unit {
        has_finish: true,
        ..service_with("b", &["a"])
    };
    let mut rig = Rig::with(vec![Unit::service("a"), with_finish]);
    rig.start(A);
    rig.start(B);
    rig.tell(Event::Down(names(&["a"])));
    let actions = rig.end(B, End::Killed(TERM));
    assert!(actions.contains(&finish(B, End::Killed(TERM), 101)));
    assert_eq!(terminated(&actions), []);
    rig.start(B);
    assert_eq!(terminated(&rig.end(B, exited(0))), [A]);
}

#[test]
fn down_undoes_one_shots_in_reverse_order() {
    let undone = |unit: Unit| Unit {
        has_finish: true,
        ..unit
    };
    let second = Unit {
        needs: names(&["a"]),
        ..Unit::one_shot("b")
    };
    let mut rig = Rig::with(vec![undone(Unit::one_shot("a")), undone(second)]);
    for id in [A, B] {
        rig.start(id);
        rig.end(id, exited(0));
    }
    assert_eq!(
        rig.tell(Event::Down(names(&["a"]))),
        [
            Action::Announce(B, Down),
            undo(B),
            Action::Announce(A, Silent)
        ]
    );
    rig.start(B);
    let actions = rig.end(B, exited(0));
    assert!(actions.ends_with(&[Action::Announce(A, Down), undo(A)]));
}

#[test]
fn down_ends_producers_ahead_of_their_logger() {
    let mut producer = Unit::service("a");
    producer.logger = Some("b".into());
    let mut logger = Unit::service("b");
    logger.reads_from = names(&["a"]);
    let mut rig = Rig::with(vec![producer, logger]);
    rig.start(A);
    rig.start(B);
    assert_eq!(terminated(&rig.tell(Event::Down(names(&["b"])))), [A]);
    // By its signal: its input is kept for its next start.
    let actions = rig.end(A, exited(0));
    assert_eq!(terminated(&actions), [B]);
    assert!(!actions.contains(&Action::CloseInput(B)));
}

#[test]
fn what_ends_by_itself_meanwhile_stays_down() {
    let mut rig = chain_that_runs();
    rig.tell(Event::Down(names(&["a"])));
    assert_eq!(starts(&rig.end(A, exited(1))), []);
    assert_eq!(rig.state(A), State::Down);
    // Somebody starts it anew: the request is over.
    rig.ask(A, Request::Up);
    rig.start(A);
    rig.end(C, exited(0));
    rig.end(B, exited(0));
    assert_eq!(rig.state(A), State::Up);
}

#[test]
fn what_starts_meanwhile_ends_in_its_turn() {
    let mut rig = chain_that_runs();
    rig.end(A, exited(1));
    assert_eq!(rig.state(A), State::Starting);
    rig.tell(Event::Down(names(&["a"])));
    assert_eq!(terminated(&rig.start(A)), []);
    assert_eq!(rig.state(A), State::Up);
    rig.end(C, exited(0));
    assert_eq!(terminated(&rig.end(B, exited(0))), [A]);

    let mut rig = chain_that_runs();
    rig.end(A, exited(1));
    rig.tell(Event::Down(names(&["a"])));
    rig.end(C, exited(0));
    rig.end(B, exited(0));
    assert_eq!(rig.state(A), State::Starting);
    assert_eq!(terminated(&rig.start(A)), [A]);
}

#[test]
fn what_finishes_when_its_turn_comes_is_not_asked_again() {
    let with_finish = Unit {
        has_finish: true,
        ..Unit::service("a")
    };
    let mut rig = Rig::with(vec![with_finish, service_with("b", &["a"])]);
    rig.start(A);
    rig.start(B);
    rig.tell(Event::Down(names(&["a"])));
    rig.end(A, exited(0));
    rig.start(A);
    assert_eq!(rig.state(A), State::Finishing);
    assert_eq!(terminated(&rig.end(B, exited(0))), []);
    rig.end(A, exited(0));
    assert_eq!(rig.state(A), State::Down);
}

#[test]
fn nothing_starts_on_what_is_to_be_down() {
    let mut rig = chain_that_runs();
    rig.tell(Event::Down(names(&["a"])));
    // `c` is asked up again while it ends; `b` is to be down, so `c` waits for it.
    rig.ask(C, Request::Up);
    let actions = rig.end(C, exited(0));
    assert_eq!(starts(&actions), []);
    assert_eq!(terminated(&actions), [B]);
    assert_eq!(rig.state(C), State::Waiting);
    assert_eq!(rig.engine.waits_for(C).collect::<Vec<_>>(), ["b"]);
}

#[test]
fn up_withdraws_down() {
    for withdraw in [
        Event::Up(names(&["c"])),
        Event::Asked(A, Request::Up),
        Event::Asked(A, Request::Once),
    ] {
        let mut rig = chain_that_runs();
        rig.tell(Event::Down(names(&["a"])));
        rig.tell(withdraw.clone());
        assert!(rig.unit(A).provides(), "{withdraw:?}");
        let by_name = matches!(withdraw, Event::Up(_));
        assert_eq!(rig.unit(B).provides(), by_name);
        assert_eq!(rig.unit(C).wanted(), by_name);
        let actions = rig.end(C, exited(0));
        assert_eq!(starts(&actions).contains(&C), by_name, "{withdraw:?}");
        if !by_name {
            assert_eq!(terminated(&actions), [B]);
            assert_eq!(terminated(&rig.end(B, exited(0))), []);
        }
        assert_eq!(rig.state(A), State::Up);
    }
}

#[test]
fn down_of_one_unit_alone_asks_it_at_once() {
    let mut rig = chain_that_runs();
    rig.tell(Event::Down(names(&["a"])));
    assert_eq!(terminated(&rig.ask(A, Request::Down)), [A]);
}

#[test]
fn removal_overtakes_the_order() {
    let mut rig = chain_that_runs();
    rig.tell(Event::Down(names(&["a"])));
    assert_eq!(terminated(&rig.tell(Event::Remove(A))), [A]);
    assert!(rig.end(A, exited(0)).contains(&Action::Forget(A)));
}

#[test]
fn a_stop_takes_over_the_order() {
    let mut rig = chain_that_runs();
    rig.tell(Event::Down(names(&["b"])));
    let actions = rig.stop();
    assert_eq!(terminated(&actions), [D]);
    assert_eq!(terminated(&rig.tell(Event::Down(names(&["a"])))), []);
    assert_eq!(terminated(&rig.end(C, exited(0))), [B]);
    assert_eq!(terminated(&rig.end(B, exited(0))), [A]);
}

#[test]
fn nothing_is_brought_up_in_a_stop() {
    let mut rig = chain();
    rig.stop();
    assert_eq!(rig.tell(Event::Up(names(&["c"]))), []);
    assert_eq!(states(&rig), [State::Down; 4]);
}

#[test]
fn where_units_count_on_each_other_one_does_not_wait() {
    let mut units = vec![Unit::service("a"), service_with("log", &["a"])];
    units[0].logger = Some("log".into());
    units[1].reads_from = names(&["a"]);
    let mut rig = Rig::with(units);
    rig.start(A);
    rig.start(B);
    let actions = rig.tell(Event::Down(names(&["a"])));
    assert_eq!(terminated(&actions), [B]);
    assert_eq!(terminated(&rig.end(B, exited(0))), [A]);
    rig.end(A, exited(0));
    assert_eq!(states(&rig), [State::Down, State::Down]);
}

#[test]
fn what_has_nothing_to_undo_is_down_at_once_and_the_next_asked_once() {
    let second = Unit {
        needs: names(&["a"]),
        ..Unit::one_shot("b")
    };
    let mut rig = Rig::with(vec![Unit::service("a"), second]);
    rig.start(A);
    rig.start(B);
    rig.end(B, exited(0));
    assert_eq!(terminated(&rig.tell(Event::Down(names(&["a"])))), [A]);
}

#[test]
fn a_group_stands_for_its_units_and_the_groups_in_it() {
    let mut rig = chain();
    rig.tell(Event::Groups(vec![
        group("all", &["d", "more"]),
        group("more", &["b", "all"]),
        group("all", &["c"]),
    ]));
    assert_eq!(starts(&rig.tell(Event::Up(names(&["all"])))), [D, A]);
    assert_eq!(rig.state(B), State::Waiting);
    assert_eq!(rig.state(C), State::Down);
    rig.start(A);
    rig.start(B);
    let down = rig.tell(Event::Down(names(&["more"])));
    assert_eq!(terminated(&down), [B]);
    assert_eq!(rig.state(D), State::Starting);
    assert!(!rig.unit(D).wanted() && rig.unit(A).wanted());
}

#[test]
fn groups_take_the_place_of_those_before() {
    let mut rig = chain();
    rig.tell(Event::Groups(vec![group("x", &["a"]), group("y", &[])]));
    let members = names(&["a"]);
    let known: Vec<_> = rig.engine.groups().collect();
    assert_eq!(known, [("x", &members[..]), ("y", &[][..])]);
    rig.tell(Event::Groups(vec![group("y", &["d"])]));
    let unknown = |name: &str| Action::Tell(Notice::NoSuchName(name.into()));
    assert_eq!(rig.tell(Event::Up(names(&["x"]))), [unknown("x")]);
    assert_eq!(starts(&rig.tell(Event::Up(names(&["y"])))), [D]);
}

#[test]
fn a_name_that_nobody_has_is_told_and_the_others_are_acted_on() {
    let mut rig = chain();
    rig.tell(Event::Groups(vec![group("x", &["gone", "d"])]));
    let actions = rig.tell(Event::Up(names(&["nobody", "x", "nobody"])));
    let told = |name: &str| Action::Tell(Notice::NoSuchName(name.into()));
    assert_eq!(actions[..2], [told("nobody"), told("gone")]);
    assert_eq!(starts(&actions), [D]);
    let actions = rig.tell(Event::Down(names(&["nobody"])));
    assert_eq!(actions, [told("nobody")]);
}

#[test]
fn a_long_chain_needs_no_stack() {
    let count = 100_000;
    let unit = |number: u32| {
        let needs = number.checked_sub(1).map(|before| before.to_string());
        unwanted(Unit {
            needs: needs.into_iter().collect(),
            ..Unit::service(number.to_string())
        })
    };
    let mut engine = Engine::new(Time(0));
    let mut actions = Vec::new();
    engine.add((0..count).map(unit).collect(), Time(0), &mut actions);
    let last = vec![(count - 1).to_string()];
    engine.handle(Event::Up(last), Time(0), &mut actions);
    assert_eq!(starts(&actions), [A]);
    actions.clear();
    engine.handle(Event::Down(vec!["0".into()]), Time(0), &mut actions);
    assert!(engine.units().all(|(_, unit)| !unit.wanted()));
}
