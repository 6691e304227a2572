//! The engine's own kinds of values as bytes.

use plan::bytes::{Malformed, Reader, Writer};

use super::DecodeError;
use crate::{End, Pid, Time};

pub(super) fn write_time(out: &mut Writer, time: Time) {
    out.u64(time.0);
}

pub(super) fn read_time(from: &mut Reader) -> Result<Time, Malformed> {
    Ok(Time(from.u64()?))
}

pub(super) fn write_pid(out: &mut Writer, pid: Pid) {
    out.i32(pid.0);
}

pub(super) fn read_pid(from: &mut Reader) -> Result<Pid, Malformed> {
    Ok(Pid(from.i32()?))
}

pub(super) fn write_end(out: &mut Writer, end: End) {
    match end {
        End::Exited(code) => out.bytes(&[0, code]),
        End::Killed(signal) => out.bytes(&[1, signal]),
    }
}

pub(super) fn read_end(from: &mut Reader) -> Result<End, Malformed> {
    let (kind, value) = (from.u8()?, from.u8()?);
    match kind {
        0 => Ok(End::Exited(value)),
        1 => Ok(End::Killed(value)),
        _ => Err(Malformed::Invalid("end")),
    }
}

impl From<Malformed> for DecodeError {
    fn from(fault: Malformed) -> DecodeError {
        match fault {
            Malformed::Short => DecodeError::Short,
            Malformed::Invalid(part) => DecodeError::Invalid(part),
        }
    }
}
