//! Visiting everything below a directory that somebody else may have filled: as deep and
//! as wide as they like. By descriptor, no link is followed; a fixed number of descriptors
//! and a bounded amount of memory, whatever the depth.
//!
//! A directory is read once, to its end, and what lies in its own directories comes
//! after. Names of those that wait are all that is kept of it. The way back from a depth
//! is `..`, if it still leads to where the way came from: somebody may have moved the
//! directory meanwhile. The uppermost directories stay open, so that whoever does so far
//! below keeps nobody else's files from being visited.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use kernel::dir::Entries;
use kernel::errno;
use kernel::fs::{self, Stat, flags};

/// How many of the uppermost directories stay open, and how many of the lowest.
const OPEN: usize = 16;

/// Most that is kept of directories that wait, in bytes: a hundred thousand levels, or as
/// many directories side by side.
const MOST_HELD: usize = 16 << 20;

/// What a level, and what a directory that waits, takes beside its name.
const LEVEL: usize = 128;
const WAITING: usize = 96;

/// What is met on the way.
pub(crate) enum News<'a> {
    /// An entry of the directory that `dir` tells of, open with O_PATH.
    Entry {
        fd: &'a OwnedFd,
        stat: &'a Stat,
        /// As the directory was when it was met, ahead of what was done to it.
        dir: &'a Stat,
        path: &'a [u8],
    },
    /// What could not be done with what is at the path.
    Failed {
        path: &'a [u8],
        verb: &'static str,
        error: &'a io::Error,
    },
}

/// A directory that waits for its turn.
struct Waiting {
    name: Box<[u8]>,
    stat: Stat,
}

struct Level {
    fd: Option<OwnedFd>,
    stat: Stat,
    waiting: Vec<Waiting>,
    /// How much of the path leads here.
    path: usize,
}

