//! The engine's whole state as bytes, and back: how it survives PID 1's own panic and
//! upgrade.
//!
//! A magic word, a version, then the fields in the order of `encode`; numbers are
//! little-endian, texts and lists begin with their length. What follows from other
//! fields (who needs whom, counts) is not written but found again.

mod bytes;
mod unit;

use std::collections::BTreeMap;
use std::fmt;

use bytes::{read_end, read_pid, read_time, write_end, write_pid, write_time};
use plan::Group;
use plan::bytes::{Reader, Writer};

use crate::neighbours::link;
use crate::state::{Engine, Reaped, Stop};
use crate::timers::{StopTimer, Timer, UnitTimer};
use crate::{StopStage, Time, UnitId};

const MAGIC: [u8; 8] = *b"mainstay";
/// To be raised whenever the bytes change, those of a unit's definition included: a test
/// knows the bytes of this version.
const VERSION: u16 = 3;

/// Why bytes are no engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// They end too early.
    Short,
    /// They are something else.
    NotAnEngine,
    /// They were written by a Mainstay that wrote this version of the format.
    Version(u16),
    /// This part holds what cannot be.
    Invalid(&'static str),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::Short => write!(out, "the saved state ends too early"),
            DecodeError::NotAnEngine => write!(out, "this is no saved state"),
            DecodeError::Version(version) => write!(
                out,
                "the saved state has format {version}, this program reads format {VERSION}"
            ),
            DecodeError::Invalid(part) => write!(out, "the saved state has an impossible {part}"),
        }
    }
}

impl std::error::Error for DecodeError {}

impl Engine {
    /// The whole state. To be called between events only.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.bytes(&MAGIC);
        out.u16(VERSION);
        write_time(&mut out, self.now);
        out.u32(self.next.0);
        out.length(self.units.len());
        for (id, unit) in &self.units {
            out.u32(id.0);
            unit::write(&mut out, unit);
        }
        out.length(self.groups.len());
        for (name, members) in &self.groups {
            // As `Group::write`, without a copy.
            out.text(name);
            out.length(members.len());
            members.iter().for_each(|member| out.text(member));
        }
        out.length(self.unclaimed.len());
        for (pid, (at, what)) in &self.unclaimed {
            write_pid(&mut out, *pid);
            let end = match what {
                Reaped::Ended(end) => Some(*end),
                Reaped::NotExecuted => None,
            };
            out.option(end, write_end);
            write_time(&mut out, *at);
        }
        out.length(self.timers.iter().len());
        for (timer, at) in self.timers.iter() {
            write_timer(&mut out, timer);
            write_time(&mut out, at);
        }
        out.option(self.stop.as_ref(), write_stop);
        out.into_bytes()
    }

    /// What [`Engine::encode`] wrote. Never panics, whatever the bytes are, and takes
    /// no more memory than a small multiple of their length.
    pub fn decode(bytes: &[u8]) -> Result<Engine, DecodeError> {
        let mut from = Reader::new(bytes);
        if from.array()? != MAGIC {
            return Err(DecodeError::NotAnEngine);
        }
        let version = from.u16()?;
        if version != VERSION {
            return Err(DecodeError::Version(version));
        }
        let mut engine = Engine::new(read_time(&mut from)?);
        engine.next = UnitId(from.u32()?);
        for _ in 0..from.length()? {
            let id = UnitId(from.u32()?);
            let newer = engine
                .units
                .last_key_value()
                .is_none_or(|(last, _)| *last < id);
            if !newer || id >= engine.next {
                return Err(DecodeError::Invalid("unit number"));
            }
            let unit = unit::read(&mut from)?;
            engine.units.insert(id, Box::new(unit));
        }
        for _ in 0..from.length()? {
            let Group { name, members } = Group::read(&mut from)?;
            let last = engine.groups.last_key_value();
            if last.is_some_and(|(last, _)| *last >= name) {
                return Err(DecodeError::Invalid("group"));
            }
            engine.groups.insert(name, members);
        }
        for _ in 0..from.length()? {
            let pid = read_pid(&mut from)?;
            let what = match from.option(read_end)? {
                Some(end) => Reaped::Ended(end),
                None => Reaped::NotExecuted,
            };
            engine.unclaimed.insert(pid, (read_time(&mut from)?, what));
        }
        engine.find_relations()?;
        for _ in 0..from.length()? {
            let timer = read_timer(&mut from)?;
            let at = read_time(&mut from)?;
            engine.restore_timer(timer, at)?;
        }
        engine.stop = from.option(read_stop)?;
        from.end_of_input()?;
        engine.check()?;
        Ok(engine)
    }

    /// Finds again what is not written down.
    fn find_relations(&mut self) -> Result<(), DecodeError> {
        let mut pids = BTreeMap::new();
        let mut like = None;
        for (id, unit) in &mut self.units {
            if let Some(pid) = unit.pid
                && pids.insert(pid, *id).is_some()
            {
                return Err(DecodeError::Invalid("process id"));
            }
            unit.name = self.names.intern(&unit.definition.name);
            unit.share_definition(like.as_ref());
            like = Some(unit.definition.clone());
            link(&mut self.names, *id, unit);
            let footing = unit.footing();
            self.awaiting += u32::from(footing.awaiting);
            self.live += u32::from(footing.live);
            self.idle += u32::from(footing.idle);
        }
        self.pids = pids;
        let ids: Vec<UnitId> = self.units.keys().copied().collect();
        for id in ids {
            self.count_for(id);
            let older = self.units.get(&id).and_then(|unit| unit.older);
            if older.is_some_and(|older| !self.units[&older].departs()) {
                return Err(DecodeError::Invalid("unit name"));
            }
        }
        Ok(())
    }

    fn restore_timer(&mut self, timer: Timer, at: Time) -> Result<(), DecodeError> {
        let known = match timer {
            Timer::Unit(id, timer) => self
                .units
                .get(&id)
                .is_some_and(|unit| unit.has_timer(unit.state(), timer)),
            Timer::Stop(_) => true,
        };
        if !known || self.timers.is_armed(timer) {
            return Err(DecodeError::Invalid("timer"));
        }
        self.timers.arm(timer, at);
        Ok(())
    }

    /// What no history of events leads to.
    fn check(&self) -> Result<(), DecodeError> {
        if self.awaiting == 0 && !self.unclaimed.is_empty() {
            return Err(DecodeError::Invalid("process"));
        }
        for (id, unit) in &self.units {
            let retry = Timer::Unit(*id, UnitTimer::Retry);
            if unit.has_timer(unit.state(), UnitTimer::Retry) && !self.timers.is_armed(retry) {
                return Err(DecodeError::Invalid("back-off"));
            }
            let waits = !unit.at_rest() && unit.is_counted_on() && self.stop.is_none();
            if unit.yields && !waits {
                return Err(DecodeError::Invalid("order"));
            }
        }
        Ok(())
    }
}

