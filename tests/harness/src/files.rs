//! Reading and writing inside a tree without ever leaving it: links are resolved as a process with
//! that tree as its root would see them.

use crate::sys;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A tree that is mounted somewhere else, reached through its top directory.
#[derive(Debug)]
pub(crate) struct Tree {
    top: OwnedFd,
}

impl Tree {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            top: File::open(path)?.into(),
        })
    }

    fn open_file(&self, path: &Path, flags: i32, mode: u32) -> io::Result<File> {
        sys::open_in_root(self.top.as_fd(), path, flags, mode).map(File::from)
    }

    /// A path by which this process reaches `path`, whose last part is not followed.
    /// It holds as long as the returned descriptor.
    fn reach(&self, path: &Path) -> io::Result<(OwnedFd, PathBuf)> {
        let parent = path.parent().unwrap_or(Path::new("/"));
        let flags = libc::O_PATH | libc::O_DIRECTORY;
        let directory = sys::open_in_root(self.top.as_fd(), parent, flags, 0)?;
        let mut way = PathBuf::from(format!("/proc/self/fd/{}", directory.as_raw_fd()));
        way.extend(path.file_name());
        Ok((directory, way))
    }

    pub(crate) fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut file = self.open_file(path, libc::O_RDONLY | libc::O_NONBLOCK, 0)?;
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    pub(crate) fn write(&self, path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
        if let Some(parent) = path.parent() {
            self.make_directories(parent)?;
        }
        let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC;
        let mut file = self.open_file(path, flags, 0o600)?;
        file.write_all(bytes)?;
        file.set_permissions(std::fs::Permissions::from_mode(mode))
    }

    pub(crate) fn make_directories(&self, path: &Path) -> io::Result<()> {
        let flags = libc::O_PATH | libc::O_DIRECTORY;
        if sys::open_in_root(self.top.as_fd(), path, flags, 0).is_ok() {
            return Ok(());
        }
        if let Some(parent) = path.parent() {
            self.make_directories(parent)?;
        }
        let (_open, way) = self.reach(path)?;
        match std::fs::create_dir(way) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }

    pub(crate) fn link(&self, path: &Path, target: &Path) -> io::Result<()> {
        if let Some(parent) = path.parent() {
            self.make_directories(parent)?;
        }
        let (_open, way) = self.reach(path)?;
        std::os::unix::fs::symlink(target, way)
    }

    pub(crate) fn metadata(&self, path: &Path) -> io::Result<std::fs::Metadata> {
        let (_open, way) = self.reach(path)?;
        std::fs::symlink_metadata(way)
    }

    pub(crate) fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        let (_open, way) = self.reach(path)?;
        std::fs::read_link(way)
    }

    pub(crate) fn exists(&self, path: &Path) -> bool {
        sys::open_in_root(self.top.as_fd(), path, libc::O_PATH, 0).is_ok()
    }

    pub(crate) fn change_mode(&self, path: &Path, mode: u32) -> io::Result<()> {
        let (_open, way) = self.resolved(path)?;
        std::fs::set_permissions(way, std::fs::Permissions::from_mode(mode))
    }

    pub(crate) fn change_owner(&self, path: &Path, uid: u32, gid: u32) -> io::Result<()> {
        let (_open, way) = self.resolved(path)?;
        std::os::unix::fs::chown(way, Some(uid), Some(gid))
    }

    pub(crate) fn remove(&self, path: &Path) -> io::Result<()> {
        let (_open, way) = self.reach(path)?;
        if std::fs::symlink_metadata(&way)?.is_dir() {
            std::fs::remove_dir_all(way)
        } else {
            std::fs::remove_file(way)
        }
    }

    pub(crate) fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let (_open, way) = self.resolved(path)?;
        let mut names = Vec::new();
        for entry in std::fs::read_dir(way)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    /// As `reach`, but the last part is followed too.
    fn resolved(&self, path: &Path) -> io::Result<(OwnedFd, PathBuf)> {
        let found = sys::open_in_root(self.top.as_fd(), path, libc::O_PATH, 0)?;
        let way = PathBuf::from(format!("/proc/self/fd/{}", found.as_raw_fd()));
        Ok((found, way))
    }

    /// Copies the contents of a directory of the machine to `path`: files with their modes,
    /// directories, and links as links.
    pub(crate) fn copy(&self, from: &Path, path: &Path) -> io::Result<()> {
        self.make_directories(path)?;
        for entry in std::fs::read_dir(from)? {
            let entry = entry?;
            let target = path.join(entry.file_name());
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.copy(&entry.path(), &target)?;
                let mode = entry.metadata()?.permissions().mode() & 0o7777;
                self.change_mode(&target, mode)?;
            } else if kind.is_symlink() {
                self.link(&target, &std::fs::read_link(entry.path())?)?;
            } else {
                let mode = entry.metadata()?.permissions().mode() & 0o7777;
                self.write(&target, &std::fs::read(entry.path())?, mode)?;
            }
        }
        Ok(())
    }
}