/// Visits everything below the directory `top`, which is at `path` and was met as `stat`:
/// entries whose names `enters` says yes to.
pub(crate) fn below(
    top: OwnedFd,
    stat: Stat,
    path: &[u8],
    enters: impl Fn(&[u8]) -> bool,
    news: impl FnMut(News<'_>),
) {
    let mut descent = Descent {
        levels: Vec::new(),
        path: path.to_vec(),
        held: 0,
        enters,
        news,
    };
    descent.enter(top, stat);
    while descent.go_on() {}
}

struct Descent<E, N> {
    levels: Vec<Level>,
    path: Vec<u8>,
    held: usize,
    enters: E,
    news: N,
}

impl<E: Fn(&[u8]) -> bool, N: FnMut(News<'_>)> Descent<E, N> {
    /// Reads a directory to its end.
    fn enter(&mut self, fd: OwnedFd, stat: Stat) {
        let mut level = Level {
            fd: None,
            stat,
            waiting: Vec::new(),
            path: self.path.len(),
        };
        if let Err(error) = self.read(&fd, &mut level) {
            self.path.truncate(level.path);
            self.fail("list", &error);
        }
        self.path.truncate(level.path);
        level.fd = Some(fd);
        self.held += LEVEL;
        self.levels.push(level);
        if self.levels.len() > 2 * OPEN {
            let closed = self.levels.len() - 1 - OPEN;
            self.levels[closed].fd = None;
        }
    }

    fn read(&mut self, fd: &OwnedFd, level: &mut Level) -> io::Result<()> {
        let mut entries = Entries::of(fd)?;
        while let Some(entry) = entries.next()? {
            if !(self.enters)(&entry.name) {
                continue;
            }
            self.path.truncate(level.path);
            self.path.push(b'/');
            self.path.extend_from_slice(&entry.name);
            if let Some((_, stat)) = self.visit(fd, &entry.name, &level.stat)
                && stat.is_dir()
            {
                let size = WAITING + entry.name.len();
                if self.held + size > MOST_HELD {
                    self.fail("enter", &errno::from(errno::ENOMEM));
                    continue;
                }
                self.held += size;
                level.waiting.push(Waiting {
                    name: entry.name.into_boxed_slice(),
                    stat,
                });
            }
        }
        Ok(())
    }

    /// Opens an entry and tells of it; none if it is gone or cannot be opened.
    fn visit(&mut self, dir: &OwnedFd, name: &[u8], about: &Stat) -> Option<(OwnedFd, Stat)> {
        let entry = fs::open_entry(dir.as_raw_fd(), name, flags::O_PATH)
            .and_then(|fd| fs::stat(&fd).map(|stat| (fd, stat)));
        match entry {
            Ok((fd, stat)) => {
                (self.news)(News::Entry {
                    fd: &fd,
                    stat: &stat,
                    dir: about,
                    path: &self.path,
                });
                Some((fd, stat))
            }
            Err(error) if errno::is(&error, errno::ENOENT) => None,
            Err(error) => {
                self.fail("open", &error);
                None
            }
        }
    }

    fn fail(&mut self, verb: &'static str, error: &io::Error) {
        (self.news)(News::Failed {
            path: &self.path,
            verb,
            error,
        });
    }

    /// Enters the next directory that waits, or goes back up; false at the end.
    fn go_on(&mut self) -> bool {
        let Some(level) = self.levels.last_mut() else {
            return false;
        };
        self.path.truncate(level.path);
        let Some(next) = level.waiting.pop() else {
            return self.go_up();
        };
        self.held -= WAITING + next.name.len();
        if level.waiting.is_empty() {
            level.waiting = Vec::new();
        }
        let (about, Some(dir)) = (level.stat, &level.fd) else {
            return true;
        };
        self.path.push(b'/');
        self.path.extend_from_slice(&next.name);
        let again = fs::open_entry(dir.as_raw_fd(), &next.name, flags::O_PATH)
            .and_then(|fd| fs::stat(&fd).map(|stat| (fd, stat)));
        match again {
            Ok((fd, stat)) if stat.identity == next.stat.identity => self.enter(fd, next.stat),
            // Another one is in its place by now.
            Ok((fd, stat)) => {
                (self.news)(News::Entry {
                    fd: &fd,
                    stat: &stat,
                    dir: &about,
                    path: &self.path,
                });
                if stat.is_dir() {
                    self.enter(fd, stat);
                }
            }
            Err(error) if errno::is(&error, errno::ENOENT) => {}
            Err(error) => self.fail("open", &error),
        }
        true
    }

    /// Leaves the directory that is done; false at the end.
    fn go_up(&mut self) -> bool {
        let left = self.levels.pop();
        self.held -= LEVEL;
        let (Some(left), Some(above)) = (left, self.levels.last_mut()) else {
            return false;
        };
        if above.fd.is_some() {
            return true;
        }
        let up = left
            .fd
            .ok_or_else(|| errno::from(errno::ENOENT))
            .and_then(|fd| fs::open_entry(fd.as_raw_fd(), b"..", flags::O_PATH))
            .and_then(|up| match fs::stat(&up)?.identity == above.stat.identity {
                true => Ok(up),
                false => Err(errno::from(errno::ENOENT)),
            });
        match up {
            Ok(up) => above.fd = Some(up),
            Err(error) => {
                self.path.truncate(above.path);
                self.fail("go back to", &error);
                self.give_up_to_an_open_one();
            }
        }
        true
    }

    /// Drops the levels to which no way leads any more.
    fn give_up_to_an_open_one(&mut self) {
        while let Some(level) = self.levels.last()
            && level.fd.is_none()
        {
            let names = level.waiting.iter();
            self.held -= LEVEL + names.map(|one| WAITING + one.name.len()).sum::<usize>();
            self.levels.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::dir;
    use temp::Temp;

    fn visited(temp: &Temp, mut also: impl FnMut(&[u8])) -> (Vec<String>, Vec<String>) {
        let top = fs::open(&temp.at(""), flags::O_PATH, 0).unwrap();
        let stat = fs::stat(&top).unwrap();
        let (mut seen, mut failed) = (Vec::new(), Vec::new());
        below(
            top,
            stat,
            b"",
            |name| name != b"hidden",
            |news| match news {
                News::Entry { path, .. } => {
                    seen.push(String::from_utf8_lossy(path).into_owned());
                    also(path);
                }
                News::Failed { path, verb, .. } => {
                    failed.push(format!("{verb} {}", String::from_utf8_lossy(path)));
                }
            },
        );
        seen.sort_unstable();
        (seen, failed)
    }

    #[test]
    fn everything_is_visited_once_and_no_link_is_followed() {
        let temp = Temp::new();
        temp.write("a/one", "");
        temp.write("a/b/two", "");
        temp.write("a/hidden/three", "");
        temp.link("..", "a/up");
        temp.dir("c");
        let (seen, failed) = visited(&temp, |_| {});
        assert_eq!(failed, [""; 0]);
        assert_eq!(seen, ["/a", "/a/b", "/a/b/two", "/a/one", "/a/up", "/c"]);
    }

    fn deep(temp: &Temp, levels: usize) {
        let mut here = fs::open(&temp.at(""), flags::O_PATH, 0).unwrap();
        for _ in 0..levels {
            for name in [&b"d"[..], b"e"] {
                dir::make(&here, name, 0o700).unwrap();
            }
            dir::create(&here, b"file", 0o600).unwrap();
            here = fs::open_entry(here.as_raw_fd(), b"d", flags::O_PATH).unwrap();
        }
    }

    #[test]
    fn a_tree_that_is_deeper_than_any_path_is_visited_with_few_descriptors() {
        let temp = Temp::new();
        deep(&temp, 5_000);
        let mut most = 0;
        let (seen, failed) = visited(&temp, |path| {
            if path.len() % 1000 < 2 {
                most = most.max(kernel::fd::open_from(3).len());
            }
        });
        assert_eq!(failed, [""; 0]);
        assert_eq!(seen.len(), 15_000);
        // Other tests of this program have their own.
        assert!(most < 200, "{most}");
        kernel::removal::empty(&fs::open(&temp.at(""), flags::O_PATH, 0).unwrap()).unwrap();
    }

    #[test]
    fn a_directory_that_is_moved_meanwhile_costs_its_own_tree_alone() {
        let temp = Temp::new();
        deep(&temp, 100);
        temp.write("z/last", "");
        temp.dir("elsewhere");
        let lowest = format!("{}/d/file", "/d".repeat(98));
        let moved = "/d".repeat(60);
        let from = temp.at(&moved[1..]);
        let to = temp.at("elsewhere/moved");
        let (seen, failed) = visited(&temp, |path| {
            if path == lowest.as_bytes() {
                std::fs::rename(&from, &to).unwrap();
            }
        });
        assert_eq!(failed.len(), 1, "{failed:?}");
        assert!(failed[0].starts_with("go back to /d/d"), "{failed:?}");
        assert!(seen.iter().any(|path| path == "/z/last"), "{seen:?}");
        assert!(seen.iter().any(|path| path == "/e"), "{seen:?}");
    }
}
