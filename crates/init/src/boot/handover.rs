//! How a child hands PID 1 what it has read: in pieces, over a pipe. Each can be acted on
//! while the next is read.

use std::fmt;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

use kernel::{clock, errno, fd};
use plan::Entry;
use plan::handover::{self, Found, Remark, Undecodable};
use plan::pieces::{self, Next};

/// Hands over what belongs together, a service and its logger, and what is said of them.
/// Each is a piece: while the next is read, and that may take long, this one starts.
///
/// # Errors
/// As write(2).
pub(crate) fn give(
    to: &OwnedFd,
    entries: &[Entry],
    remarks: impl IntoIterator<Item = Remark>,
) -> io::Result<()> {
    let remarks: Vec<Remark> = remarks.into_iter().collect();
    match entries.is_empty() && remarks.is_empty() {
        true => Ok(()),
        false => write_all(to, &pieces::encode(entries, &[], &remarks)),
    }
}

/// Says that this was all.
///
/// # Errors
/// As write(2).
pub(crate) fn end(to: &OwnedFd) -> io::Result<()> {
    write_all(to, &pieces::END)
}

/// Writes all of it; an error that does not come again loses nothing.
fn write_all(to: &OwnedFd, mut bytes: &[u8]) -> io::Result<()> {
    let mut errors = 0;
    while !bytes.is_empty() {
        match fd::write(to.as_raw_fd(), bytes) {
            Ok(count) => {
                bytes = &bytes[count..];
                errors = 0;
            }
            Err(_) if errors < 3 => errors += 1,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Most bytes that are read in one turn of the loop: services by the hundred, so that signals
/// are heard between them. A pipe holds a few times as much.
const READ_A_TURN: usize = 16 * 1024;

/// How long, and up to how many bytes, services that have come wait for those that follow:
/// their scripts ask for each other. What takes longer, a slow file system or hundreds of
/// services, is not waited for.
const TOGETHER: (Duration, usize) = (Duration::from_millis(50), 16 * 1024);

/// How much memory services take beside their bytes, as a multiple of them.
const DECODED: usize = 4;

/// Collects what a child hands over, as it comes.
pub(crate) struct Handover {
    /// What has come and was not taken yet.
    bytes: Vec<u8>,
    /// How much of that has been taken.
    taken: usize,
    /// How much has come in all, and may.
    total: usize,
    limit: usize,
    /// The end of it has come.
    complete: bool,
    /// Nobody has the other end of the pipe any more.
    closed: bool,
    /// When the first of it came.
    begun: Option<Duration>,
}

/// How far a hand-over is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// More may come.
    More,
    /// Nothing comes any more: nobody has the other end.
    Closed,
}

/// Why the next piece cannot be had.
#[derive(Debug)]
pub(crate) enum Broken {
    /// It is not what a child writes.
    Bytes,
    /// There is no memory for it and what will be made of it.
    Memory,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Broken::Bytes => fmt::Display::fmt(&Undecodable, f),
            Broken::Memory => f.write_str(&errno::text(&errno::from(errno::ENOMEM))),
        }
    }
}

impl From<Undecodable> for Broken {
    fn from(_: Undecodable) -> Broken {
        Broken::Bytes
    }
}

/// Whether there is memory for what will be made of so many bytes.
fn reserve(bytes: usize) -> Result<(), Broken> {
    let needed = bytes.saturating_mul(DECODED);
    match Vec::<u8>::new().try_reserve_exact(needed) {
        Ok(()) => Ok(()),
        Err(_) => Err(Broken::Memory),
    }
}

impl Handover {
    pub(crate) fn new(limit: usize) -> Handover {
        Handover {
            bytes: Vec::new(),
            taken: 0,
            total: 0,
            limit,
            complete: false,
            closed: false,
            begun: None,
        }
    }

    /// One of which something is lost: it takes what comes, so that who writes it can go on,
    /// and has nothing.
    pub(crate) fn lost() -> Handover {
        Handover::new(0)
    }

    /// Reads what is there, without waiting, and no more than one turn of the loop has
    /// time for.
    ///
    /// # Errors
    /// As read(2), EFBIG past the limit, and ENOMEM where there is no memory for it.
    pub(crate) fn read(&mut self, from: &OwnedFd) -> io::Result<Progress> {
        let mut buffer = [0u8; READ_A_TURN];
        let count = loop {
            match fd::read(from.as_raw_fd(), &mut buffer) {
                Ok(0) => {
                    self.closed = true;
                    return Ok(Progress::Closed);
                }
                Ok(count) => break count,
                Err(error) if errno::is(&error, errno::EAGAIN) => return Ok(Progress::More),
                Err(error) if errno::is(&error, errno::EINTR) => {}
                Err(error) => return Err(error),
            }
        };
        if self.is_lost() {
            return Ok(Progress::More);
        }
        self.begun.get_or_insert_with(clock::monotonic);
        self.total += count;
        if self.total > self.limit {
            return Err(errno::from(errno::EFBIG));
        }
        if self.bytes.try_reserve(count).is_err() {
            return Err(errno::from(errno::ENOMEM));
        }
        self.bytes.extend_from_slice(&buffer[..count]);
        Ok(Progress::More)
    }

