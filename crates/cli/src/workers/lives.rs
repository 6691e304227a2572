//! What a worker and the keeper share: a folder with the fifos of each life of a worker,
//! and a file for each worker with the jobs that it has done.
//!
//! A life's fifos are its own, so its output ends with it and does not run into that of the
//! next. The worker opens them for reading too: it can write while no keeper reads, and what
//! it has written waits there for the next keeper.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use kernel::fs::flags;
use places::name;

/// What goes through a fifo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Output,
    Errors,
    Jobs,
}

impl Kind {
    const ALL: [(Kind, &str); 3] = [
        (Kind::Output, "out"),
        (Kind::Errors, "err"),
        (Kind::Jobs, "jobs"),
    ];

    fn word(self) -> &'static str {
        Kind::ALL
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("", |(_, word)| word)
    }
}

/// One life of a worker: from one start of its `run` to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Life {
    /// The worker's number.
    pub(super) worker: u32,
    /// The pid of its `run`.
    pub(super) pid: u32,
    /// When it was started, on the kernel's clock: pids come again.
    pub(super) start: u64,
}

impl Life {
    /// The name of one of its fifos.
    pub(super) fn fifo(self, kind: Kind) -> String {
        format!(
            "{}.{}.{}.{}",
            self.worker,
            self.pid,
            self.start,
            kind.word()
        )
    }

    /// The life and the kind of a fifo of this name.
    pub(super) fn of_fifo(name: &[u8]) -> Option<(Life, Kind)> {
        let mut parts = std::str::from_utf8(name).ok()?.split('.');
        let life = Life {
            worker: parts.next()?.parse().ok()?,
            pid: parts.next()?.parse().ok()?,
            start: parts.next()?.parse().ok()?,
        };
        let word = parts.next()?;
        let (kind, _) = Kind::ALL.iter().find(|(_, other)| *other == word)?;
        parts.next().is_none().then_some((life, *kind))
    }
}

/// The folder, below the scan directory.
pub(super) fn directory(services: &Path) -> PathBuf {
    services.join(name::WORKER_KEEPER).join(name::WORKER_LIVES)
}

/// The same, from a worker's own directory.
pub(super) fn from_worker() -> PathBuf {
    directory(Path::new(".."))
}

/// The fifo by which a worker says that it begins a life.
pub(super) fn news(directory: &Path) -> PathBuf {
    directory.join("news")
}

/// Whole length of a [`Tally`]: one read has it whole.
const TALLY: usize = 32;

/// The file with the number of jobs that a worker has done in a life.
pub(super) struct Tally(File);

fn tally_path(directory: &Path, worker: u32) -> PathBuf {
    directory.join(format!("{worker}.done"))
}

impl Tally {
    pub(super) fn open(directory: &Path, worker: u32) -> io::Result<Tally> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(flags::O_NOFOLLOW)
            .open(tally_path(directory, worker))?;
        Ok(Tally(file))
    }

    /// Writes it, in one piece.
    pub(super) fn set(&self, pid: u32, jobs: u64) {
        let text = format!("{pid:>10} {jobs:>20}\n");
        debug_assert_eq!(text.len(), TALLY);
        // Who counts on does not need it.
        let _ = self.0.write_at(text.as_bytes(), 0);
    }
}

/// The jobs that the life of this pid has done; none where nobody counts.
pub(super) fn done(directory: &Path, worker: u32, pid: u32) -> Option<u64> {
    let file = File::open(tally_path(directory, worker)).ok()?;
    let mut text = [0; TALLY];
    let length = file.read_at(&mut text, 0).ok()?;
    let text = std::str::from_utf8(text.get(..length)?).ok()?;
    let (of, jobs) = text.trim().split_once(' ')?;
    let jobs = jobs.trim().parse().ok()?;
    (of.parse() == Ok(pid)).then_some(jobs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fifo_s_name_says_whose_it_is() {
        let life = Life {
            worker: 12,
            pid: 345,
            start: 6_789,
        };
        for (kind, name) in [
            (Kind::Output, "12.345.6789.out"),
            (Kind::Errors, "12.345.6789.err"),
            (Kind::Jobs, "12.345.6789.jobs"),
        ] {
            assert_eq!(life.fifo(kind), name);
            assert_eq!(Life::of_fifo(name.as_bytes()), Some((life, kind)));
        }
        for other in [
            "news",
            "12.done",
            "1.2.3",
            "1.2.3.x",
            "1.2.3.out.4",
            "\u{e9}",
            "",
        ] {
            assert_eq!(Life::of_fifo(other.as_bytes()), None, "{other}");
        }
    }
}
