//! Plans, and the engine's state.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use engine::{
    Action, End, Engine, Event, Notice, Pid, Request, Role, State, StopCause, StopLimits, Time,
    UnitId,
};
use plan::{
    Criticality, Group, Kind, Limit, OnLimit, Plan, Problem, Readiness, Restart, Unit, When, check,
};

use crate::input::Input;

const NAMES: &[&str] = &["a", "b", "c", "d", "a/log", "b/log", "f", "g"];

fn name(input: &mut Input) -> String {
    NAMES[usize::from(input.byte()) % NAMES.len()].to_string()
}

/// What must come before the unit's start, or after its end.
fn counts_on(unit: &Unit) -> impl Iterator<Item = &String> {
    unit.needs.iter().chain(&unit.logger)
}

fn names(input: &mut Input, most: u8) -> Vec<String> {
    (0..input.byte() % (most + 1))
        .map(|_| name(input))
        .collect()
}

fn groups(input: &mut Input) -> Vec<Group> {
    let group = |_| Group {
        name: name(input),
        members: names(input, 3),
    };
    (0..2).map(group).collect()
}

/// A plan has a problem if and only if its units and its groups cannot be brought into an
/// order; every circle that is told is one.
pub(crate) fn plan_check(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let (mut units, mut all_groups) = (Vec::new(), Vec::new());
    while !input.is_empty() {
        let mut unit = Unit::service(name(&mut input));
        for _ in 0..input.byte() % 4 {
            unit.needs.push(name(&mut input));
        }
        unit.logger = input.flag().then(|| name(&mut input));
        if input.flag() {
            unit.reads_from = names(&mut input, 2);
        }
        units.push(unit);
        if input.flag() {
            all_groups.extend(groups(&mut input));
        }
    }
    let plan = Plan {
        units,
        groups: all_groups,
    };
    let problems = check(&plan);
    let (units, groups) = (&plan.units, &plan.groups);
    let names: BTreeSet<&String> = units.iter().map(|unit| &unit.name).collect();
    let group_names: BTreeSet<&String> = groups.iter().map(|group| &group.name).collect();
    let (mut duplicates, mut others, mut group_circles) = (0, 0, 0);
    for problem in &problems {
        match problem {
            Problem::Duplicate(name) => {
                assert!(names.contains(name) || group_names.contains(name));
                duplicates += 1;
            }
            Problem::Unknown { unit, needed } => {
                assert!(names.contains(unit) && !names.contains(needed));
                assert!(!group_names.contains(needed));
                others += 1;
            }
            Problem::NeedsGroup { unit, group } => {
                assert!(names.contains(unit) && !names.contains(group));
                assert!(group_names.contains(group));
                others += 1;
            }
            Problem::OneSided { unit, logger } => {
                assert!(names.contains(unit) && names.contains(logger));
                others += 1;
            }
            Problem::UnknownMember { group, member } => {
                assert!(group_names.contains(group) && !group_names.contains(member));
                assert!(!names.contains(member));
                others += 1;
            }
            Problem::GroupCycle(circle) => {
                assert!(circle.len() > 1 && circle.first() == circle.last());
                for pair in circle.windows(2) {
                    let mut named = groups.iter().filter(|group| group.name == pair[0]);
                    assert!(named.any(|group| group.members.contains(&pair[1])));
                }
                group_circles += 1;
            }
            Problem::Cycle(circle) => {
                assert!(circle.len() > 1 && circle.first() == circle.last());
                for pair in circle.windows(2) {
                    let mut named = units.iter().filter(|unit| unit.name == pair[0]);
                    let edge = named.any(|unit| counts_on(unit).any(|other| *other == pair[1]));
                    assert!(edge, "{circle:?}");
                }
            }
        }
        assert!(!problem.to_string().chars().any(char::is_control));
    }
    let all: BTreeSet<&String> = names.union(&group_names).copied().collect();
    assert_eq!(duplicates, units.len() + groups.len() - all.len());
    let strangers = |unit: &Unit| {
        let read = unit.reads_from.iter();
        counts_on(unit)
            .chain(read)
            .filter(|name| !names.contains(name))
            .count()
    };
    let outside = |group: &Group| {
        let members = group.members.iter();
        members.filter(|name| !all.contains(name)).count()
    };
    let unknown =
        units.iter().map(strangers).sum::<usize>() + groups.iter().map(outside).sum::<usize>();
    assert!(unknown <= others);
    if duplicates > 0 {
        return;
    }
    // Take away, again and again, who counts on nobody that is left.
    let mut left: BTreeMap<&String, &Unit> = units.iter().map(|it| (&it.name, it)).collect();
    loop {
        let is_free = |unit: &Unit| !counts_on(unit).any(|other| left.contains_key(other));
        let free: Vec<&String> = left
            .iter()
            .filter(|(_, unit)| is_free(unit))
            .map(|(name, _)| *name)
            .collect();
        if free.is_empty() {
            break;
        }
        for name in free {
            left.remove(name);
        }
    }
    assert_eq!(left.is_empty(), problems.len() == others + group_circles);
    let mut left: BTreeMap<&String, &Group> = groups.iter().map(|it| (&it.name, it)).collect();
    while let Some(name) = left.iter().find_map(|(name, group)| {
        let is_free = !group.members.iter().any(|other| left.contains_key(other));
        is_free.then_some(*name)
    }) {
        left.remove(name);
    }
    assert_eq!(left.is_empty(), group_circles == 0);
}

