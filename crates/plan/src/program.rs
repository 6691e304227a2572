//! What runs a unit: what PID 1 needs beside what the engine decides by.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use crate::Unit;
use crate::bytes::{Malformed, Reader, Writer};

/// A unit of the image, whole: what is decided by, and what is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What the engine decides by.
    pub unit: Unit,
    /// What is run.
    pub program: Program,
}

/// The programs of a unit, and what they are given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Their working directory. It holds `supervise/` and `event/`.
    pub directory: PathBuf,
    /// What makes it up: a service's `run`, a one-shot's `up`.
    pub start: Words,
    /// What follows its end (`finish`, which gets four words more), or undoes it: a
    /// one-shot's `down`. Meant only where the unit has one.
    pub finish: Words,
    /// The descriptor on which it says that it is ready (`notification-fd`).
    pub notification_fd: Option<u32>,
    /// The descriptor that holds a lock while it runs (`lock-fd`).
    pub lock_fd: Option<u32>,
    /// Whether it gets a session of its own; not where a file `nosetsid` lies.
    pub own_session: bool,
    /// Whether it runs in a process namespace of its own (`flag-newpidns`).
    pub own_pid_namespace: bool,
    /// How many deaths are kept for s6-svdt and s6-permafailon (`max-death-tally`).
    pub max_death_tally: u32,
    /// Whether its directory is on a file system that may hang: what holds up who reads
    /// it must not be read by PID 1.
    pub may_hang: bool,
}

/// The words of a program, as execve(2) gets them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Words {
    /// One word that is the same for every service: `./run`, `./finish`.
    Own(&'static str),
    /// Others.
    Given(Vec<Vec<u8>>),
}

impl Words {
    /// A service directory's program that starts it (servicedir).
    pub const RUN: Words = Words::Own("./run");
    /// A service directory's program that follows an end (servicedir).
    pub const FINISH: Words = Words::Own("./finish");

    /// Each word.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let (own, given): (Option<&str>, &[Vec<u8>]) = match self {
            Words::Own(word) => (Some(word), &[]),
            Words::Given(words) => (None, words),
        };
        let own = own.map(str::as_bytes).into_iter();
        own.chain(given.iter().map(Vec::as_slice))
    }

    fn write(&self, out: &mut Writer) {
        match self {
            own if *own == Words::RUN => out.u8(0),
            own if *own == Words::FINISH => out.u8(1),
            words => {
                out.u8(2);
                let words: Vec<&[u8]> = words.iter().collect();
                out.length(words.len());
                words.iter().for_each(|word| out.blob(word));
            }
        }
    }

    fn read(from: &mut Reader) -> Result<Words, Malformed> {
        match from.u8()? {
            0 => Ok(Words::RUN),
            1 => Ok(Words::FINISH),
            2 => {
                let words = from.list(|from| Ok(from.blob()?.to_vec()))?;
                Ok(Words::Given(words))
            }
            _ => Err(Malformed::Invalid("program")),
        }
    }
}

impl Program {
    /// A service directory's: `./run` and `./finish` in it, a session of its own, a
    /// hundred deaths kept (s6-supervise(8), servicedir).
    pub fn of_directory(directory: PathBuf) -> Program {
        Program {
            directory,
            start: Words::RUN,
            finish: Words::FINISH,
            notification_fd: None,
            lock_fd: None,
            own_session: true,
            own_pid_namespace: false,
            max_death_tally: 100,
            may_hang: false,
        }
    }

    /// Writes all of it.
    pub fn write(&self, out: &mut Writer) {
        out.blob(self.directory.as_os_str().as_bytes());
        self.start.write(out);
        self.finish.write(out);
        out.option(self.notification_fd, Writer::u32);
        out.option(self.lock_fd, Writer::u32);
        out.bool(self.own_session);
        out.bool(self.own_pid_namespace);
        out.u32(self.max_death_tally);
        out.bool(self.may_hang);
    }

    /// What [`Program::write`] wrote.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn read(from: &mut Reader) -> Result<Program, Malformed> {
        Ok(Program {
            directory: PathBuf::from(OsStr::from_bytes(from.blob()?)),
            start: Words::read(from)?,
            finish: Words::read(from)?,
            notification_fd: from.option(Reader::u32)?,
            lock_fd: from.option(Reader::u32)?,
            own_session: from.bool()?,
            own_pid_namespace: from.bool()?,
            max_death_tally: from.u32()?,
            may_hang: from.bool()?,
        })
    }
}

impl Entry {
    /// Writes unit and program.
    pub fn write(&self, out: &mut Writer) {
        self.unit.write(out);
        self.program.write(out);
    }

    /// What [`Entry::write`] wrote.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn read(from: &mut Reader) -> Result<Entry, Malformed> {
        Ok(Entry {
            unit: Unit::read(from)?,
            program: Program::read(from)?,
        })
    }
}
