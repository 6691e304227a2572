//! The root inside: an overlay whose lower layer is only read and whose upper layer is
//! memory.
//!
//! Where something is mounted below the lower root (on `/` always), one overlay would
//! not do: it shows the covered directories instead of what is mounted there, and the
//! kernel refuses it to a plain user for just that reason. Then the root is a directory
//! in memory, and each of its directories an overlay of its own, split again where
//! something is mounted further below.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};

use chain::{Failure, Result, escape};
use kernel::fs::Stat;
use kernel::fs::flags::{O_DIRECTORY, O_PATH};
use kernel::{dir, errno, mount};

use super::obstacles;

/// Directories that get fresh contents, not the lower root's.
const FRESH: &[&str] = &["dev", "proc", "run", "sys", "tmp"];

/// File systems on disks, which can be lower layers and answer at once. Others that
/// are mounted below the root (network, automatic, pseudo) are left out.
const DISKS: &[&str] = &[
    "bcachefs", "btrfs", "erofs", "ext2", "ext3", "ext4", "f2fs", "jfs", "overlay", "reiserfs",
    "squashfs", "xfs", "zfs",
];

/// How deep below the root a directory is split; what lies deeper stays empty.
const DEEPEST_SPLIT: usize = 4;

/// A file of a split directory that is larger is shown read-only instead of copied
/// (bytes).
const LARGEST_COPY: u64 = 1 << 20;

/// How deep directories are made the caller's own for a plain user.
const DEEPEST_OWN: usize = 4;

/// A mount as /proc/self/mountinfo lists it.
#[derive(Debug, PartialEq, Eq)]
struct Mounted {
    point: PathBuf,
    kind: String,
}

/// Builds roots on a file system in memory.
pub(super) struct Layers<'a> {
    scratch: &'a Path,
    plain_user: bool,
    mounted: Vec<Mounted>,
    made: usize,
}

/// An entry of the lower root, itself: a link is never followed, since the machine's own
/// root is still this process's, and an absolute link would lead there.
struct Lower {
    /// Open with O_PATH.
    fd: OwnedFd,
    /// Its name on the machine.
    named: PathBuf,
}

impl Lower {
    fn entry(&self, name: &OsStr) -> io::Result<Lower> {
        Ok(Lower {
            fd: kernel::fs::open_entry(self.fd.as_raw_fd(), name.as_bytes(), O_PATH)?,
            named: self.named.join(name),
        })
    }

    /// A name for it that leads nowhere else and that options of a mount can hold.
    fn at(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.fd.as_raw_fd()))
    }

    fn stat(&self) -> io::Result<Stat> {
        kernel::fs::stat(&self.fd)
    }
}

