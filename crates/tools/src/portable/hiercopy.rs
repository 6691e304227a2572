//! s6-hiercopy: copies a tree.

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

/// Copies `source` and what is below; says which path failed. Directories wait on a
/// list: a tree may be deeper than a stack.
fn copy(source: &Path, target: &Path) -> std::result::Result<(), (PathBuf, io::Error)> {
    let mut waiting = vec![(source.to_path_buf(), target.to_path_buf())];
    // Permissions of directories come last: one may forbid writing into itself.
    let mut directories = Vec::new();
    while let Some((from, to)) = waiting.pop() {
        let failed = |error| (from.clone(), error);
        let data = fs::symlink_metadata(&from).map_err(failed)?;
        copy_one(&from, &to, &data).map_err(failed)?;
        if data.is_dir() {
            for entry in fs::read_dir(&from).map_err(failed)? {
                let name = entry.map_err(failed)?.file_name();
                waiting.push((from.join(&name), to.join(&name)));
            }
            directories.push((to, data));
        } else {
            dress(&to, &data).map_err(failed)?;
        }
    }
    for (path, data) in directories.into_iter().rev() {
        dress(&path, &data).map_err(|error| (path.clone(), error))?;
    }
    Ok(())
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