    /// Whether something of it is lost.
    pub(crate) fn is_lost(&self) -> bool {
        self.limit == 0
    }

    /// How many bytes of it have come.
    pub(crate) fn total(&self) -> usize {
        self.total
    }

    /// Whether some of it has come.
    pub(crate) fn has_begun(&self) -> bool {
        self.total > 0
    }

    /// Until when what has come waits for what follows; none where it does not.
    pub(crate) fn together_until(&self) -> Option<Duration> {
        let (patience, most) = TOGETHER;
        let waits = !self.complete && !self.closed && self.total < most && !self.is_lost();
        self.begun.filter(|_| waits).map(|begun| begun + patience)
    }

    /// Whether nothing comes any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether all of it has come and was taken.
    pub(crate) fn is_complete(&self) -> bool {
        self.complete
    }

    /// The next piece that has come whole.
    ///
    /// # Errors
    /// What comes after is of no use either.
    pub(crate) fn next(&mut self) -> Result<Option<Found>, Broken> {
        match pieces::next(&self.bytes[self.taken..], self.limit)? {
            Next::Part => {
                // What is left of a piece is moved to the front, for the rest of it.
                self.bytes.drain(..self.taken);
                self.taken = 0;
                Ok(None)
            }
            Next::End => {
                self.complete = true;
                Ok(None)
            }
            Next::Piece(piece, behind) => {
                // Asked for in one piece, where it can be refused: a refusal later,
                // in a small piece, would end this process.
                reserve(piece.len())?;
                let found = handover::decode(piece)?;
                self.taken += behind;
                Ok(Some(found))
            }
        }
    }

    /// All of it, once it has come.
    ///
    /// # Errors
    /// Where it is not whole.
    pub(crate) fn all(mut self) -> Result<Found, Broken> {
        reserve(self.total)?;
        let mut all: Found = (Vec::new(), Vec::new(), Vec::new());
        while let Some((entries, groups, remarks)) = self.next()? {
            if all.0.try_reserve(entries.len()).is_err() {
                return Err(Broken::Memory);
            }
            all.0.extend(entries);
            all.1.extend(groups);
            all.2.extend(remarks);
        }
        match self.complete {
            true => Ok(all),
            false => Err(Broken::Bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plan::{Program, Unit};

    fn entry(name: &str) -> Entry {
        Entry {
            unit: Unit::service(name),
            program: Program::of_directory(name.into()),
        }
    }

    fn pipe() -> (OwnedFd, OwnedFd) {
        let (read, write) = fd::pipe().expect("a pipe");
        fd::set_nonblocking(read.as_raw_fd(), true).expect("set");
        (read, write)
    }

    fn names(handover: &mut Handover) -> Vec<String> {
        let mut names = Vec::new();
        while let Some((entries, _, _)) = handover.next().expect("whole") {
            names.extend(entries.into_iter().map(|entry| entry.unit.name));
        }
        names
    }

    #[test]
    fn each_service_is_taken_as_it_comes_and_its_logger_with_it() {
        let (read, write) = pipe();
        let mut handover = Handover::new(1 << 20);
        for number in 0..40 {
            let name = format!("s{number:02}");
            let log = format!("{name}/log");
            give(&write, &[entry(&name), entry(&log)], []).expect("written");
            assert_eq!(handover.read(&read).expect("read"), Progress::More);
            assert_eq!(names(&mut handover), [name, log]);
        }
        give(&write, &[], []).expect("nothing to write");
        assert!(!handover.is_complete() && handover.has_begun());
        end(&write).expect("written");
        drop(write);
        while handover.read(&read).expect("read") == Progress::More {}
        assert_eq!(names(&mut handover).len(), 0);
        assert!(handover.is_complete() && handover.is_closed());
    }

    #[test]
    fn one_that_breaks_off_or_is_broken_is_not_complete() {
        for (bytes, broken) in [
            (&pieces::encode(&[entry("a")], &[], &[])[..], false),
            (&pieces::encode(&[entry("a")], &[], &[])[..9], false),
            (b"\x01\0\0\0x", true),
            (b"\xff\xff\xff\xff", true),
        ] {
            let (read, write) = pipe();
            write_all(&write, bytes).expect("written");
            drop(write);
            let mut handover = Handover::new(1 << 20);
            while handover.read(&read).expect("read") == Progress::More {}
            let mut outcome = handover.next();
            while matches!(outcome, Ok(Some(_))) {
                outcome = handover.next();
            }
            assert_eq!(outcome.is_err(), broken, "{bytes:?}");
            assert!(!handover.is_complete());
            assert!(handover.all().is_err());
        }
    }

    #[test]
    fn a_lost_one_takes_what_comes_and_one_has_a_limit() {
        let (read, write) = pipe();
        let mut lost = Handover::lost();
        write_all(&write, &[1; 100]).expect("written");
        assert_eq!(lost.read(&read).expect("read"), Progress::More);
        assert!(lost.is_lost() && !lost.has_begun() && !lost.is_complete());
        write_all(&write, &[1; 100]).expect("written");
        let error = Handover::new(99).read(&read).expect_err("too much");
        assert!(errno::is(&error, errno::EFBIG));
    }
}
