//! s6-hiercopy: copies a tree.

use std::ffi::OsString;
use std::fs::{self, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};

use chain::{Call, Failure, Outcome, Program, Result, escape};
use kernel::fs::{flags, make_fifo, open};
use kernel::{credentials, errno, fd};

use super::files;

pub(super) const PROGRAM: Program = Program {
    name: "s6-hiercopy",
    usage: "src dst",
    summary: "copy a tree with its permissions, and its owners where that is allowed",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    call.options("")?;
    let source = call.operand()?;
    let target = call.operand()?;
    copy(files::path(&source), files::path(&target)).map_err(|(path, error)| {
        Failure::System {
            what: format!("copy {}", escape(path.as_os_str().as_encoded_bytes())),
            error,
        }
    })?;
    Ok(Outcome::Exit(0))
}

/// What went wrong, and with which path.
type Failed = (PathBuf, io::Error);

/// A directory that is being copied.
struct Level {
    data: Metadata,
    /// Its own directories, which come once the rest of it has been copied.
    waiting: Vec<OsString>,
}

/// Copies `source` and what is below; says which path failed. Of a directory only the
/// names of those below it are kept, and no descriptor: a tree may be deep and wide.
fn copy(source: &Path, target: &Path) -> std::result::Result<(), Failed> {
    let (mut from, mut to) = (source.to_path_buf(), target.to_path_buf());
    let mut levels: Vec<Level> = enter(&from, &to)?.into_iter().collect();
    while let Some(level) = levels.last_mut() {
        if let Some(name) = level.waiting.pop() {
            from.push(&name);
            to.push(&name);
            match enter(&from, &to)? {
                Some(level) => levels.push(level),
                // Another file is in its place by now.
                None => {
                    from.pop();
                    to.pop();
                }
            }
        } else {
            // Permissions of a directory come last: it may forbid writing into itself.
            dress(&to, &level.data).map_err(|error| (to.clone(), error))?;
            levels.pop();
            if !levels.is_empty() {
                from.pop();
                to.pop();
            }
        }
    }
    Ok(())
}

/// Copies one entry; of a directory also the entries that are none, and gives the others.
fn enter(from: &Path, to: &Path) -> std::result::Result<Option<Level>, Failed> {
    let failed = |error| (from.to_path_buf(), error);
    let data = fs::symlink_metadata(from).map_err(failed)?;
    copy_one(from, to, &data).map_err(failed)?;
    if !data.is_dir() {
        dress(to, &data).map_err(failed)?;
        return Ok(None);
    }
    let mut waiting = Vec::new();
    for entry in fs::read_dir(from).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let (from, to) = (from.join(&name), to.join(&name));
        let failed = |error| (from.clone(), error);
        let data = fs::symlink_metadata(&from).map_err(failed)?;
        if data.is_dir() {
            waiting.push(name);
        } else {
            copy_one(&from, &to, &data).map_err(failed)?;
            dress(&to, &data).map_err(failed)?;
        }
    }
    Ok(Some(Level { data, waiting }))
}

fn copy_one(from: &Path, to: &Path, data: &Metadata) -> io::Result<()> {
    let kind = data.file_type();
    if kind.is_dir() {
        return match fs::create_dir(to) {
            Err(error) if errno::is(&error, errno::EEXIST) && to.is_dir() => Ok(()),
            other => other,
        };
    }
    if kind.is_symlink() {
        return symlink(fs::read_link(from)?, to);
    }
    if kind.is_fifo() {
        return make_fifo(to, data.mode() & 0o777);
    }
    if kind.is_file() {
        let source = open(from, flags::O_RDONLY, 0)?;
        let target = open(to, flags::O_WRONLY | flags::O_CREAT | flags::O_TRUNC, 0o600)?;
        let mut buffer = vec![0u8; 65536];
        loop {
            match errno::retry(|| fd::read(fd::number(&source), &mut buffer))? {
                0 => return Ok(()),
                count => fd::write_all(fd::number(&target), &buffer[..count])?,
            }
        }
    }
    // Devices and sockets: nothing in an image is one.
    Err(errno::from(errno::EINVAL))
}

/// Owner first, then permissions: chown(2) drops set-id bits.
fn dress(path: &Path, data: &Metadata) -> io::Result<()> {
    if credentials::user() == 0 {
        lchown(path, Some(data.uid()), Some(data.gid()))?;
    }
    if data.is_symlink() {
        return Ok(());
    }
    fs::set_permissions(path, Permissions::from_mode(data.mode() & 0o7777))
}
