//! Inputs that are made by hand for formats with a version: they must be of today's, else a
//! target stops at their first bytes. `MAINSTAY_WRITE_SEEDS=1 cargo test -p fuzz-properties`
//! writes them after a version was raised.

use std::fs;
use std::path::Path;

use engine::{End, Engine, Event, Pid, StopCause, Time, UnitId};
use plan::handover::{self, Remark};
use plan::{Entry, Group, Program, Restart, Unit};

fn group() -> Group {
    Group {
        name: "all".into(),
        members: vec!["db".into(), "web".into()],
    }
}

/// A one-shot, a service that needs it, and its logger.
fn units() -> Vec<Unit> {
    let mut web = Unit::service("web");
    web.needs = vec!["db".into()];
    web.logger = Some("log".into());
    web.has_finish = true;
    let mut log = Unit::service("log");
    log.reads_from = vec!["web".into()];
    log.restart = Restart::NEVER;
    vec![Unit::one_shot("db"), web, log]
}

/// The states of one short life, by what it has come to.
fn states() -> Vec<(&'static str, Vec<u8>)> {
    let mut engine = Engine::new(Time(0));
    let mut found = vec![("empty", engine.encode())];
    let names = || vec!["all".to_string()];
    let (db, web, log) = (UnitId(0), UnitId(1), UnitId(2));
    let life = [
        ("", Event::Add(units())),
        ("starting", Event::Groups(vec![group()])),
        ("", Event::Started(db, Pid(10))),
        ("", Event::Exited(Pid(10), End::Exited(0))),
        ("", Event::Started(log, Pid(12))),
        ("up", Event::Started(web, Pid(11))),
        ("yields", Event::Down(names())),
        ("", Event::Up(names())),
        ("finishing", Event::Exited(Pid(11), End::Killed(15))),
        ("stopping", Event::Stop(StopCause::Asked)),
    ];
    for (moment, (name, event)) in (1..).zip(life) {
        engine.handle(event, Time(moment), &mut Vec::new());
        if !name.is_empty() {
            found.push((name, engine.encode()));
        }
    }
    found
}

fn handovers() -> Vec<(&'static str, Vec<u8>)> {
    let entry = |unit: Unit| Entry {
        program: Program::of_directory(format!("/run/s6/services/{}", unit.name).into()),
        unit,
    };
    let entries: Vec<Entry> = units().into_iter().map(entry).collect();
    let remark = Remark {
        unit: Some("web".into()),
        text: "/a:3: cause; remedy".into(),
    };
    vec![
        ("none", handover::encode(&[], &[], &[])),
        ("one", handover::encode(&entries, &[group()], &[remark])),
    ]
}

#[test]
fn what_is_made_by_hand_is_of_todays_formats() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus");
    for (target, seeds) in [("engine_state", states()), ("boot_handover", handovers())] {
        for (name, bytes) in seeds {
            let path = corpus.join(target).join(name);
            if std::env::var_os("MAINSTAY_WRITE_SEEDS").is_some() {
                fs::write(&path, &bytes).expect("an input can be written");
            }
            let known = fs::read(&path).unwrap_or_default();
            assert!(
                known == bytes,
                "fuzz/corpus/{target}/{name} is of another format; write it with \
                 MAINSTAY_WRITE_SEEDS=1"
            );
        }
    }
}
