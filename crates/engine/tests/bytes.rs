//! The engine's state as bytes, and bytes that are no state.

mod rig;

use engine::*;
use plan::{Backoff, Criticality, Group, Limit, OnLimit, Readiness, Restart, Unit, When};
use rig::*;

/// A unit with a value in every field that the defaults leave empty.
fn rich(name: &str) -> Unit {
    Unit {
        needs: vec!["db".into(), "net".into()],
        wanted: true,
        readiness: Readiness::Notified,
        restart: Restart {
            when: When::OnFailure,
            backoff: Backoff {
                floor: ms(1),
                first: ms(2),
                factor: 3,
                max: ms(4),
                reset_after: ms(5),
            },
            limit: Some(Limit {
                starts: 6,
                within: ms(7),
                then: OnLimit::StopContainer,
            }),
        },
        criticality: Criticality::Critical,
        down_signal: 3,
        kill_after: Some(ms(8)),
        start_within: Some(ms(9)),
        has_finish: true,
        finish_within: Some(ms(10)),
        logger: Some(format!("{name}/log")),
        reads_from: vec!["other".into()],
        ..Unit::service(name)
    }
}

/// Engines in the middle of all sorts of things.
fn engines() -> Vec<Engine> {
    let mut engines = vec![Engine::new(Time(0))];
    let with_finish = Unit {
        has_finish: true,
        ..Unit::service("net")
    };
    let units = vec![
        Unit::one_shot("db"),
        with_finish,
        rich("web"),
        Unit::service("web/log"),
        service_with("ünïcode \u{1f980}", &["nobody"]),
    ];
    let mut rig = Rig::with(units);
    for id in [0, 1, 3].map(UnitId) {
        rig.start(id);
        engines.push(rig.engine.clone());
    }
    rig.end(UnitId(0), exited(0));
    rig.tell(Event::Exited(Pid(77), exited(3)));
    rig.tell(Event::ExecFailed(Pid(78)));
    engines.push(rig.engine.clone());
    rig.start(UnitId(2));
    let group = |name: &str, members: &[&str]| Group {
        name: name.into(),
        members: members.iter().map(|member| member.to_string()).collect(),
    };
    rig.tell(Event::Groups(vec![
        group("all", &["web", "some", "some"]),
        group("some", &[]),
    ]));
    // One is to be down after another: `net` after `web`.
    rig.tell(Event::Down(vec!["net".into()]));
    engines.push(rig.engine.clone());
    rig.tell(Event::Up(vec!["net".into()]));
    rig.ask(UnitId(2), Request::Down);
    engines.push(rig.engine.clone());
    rig.end(UnitId(1), End::Killed(9));
    rig.start(UnitId(1));
    engines.push(rig.engine.clone());
    rig.end(UnitId(1), exited(0));
    rig.tell(Event::Remove(UnitId(3)));
    rig.add(vec![Unit::service("web/log")]);
    engines.push(rig.engine.clone());
    rig.stop();
    engines.push(rig.engine.clone());
    rig.tell(Event::StopHooksDone(StopLimits {
        whole: Some(ms(9000)),
        ..limits(100, 100)
    }));
    engines.push(rig.engine.clone());
    for _ in 0..3 {
        rig.pass(ms(100));
        engines.push(rig.engine.clone());
    }
    engines
}

