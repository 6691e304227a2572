//! Writes out the whole table of a unit's machine, each state against each event, and
//! compares it with `TRANSITIONS.md`. After a change that is meant:
//! `MAINSTAY_WRITE_TRANSITIONS=1 cargo test -p engine --test transitions`, and read
//! what changed.

mod rig;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use engine::*;
use plan::{Readiness, Unit, When};
use rig::*;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/TRANSITIONS.md");

/// What the unit needs: a one-shot.
const NEED: UnitId = UnitId(0);
/// The unit of the table.
const IT: UnitId = UnitId(1);
/// What needs the unit; down but in the situation that is about it.
const USER: UnitId = UnitId(2);

fn service() -> Unit {
    Unit {
        needs: vec!["need".into()],
        readiness: Readiness::Notified,
        has_finish: true,
        kill_after: Some(ms(7000)),
        start_within: Some(ms(8000)),
        ..Unit::service("it")
    }
}

fn one_shot() -> Unit {
    Unit {
        needs: vec!["need".into()],
        has_finish: true,
        kill_after: Some(ms(7000)),
        start_within: Some(ms(8000)),
        ..Unit::one_shot("it")
    }
}

fn need() -> Unit {
    let mut unit = Unit::one_shot("need");
    unit.restart.when = When::Always;
    unit.restart.backoff.floor = ms(0);
    unit
}

/// Makes the need ready, from whatever it is.
fn satisfy(rig: &mut Rig) -> Vec<Action> {
    let mut actions = rig.ask(NEED, Request::Down);
    actions.extend(rig.ask(NEED, Request::Up));
    actions.extend(rig.start(NEED));
    actions.extend(rig.end(NEED, exited(0)));
    actions
}

/// The unit in each of its states, Finishing once before and once after its process is
/// known.
fn situations(unit: &Unit) -> Vec<(&'static str, Rig)> {
    let added = |wanted: bool, satisfied: bool| {
        let unit = Unit {
            wanted,
            ..unit.clone()
        };
        let unsatisfied = Unit {
            wanted: false,
            ..need()
        };
        let user = Unit {
            wanted: false,
            ..service_with("user", &["it"])
        };
        let mut rig = Rig::with(vec![unsatisfied, unit, user]);
        if satisfied {
            satisfy(&mut rig);
        }
        rig
    };
    let is_service = unit.kind == plan::Kind::Service;
    let up = || {
        let mut rig = added(true, true);
        rig.start(IT);
        rig
    };
    let ready = || {
        let mut rig = up();
        match is_service {
            true => rig.tell(Event::Ready(IT)),
            false => rig.end(IT, exited(0)),
        };
        rig
    };
    let finishing = || {
        let mut rig = ready();
        rig.pass(ms(2000));
        match is_service {
            true => rig.end(IT, exited(1)),
            false => rig.ask(IT, Request::Down),
        };
        rig
    };
    let mut backing_off = added(true, true);
    backing_off.tell(Event::StartFailed(IT));
    let mut stopping = up();
    stopping.ask(IT, Request::Down);
    let mut finish_known = finishing();
    finish_known.start(IT);
    let mut failed = if is_service { finishing() } else { up() };
    match is_service {
        true => failed.start(IT),
        false => failed.pass(ms(2000)),
    };
    failed.end(IT, exited(125));
    let mut needed = ready();
    needed.ask(USER, Request::Up);
    needed.start(USER);
    needed.tell(Event::Down(vec!["it".into()]));
    vec![
        ("Down", added(false, true)),
        ("Waiting", added(true, false)),
        ("Starting", added(true, true)),
        ("Up", up()),
        ("Ready", ready()),
        ("Ready, to be down after what needs it", needed),
        ("Finishing, pid unknown", finishing()),
        ("Finishing", finish_known),
        ("BackingOff", backing_off),
        ("Stopping", stopping),
        ("Failed", failed),
    ]
}

type Befall = fn(&mut Rig) -> Vec<Action>;

