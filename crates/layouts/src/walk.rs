//! Walking a path one component at a time, by descriptor, under a rule for the links
//! on the way. Nothing is opened but with O_PATH, so nothing is waited for and nobody
//! can exchange a component between its check and its use.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use kernel::fs::{self, Stat, flags};
use kernel::{dir, errno};

use crate::trust;

/// Which links are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    /// All, inside the root: an absolute one begins at the root again, and `..` stops
    /// there (as RESOLVE_IN_ROOT of openat2(2), which not every kernel and sandbox
    /// has).
    InRoot,
    /// Those that the superuser or this user made, in a directory where nobody else
    /// could have moved them. Others are an error (EPERM): who may write to a
    /// directory could otherwise have any file of the machine changed for them.
    Trusted,
}

/// As many links as the kernel follows (path_resolution(7)).
pub(crate) const MOST_LINKS: u32 = 40;

/// A directory that paths are walked from, and that they cannot leave.
pub struct Root {
    fd: OwnedFd,
    links: Links,
    /// It is this process's own root.
    is_own: bool,
}

/// An entry by the directory that holds it.
pub struct Place {
    /// The directory.
    pub dir: OwnedFd,
    /// The entry's name in it: one component, never empty, `.` or `..`.
    pub name: Vec<u8>,
}

impl Root {
    /// Walks from the directory `path`.
    ///
    /// # Errors
    /// As open(2).
    pub fn open(path: &Path, links: Links) -> io::Result<Root> {
        let fd = fs::open(path, flags::O_PATH | flags::O_DIRECTORY, 0)?;
        let is_own = path == Path::new("/");
        Ok(Root { fd, links, is_own })
    }

    /// Whether every link is followed, from this process's own root: then the kernel finds
    /// what the walk would find.
    pub fn follows_all(&self) -> bool {
        self.links == Links::InRoot && self.is_own
    }

    /// Opens what `path` leads to, with O_PATH; `follow` says whether a link in the
    /// last component is followed or opened itself.
    ///
    /// # Errors
    /// As openat2(2); EPERM for a link that is not trusted.
    pub fn find(&self, path: &[u8], follow: bool) -> io::Result<OwnedFd> {
        self.find_in_dir(path, follow).map(|(found, _)| found)
    }

    /// The same, with what is known of the directory that holds what was found; of the
    /// root, itself.
    ///
    /// # Errors
    /// As [`Root::find`].
    pub fn find_in_dir(&self, path: &[u8], follow: bool) -> io::Result<(OwnedFd, Stat)> {
        let mut above = self.walk(path, follow)?;
        let found = above.pop().ok_or_else(|| errno::from(errno::ENOENT))?;
        let dir = fs::stat(above.last().unwrap_or(&found))?;
        Ok((found, dir))
    }

    /// Opens the directory that holds `path`'s last component, which need not exist;
    /// links on the way are followed, one in the last component is not.
    ///
    /// # Errors
    /// As openat2(2); EINVAL for a path without a last component (`/`, `a/..`).
    pub fn place(&self, path: &[u8]) -> io::Result<Place> {
        let end = path.iter().rposition(|b| *b != b'/').map_or(0, |at| at + 1);
        let start = path[..end]
            .iter()
            .rposition(|b| *b == b'/')
            .map_or(0, |at| at + 1);
        let name = path[start..end].to_vec();
        if name.is_empty() || name == b"." || name == b".." {
            return Err(errno::from(errno::EINVAL));
        }
        let dir = self.find(&path[..start], true)?;
        if !fs::stat(&dir)?.is_dir() {
            return Err(errno::from(errno::ENOTDIR));
        }
        Ok(Place { dir, name })
    }

    /// How much of `path` exists, and where it really is below the root once every link
    /// on the way is followed; components that do not exist stay as they are.
    ///
    /// # Errors
    /// ELOOP, ENOTDIR, and EPERM for a link that is not trusted.
    pub fn real(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        let mut walk = Walk::new(self, path)?;
        loop {
            match walk.step(true) {
                Ok(true) => {}
                Ok(false) => return Ok(walk.real),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    for component in walk.rest() {
                        walk.real.push(b'/');
                        walk.real.extend_from_slice(&component);
                    }
                    return Ok(walk.real);
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn walk(&self, path: &[u8], follow: bool) -> io::Result<Vec<OwnedFd>> {
        let mut walk = Walk::new(self, path)?;
        while walk.step(follow)? {}
        Ok(walk.above)
    }
}

/// A walk on its way.
struct Walk<'a> {
    root: &'a Root,
    /// The directories passed, the root first; the last is where the walk is.
    above: Vec<OwnedFd>,
    /// The path walked, without links.
    real: Vec<u8>,
    todo: VecDeque<Vec<u8>>,
    links: u32,
}

impl Walk<'_> {
    fn new<'a>(root: &'a Root, path: &[u8]) -> io::Result<Walk<'a>> {
        Ok(Walk {
            root,
            above: vec![root.fd.try_clone()?],
            real: Vec::new(),
            todo: components(path),
            links: 0,
        })
    }

    /// The components that are left, as far as they mean anything.
    fn rest(&mut self) -> Vec<Vec<u8>> {
        let rest = std::mem::take(&mut self.todo);
        rest.into_iter().filter(|name| name != b".").collect()
    }

    /// Takes one component; false: none is left.
    fn step(&mut self, follow: bool) -> io::Result<bool> {
        let Some(name) = self.todo.front().cloned() else {
            return Ok(false);
        };
        let here = self
            .above
            .last()
            .ok_or_else(|| errno::from(errno::ENOENT))?;
        if name == b".." {
            self.todo.pop_front();
            self.up();
            return Ok(true);
        }
        if name == b"." {
            // Of a path's end: it must be a directory.
            if !fs::stat(here)?.is_dir() {
                return Err(errno::from(errno::ENOTDIR));
            }
            self.todo.pop_front();
            return Ok(true);
        }
        let entry = fs::open_entry(here.as_raw_fd(), &name, flags::O_PATH)?;
        let stat = fs::stat(&entry)?;
        if stat.is_link() && (follow || self.todo.len() > 1) {
            self.links += 1;
            if self.links > MOST_LINKS {
                return Err(errno::from(errno::ELOOP));
            }
            if self.root.links == Links::Trusted && !trust::is_our_link(&fs::stat(here)?, &stat) {
                return Err(errno::from(errno::EPERM));
            }
            let target = dir::read_link(&entry, b"")?;
            self.todo.pop_front();
            if target.first() == Some(&b'/') {
                self.above.truncate(1);
                self.real.clear();
            }
            for component in components(&target).into_iter().rev() {
                self.todo.push_front(component);
            }
            return Ok(true);
        }
        if self.todo.len() > 1 && !stat.is_dir() {
            return Err(errno::from(errno::ENOTDIR));
        }
        self.todo.pop_front();
        self.real.push(b'/');
        self.real.extend_from_slice(&name);
        self.above.push(entry);
        Ok(true)
    }

    fn up(&mut self) {
        if self.above.len() > 1 {
            self.above.pop();
            let end = self.real.iter().rposition(|b| *b == b'/').unwrap_or(0);
            self.real.truncate(end);
        }
    }
}

