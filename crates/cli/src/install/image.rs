//! The image tree that is written into. Every path is looked up below its root, by
//! descriptor: an absolute link in an image never reaches the machine.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::path::Path;

use kernel::fs::{self, flags};
use kernel::{dir, errno, process};
use layouts::walk::{Links, Place, Root};

use super::manifest::{Mark, digest};

/// What is at a path, a link itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing.
    Absent,
    /// A directory.
    Directory,
    /// A link or a regular file.
    Known(Mark),
    /// A fifo, device or socket.
    Other,
}

/// An image tree.
pub(super) struct Image {
    root: Root,
}

impl Image {
    /// # Errors
    /// As open(2), when the directory cannot be used.
    pub(super) fn open(path: &Path) -> io::Result<Image> {
        let root = Root::open(path, Links::InRoot)?;
        Ok(Image { root })
    }

    /// Where `path` really is below the root: links in its directory are followed, and
    /// in its last component too with `follow`.
    ///
    /// # Errors
    /// ELOOP, ENOTDIR.
    pub(super) fn real(&self, path: &[u8], follow: bool) -> io::Result<Vec<u8>> {
        if follow {
            return self.root.real(path);
        }
        let at = path.iter().rposition(|b| *b == b'/').unwrap_or(0);
        let mut real = self.root.real(&path[..at])?;
        real.extend_from_slice(&path[at..]);
        Ok(real)
    }