/// Every event, as something that befalls the unit.
fn events() -> Vec<(&'static str, Befall)> {
    fn ended(rig: &mut Rig, end: End) -> Vec<Action> {
        let pid = rig.unit(IT).pid().unwrap_or(Pid(999));
        rig.tell(Event::Exited(pid, end))
    }
    fn not_executed(rig: &mut Rig) -> Vec<Action> {
        let pid = rig.unit(IT).pid().unwrap_or(Pid(999));
        rig.tell(Event::ExecFailed(pid))
    }
    fn user_ended(rig: &mut Rig) -> Vec<Action> {
        match rig.unit(USER).pid() {
            Some(_) => rig.end(USER, End::Killed(TERM)),
            None => Vec::new(),
        }
    }
    fn named(event: fn(Vec<String>) -> Event, rig: &mut Rig) -> Vec<Action> {
        rig.tell(event(vec!["it".into()]))
    }
    fn its_timer(rig: &mut Rig) -> Vec<Action> {
        match rig.engine.deadline() {
            Some(at) => {
                rig.now = at;
                rig.tell(Event::Tick)
            }
            None => Vec::new(),
        }
    }
    vec![
        ("needs ready", satisfy),
        ("Started", |rig| rig.start(IT)),
        ("StartFailed", |rig| rig.tell(Event::StartFailed(IT))),
        ("Ready", |rig| rig.tell(Event::Ready(IT))),
        ("Exited 0", |rig| ended(rig, exited(0))),
        ("Exited 1", |rig| ended(rig, exited(1))),
        ("Exited 125", |rig| ended(rig, exited(125))),
        ("Killed 15", |rig| ended(rig, End::Killed(TERM))),
        ("ExecFailed", not_executed),
        ("its next timer", its_timer),
        ("Up", |rig| rig.ask(IT, Request::Up)),
        ("Once", |rig| rig.ask(IT, Request::Once)),
        ("OnceAtMost", |rig| rig.ask(IT, Request::OnceAtMost)),
        ("Down", |rig| rig.ask(IT, Request::Down)),
        ("Restart", |rig| rig.ask(IT, Request::Restart)),
        ("Signal 10", |rig| rig.ask(IT, Request::Signal(10))),
        ("Signal 19", |rig| rig.ask(IT, Request::Signal(19))),
        ("Up by name", |rig| named(Event::Up, rig)),
        ("Down by name", |rig| named(Event::Down, rig)),
        ("what needs it is down", user_ended),
        ("Exit", |rig| rig.ask(IT, Request::Exit)),
        ("Remove", |rig| rig.tell(Event::Remove(IT))),
        ("Stop", |rig| rig.stop()),
    ]
}

/// The action in a word or two, if it is about the unit.
fn word(action: &Action) -> Option<String> {
    let about = |id: &UnitId, word: String| (*id == IT).then_some(word);
    match action {
        Action::Execute(id, Role::Finish { end, .. }) => {
            about(id, format!("Execute Finish({end:?})"))
        }
        Action::Execute(id, role) => about(id, format!("Execute {role:?}")),
        Action::Signal(id, _, number) => about(id, format!("Signal {number}")),
        Action::Announce(id, change) => about(id, format!("Announce {change:?}")),
        Action::CloseInput(id) => about(id, "CloseInput".into()),
        Action::Forget(id) => about(id, "Forget".into()),
        Action::Tell(notice) => Some(format!("Tell {}", notice_word(notice))),
        Action::RunStopHooks | Action::SignalAll(_) | Action::EndStop(_) => None,
    }
}

fn notice_word(notice: &Notice) -> &'static str {
    match notice {
        Notice::FinishKilled(_) => "FinishKilled",
        Notice::KilledAfter(..) => "KilledAfter",
        Notice::StartTimedOut(..) => "StartTimedOut",
        Notice::LimitReached(_) => "LimitReached",
        Notice::FinishNotRun(_) => "FinishNotRun",
        Notice::DownFailed(..) => "DownFailed",
        Notice::NoSuchName(_) => "NoSuchName",
        Notice::WillRetry(..) => "WillRetry",
        Notice::GraceOver(_) => "GraceOver",
        Notice::StopWaits(..) => "StopWaits",
        Notice::Hastened(_) => "Hastened",
        Notice::Ended(_) => "Ended",
        Notice::EndedOften(..) => "EndedOften",
        Notice::Impossible(..) => "Impossible",
    }
}