/// Bytes that are a state survive being written, and the state lives on to its end.
pub(crate) fn engine_state(bytes: &[u8]) {
    let Ok(mut engine) = Engine::decode(bytes) else {
        return;
    };
    assert!(engine.units().count() <= bytes.len());
    let again = engine.encode();
    assert!(again.len() <= bytes.len());
    assert_eq!(Engine::decode(&again).as_ref(), Ok(&engine));
    let mut now = Time(1 << 60);
    let mut actions = Vec::new();
    let ids: Vec<UnitId> = engine.units().map(|(id, _)| id).collect();
    let pids: Vec<Pid> = engine.units().filter_map(|(_, unit)| unit.pid()).collect();
    engine.handle(Event::Tick, now, &mut actions);
    for (number, id) in (1_000_000..).zip(&ids) {
        for event in [
            Event::Started(*id, Pid(number)),
            Event::Asked(*id, Request::Up),
            Event::Ready(*id),
            Event::Asked(*id, Request::Restart),
        ] {
            engine.handle(event, now, &mut actions);
        }
    }
    for pid in pids {
        engine.handle(Event::Exited(pid, End::Killed(9)), now, &mut actions);
    }
    engine.add(vec![Unit::service("new")], now, &mut actions);
    engine.handle(Event::Stop(StopCause::Asked), now, &mut actions);
    let second = Some(Duration::from_secs(1));
    let limits = StopLimits {
        services: second,
        kill: second,
        whole: None,
    };
    engine.handle(Event::StopHooksDone(limits), now, &mut actions);
    for id in ids {
        engine.handle(Event::Remove(id), now, &mut actions);
        engine.handle(Event::StartFailed(id), now, &mut actions);
    }
    let mut ticks = 0;
    while let Some(next) = engine.deadline() {
        now = now.max(next);
        engine.handle(Event::Tick, now, &mut actions);
        ticks += 1;
        assert!(ticks < 10_000 + bytes.len(), "timers without end");
    }
    let left = |action: &&Action| matches!(action, Action::EndStop(_));
    assert!(actions.iter().filter(left).count() <= 1);
}

/// What a crash has left is a state that survives being written, or is none; with the
/// event in hand or without.
pub(crate) fn survival(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let in_hand = input.flag().then(|| usize::from(input.byte()));
    let length = input.number() as usize;
    let rest = input.rest();
    let (snapshot, records) = rest.split_at(length.min(rest.len()));
    for retry in [false, true] {
        let same = init::for_fuzzing::survives(snapshot, records, in_hand, retry);
        assert_ne!(same, Some(false), "retry: {retry}");
    }
}

fn unit(input: &mut Input) -> Unit {
    let flags = input.byte();
    let more = input.byte();
    let mut unit = match flags & 1 {
        0 => Unit::service(name(input)),
        _ => Unit::one_shot(name(input)),
    };
    for _ in 0..(flags >> 1) & 3 {
        unit.needs.push(name(input));
    }
    unit.logger = (flags & 8 != 0).then(|| name(input));
    if more & 128 != 0 {
        unit.reads_from.push(name(input));
    }
    unit.wanted = flags & 16 == 0;
    if flags & 32 != 0 {
        unit.readiness = Readiness::Notified;
    }
    if flags & 64 != 0 {
        unit.criticality = Criticality::Critical;
    }
    unit.has_finish = flags & 128 != 0;
    unit.restart = match more & 3 {
        0 => unit.restart,
        1 => Restart::NEVER,
        2 => Restart {
            when: When::OnFailure,
            ..Restart::S6
        },
        _ => Restart::S6,
    };
    if more & 4 != 0 {
        unit.restart.limit = Some(Limit {
            starts: u32::from(input.byte()) % 4,
            within: Duration::from_millis(input.number()),
            then: match more & 8 {
                0 => OnLimit::GiveUp,
                _ => OnLimit::StopContainer,
            },
        });
    }
    let span = |input: &mut Input, bit: u8| {
        let some = more & bit != 0;
        some.then(|| Duration::from_millis(input.number()))
    };
    unit.kill_after = span(input, 16);
    unit.start_within = span(input, 32);
    unit.finish_within = span(input, 64);
    unit
}