    /// What is at `path`.
    ///
    /// # Errors
    /// As openat2(2), but for what does not exist.
    pub(super) fn state(&self, path: &[u8]) -> io::Result<State> {
        let entry = match self.root.find(path, false) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(State::Absent),
            other => other?,
        };
        let stat = fs::stat(&entry)?;
        if stat.is_link() {
            return Ok(State::Known(Mark::Link(dir::read_link(&entry, b"")?)));
        }
        if stat.is_dir() {
            return Ok(State::Directory);
        }
        if !stat.is_file() {
            return Ok(State::Other);
        }
        Ok(State::Known(Mark::File(digest(&self.read(path)?))))
    }

    /// The bytes of the regular file at `path`.
    ///
    /// # Errors
    /// As openat2(2); EINVAL for anything but a regular file.
    pub(super) fn read(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        let place = self.root.place(path)?;
        let fd = fs::open_entry(
            place.dir.as_raw_fd(),
            &place.name,
            flags::O_RDONLY | flags::O_NONBLOCK | flags::O_NOCTTY,
        )?;
        let mut file = File::from(fd);
        if !file.metadata()?.is_file() {
            return Err(errno::from(errno::EINVAL));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Makes the directory `path` and those above it that are missing; gives the ones
    /// that were made, the uppermost first.
    ///
    /// # Errors
    /// As mkdirat(2).
    pub(super) fn make_dirs(&self, path: &[u8]) -> io::Result<Vec<Vec<u8>>> {
        let mut made = Vec::new();
        let ends = (1..=path.len()).filter(|end| *end == path.len() || path[*end] == b'/');
        for end in ends {
            let part = &path[..end];
            match self.root.find(part, true) {
                Ok(_) => continue,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            let place = self.root.place(part)?;
            dir::make(&place.dir, &place.name, 0o755)?;
            let fd = fs::open_entry(
                place.dir.as_raw_fd(),
                &place.name,
                flags::O_RDONLY | flags::O_DIRECTORY,
            )?;
            fs::set_mode(&fd, 0o755)?;
            made.push(part.to_vec());
        }
        Ok(made)
    }

    /// Puts a link at `path`, in one step over what is there.
    ///
    /// # Errors
    /// As symlinkat(2), renameat(2).
    pub(super) fn put_link(&self, path: &[u8], target: &[u8]) -> io::Result<()> {
        let place = self.root.place(path)?;
        exchange(&place, |name| dir::make_link(target, &place.dir, name))
    }

    /// Puts a file at `path`, in one step over what is there.
    ///
    /// # Errors
    /// As openat(2), write(2), renameat(2).
    pub(super) fn put_file(&self, path: &[u8], bytes: &[u8], mode: u32) -> io::Result<()> {
        let place = self.root.place(path)?;
        exchange(&place, |name| {
            let mut file = dir::create(&place.dir, name, 0o600)?;
            file.write_all(bytes)?;
            fs::set_mode(&file, mode)
        })
    }

    /// Gives the file at `from` a second name `path`, in one step over what is there.
    ///
    /// # Errors
    /// As linkat(2): EXDEV, EMLINK, EPERM where there can be no second name.
    pub(super) fn put_hard_link(&self, path: &[u8], from: &[u8]) -> io::Result<()> {
        let source = self.root.place(from)?;
        let place = self.root.place(path)?;
        exchange(&place, |name| {
            dir::hard_link(&source.dir, &source.name, &place.dir, name)
        })
    }

    /// Moves what is at `from`, a file or a link, to `to`, whose directory exists.
    ///
    /// # Errors
    /// As renameat(2); between file systems also those of copying.
    pub(super) fn move_entry(&self, from: &[u8], to: &[u8]) -> io::Result<()> {
        let source = self.root.place(from)?;
        let target = self.root.place(to)?;
        match dir::rename(&source.dir, &source.name, &target.dir, &target.name) {
            Err(error) if errno::is(&error, EXDEV) => {}
            // In a user namespace, on an overlay: the file's owner does not exist there, so
            // the layer above cannot have the file as it is (mainstay try as a plain user).
            Err(error) if errno::is(&error, errno::EOVERFLOW) => {}
            other => return other,
        }
        let entry = self.root.find(from, false)?;
        let stat = fs::stat(&entry)?;
        if stat.is_link() {
            self.put_link(to, &dir::read_link(&entry, b"")?)?;
        } else {
            self.put_file(to, &self.read(from)?, stat.mode & 0o7777)?;
        }
        // The mode again, since a change of owner clears setuid bits.
        if dir::set_owner(&target.dir, &target.name, stat.uid, stat.gid).is_ok() && stat.is_file() {
            let made = fs::open_entry(target.dir.as_raw_fd(), &target.name, flags::O_RDONLY)?;
            fs::set_mode(&made, stat.mode & 0o7777)?;
        }
        dir::remove(&source.dir, &source.name)
    }

    /// Gives what is at `path`, a link itself, a time: seconds since 1970. Nothing there is fine.
    ///
    /// # Errors
    /// As utimensat(2).
    pub(super) fn set_time(&self, path: &[u8], seconds: i64) -> io::Result<()> {
        let place = self.root.place(path)?;
        absent_is_fine(dir::set_time(&place.dir, &place.name, seconds))
    }

    /// Removes a file or a link; nothing there is fine.
    ///
    /// # Errors
    /// As unlinkat(2).
    pub(super) fn remove(&self, path: &[u8]) -> io::Result<()> {
        let place = self.root.place(path)?;
        absent_is_fine(dir::remove(&place.dir, &place.name))
    }

    /// Removes a directory if it is empty; whether it is gone now.
    ///
    /// # Errors
    /// As unlinkat(2), but for a directory that is not empty.
    pub(super) fn remove_empty(&self, path: &[u8]) -> io::Result<bool> {
        let place = match self.root.place(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
            other => other?,
        };
        match absent_is_fine(dir::remove_empty(&place.dir, &place.name)) {
            // A directory that became a link, or a mount, is somebody else's by now.
            Err(error)
                if errno::is(&error, errno::ENOTEMPTY)
                    || errno::is(&error, errno::EEXIST)
                    || errno::is(&error, errno::ENOTDIR)
                    || errno::is(&error, EBUSY) =>
            {
                Ok(false)
            }
            other => other.map(|()| true),
        }
    }
}

/// Between two file systems (errno(3)).
const EXDEV: i32 = 18;

/// In use, as a mount is (errno(3)).
const EBUSY: i32 = 16;

fn absent_is_fine(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Makes an entry under a name of its own and renames it into its place.
fn exchange(place: &Place, make: impl FnOnce(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let name = format!(".mainstay-install-{}", process::id()).into_bytes();
    absent_is_fine(dir::remove(&place.dir, &name))?;
    let outcome =
        make(&name).and_then(|()| dir::rename(&place.dir, &name, &place.dir, &place.name));
    // Renaming one name of a file over another leaves both (rename(2)).
    let _ = dir::remove(&place.dir, &name);
    outcome
}
