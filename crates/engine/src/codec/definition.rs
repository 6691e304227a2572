//! A unit's definition as bytes.

use plan::{Backoff, Criticality, Kind, Limit, OnLimit, Readiness, Restart, Unit, When};

use super::DecodeError;
use super::bytes::{Reader, Writer};

pub(super) fn write(out: &mut Writer, unit: &Unit) {
    out.text(&unit.name);
    out.bool(unit.kind == Kind::OneShot);
    out.length(unit.needs.len());
    for need in &unit.needs {
        out.text(need);
    }
    out.bool(unit.wanted);
    out.bool(unit.readiness == Readiness::Notified);
    out.u8(match unit.restart.when {
        When::Never => 0,
        When::OnFailure => 1,
        When::Always => 2,
    });
    let backoff = &unit.restart.backoff;
    out.duration(backoff.floor);
    out.duration(backoff.first);
    out.u32(backoff.factor);
    out.duration(backoff.max);
    out.duration(backoff.reset_after);
    out.option(unit.restart.limit, |out, limit| {
        out.u32(limit.starts);
        out.duration(limit.within);
        out.bool(limit.then == OnLimit::StopContainer);
    });
    out.bool(unit.criticality == Criticality::Critical);
    out.u8(unit.down_signal);
    out.option(unit.kill_after, Writer::duration);
    out.option(unit.start_within, Writer::duration);
    out.bool(unit.has_finish);
    out.option(unit.finish_within, Writer::duration);
    out.option(unit.logger.as_deref(), Writer::text);
}

pub(super) fn read(from: &mut Reader) -> Result<Unit, DecodeError> {
    let name = from.text()?;
    let kind = match from.bool()? {
        true => Kind::OneShot,
        false => Kind::Service,
    };
    let mut needs = Vec::new();
    for _ in 0..from.length()? {
        needs.push(from.text()?);
    }
    Ok(Unit {
        name,
        kind,
        needs,
        wanted: from.bool()?,
        readiness: match from.bool()? {
            true => Readiness::Notified,
            false => Readiness::WhenUp,
        },
        restart: read_restart(from)?,
        criticality: match from.bool()? {
            true => Criticality::Critical,
            false => Criticality::Ordinary,
        },
        down_signal: from.u8()?,
        kill_after: from.option(Reader::duration)?,
        start_within: from.option(Reader::duration)?,
        has_finish: from.bool()?,
        finish_within: from.option(Reader::duration)?,
        logger: from.option(Reader::text)?,
    })
}

fn read_restart(from: &mut Reader) -> Result<Restart, DecodeError> {
    Ok(Restart {
        when: match from.u8()? {
            0 => When::Never,
            1 => When::OnFailure,
            2 => When::Always,
            _ => return Err(DecodeError::Invalid("restart policy")),
        },
        backoff: Backoff {
            floor: from.duration()?,
            first: from.duration()?,
            factor: from.u32()?,
            max: from.duration()?,
            reset_after: from.duration()?,
        },
        limit: from.option(|from| {
            Ok(Limit {
                starts: from.u32()?,
                within: from.duration()?,
                then: match from.bool()? {
                    true => OnLimit::StopContainer,
                    false => OnLimit::GiveUp,
                },
            })
        })?,
    })
}
