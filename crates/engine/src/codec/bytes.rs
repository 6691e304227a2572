//! Numbers, texts and options as bytes.

use std::time::Duration;

use super::DecodeError;
use crate::{End, Pid, Time};

#[derive(Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    pub(super) fn u16(&mut self, value: u16) {
        self.bytes(&value.to_le_bytes());
    }

    pub(super) fn u32(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }

    pub(super) fn u64(&mut self, value: u64) {
        self.bytes(&value.to_le_bytes());
    }

    pub(super) fn bool(&mut self, value: bool) {
        self.u8(u8::from(value));
    }

    /// A list or text of 4 GiB cannot be: one that long is written as cut off, and its
    /// reader refuses what follows.
    pub(super) fn length(&mut self, length: usize) {
        self.u32(u32::try_from(length).unwrap_or(u32::MAX));
    }

    pub(super) fn text(&mut self, text: &str) {
        self.length(text.len());
        self.bytes(text.as_bytes());
    }

    pub(super) fn time(&mut self, time: Time) {
        self.u64(time.0);
    }

    pub(super) fn duration(&mut self, span: Duration) {
        self.u64(span.as_secs());
        self.u32(span.subsec_nanos());
    }

    pub(super) fn pid(&mut self, pid: Pid) {
        self.bytes(&pid.0.to_le_bytes());
    }

    pub(super) fn end(&mut self, end: End) {
        match end {
            End::Exited(code) => self.bytes(&[0, code]),
            End::Killed(signal) => self.bytes(&[1, signal]),
        }
    }

    pub(super) fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Writer, T)) {
        self.bool(value.is_some());
        if let Some(value) = value {
            write(self, value);
        }
    }
}

pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or(DecodeError::Short)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(super) fn u8(&mut self) -> Result<u8, DecodeError> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(super) fn u16(&mut self) -> Result<u16, DecodeError> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    pub(super) fn u32(&mut self) -> Result<u32, DecodeError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64, DecodeError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(super) fn bool(&mut self) -> Result<bool, DecodeError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(DecodeError::Invalid("truth value")),
        }
    }

    /// How many elements follow, if that is true. No memory is to be set aside for
    /// them: one that is not there ends the reading.
    pub(super) fn length(&mut self) -> Result<usize, DecodeError> {
        usize::try_from(self.u32()?).map_err(|_| DecodeError::Short)
    }

    pub(super) fn text(&mut self) -> Result<String, DecodeError> {
        let length = self.length()?;
        let text = std::str::from_utf8(self.take(length)?);
        text.map(str::to_owned)
            .map_err(|_| DecodeError::Invalid("text"))
    }

    pub(super) fn time(&mut self) -> Result<Time, DecodeError> {
        Ok(Time(self.u64()?))
    }

    pub(super) fn duration(&mut self) -> Result<Duration, DecodeError> {
        let (secs, nanos) = (self.u64()?, self.u32()?);
        if nanos >= 1_000_000_000 {
            return Err(DecodeError::Invalid("duration"));
        }
        Ok(Duration::new(secs, nanos))
    }

    pub(super) fn pid(&mut self) -> Result<Pid, DecodeError> {
        Ok(Pid(i32::from_le_bytes(self.array()?)))
    }

    pub(super) fn end(&mut self) -> Result<End, DecodeError> {
        let (kind, value) = (self.u8()?, self.u8()?);
        match kind {
            0 => Ok(End::Exited(value)),
            1 => Ok(End::Killed(value)),
            _ => Err(DecodeError::Invalid("end")),
        }
    }

    pub(super) fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Reader<'a>) -> Result<T, DecodeError>,
    ) -> Result<Option<T>, DecodeError> {
        match self.bool()? {
            true => read(self).map(Some),
            false => Ok(None),
        }
    }

    pub(super) fn end_of_input(&self) -> Result<(), DecodeError> {
        match self.rest {
            [] => Ok(()),
            _ => Err(DecodeError::Invalid("rest")),
        }
    }
}
