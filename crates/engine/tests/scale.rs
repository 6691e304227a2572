//! Ten thousand units, whatever their shape, are no burden.

mod rig;

use std::time::{Duration, Instant};

use engine::*;
use plan::Unit;
use rig::*;

const MANY: u32 = 10_000;

/// Far above what it takes, far below what a scan of all units an event would.
const QUICK: Duration = Duration::from_secs(10);

/// Starts and ends without the rig's check of bytes, which is a scan of all units.
fn tell(rig: &mut Rig, event: Event) -> Vec<Action> {
    let mut actions = Vec::new();
    let now = rig.now;
    rig.engine.handle(event, now, &mut actions);
    actions
}

/// Starts whatever is to start, in the order asked for, until nothing more is.
fn start_all(rig: &mut Rig, mut actions: Vec<Action>) -> u32 {
    let mut started = 0;
    let mut next = 0;
    while next < actions.len() {
        if let Action::Execute(id, _) = actions[next] {
            let pid = rig.pid();
            actions.extend(tell(rig, Event::Started(id, pid)));
            started += 1;
        }
        next += 1;
    }
    started
}

/// Ends whatever is asked to end, in the order asked for.
fn end_all(rig: &mut Rig) -> u32 {
    let mut actions = tell(rig, Event::Stop(StopCause::Asked));
    let mut ended = 0;
    let mut next = 0;
    while next < actions.len() {
        if let Action::Signal(_, pid, TERM) = actions[next] {
            actions.extend(tell(rig, Event::Exited(pid, exited(0))));
            ended += 1;
        }
        next += 1;
    }
    ended
}

fn lives_quickly(units: Vec<Unit>) {
    let count = units.len() as u32;
    let begin = Instant::now();
    let mut rig = Rig::new();
    let actions = rig.add(units);
    assert_eq!(start_all(&mut rig, actions), count);
    let bytes = rig.engine.encode();
    assert_eq!(Engine::decode(&bytes).as_ref(), Ok(&rig.engine));
    assert_eq!(end_all(&mut rig), count);
    let took = begin.elapsed();
    assert!(took < QUICK, "{took:?}");
}

#[test]
fn ten_thousand_services_live_quickly() {
    lives_quickly(
        (0..MANY)
            .map(|number| Unit::service(number.to_string()))
            .collect(),
    );
}

#[test]
fn ten_thousand_services_that_need_one_live_quickly() {
    let mut units = vec![Unit::service("one")];
    units.extend((0..MANY).map(|number| service_with(&number.to_string(), &["one"])));
    lives_quickly(units);
}

#[test]
fn one_service_that_needs_ten_thousand_lives_quickly() {
    let mut units: Vec<Unit> = (0..MANY)
        .map(|number| Unit::service(number.to_string()))
        .collect();
    let mut greedy = Unit::service("greedy");
    greedy.needs = units.iter().map(|unit| unit.name.clone()).collect();
    units.push(greedy);
    lives_quickly(units);
}

#[test]
fn a_chain_of_ten_thousand_lives_quickly() {
    let mut units = vec![Unit::service("0")];
    units.extend((1..MANY).map(|number| {
        let needed = (number - 1).to_string();
        service_with(&number.to_string(), &[&needed])
    }));
    lives_quickly(units);
}