fn request(input: &mut Input) -> Request {
    match input.byte() % 8 {
        0 => Request::Up,
        1 => Request::Once,
        2 => Request::OnceAtMost,
        3 => Request::Down,
        4 => Request::Restart,
        5 => Request::Signal(input.byte()),
        6 => Request::Exit,
        _ => Request::Signal(19),
    }
}

fn end(input: &mut Input) -> End {
    match input.byte() {
        code @ 0..=199 => End::Exited(code % 130),
        signal => End::Killed(signal - 199),
    }
}

/// Any events in any order, nonsense included: the engine starts what is down, signals
/// what runs, leaves once, has no timer in the past and survives its own bytes.
pub(crate) fn engine_events(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let mut now = Time(1_000_000_000_000);
    let mut engine = Engine::new(now);
    let (mut next_pid, mut left) = (100, 0);
    while !input.is_empty() {
        now = now.after(Duration::from_millis(input.number() % 3000));
        let id = UnitId(u32::from(input.byte() % 8));
        let known = engine.units().find_map(|(other, unit)| match other == id {
            true => unit.pid(),
            false => None,
        });
        let event = match input.byte() % 16 {
            0 | 1 => Event::Add(vec![unit(&mut input), unit(&mut input)]),
            2 => Event::Remove(id),
            3..=5 => {
                next_pid += 1;
                Event::Started(id, Pid(next_pid))
            }
            6 => Event::StartFailed(id),
            7 => Event::Ready(id),
            8 | 9 => Event::Exited(known.unwrap_or(Pid(next_pid + 1)), end(&mut input)),
            10 => Event::ExecFailed(known.unwrap_or(Pid(next_pid + 1))),
            11 | 12 => Event::Asked(id, request(&mut input)),
            14 => match input.byte() % 3 {
                0 => Event::Groups(groups(&mut input)),
                1 => Event::Up(names(&mut input, 3)),
                _ => Event::Down(names(&mut input, 3)),
            },
            13 => match input.byte() % 8 {
                0 => Event::Stop(StopCause::Asked),
                1 => Event::Stop(StopCause::BootFailed(input.byte())),
                2 => Event::Stop(StopCause::CommandEnded(input.byte())),
                3 => Event::StopHooksDone(StopLimits {
                    services: input.flag().then(|| Duration::from_millis(input.number())),
                    kill: input.flag().then(|| Duration::from_millis(input.number())),
                    whole: input.flag().then(|| Duration::from_millis(input.number())),
                }),
                4 => Event::NoneLeft,
                5 => Event::Stop(StopCause::Interrupted),
                6 => Event::Stop(StopCause::Now),
                _ => Event::Tick,
            },
            _ => Event::Tick,
        };
        let before: BTreeMap<UnitId, Option<Pid>> =
            engine.units().map(|(id, unit)| (id, unit.pid())).collect();
        let mut actions = Vec::new();
        engine.handle(event.clone(), now, &mut actions);
        let mut starts = BTreeSet::new();
        for action in &actions {
            match action {
                Action::Execute(id, Role::Run | Role::Up) => {
                    let unit = engine.unit(*id).expect("it is there");
                    assert_eq!((unit.state(), unit.pid()), (State::Starting, None));
                    assert_eq!(engine.waits_for(*id).count(), 0, "{event:?}");
                    assert!(starts.insert(*id), "{id:?} starts twice");
                }
                Action::Execute(id, Role::Finish { .. } | Role::Down) => {
                    let unit = engine.unit(*id).expect("it is there");
                    assert_eq!((unit.state(), unit.pid()), (State::Finishing, None));
                }
                Action::Signal(id, pid, _) => {
                    let was = before.get(id).copied().flatten();
                    let is = engine.unit(*id).and_then(|unit| unit.pid());
                    assert!(was == Some(*pid) || is == Some(*pid), "{event:?}");
                }
                Action::EndStop(_) => left += 1,
                Action::Tell(Notice::GraceOver(units)) => assert!(!units.is_empty()),
                Action::Forget(id) => assert!(engine.unit(*id).is_none()),
                Action::Announce(..)
                | Action::CloseInput(_)
                | Action::RunStopHooks
                | Action::SignalAll(_)
                | Action::Tell(_) => {}
            }
        }
        assert!(left <= 1);
        assert!(engine.deadline().is_none_or(|at| at > now), "{event:?}");
        for (_, unit) in engine.units() {
            let wants_kind = unit.definition().kind == Kind::OneShot;
            let has_process = unit.pid().is_some();
            match unit.state() {
                State::Up | State::Stopping => assert!(has_process),
                State::Ready => assert_eq!(has_process, !wants_kind),
                State::Finishing => {}
                State::Down
                | State::Waiting
                | State::Starting
                | State::BackingOff
                | State::Failed => assert!(!has_process),
            }
        }
        let copy = Engine::decode(&engine.encode());
        assert_eq!(copy.as_ref(), Ok(&engine), "{event:?}");
    }
}
