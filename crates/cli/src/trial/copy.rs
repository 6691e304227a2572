//! Laying the overlay tree over the root, as `COPY root/ /` of a Dockerfile does:
//! owned by root, modes kept, directories merged, a link to a directory followed where
//! the tree brings a directory.

use std::fs::{self, FileTimes, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{
    FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt, lchown, symlink,
};
use std::path::{Path, PathBuf};

use chain::{Failure, Result, escape, exit};
use kernel::errno;
use std::os::unix::ffi::OsStrExt;

/// Copies everything below `from` to below `to`; gives the files that a layer of an
/// image could not hold either (sockets, devices), which are left out. `named`: what
/// messages call `from`.
///
/// # Errors
/// The first file that could not be read or written, by its name.
pub(super) fn merge(from: &Path, to: &Path, named: &Path) -> Result<Vec<PathBuf>> {
    let mut left_out = Vec::new();
    let mut waiting = vec![PathBuf::new()];
    while let Some(below) = waiting.pop() {
        let here = from.join(&below);
        let fail =
            |what: &str, below: &Path, error: &io::Error| failure(what, &named.join(below), error);
        let entries = fs::read_dir(&here).map_err(|e| fail("read", &below, &e))?;
        for entry in entries {
            let entry = entry.map_err(|e| fail("read", &below, &e))?;
            let below = below.join(entry.file_name());
            let target = to.join(&below);
            let source = entry.path();
            let metadata = source
                .symlink_metadata()
                .map_err(|e| fail("read", &below, &e))?;
            let kind = metadata.file_type();
            let copied = if kind.is_dir() {
                waiting.push(below.clone());
                directory(&target, &metadata)
            } else if kind.is_symlink() {
                link(&source, &target)
            } else if kind.is_file() {
                file(&source, &target, &metadata)
            } else if kind.is_fifo() {
                fifo(&target, &metadata)
            } else {
                left_out.push(named.join(&below));
                Ok(())
            };
            copied.map_err(|e| fail("copy", &below, &e))?;
        }
    }
    Ok(left_out)
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
fn directory(target: &Path, metadata: &Metadata) -> io::Result<()> {
    // Through a link, if it leads to a directory: /bin of a merged /usr.
    if fs::metadata(target).is_ok_and(|found| found.is_dir()) {
        return Ok(());
    }
    remove(target)?;
    fs::create_dir(target)?;
    lchown(target, Some(0), Some(0))?;
    fs::set_permissions(target, Permissions::from_mode(metadata.mode() & 0o7777))
}

fn link(source: &Path, target: &Path) -> io::Result<()> {
    let to = fs::read_link(source)?;
    remove(target)?;
    symlink(to, target)?;
    lchown(target, Some(0), Some(0))
}

fn file(source: &Path, target: &Path, metadata: &Metadata) -> io::Result<()> {
    remove(target)?;
    let mut from = OpenOptions::new().read(true).open(source)?;
    let mut to = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(target)?;
    io::copy(&mut from, &mut to)?;
    // The owner before the mode: a change of owner takes setuid bits away.
    lchown(target, Some(0), Some(0))?;
    to.set_permissions(Permissions::from_mode(metadata.mode() & 0o7777))?;
    to.set_times(FileTimes::new().set_modified(metadata.modified()?))
}

fn fifo(target: &Path, metadata: &Metadata) -> io::Result<()> {
    remove(target)?;
    kernel::fs::make_fifo(target, 0o600)?;
    lchown(target, Some(0), Some(0))?;
    fs::set_permissions(target, Permissions::from_mode(metadata.mode() & 0o7777))
}

/// Makes room for a file of another kind. A directory in its place is an error (EISDIR),
/// as it is for an engine.
fn remove(target: &Path) -> io::Result<()> {
    match target.symlink_metadata() {
        Ok(found) if found.is_dir() => Err(errno::from(errno::EISDIR)),
        Ok(_) => fs::remove_file(target),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}
