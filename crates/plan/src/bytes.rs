//! Values as bytes and back, for what one Mainstay hands to another: the state that
//! survives PID 1's own crash, the services that a child has read.
//!
//! Numbers are little-endian; texts and lists begin with their length. Reading is total:
//! whatever the bytes are, it ends with a value or with [`Malformed`], and sets no memory
//! aside for what a length only claims.

use std::fmt;
use std::time::Duration;

/// Why bytes are not what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// They end too early.
    Short,
    /// This part holds what cannot be.
    Invalid(&'static str),
}

impl fmt::Display for Malformed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Malformed::Short => out.write_str("it ends too early"),
            Malformed::Invalid(part) => write!(out, "it has an impossible {part}"),
        }
    }
}

impl std::error::Error for Malformed {}

/// Values on their way to bytes.
#[derive(Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// Goes on after what is in `bytes`.
    pub fn after(bytes: Vec<u8>) -> Writer {
        Writer { bytes }
    }

    /// Everything that was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// These bytes, without a length: their reader knows it.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// One byte.
    pub fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    /// Two bytes.
    pub fn u16(&mut self, value: u16) {
        self.bytes(&value.to_le_bytes());
    }

    /// Four bytes.
    pub fn u32(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }

    /// Four bytes, with a sign.
    pub fn i32(&mut self, value: i32) {
        self.bytes(&value.to_le_bytes());
    }

    /// Eight bytes.
    pub fn u64(&mut self, value: u64) {
        self.bytes(&value.to_le_bytes());
    }

    /// One byte: 0 or 1.
    pub fn bool(&mut self, value: bool) {
        self.u8(u8::from(value));
    }

    /// The length of what follows. A list or text of 4 GiB cannot be: one that long is
    /// written as cut off, and its reader refuses what follows.
    pub fn length(&mut self, length: usize) {
        self.u32(u32::try_from(length).unwrap_or(u32::MAX));
    }

    /// Bytes with their length.
    pub fn blob(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.bytes(bytes);
    }

    /// A text with its length.
    pub fn text(&mut self, text: &str) {
        self.blob(text.as_bytes());
    }

    /// A span of time, to the nanosecond.
    pub fn duration(&mut self, span: Duration) {
        self.u64(span.as_secs());
        self.u32(span.subsec_nanos());
    }

    /// Whether there is a value, then the value.
    pub fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Writer, T)) {
        self.bool(value.is_some());
        if let Some(value) = value {
            write(self, value);
        }
    }
}

/// Bytes on their way to values.
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads from the beginning of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// [`Malformed::Short`].
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Malformed::Short)?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// [`Malformed::Short`].
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// What [`Writer::u8`] wrote.
    ///
    /// # Errors
    /// [`Malformed::Short`].
    pub fn u8(&mut self) -> Result<u8, Malformed> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    /// What [`Writer::u16`] wrote.
    ///
    /// # Errors
    /// [`Malformed::Short`].
    pub fn u16(&mut self) -> Result<u16, Malformed> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    /// What [`Writer::u32`] wrote.
    ///
    /// # Errors
    /// [`Malformed::Short`].
    pub fn u32(&mut self) -> Result<u32, Malformed> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// What [`Writer::i32`] wrote.
    ///
    /// # Errors
    /// [`Malformed::Short`].
    pub fn i32(&mut self) -> Result<i32, Malformed> {
        Ok(i32::from_le_bytes(self.array()?))
    }

    /// What [`Writer::u64`] wrote.
    ///
    /// # Errors
    /// [`Malformed::Short`].
    pub fn u64(&mut self) -> Result<u64, Malformed> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// What [`Writer::bool`] wrote.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn bool(&mut self) -> Result<bool, Malformed> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed::Invalid("truth value")),
        }
    }

    /// How many elements follow, if that is true. No memory is to be set aside for
    /// them: one that is not there ends the reading.
    ///
    /// # Errors
    /// [`Malformed::Short`].
    pub fn length(&mut self) -> Result<usize, Malformed> {
        usize::try_from(self.u32()?).map_err(|_| Malformed::Short)
    }

    /// What [`Writer::blob`] wrote.
    ///
    /// # Errors
    /// [`Malformed::Short`].
    pub fn blob(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.length()?;
        self.take(length)
    }

    /// What [`Writer::text`] wrote.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn text(&mut self) -> Result<String, Malformed> {
        let text = std::str::from_utf8(self.blob()?);
        text.map(str::to_owned)
            .map_err(|_| Malformed::Invalid("text"))
    }

    /// What [`Writer::duration`] wrote.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn duration(&mut self) -> Result<Duration, Malformed> {
        let (secs, nanos) = (self.u64()?, self.u32()?);
        if nanos >= 1_000_000_000 {
            return Err(Malformed::Invalid("duration"));
        }
        Ok(Duration::new(secs, nanos))
    }

    /// What [`Writer::option`] wrote.
    ///
    /// # Errors
    /// [`Malformed`], and those of `read`.
    pub fn option<T, E: From<Malformed>>(
        &mut self,
        read: impl FnOnce(&mut Reader<'a>) -> Result<T, E>,
    ) -> Result<Option<T>, E> {
        match self.bool()? {
            true => read(self).map(Some),
            false => Ok(None),
        }
    }

    /// A length, then as many values.
    ///
    /// # Errors
    /// [`Malformed`], and those of `read`.
    pub fn list<T, E: From<Malformed>>(
        &mut self,
        mut read: impl FnMut(&mut Reader<'a>) -> Result<T, E>,
    ) -> Result<Vec<T>, E> {
        let mut values = Vec::new();
        for _ in 0..self.length()? {
            values.push(read(self)?);
        }
        Ok(values)
    }

    /// That nothing is left.
    ///
    /// # Errors
    /// [`Malformed::Invalid`].
    pub fn end_of_input(&self) -> Result<(), Malformed> {
        match self.rest {
            [] => Ok(()),
            _ => Err(Malformed::Invalid("rest")),
        }
    }

    /// Whether nothing is left.
    pub fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }
}
