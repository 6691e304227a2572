//! Removing trees that somebody else may have made: as deep and as wide as they like. By
//! descriptor, without following a link, with a fixed number of descriptors and as little
//! memory for a million entries as for one.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use crate::dir::{self, Entries};
use crate::fs::{self, flags};

/// How many directories are open at a time, each with one more for its listing. What lies
/// deeper is lifted to the top first.
const LEVELS: usize = 12;

/// Most times that directories are read, all together: somebody makes entries as fast as
/// they are removed.
const MOST_READ: u32 = 100_000_000;

/// Removes an entry with all that is below it; nothing there is fine.
///
/// # Errors
/// As unlinkat(2); ELOOP where somebody goes on making directories.
pub fn remove(dir: &impl AsRawFd, name: &[u8]) -> io::Result<()> {
    match remove_file(dir, name)? {
        Some(below) => {
            empty(&below)?;
            drop(below);
            gone(dir::remove_empty(dir, name))
        }
        None => Ok(()),
    }
}

/// Removes everything in a directory. `dir` may be an O_PATH descriptor.
///
/// # Errors
/// As [`remove`].
pub fn empty(dir: &impl AsRawFd) -> io::Result<()> {
    let mut work = Work { read: 0, lifted: 0 };
    work.empty(dir, dir, LEVELS)
}

struct Work {
    /// How many times a directory has been read.
    read: u32,
    /// How many names have been tried for directories that are lifted.
    lifted: u64,
}

impl Work {
    /// Removes everything in `dir`, which may be entered `levels` deep; directories that
    /// lie deeper are lifted to `top`.
    fn empty(&mut self, dir: &impl AsRawFd, top: &impl AsRawFd, levels: usize) -> io::Result<()> {
        // Whether what is removed while a directory is read moves the rest is the file
        // system's affair, and what is lifted comes on top: it is read until nothing is
        // there.
        loop {
            self.read += 1;
            if self.read > MOST_READ {
                return Err(io::Error::from_raw_os_error(libc::ELOOP));
            }
            let mut entries = Entries::of(dir)?;
            let mut any = false;
            while let Some(entry) = entries.next()? {
                any = true;
                self.remove(dir, &entry.name, top, levels)?;
            }
            if !any {
                return Ok(());
            }
        }
    }

    fn remove(
        &mut self,
        dir: &impl AsRawFd,
        name: &[u8],
        top: &impl AsRawFd,
        levels: usize,
    ) -> io::Result<()> {
        let Some(below) = remove_file(dir, name)? else {
            return Ok(());
        };
        // Most are empty by now.
        if dir::remove_empty(dir, name).is_ok() {
            return Ok(());
        }
        if levels == 0 {
            return self.lift(dir, name, top);
        }
        self.empty(&below, top, levels - 1)?;
        drop(below);
        gone(dir::remove_empty(dir, name))
    }

    /// Moves a directory to the top, under a name that is free there.
    fn lift(&mut self, dir: &impl AsRawFd, name: &[u8], top: &impl AsRawFd) -> io::Result<()> {
        loop {
            let free = format!(".mainstay-lifted-{}", self.lifted);
            self.lifted += 1;
            match dir::rename(dir, name, top, free.as_bytes()) {
                Err(error) if is(&error, &[libc::ENOTEMPTY, libc::EEXIST, libc::ENOTDIR]) => {}
                other => return gone(other),
            }
        }
    }
}

/// Removes an entry that is no directory, or nothing; a directory is opened instead.
fn remove_file(dir: &impl AsRawFd, name: &[u8]) -> io::Result<Option<OwnedFd>> {
    // Directories answer EISDIR, and EPERM where unlink(2) says so as POSIX does.
    match gone(dir::remove(dir, name)) {
        Err(error) if is(&error, &[libc::EISDIR, libc::EPERM]) => {}
        other => return other.map(|()| None),
    }
    let as_dir = flags::O_RDONLY | flags::O_DIRECTORY | flags::O_NONBLOCK;
    fs::open_entry(dir.as_raw_fd(), name, as_dir).map(Some)
}

/// What is gone already is as good as removed.
fn gone(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if is(&error, &[libc::ENOENT]) => Ok(()),
        other => other,
    }
}

fn is(error: &io::Error, numbers: &[i32]) -> bool {
    numbers
        .iter()
        .any(|number| crate::errno::is(error, *number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use temp::Temp;

    fn opened(temp: &Temp) -> OwnedFd {
        fs::open(temp.path(), flags::O_PATH | flags::O_DIRECTORY, 0).expect("opens")
    }

    #[test]
    fn links_are_not_followed_and_nothing_there_is_fine() {
        let temp = Temp::new();
        std::fs::create_dir_all(temp.at("gone/a/b/c")).expect("directories");
        std::fs::write(temp.at("kept"), "").expect("a file");
        std::os::unix::fs::symlink("..", temp.at("gone/up")).expect("a link");
        let top = opened(&temp);
        remove(&top, b"gone").expect("removes");
        remove(&top, b"gone").expect("nothing to remove");
        assert_eq!(dir::names(&top).expect("lists"), [b"kept"]);
    }

    #[test]
    fn a_tree_of_any_depth_and_width_is_removed() {
        let temp = Temp::new();
        let top = opened(&temp);
        let mut here = opened(&temp);
        for level in 0..3_000 {
            dir::make(&here, b"d", 0o700).expect("makes");
            dir::create(&here, b"file", 0o600).expect("makes");
            if level % 500 == 0 {
                for number in 0..300 {
                    let name = format!("dir-{number}");
                    dir::make(&here, name.as_bytes(), 0o700).expect("makes");
                    let inside = format!("dir-{number}/file");
                    dir::create(&here, inside.as_bytes(), 0o600).expect("makes");
                }
            }
            here = fs::open_entry(here.as_raw_fd(), b"d", flags::O_PATH).expect("opens");
        }
        // Names that are taken where directories are lifted to.
        for number in 0..3 {
            let name = format!(".mainstay-lifted-{number}");
            dir::make(&top, name.as_bytes(), 0o700).expect("makes");
            dir::create(&top, format!("{name}/file").as_bytes(), 0o600).expect("makes");
        }
        empty(&top).expect("empties");
        assert!(dir::names(&top).expect("lists").is_empty());
    }
}
