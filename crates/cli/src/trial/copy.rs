//! Laying the overlay tree over the root, as `COPY root/ /` of a Dockerfile does:
//! owned by root, modes kept, directories merged, a link to a directory followed where
//! the tree brings a directory.
//!
//! All by descriptor, on both sides. A link of the root leads to where it leads below the
//! root, whatever it says: `/proc/self/fd/3` is a way out of every root, and the tree
//! itself is open under such a number. Of the tree no link is followed.

use std::fs::{File, FileTimes};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use chain::{Failure, Result, escape, exit};
use kernel::fs::Stat;
use kernel::fs::flags::{O_NOCTTY, O_NONBLOCK, O_PATH, O_RDONLY};
use kernel::{dir, errno};
use layouts::walk::Root;

/// Copies everything in the directory `from` to `to`; gives the files that a layer of an
/// image could not hold either (sockets, devices), which are left out. `named`: what
/// messages call `from`.
///
/// # Errors
/// The first file that could not be read or written, by its name.
pub(super) fn merge(from: &OwnedFd, to: &Root, named: &Path) -> Result<Vec<PathBuf>> {
    let mut left_out = Vec::new();
    let mut waiting = vec![PathBuf::new()];
    while let Some(here) = waiting.pop() {
        let fail =
            |what: &str, below: &Path, error: &io::Error| failure(what, &named.join(below), error);
        let source = descend(from, &here).map_err(|e| fail("read", &here, &e))?;
        let target = to
            .find(here.as_os_str().as_bytes(), true)
            .map_err(|e| fail("copy", &here, &e))?;
        for name in dir::names(&source).map_err(|e| fail("read", &here, &e))? {
            let below = here.join(std::ffi::OsStr::from_bytes(&name));
            let entry = kernel::fs::open_entry(source.as_raw_fd(), &name, O_PATH)
                .and_then(|entry| Ok((kernel::fs::stat(&entry)?, entry)));
            let (stat, entry) = entry.map_err(|e| fail("read", &below, &e))?;
            let copied = if stat.is_dir() {
                waiting.push(below.clone());
                directory(to, &below, &target, &name, &stat)
            } else if stat.is_link() {
                link(&entry, &target, &name)
            } else if stat.is_file() {
                file(&source, &target, &name)
            } else if stat.is_fifo() {
                fifo(&target, &name, &stat)
            } else {
                left_out.push(named.join(&below));
                Ok(())
            };
            copied.map_err(|e| fail("copy", &below, &e))?;
        }
    }
    Ok(left_out)
}

/// The directory `below` in `from`, without following a link.
fn descend(from: &OwnedFd, below: &Path) -> io::Result<OwnedFd> {
    let mut here = from.try_clone()?;
    for name in below {
        here = kernel::fs::open_entry(here.as_raw_fd(), name.as_bytes(), O_PATH)?;
    }
    Ok(here)
}

fn failure(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::Other {
        code: exit::SYSTEM,
        text: format!(
            "unable to {what} {}: {}",
            escape(path.as_os_str().as_bytes()),
            errno::text(error)
        ),
    }
}

/// A directory that is there keeps its owner and mode.
fn directory(
    to: &Root,
    below: &Path,
    target: &OwnedFd,
    name: &[u8],
    stat: &Stat,
) -> io::Result<()> {
    // Through a link, if it leads to a directory: /bin of a merged /usr.
    let found = to.find(below.as_os_str().as_bytes(), true);
    if found.is_ok_and(|found| kernel::fs::stat(&found).is_ok_and(|found| found.is_dir())) {
        return Ok(());
    }
    remove(target, name)?;
    dir::make(target, name, 0o700)?;
    let made = kernel::fs::open_entry(target.as_raw_fd(), name, O_PATH)?;
    dress(&made, stat)
}

fn link(entry: &OwnedFd, target: &OwnedFd, name: &[u8]) -> io::Result<()> {
    let leads_to = dir::read_link(entry, b"")?;
    remove(target, name)?;
    dir::make_link(&leads_to, target, name)?;
    dir::set_owner(target, name, 0, 0)
}

fn file(source: &OwnedFd, target: &OwnedFd, name: &[u8]) -> io::Result<()> {
    let read = O_RDONLY | O_NONBLOCK | O_NOCTTY;
    let mut from = File::from(kernel::fs::open_entry(source.as_raw_fd(), name, read)?);
    let stat = kernel::fs::stat(&from)?;
    if !stat.is_file() {
        // Exchanged since it was looked at.
        return Err(errno::from(errno::EINVAL));
    }
    remove(target, name)?;
    let mut to = dir::create(target, name, 0o600)?;
    io::copy(&mut from, &mut to)?;
    dress(&to, &stat)?;
    to.set_times(FileTimes::new().set_modified(from.metadata()?.modified()?))
}

fn fifo(target: &OwnedFd, name: &[u8], stat: &Stat) -> io::Result<()> {
    remove(target, name)?;
    dir::make_fifo(target, name, 0o600)?;
    let made = kernel::fs::open_entry(target.as_raw_fd(), name, O_PATH)?;
    dress(&made, stat)
}

/// Root's, with the mode of `stat`. The owner before the mode: a change of owner takes
/// setuid bits away.
fn dress(made: &impl AsRawFd, stat: &Stat) -> io::Result<()> {
    kernel::fs::set_owner(made, Some(0), Some(0))?;
    kernel::fs::set_mode(made, stat.mode & 0o7777)
}

/// Makes room for a file of another kind. A directory in its place is an error (EISDIR),
/// as it is for an engine.
fn remove(target: &OwnedFd, name: &[u8]) -> io::Result<()> {
    match dir::remove(target, name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