/// What an engine does next must not depend on whether it went through bytes; here it
/// must above all not panic.
fn live_on(engine: &mut Engine) -> Vec<Action> {
    let mut actions = Vec::new();
    let mut now = Time(1 << 60);
    let ids: Vec<UnitId> = engine.units().map(|(id, _)| id).collect();
    let pids: Vec<Pid> = engine.units().filter_map(|(_, unit)| unit.pid()).collect();
    engine.handle(Event::Tick, now, &mut actions);
    for (number, id) in ids.iter().enumerate() {
        let pid = Pid(1_000_000 + number as i32);
        for event in [
            Event::Started(*id, pid),
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
    engine.add(vec![Unit::service("new"), rich("web")], now, &mut actions);
    engine.handle(Event::Stop(StopCause::Asked), now, &mut actions);
    engine.handle(Event::StopHooksDone(limits(1, 1)), now, &mut actions);
    for id in ids {
        engine.handle(Event::StartFailed(id), now, &mut actions);
        engine.handle(Event::Remove(id), now, &mut actions);
    }
    while let Some(next) = engine.deadline() {
        now = now.max(next);
        engine.handle(Event::Tick, now, &mut actions);
    }
    actions
}

#[test]
fn every_state_survives_bytes() {
    for engine in engines() {
        let mut copy = Engine::decode(&engine.encode()).expect("own bytes");
        assert_eq!(copy, engine);
        assert_eq!(live_on(&mut copy), live_on(&mut engine.clone()));
    }
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    let fold = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, fold)
}

/// A state of an older program must be refused by its version, never misread. If this
/// fails since a state or a definition is written otherwise, raise the version in `codec`
/// and PID 1's journal's with it, then write both values here. If it fails since these
/// events now lead elsewhere, write the second alone.
#[test]
fn a_version_stands_for_one_layout_of_bytes() {
    let bytes: Vec<u8> = engines().iter().flat_map(Engine::encode).collect();
    assert_eq!((bytes[8], hash(&bytes)), (3, 16_005_494_420_003_086_226));
}

#[test]
fn a_unit_that_yields_to_nobody_is_refused() {
    let mut rig = Rig::with(vec![Unit::service("a"), service_with("b", &["a"])]);
    rig.start(UnitId(0));
    rig.start(UnitId(1));
    let before = rig.engine.encode();
    // Of the second unit, which nothing needs.
    let second = before.len() / 2;
    let mut refused = 0;
    for place in second..before.len() {
        let mut bytes = before.clone();
        if bytes[place] == 0 {
            bytes[place] = 1;
            let fault = Engine::decode(&bytes).err();
            refused += u32::from(fault == Some(DecodeError::Invalid("order")));
        }
    }
    assert_eq!(refused, 1);
}

#[test]
fn groups_that_do_not_rise_are_refused() {
    let mut rig = Rig::new();
    let group = |name: &str| Group {
        name: name.into(),
        members: Vec::new(),
    };
    rig.tell(Event::Groups(vec![group("a"), group("b")]));
    let bytes = rig.engine.encode();
    // How many; then for each its name, with a length, and how many members.
    let second = 8 + 2 + 8 + 4 + 4 + 4 + 9 + 4;
    assert_eq!(bytes[second], b'b');
    for name in [b'a', b'A'] {
        let mut bytes = bytes.clone();
        bytes[second] = name;
        let fault = Engine::decode(&bytes).err();
        assert_eq!(fault, Some(DecodeError::Invalid("group")));
    }
}

#[test]
fn a_definition_survives_bytes() {
    let rig = Rig::with(vec![rich("a")]);
    let copy = Engine::decode(&rig.engine.encode()).expect("own bytes");
    let unit = copy.unit(UnitId(0)).expect("the unit");
    // The name is kept apart.
    let definition = Unit {
        name: unit.name().to_string(),
        ..unit.definition().clone()
    };
    assert_eq!(definition, rich("a"));
}

#[test]
fn bytes_that_end_too_early_are_refused_at_every_length() {
    for engine in engines() {
        let bytes = engine.encode();
        for length in 0..bytes.len() {
            let cut = Engine::decode(&bytes[..length]);
            assert_eq!(cut.err(), Some(DecodeError::Short), "{length}");
        }
    }
}

#[test]
fn bytes_that_go_on_are_refused() {
    let mut bytes = Engine::new(Time(0)).encode();
    bytes.push(0);
    let fault = Engine::decode(&bytes).expect_err("too long");
    assert_eq!(fault, DecodeError::Invalid("rest"));
    assert_eq!(fault.to_string(), "the saved state has an impossible rest");
}

#[test]
fn bytes_of_something_else_are_refused() {
    let fault = Engine::decode(b"\x7fELF and more").expect_err("no engine");
    assert_eq!(fault, DecodeError::NotAnEngine);
    assert_eq!(fault.to_string(), "this is no saved state");
    let fault = Engine::decode(b"").expect_err("nothing");
    assert_eq!(fault.to_string(), "the saved state ends too early");
}

#[test]
fn bytes_of_another_format_are_refused() {
    let mut bytes = Engine::new(Time(0)).encode();
    bytes[8] = 9;
    let fault = Engine::decode(&bytes).expect_err("another format");
    assert_eq!(fault, DecodeError::Version(9));
    assert_eq!(
        fault.to_string(),
        "the saved state has format 9, this program reads format 3"
    );
}

#[test]
fn a_back_off_without_its_timer_is_refused() {
    let mut rig = Rig::with(vec![Unit::service("a")]);
    rig.tell(Event::StartFailed(UnitId(0)));
    let mut bytes = rig.engine.encode();
    // One timer: how many, kind, unit, moment; then: no stop.
    bytes.truncate(bytes.len() - (4 + 1 + 4 + 8 + 1));
    bytes.extend([0, 0, 0, 0, 0]);
    let fault = Engine::decode(&bytes).err();
    assert_eq!(fault, Some(DecodeError::Invalid("back-off")));
}

#[test]
fn timers_that_nobody_has_are_refused() {
    let mut rig = Rig::with(vec![Unit::service("a")]);
    rig.tell(Event::StartFailed(UnitId(0)));
    let bytes = rig.engine.encode();
    // One timer: how many, kind, unit, moment; then: no stop.
    let timer = &bytes[bytes.len() - (1 + 4 + 8 + 1)..bytes.len() - 1];
    let with_timers = |timers: &[&[u8]]| {
        let mut bytes = bytes[..bytes.len() - (4 + 1 + 4 + 8 + 1)].to_vec();
        bytes.extend((timers.len() as u32).to_le_bytes());
        bytes.extend(timers.concat());
        bytes.push(0);
        Engine::decode(&bytes)
    };
    assert_eq!(with_timers(&[timer]).as_ref(), Ok(&rig.engine));
    let with = |place: usize, value: u8| {
        let mut timer = timer.to_vec();
        timer[place] = value;
        timer
    };
    let (of_nobody, of_another_state, unknown) = (with(1, 9), with(0, 3), with(0, 9));
    for timers in [
        vec![timer, timer],
        vec![timer, &of_nobody],
        vec![timer, &of_another_state],
        vec![timer, &unknown],
    ] {
        let fault = with_timers(&timers).err();
        assert_eq!(fault, Some(DecodeError::Invalid("timer")), "{timers:?}");
    }
}

#[test]
fn unit_numbers_that_do_not_rise_are_refused() {
    let named = |names: &[&str]| {
        let unwanted = |name: &&str| Unit {
            wanted: false,
            ..Unit::service(*name)
        };
        Rig::with(names.iter().map(unwanted).collect())
            .engine
            .encode()
    };
    let bytes = named(&["a", "b"]);
    // Magic, version, moment, next number, how many units; then one record a unit.
    let second = 8 + 2 + 8 + 4 + 4 + bytes.len() - named(&["a"]).len();
    assert_eq!(bytes[second..second + 4], [1, 0, 0, 0]);
    for number in [0, 2, 3] {
        let mut bytes = bytes.clone();
        bytes[second] = number;
        let fault = Engine::decode(&bytes).err();
        let expected = Some(DecodeError::Invalid("unit number"));
        assert_eq!(fault, expected, "{number}");
    }
}

#[test]
fn ends_that_nobody_can_claim_are_refused() {
    let mut bytes = Engine::new(Time(0)).encode();
    // No unknown process, no timer, no stop.
    bytes.truncate(bytes.len() - (4 + 4 + 1));
    bytes.extend([1, 0, 0, 0]);
    bytes.extend(7i32.to_le_bytes());
    bytes.extend([0, 0, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend([0, 0, 0, 0, 0]);
    let fault = Engine::decode(&bytes).err();
    assert_eq!(fault, Some(DecodeError::Invalid("process")));
}

/// SplitMix64: the bytes follow from the round alone.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[test]
fn random_bytes_never_panic() {
    let mut state = 1;
    for _ in 0..20_000 {
        let mut bytes = Engine::new(Time(0)).encode()[..10].to_vec();
        let length = random(&mut state) % 200;
        bytes.extend((0..length).map(|_| random(&mut state) as u8));
        let start = if random(&mut state).is_multiple_of(4) {
            0
        } else {
            10
        };
        if let Ok(mut engine) = Engine::decode(&bytes[10 - start..]) {
            live_on(&mut engine);
        }
    }
}

#[test]
fn changed_bytes_never_panic_and_what_they_become_lives_on() {
    let mut state = 2;
    let mut accepted = 0;
    let originals: Vec<Vec<u8>> = engines().iter().map(Engine::encode).collect();
    for round in 0..30_000 {
        let mut bytes = originals[round % originals.len()].clone();
        for _ in 0..=random(&mut state) % 3 {
            let place = (random(&mut state) as usize) % bytes.len();
            match random(&mut state) % 4 {
                0 => bytes[place] = random(&mut state) as u8,
                1 => bytes[place] ^= 1 << (random(&mut state) % 8),
                2 => bytes[place] = [0, 1, 2, 0x7f, 0x80, 0xff][place % 6],
                _ => {
                    let value = random(&mut state).to_le_bytes();
                    let end = bytes.len().min(place + 8);
                    bytes[place..end].copy_from_slice(&value[..end - place]);
                }
            }
        }
        if let Ok(mut engine) = Engine::decode(&bytes) {
            accepted += 1;
            let copy = Engine::decode(&engine.encode());
            assert_eq!(copy.as_ref(), Ok(&engine));
            live_on(&mut engine);
        }
    }
    assert!(
        accepted > 1000,
        "only {accepted} changed states were accepted"
    );
}
