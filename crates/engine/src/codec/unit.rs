//! What the engine knows of one unit as bytes.

use std::sync::Arc;

use plan::Kind;

use plan::Unit;
use plan::bytes::{Malformed, Reader, Writer};

use super::DecodeError;
use super::bytes::{read_end, read_pid, read_time, write_end, write_pid, write_time};
use crate::unit::{Health, UnitState};
use crate::{State, Time};

pub(super) fn write(out: &mut Writer, unit: &UnitState) {
    unit.whole_definition().write(out);
    out.u8(match unit.state() {
        State::Down => 0,
        State::Waiting => 1,
        State::Starting => 2,
        State::Up => 3,
        State::Ready => 4,
        State::Finishing => 5,
        State::BackingOff => 6,
        State::Stopping => 7,
        State::Failed => 8,
    });
    for flag in [
        unit.wanted,
        unit.once,
        unit.restart_asked,
        unit.leaving,
        unit.removed,
        unit.yields,
        unit.reader,
        unit.paused,
    ] {
        out.bool(flag);
    }
    out.option(unit.pid, write_pid);
    out.option(unit.last_pid, write_pid);
    out.option(unit.last_end, write_end);
    out.option(unit.last_start, write_time);
    write_time(out, unit.since);
    out.option(unit.ready_since, write_time);
    write_time(out, unit.not_before);
    out.u32(unit.failures);
    out.u32(unit.start_failures);
    out.u32(unit.deaths);
    out.u32(unit.starts);
    let health = &unit.health;
    out.option(health.aimed_at, write_time);
    out.option(health.fallen, |out, (end, lived)| {
        write_end(out, end);
        out.duration(lived);
    });
    out.bool(health.ailing);
    out.u32(health.ends);
    out.u32(health.counted);
    out.bool(health.quiet);
    out.length(unit.restarts.len());
    for restart in &unit.restarts {
        write_time(out, *restart);
    }
}

pub(super) fn read(from: &mut Reader) -> Result<UnitState, DecodeError> {
    let definition = Unit::read(from)?;
    let state = match from.u8()? {
        0 => State::Down,
        1 => State::Waiting,
        2 => State::Starting,
        3 => State::Up,
        4 => State::Ready,
        5 => State::Finishing,
        6 => State::BackingOff,
        7 => State::Stopping,
        8 => State::Failed,
        _ => return Err(DecodeError::Invalid("state")),
    };
    // The name is shared when relations are found again.
    let mut unit = UnitState::new(definition, Arc::default(), Time(0)).restored(state);
    for flag in [
        &mut unit.wanted,
        &mut unit.once,
        &mut unit.restart_asked,
        &mut unit.leaving,
        &mut unit.removed,
        &mut unit.yields,
        &mut unit.reader,
        &mut unit.paused,
    ] {
        *flag = from.bool()?;
    }
    unit.pid = from.option(read_pid)?;
    unit.last_pid = from.option(read_pid)?;
    unit.last_end = from.option(read_end)?;
    unit.last_start = from.option(read_time)?;
    unit.since = read_time(from)?;
    unit.ready_since = from.option(read_time)?;
    unit.not_before = read_time(from)?;
    unit.failures = from.u32()?;
    unit.start_failures = from.u32()?;
    unit.deaths = from.u32()?;
    unit.starts = from.u32()?;
    unit.health = Health {
        aimed_at: from.option(read_time)?,
        fallen: from.option(|from| Ok::<_, Malformed>((read_end(from)?, from.duration()?)))?,
        ailing: from.bool()?,
        ends: from.u32()?,
        counted: from.u32()?,
        quiet: from.bool()?,
    };
    for _ in 0..from.length()? {
        unit.restarts.push_back(read_time(from)?);
    }
    if !has_fitting_process(&unit) {
        return Err(DecodeError::Invalid("process"));
    }
    Ok(unit)
}

fn has_fitting_process(unit: &UnitState) -> bool {
    match unit.state() {
        State::Up | State::Stopping => unit.pid.is_some(),
        State::Ready => unit.pid.is_some() == (unit.definition.kind == Kind::Service),
        State::Finishing => true,
        State::Starting => unit.pid.is_none() && unit.last_start.is_some(),
        State::Down | State::Waiting | State::BackingOff | State::Failed => unit.pid.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pid;
    use plan::Unit;

    fn is_read(state: State, kind: Kind, pid: Option<i32>, started: bool) -> bool {
        let definition = Unit {
            kind,
            ..Unit::service("")
        };
        let mut unit = UnitState::new(definition, Arc::default(), Time(0)).restored(state);
        unit.pid = pid.map(Pid);
        unit.last_start = started.then_some(Time(1));
        let mut out = Writer::default();
        write(&mut out, &unit);
        match read(&mut Reader::new(&out.into_bytes())) {
            Ok(copy) => copy == unit,
            Err(fault) => {
                assert_eq!(fault, DecodeError::Invalid("process"));
                false
            }
        }
    }

    #[test]
    fn states_that_have_a_process_are_read_with_one_only() {
        for state in [State::Up, State::Stopping, State::Ready] {
            assert!(is_read(state, Kind::Service, Some(7), true), "{state:?}");
            assert!(!is_read(state, Kind::Service, None, true), "{state:?}");
        }
    }

    #[test]
    fn states_that_have_no_process_are_read_without_one_only() {
        for state in [
            State::Down,
            State::Waiting,
            State::Starting,
            State::BackingOff,
            State::Failed,
        ] {
            assert!(is_read(state, Kind::Service, None, true), "{state:?}");
            assert!(!is_read(state, Kind::Service, Some(7), true), "{state:?}");
        }
    }

    #[test]
    fn a_finish_is_read_with_and_without_its_process() {
        assert!(is_read(State::Finishing, Kind::Service, Some(7), true));
        assert!(is_read(State::Finishing, Kind::Service, None, true));
    }

    #[test]
    fn a_one_shot_that_is_done_has_no_process() {
        assert!(is_read(State::Ready, Kind::OneShot, None, true));
        assert!(!is_read(State::Ready, Kind::OneShot, Some(7), true));
    }

    #[test]
    fn a_start_under_way_has_a_moment() {
        assert!(!is_read(State::Starting, Kind::Service, None, false));
    }
}