impl<'a> Layers<'a> {
    /// Takes down what is mounted now. `scratch` will be an empty file system in
    /// memory.
    ///
    /// # Errors
    /// /proc cannot be read.
    pub(super) fn new(scratch: &'a Path, plain_user: bool) -> io::Result<Layers<'a>> {
        Ok(Layers {
            scratch,
            plain_user,
            mounted: parse(&fs::read("/proc/self/mountinfo")?),
            made: 0,
        })
    }

    /// Mounts a root over `lower`, called `named` on the machine, and gives where.
    ///
    /// # Errors
    /// What the kernel refuses, with a remedy.
    pub(super) fn root(&mut self, lower: OwnedFd, named: &Path) -> Result<PathBuf> {
        let root = self.scratch.join("root");
        let lower = Lower {
            // By descriptor: the scratch file system may cover its name.
            fd: lower,
            named: named.to_path_buf(),
        };
        fs::create_dir(&root)
            .and_then(|()| take_over(&lower.stat()?, &root, self.plain_user))
            .map_err(|error| self.refused(named, &error))?;
        if self.mounted_below(named).next().is_none() {
            self.overlay(&lower, &root)
                .map_err(|error| self.refused(named, &error))?;
        } else {
            // A mount point of its own, as a change of root asks for.
            mount::bind(&root, &root, false).map_err(|error| self.refused(named, &error))?;
            self.split(&lower, &root, 0)?;
        }
        for name in FRESH {
            make_fresh(&root.join(name)).map_err(|error| self.refused(named, &error))?;
        }
        Ok(root)
    }

    /// Shows each entry of `lower` at `target`.
    fn split(&mut self, lower: &Lower, target: &Path, depth: usize) -> Result<()> {
        let names = match names(lower) {
            Ok(names) => names,
            // Not this user's to see: it stays empty.
            Err(error) if errno::is(&error, errno::EACCES) => return Ok(()),
            Err(error) => return Err(self.refused(&lower.named, &error)),
        };
        for name in names {
            let name = OsStr::from_bytes(&name);
            if depth == 0 && FRESH.iter().any(|fresh| *fresh == name) {
                continue;
            }
            let named = lower.named.join(name);
            let target = target.join(name);
            let shown = self
                .show(lower, name, &target, depth + 1)
                .or_else(|error| {
                    // A disk that cannot be a layer is no reason to fail: an image has
                    // no such thing either.
                    if self.disk_at(&named).is_some() {
                        Ok(None)
                    } else {
                        Err(self.refused(&named, &error))
                    }
                })?;
            if let Some(below) = shown
                && depth + 1 < DEEPEST_SPLIT
            {
                self.split(&below, &target, depth + 1)?;
            }
        }
        Ok(())
    }

    /// Shows the entry `name` of `lower`: all of it, or, where it has to be split, an empty
    /// directory; then what it is to be filled from is given.
    fn show(
        &mut self,
        lower: &Lower,
        name: &OsStr,
        target: &Path,
        depth: usize,
    ) -> io::Result<Option<Lower>> {
        if self.strange_at(&lower.named.join(name)) {
            // Not even looked at: it may not answer.
            return fs::create_dir(target).map(|()| None);
        }
        let source = lower.entry(name)?;
        let stat = source.stat()?;
        if stat.is_link() {
            let leads_to = dir::read_link(&source.fd, b"")?;
            return symlink(OsStr::from_bytes(&leads_to), target).map(|()| None);
        }
        if stat.is_file() {
            return show_file(&source, target, &stat, self.plain_user).map(|()| None);
        }
        if !stat.is_dir() {
            return Ok(None);
        }
        fs::create_dir(target)?;
        take_over(&stat, target, self.plain_user)?;
        if self.must_split(&source) {
            return Ok(Some(source));
        }
        // Not this user's to see, /root for one: an empty one of their own.
        let unseen = self.plain_user && names(&source).is_err();
        if depth <= DEEPEST_SPLIT && !unseen {
            self.overlay(&source, target)?;
        }
        Ok(None)
    }

    fn must_split(&self, source: &Lower) -> bool {
        self.mounted_below(&source.named).next().is_some()
    }

    /// An overlay of `lower` on the directory `target`.
    fn overlay(&mut self, lower: &Lower, target: &Path) -> io::Result<()> {
        let stat = lower.stat()?;
        self.made += 1;
        let own = self.scratch.join(format!("layer-{}", self.made));
        let (upper, work) = (own.join("upper"), own.join("work"));
        fs::create_dir_all(&upper)?;
        fs::create_dir(&work)?;
        take_over(&stat, &upper, self.plain_user)?;
        if self.plain_user {
            own_directories(lower, &upper, 0);
        }
        let options = format!(
            "lowerdir={},upperdir={},workdir={}{}",
            lower.at().display(),
            upper.display(),
            work.display(),
            // What a plain user may write; other attributes are the machine's root's.
            if self.plain_user { ",userxattr" } else { "" }
        );
        mount::mount("overlay", target, 0, options.as_bytes())
    }

    fn mounted_below(&self, path: &Path) -> impl Iterator<Item = &Mounted> {
        let path = path.to_path_buf();
        self.mounted
            .iter()
            .filter(move |m| m.point != path && m.point.starts_with(&path))
    }

    /// What is mounted on `path` itself: the last one covers the others.
    fn at(&self, path: &Path) -> Option<&Mounted> {
        self.mounted.iter().rev().find(|m| m.point == path)
    }

    fn disk_at(&self, path: &Path) -> Option<&Mounted> {
        self.at(path)
            .filter(|mounted| DISKS.contains(&mounted.kind.as_str()))
    }

    fn strange_at(&self, path: &Path) -> bool {
        self.at(path).is_some() && self.disk_at(path).is_none()
    }

    fn refused(&self, named: &Path, error: &io::Error) -> Failure {
        let what = format!(
            "lay an overlay over {}",
            escape(named.as_os_str().as_bytes())
        );
        obstacles::mount(&what, error, self.plain_user)
    }
}

/// The names in a directory of the lower root.
fn names(lower: &Lower) -> io::Result<Vec<Vec<u8>>> {
    dir::names(&lower.fd)
}

/// A directory of its own for fresh contents: what the root has there may be a link, which
/// would take them elsewhere.
fn make_fresh(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => return Ok(()),
        Ok(_) => fs::remove_file(path)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    fs::create_dir(path)
}

/// Gives `target` the mode of `stat`, and its owner unless this is a plain user: the
/// machine's users do not exist in their namespace, and what they own is theirs now.
fn take_over(stat: &Stat, target: &Path, plain_user: bool) -> io::Result<()> {
    if !plain_user {
        lchown(target, Some(stat.uid), Some(stat.gid))?;
    }
    fs::set_permissions(target, Permissions::from_mode(stat.mode & 0o7777))
}

fn show_file(source: &Lower, target: &Path, stat: &Stat, plain_user: bool) -> io::Result<()> {
    let at = source.at();
    if fs::metadata(&at)?.len() <= LARGEST_COPY && fs::copy(&at, target).is_ok() {
        return take_over(stat, target, plain_user);
    }
    fs::write(target, b"")?;
    mount::bind(&at, target, false)?;
    mount::make_read_only(target)
}

/// Makes directories of the upper layer for those of the lower one, which thereby
/// belong to this user: on the machine they are its root's, who does not exist in a
/// plain user's namespace, so nobody could make a file in them.
fn own_directories(lower: &Lower, upper: &Path, depth: usize) {
    for name in names(lower).unwrap_or_default() {
        let name = OsStr::from_bytes(&name);
        let entry = lower
            .entry(name)
            .and_then(|entry| Ok((entry.stat()?, entry)));
        let Ok((stat, entry)) = entry else {
            continue;
        };
        // One that cannot be read could not be merged: it stays what it is.
        let read = O_DIRECTORY;
        if !stat.is_dir() || kernel::fs::open_entry(entry.fd.as_raw_fd(), b".", read).is_err() {
            continue;
        }
        let upper = upper.join(name);
        if fs::create_dir(&upper).is_err() || take_over(&stat, &upper, true).is_err() {
            continue;
        }
        if depth + 1 < DEEPEST_OWN {
            own_directories(&entry, &upper, depth + 1);
        }
    }
}

/// Reads /proc/self/mountinfo (proc(5)): the fifth field is where, the first after the
/// dash is what.
/// Every mount point that /proc/self/mountinfo lists.
pub(super) fn points(text: &[u8]) -> impl Iterator<Item = PathBuf> {
    parse(text).into_iter().map(|mounted| mounted.point)
}

fn parse(text: &[u8]) -> Vec<Mounted> {
    text.split(|b| *b == b'\n')
        .filter_map(|line| {
            let mut fields = line.split(|b| *b == b' ');
            let point = unescape(fields.nth(4)?);
            let kind = fields.skip_while(|f| *f != b"-").nth(1)?;
            Some(Mounted {
                point: PathBuf::from(std::ffi::OsString::from_vec(point)),
                kind: String::from_utf8_lossy(kind).into_owned(),
            })
        })
        .collect()
}

/// Blanks, tabs, newlines and backslashes stand there as a backslash and three octal
/// digits.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field.len());
    let mut rest = field;
    while let [first, after @ ..] = rest {
        match after {
            [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', tail @ ..] if *first == b'\\' => {
                out.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                rest = tail;
            }
            _ => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mount_points_are_read_with_their_odd_characters() {
        let text = b"22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n\
                     31 22 0:25 / /mnt/a\\040b\\134c rw - tmpfs none rw\n\
                     short line\n";
        let found = parse(text);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].point, Path::new("/"));
        assert_eq!(found[0].kind, "ext4");
        assert_eq!(found[1].point, Path::new("/mnt/a b\\c"));
        assert_eq!(found[1].kind, "tmpfs");
    }

    #[test]
    fn only_what_is_mounted_strictly_below_counts() {
        let layers = Layers {
            scratch: Path::new("/tmp"),
            plain_user: false,
            mounted: parse(
                b"1 0 0:1 / / rw - ext4 d rw\n2 1 0:2 / /var/lib rw - xfs d rw\n\
                  3 1 0:3 / /net rw - nfs4 d rw\n",
            ),
            made: 0,
        };
        let below = |path: &str| layers.mounted_below(Path::new(path)).count();
        assert_eq!(
            [below("/"), below("/var"), below("/var/lib"), below("/va")],
            [2, 1, 0, 0]
        );
        assert!(layers.strange_at(Path::new("/net")));
        assert!(!layers.strange_at(Path::new("/var/lib")));
        assert!(!layers.strange_at(Path::new("/usr")));
    }
}
