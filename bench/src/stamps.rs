//! The file to which everybody who takes part appends who was where when (`stamp.h`).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kernel::fd;
use kernel::fs::flags;
use std::os::fd::AsRawFd;

/// Where it is inside a container.
const INSIDE: &str = "bench/stamps";

/// What a stamp says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// PID 1 is executed now.
    Executed,
    /// A service's first instruction.
    Started,
    /// The maker of orphans is about to begin, or all its orphans live.
    Ready,
    /// The last orphan has been made, or all have been let go.
    Released,
}

const KINDS: [Kind; 4] = [Kind::Executed, Kind::Started, Kind::Ready, Kind::Released];

/// One stamp.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    pub(crate) kind: Kind,
    /// CLOCK_MONOTONIC, which namespaces share.
    pub(crate) at: Duration,
}

const SIZE: usize = 16;

/// The stamps of one container.
pub(crate) struct Stamps(PathBuf);

impl Stamps {
    /// Begins anew.
    ///
    /// # Errors
    /// As open(2).
    pub(crate) fn begin(root: &Path) -> io::Result<Stamps> {
        let path = root.join(INSIDE);
        fs::write(&path, b"")?;
        Ok(Stamps(path))
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        fs::metadata(&self.0).map_or(0, |found| found.len() as usize / SIZE)
    }

    /// All of them, in the order in which they were written.
    ///
    /// # Errors
    /// As read(2).
    pub(crate) fn read(&self) -> io::Result<Vec<Stamp>> {
        let bytes = fs::read(&self.0)?;
        Ok(bytes.chunks_exact(SIZE).filter_map(decode).collect())
    }

    /// The first stamp of this kind from the `from`th on.
    pub(crate) fn find(&self, kind: Kind, from: usize) -> Option<Stamp> {
        let all = self.read().ok()?;
        all.into_iter().skip(from).find(|stamp| stamp.kind == kind)
    }
}

fn decode(bytes: &[u8]) -> Option<Stamp> {
    // The pid between them is for people who look into the file.
    let (kind, rest) = bytes.split_first_chunk::<4>()?;
    let at = rest.last_chunk::<8>()?;
    Some(Stamp {
        kind: *KINDS.get(u32::from_ne_bytes(*kind) as usize)?,
        at: Duration::from_nanos(u64::from_ne_bytes(*at)),
    })
}

/// Stamps the execution of PID 1, from within, as the last thing before it.
pub(crate) fn executed() -> io::Result<()> {
    let to = kernel::fs::open(
        &Path::new("/").join(INSIDE),
        flags::O_WRONLY | flags::O_APPEND,
        0,
    )?;
    let mut record = [0; SIZE];
    let now = kernel::clock::monotonic().as_nanos() as u64;
    record[8..].copy_from_slice(&now.to_ne_bytes());
    fd::write_all(to.as_raw_fd(), &record)
}
