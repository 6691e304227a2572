//! Root trees: BusyBox, the bench's own programs, and what a contestant brings.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

/// The devices that a container gets.
pub(crate) const DEVICES: [&str; 5] = ["null", "zero", "full", "random", "urandom"];

const BUSYBOX: &str = "/bin/busybox";

/// The bench's programs, where a container finds them.
pub(crate) const PROGRAMS: [&str; 6] = [
    "service",
    "crash",
    "floor",
    "floor-files",
    "orphans",
    "with-contenv",
];

/// Lays out at `root` what every container has; `programs` holds the bench's own.
///
/// # Errors
/// As the calls that it takes.
pub(crate) fn lay(root: &Path, programs: &Path) -> io::Result<()> {
    let directories = [
        "bin", "bench", "dev", "etc", "lib", "old", "proc", "root", "run", "sbin", "tmp",
        "usr/bin", "usr/lib", "usr/sbin", "var/log",
    ];
    for directory in directories {
        fs::create_dir_all(root.join(directory))?;
    }
    symlink("../run", root.join("var/run"))?;
    for device in DEVICES {
        fs::write(root.join("dev").join(device), b"")?;
    }
    fs::write(root.join("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n")?;
    fs::write(root.join("etc/group"), "root:x:0:\n")?;
    fs::copy(BUSYBOX, root.join("bin/busybox"))?;
    let listed = Command::new(BUSYBOX).arg("--list").output()?;
    for name in String::from_utf8_lossy(&listed.stdout).lines() {
        if name != "busybox" {
            symlink("busybox", root.join("bin").join(name))?;
        }
    }
    for name in PROGRAMS {
        fs::copy(programs.join(name), root.join("bench").join(name))?;
    }
    Ok(())
}

/// Adds to a whole system at `root` what every container has besides.
///
/// # Errors
/// As the calls that it takes.
pub(crate) fn lay_over(root: &Path, programs: &Path) -> io::Result<()> {
    for directory in ["bench", "old", "dev"] {
        fs::create_dir_all(root.join(directory))?;
    }
    for device in DEVICES {
        let _ = fs::remove_file(root.join("dev").join(device));
        fs::write(root.join("dev").join(device), b"")?;
    }
    for name in PROGRAMS {
        fs::copy(programs.join(name), root.join("bench").join(name))?;
    }
    Ok(())
}

/// Copies of a tree what is not there yet, links to directories followed: over a merged /usr.
///
/// # Errors
/// As the calls that it takes.
pub(crate) fn copy_new(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            if !place.is_dir() {
                fs::create_dir(&place)?;
            }
            copy_new(&entry.path(), &place)?;
        } else if place.symlink_metadata().is_ok() {
            continue;
        } else if kind.is_symlink() {
            symlink(fs::read_link(entry.path())?, &place)?;
        } else {
            fs::copy(entry.path(), &place)?;
        }
    }
    Ok(())
}

/// Writes a file that can be executed.
///
/// # Errors
/// As the calls that it takes.
pub(crate) fn script(path: &Path, text: &str) -> io::Result<()> {
    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

/// Copies a tree: directories, files with their modes, links as links.
///
/// # Errors
/// As the calls that it takes.
pub(crate) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if !to.is_dir() {
        fs::create_dir(to)?;
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy(&entry.path(), &place)?;
        } else if kind.is_symlink() {
            let _ = fs::remove_file(&place);
            symlink(fs::read_link(entry.path())?, &place)?;
        } else {
            fs::copy(entry.path(), &place)?;
        }
    }
    Ok(())
}