/// The components of a path; `.` only as a sign at the end that a directory is meant.
pub(crate) fn components(path: &[u8]) -> VecDeque<Vec<u8>> {
    let mut all: VecDeque<Vec<u8>> = path
        .split(|b| *b == b'/')
        .filter(|name| !name.is_empty() && name != b".")
        .map(<[u8]>::to_vec)
        .collect();
    if !all.is_empty() && (path.ends_with(b"/") || path.ends_with(b"/.")) {
        all.push_back(b".".to_vec());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use temp::{Temp, set_mode};

    fn root(temp: &Temp, links: Links) -> Root {
        Root::open(&temp.at(""), links).unwrap()
    }

    fn identity(path: &Path) -> (u64, u64) {
        use std::os::unix::fs::MetadataExt;
        let stat = std::fs::symlink_metadata(path).unwrap();
        (stat.dev(), stat.ino())
    }

    #[test]
    fn absolute_links_and_dots_stay_inside_the_root() {
        let temp = Temp::new();
        temp.write("etc/passwd", "ours");
        temp.link("/etc", "abs");
        temp.link("../../../../etc", "usr/up");
        temp.link("/abs/passwd", "chain");
        let root = root(&temp, Links::InRoot);
        let ours = identity(&temp.at("etc/passwd"));
        for path in [
            "/etc/passwd",
            "abs/passwd",
            "usr/up/passwd",
            "chain",
            "../../etc/passwd",
        ] {
            let found = root.find(path.as_bytes(), true).unwrap();
            assert_eq!(fs::stat(&found).unwrap().identity, ours, "{path}");
            assert_eq!(
                root.real(path.as_bytes()).unwrap(),
                b"/etc/passwd",
                "{path}"
            );
        }
        let link = root.find(b"chain", false).unwrap();
        assert!(fs::stat(&link).unwrap().is_link());
        assert_eq!(root.real(b"/abs/new/file").unwrap(), b"/etc/new/file");
        assert_eq!(root.real(b"/").unwrap(), b"");
    }

    #[test]
    fn places_need_not_exist_but_their_directory_must() {
        let temp = Temp::new();
        temp.dir("usr/bin");
        temp.link("usr/bin", "bin");
        let root = root(&temp, Links::InRoot);
        let place = root.place(b"/bin/new/").unwrap();
        assert_eq!(place.name, b"new");
        let bin = fs::stat(&place.dir).unwrap().identity;
        assert_eq!(bin, identity(&temp.at("usr/bin")));
        assert!(root.place(b"/none/new").is_err());
        for odd in [&b"/"[..], b"", b"bin/..", b"."] {
            assert!(errno::is(&root.place(odd).err().unwrap(), errno::EINVAL));
        }
    }

    #[test]
    fn circles_end_and_files_are_no_directories() {
        let temp = Temp::new();
        temp.link("b", "a");
        temp.link("a", "b");
        temp.write("file", "");
        let root = root(&temp, Links::InRoot);
        assert!(errno::is(&root.find(b"a", true).unwrap_err(), errno::ELOOP));
        for path in [&b"file/x"[..], b"file/", b"file/.", b"file/.."] {
            assert!(errno::is(
                &root.find(path, true).unwrap_err(),
                errno::ENOTDIR
            ));
        }
        assert!(root.find(b"./file", true).is_ok());
    }

    #[test]
    fn a_link_that_others_could_have_put_there_is_not_followed() {
        let temp = Temp::new();
        temp.write("target", "");
        temp.link("../target", "safe/link");
        temp.link("../target", "open/link");
        temp.link("../target", "sticky/link");
        set_mode(&temp.at("safe"), 0o755);
        set_mode(&temp.at("open"), 0o777);
        set_mode(&temp.at("sticky"), 0o1777);
        let root = root(&temp, Links::Trusted);
        assert!(root.find(b"safe/link", true).is_ok());
        assert!(root.find(b"sticky/link", true).is_ok());
        assert!(errno::is(
            &root.find(b"open/link", true).unwrap_err(),
            errno::EPERM
        ));
        assert!(root.find(b"open/link", false).is_ok());
    }
}