type Edges = BTreeMap<(String, String), BTreeSet<&'static str>>;

fn table(title: &str, unit: &Unit, edges: &mut Edges) -> String {
    let mut text = format!("\n## {title}\n");
    for (index, (name, from)) in situations(unit).iter().enumerate() {
        let before = format!("{:?}", from.state(IT));
        assert!(name.starts_with(&before), "{name} is {before}");
        let (mut nothing, mut impossible) = (Vec::new(), Vec::new());
        writeln!(text, "\n### {name}\n").unwrap();
        for (event, befall) in events() {
            // The same situation anew: events must not add up.
            let (_, mut rig) = situations(unit).swap_remove(index);
            let flags = |rig: &Rig| {
                let unit = rig.engine.unit(IT)?;
                Some((unit.state(), unit.wanted(), unit.leaving()))
            };
            let flags_before = flags(&rig);
            rig.ends.clear();
            let mut actions = befall(&mut rig);
            actions.extend(rig.ends.drain(..).map(Action::Tell));
            let words: Vec<String> = actions.iter().filter_map(word).collect();
            let after = match flags(&rig) {
                Some((state, ..)) => format!("{state:?}"),
                None => "gone".into(),
            };
            if words == ["Tell Impossible"] {
                assert_eq!(after, before, "{name}: {event} is impossible");
                impossible.push(event);
            } else if words.is_empty() && flags(&rig) == flags_before {
                nothing.push(event);
            } else {
                let did = if words.is_empty() {
                    "remembered".into()
                } else {
                    words.join(", ")
                };
                writeln!(text, "- {event} → **{after}**: {did}").unwrap();
                if after != before {
                    let edge = edges.entry((before.clone(), after)).or_default();
                    edge.insert(event);
                }
            }
        }
        for (what, list) in [("nothing", nothing), ("impossible", impossible)] {
            if !list.is_empty() {
                writeln!(text, "- {what}: {}", list.join(", ")).unwrap();
            }
        }
    }
    text
}

fn diagram(edges: &Edges) -> String {
    let mut text = String::from("\n## Diagram\n\n```mermaid\nstateDiagram-v2\n");
    text.push_str("    [*] --> Down: Add\n");
    for ((from, to), events) in edges {
        let to = if to == "gone" { "[*]" } else { to };
        let events: Vec<&str> = events.iter().copied().collect();
        writeln!(text, "    {from} --> {to}: {}", events.join(", ")).unwrap();
    }
    text.push_str("```\n");
    text
}

#[test]
fn the_table_on_disk_is_the_machines() {
    let mut edges = Edges::new();
    let mut text = String::from(
        "# What a unit does at each event\n\n\
         Written by `tests/transitions.rs`; do not edit. Each state meets each event: the\n\
         state after it, and what the engine wants done for the unit. \"Nothing\" means that\n\
         neither changes; \"impossible\", that the event is reported and changes nothing.\n",
    );
    text += &table(
        "A service with readiness, time limits and `finish`",
        &service(),
        &mut edges,
    );
    text += &table("A one-shot that can be undone", &one_shot(), &mut edges);
    text += &diagram(&edges);
    if std::env::var_os("MAINSTAY_WRITE_TRANSITIONS").is_some() {
        std::fs::write(FILE, &text).expect("TRANSITIONS.md can be written");
    }
    let on_disk = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(
        on_disk == text,
        "TRANSITIONS.md is not the machine's table any more; if the change is meant, write \
         it with MAINSTAY_WRITE_TRANSITIONS=1 and read the difference"
    );
}