fn write_timer(out: &mut Writer, timer: Timer) {
    match timer {
        Timer::Unit(id, timer) => {
            out.u8(match timer {
                UnitTimer::Retry => 0,
                UnitTimer::ReadyBy => 1,
                UnitTimer::KillAt => 2,
                UnitTimer::FinishBy => 3,
                UnitTimer::Tally => 7,
            });
            out.u32(id.0);
        }
        Timer::Stop(timer) => out.u8(match timer {
            StopTimer::Stage => 4,
            StopTimer::WholeKill => 5,
            StopTimer::WholeEnd => 6,
            StopTimer::Waits => 8,
        }),
    }
}

fn read_timer(from: &mut Reader) -> Result<Timer, DecodeError> {
    let kind = match from.u8()? {
        0 => UnitTimer::Retry,
        1 => UnitTimer::ReadyBy,
        2 => UnitTimer::KillAt,
        3 => UnitTimer::FinishBy,
        7 => UnitTimer::Tally,
        4 => return Ok(Timer::Stop(StopTimer::Stage)),
        5 => return Ok(Timer::Stop(StopTimer::WholeKill)),
        6 => return Ok(Timer::Stop(StopTimer::WholeEnd)),
        8 => return Ok(Timer::Stop(StopTimer::Waits)),
        _ => return Err(DecodeError::Invalid("timer")),
    };
    Ok(Timer::Unit(UnitId(from.u32()?), kind))
}

fn write_stop(out: &mut Writer, stop: &Stop) {
    out.u8(match stop.stage {
        StopStage::Hooks => 0,
        StopStage::Services => 1,
        StopStage::Terminate => 2,
        StopStage::Kill => 3,
        StopStage::Over => 4,
    });
    write_time(out, stop.began);
    out.option(stop.code, Writer::u8);
    out.bool(stop.none_left);
    out.option(stop.kill, Writer::duration);
    out.option(stop.interrupted, write_time);
}

fn read_stop(from: &mut Reader) -> Result<Stop, DecodeError> {
    let stage = match from.u8()? {
        0 => StopStage::Hooks,
        1 => StopStage::Services,
        2 => StopStage::Terminate,
        3 => StopStage::Kill,
        4 => StopStage::Over,
        _ => return Err(DecodeError::Invalid("stage of the stop")),
    };
    Ok(Stop {
        stage,
        began: read_time(from)?,
        code: from.option(Reader::u8)?,
        none_left: from.bool()?,
        kill: from.option(Reader::duration)?,
        interrupted: from.option(read_time)?,
    })
}
