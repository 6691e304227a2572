//! Carrying out one line of a fix-attrs list, by descriptor.
//!
//! The superuser walks directories here that others may write to. So a link is
//! followed only on the way to the path that the line names, and only where nobody
//! else could have put it; below a directory none is. The owner is set before the
//! mode, since a change of owner clears bits of the mode, and a file with several names
//! gets no setuid bit: one of them may lie in somebody else's directory. Where others
//! can make entries, such a file is changed only if it is already theirs: it may be
//! `/etc/shadow`, linked there to be given away.
//!
//! Paths below the state's `etc` are another matter: whoever may put a link there may as
//! well put the script there that PID 1 runs next, so all links are followed. Images
//! give these directories to the user that they run as, and link services into them.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use execline::glob;
use kernel::dir::{Entries, Entry};
use kernel::fs::{self, Stat, flags};
use kernel::{dir, errno};

use layouts::fix_attrs::{Line, NAMES};
use layouts::walk::{Links, Root};
use layouts::{Problem, trust};
use places::name;

use crate::descent::{self, News};

/// Most refusals that one line tells in full.
const MOST_TOLD: usize = 8;

/// As much of a path is told (bytes).
const LONGEST_TOLD: usize = 4096;

/// Carries out `line`, which is number `number` of `file`.
pub(super) fn apply(line: &Line, file: &Path, number: u32, hidden: bool) -> Vec<Problem> {
    let mut work = Work {
        line,
        hidden,
        refusals: Vec::new(),
        more: 0,
    };
    match Root::open(Path::new("/"), links_for(&line.path)) {
        Ok(root) => work.begin(&root),
        Err(error) => work.refused(Path::new("/"), "open", &error),
    }
    work.problems(file, number)
}

/// Whether `path` is that of a hook or a service which PID 1 runs itself.
fn is_run(path: &[u8]) -> bool {
    let below = places::STANDARD.iter().any(|state| {
        let rest = path.strip_prefix(state.as_bytes());
        let rest = rest.and_then(|rest| rest.strip_prefix(b"/"));
        rest.and_then(|rest| rest.strip_prefix(name::USER_FILES.as_bytes()))
            .is_some_and(|rest| rest.starts_with(b"/"))
    });
    below && !path.split(|b| *b == b'/').any(|part| part == b"..")
}

/// Which links are followed on the way to `path`.
fn links_for(path: &[u8]) -> Links {
    match is_run(path) {
        true => Links::InRoot,
        false => Links::Trusted,
    }
}

struct Work<'a> {
    line: &'a Line,
    hidden: bool,
    /// Those that are told in full, and how many more there are: whoever may write to a
    /// tree decides how many.
    refusals: Vec<String>,
    more: usize,
}

impl Work<'_> {
    /// Notes a refusal; `path` is what it is about.
    fn note(&mut self, path: &Path, words: impl FnOnce(String) -> String) {
        if self.refusals.len() == MOST_TOLD {
            self.more += 1;
            return;
        }
        // A path may be longer than any that a system call takes.
        let bytes = path.as_os_str().as_bytes();
        let path = match bytes.get(..LONGEST_TOLD) {
            Some(start) => format!("{}...", kernel::escape(start)),
            None => kernel::escape(bytes),
        };
        self.refusals.push(words(path));
    }

    fn refused(&mut self, path: &Path, verb: &str, error: &io::Error) {
        let why = match errno::is(error, errno::EPERM) {
            true if verb == "find" => {
                "it, or a directory above it, is a link that other users could have put there"
                    .to_string()
            }
            _ if errno::is(error, errno::EROFS) && is_run(&self.line.path) => format!(
                "{} (set S6_READ_ONLY_ROOT=1: the boot then works on copies)",
                errno::text(error)
            ),
            _ => errno::text(error),
        };
        self.note(path, |path| format!("cannot {verb} {path}: {why}"));
    }

    fn problems(self, file: &Path, number: u32) -> Vec<Problem> {
        let mut problems: Vec<Problem> = self
            .refusals
            .into_iter()
            .map(|cause| Problem::at(file, number, cause, "the rest of the line is applied"))
            .collect();
        if self.more > 0 {
            problems.push(Problem::at(
                file,
                number,
                format!(
                    "{} could not be changed",
                    kernel::words::count(self.more, "more path")
                ),
                "see the lines above for the reason",
            ));
        }
        problems
    }

    /// Looks for what the line's pattern stands for, and changes it. A pattern that
    /// nothing matches stands for nothing.
    fn begin(&mut self, root: &Root) {
        let pattern = self.line.path.clone();
        let mut start = match pattern.first() {
            Some(b'/') => Vec::new(),
            _ => std::env::current_dir()
                .map(|here| here.into_os_string().into_encoded_bytes())
                .unwrap_or_default(),
        };
        if start == b"/" {
            start.clear();
        }
        let components: Vec<&[u8]> = pattern
            .split(|b| *b == b'/')
            .filter(|component| !component.is_empty())
            .collect();
        let wants_dir = pattern.ends_with(b"/");
        // The kernel finds the way at once where it finds what the walk would; the last step is
        // left, since it is of the directory that holds it that something must be known.
        let steps = components.len().saturating_sub(1);
        let steps = if root.follows_all() { steps } else { 0 };
        let known = components[..steps].iter().take_while(|one| is_plain(one));
        let known = known.count();
        for component in &components[..known] {
            start.push(b'/');
            start.extend_from_slice(component);
        }
        let found = match known {
            0 => root.find_in_dir(&[&start[..], b"/"].concat(), true),
            _ => fs::open(Path::new(OsStr::from_bytes(&start)), flags::O_PATH, 0)
                .and_then(|found| fs::stat(&found).map(|stat| (found, stat))),
        };
        match found {
            Ok(found) => self.expand(root, &found, &start, &components[known..], wants_dir),
            Err(error) => self.not_found(&start, &error),
        }
    }

    /// Goes on from the directory `found`, which is at `path`, with the components that
    /// are left. With it goes what is known of the
    /// directory that holds it.
    fn expand(
        &mut self,
        root: &Root,
        found: &(OwnedFd, Stat),
        path: &[u8],
        components: &[&[u8]],
        wants_dir: bool,
    ) {
        let Some((component, rest)) = components.split_first() else {
            return self.reached(found, path, wants_dir);
        };
        let here = &found.0;
        if !glob::has_magic(component, false) {
            let name = glob::unescape(component, false);
            if root.follows_all() && self.is_right(here, &name, rest) {
                return;
            }
            return self.descend(root, here, &name, path, rest, wants_dir);
        }
        // As they come: whoever can make entries there decides how many there are.
        let mut entries = match Entries::of(here) {
            Ok(entries) => entries,
            Err(error) => return self.not_found(path, &error),
        };
        loop {
            match entries.next() {
                Ok(Some(Entry { name, .. })) => {
                    if glob::matches(component, &name, NAMES)
                        && !(root.follows_all() && self.is_right(here, &name, rest))
                    {
                        self.descend(root, here, &name, path, rest, wants_dir);
                    }
                }
                Ok(None) => return,
                Err(error) => return self.not_found(path, &error),
            }
        }
    }

    /// Goes on with the entry `name` of `here`, which is at `path`.
    fn descend(
        &mut self,
        root: &Root,
        here: &OwnedFd,
        name: &[u8],
        path: &[u8],
        rest: &[&[u8]],
        wants_dir: bool,
    ) {
        let below = [path, b"/", name].concat();
        match step(root, here, name, &below) {
            Ok(entry) => self.expand(root, &entry, &below, rest, wants_dir),
            Err(error) => self.not_found(&below, &error),
        }
    }

    /// Whether there is nothing to change at the end of what is left of a path, `name` in
    /// `here` and `rest` below: one question for the kernel, where all links are followed
    /// anyway. Most services have no finish and no logger, and a `run` as it should be.
    fn is_right(&self, here: &OwnedFd, name: &[u8], rest: &[&[u8]]) -> bool {
        if self.line.recurse || !rest.iter().all(|part| is_plain(part)) {
            return false;
        }
        let path = [&[name][..], rest].concat().join(&b'/');
        is_right(self.line, here, &path)
    }

    /// Changes one path that was found, and with `recurse` all below it.
    fn reached(&mut self, (entry, dir): &(OwnedFd, Stat), path: &[u8], wants_dir: bool) {
        let path = Path::new(OsStr::from_bytes(path));
        match fs::stat(entry) {
            Ok(stat) if wants_dir && !stat.is_dir() => {}
            Ok(stat) => {
                self.entry(entry, &stat, dir, path);
                if stat.is_dir() && self.line.recurse {
                    match entry.try_clone() {
                        Ok(fd) => self.below(fd, stat, path),
                        Err(error) => self.refused(path, "list", &error),
                    }
                }
            }
            Err(error) => self.refused(path, "find", &error),
        }
    }

    /// Tells why a path cannot be used, unless it just does not exist.
    fn not_found(&mut self, path: &[u8], error: &io::Error) {
        if !is_absent(error) {
            self.refused(Path::new(OsStr::from_bytes(path)), "find", error);
        }
    }

    /// Changes everything below a directory.
    fn below(&mut self, top: OwnedFd, stat: Stat, path: &Path) {
        let hidden = self.hidden;
        descent::below(
            top,
            stat,
            path.as_os_str().as_bytes(),
            |name| hidden || !name.starts_with(b"."),
            |news| match news {
                News::Entry {
                    fd,
                    stat,
                    dir,
                    path,
                } => self.entry(fd, stat, dir, Path::new(OsStr::from_bytes(path))),
                News::Failed { path, verb, error } if !is_absent(error) || verb == "go back to" => {
                    self.refused(Path::new(OsStr::from_bytes(path)), verb, error);
                }
                News::Failed { .. } => {}
            },
        );
    }

    /// Whether an owner is left alone: a plain user cannot give its files away, and what
    /// PID 1 runs as that user is well owned by it. Images that run so are many, and the
    /// list that they come with says root.
    fn stays_with_us(&self, stat: &Stat) -> bool {
        let user = kernel::credentials::user();
        user != 0 && stat.uid == user && is_run(&self.line.path)
    }

    /// Changes one entry itself, which is in the directory `dir`. Nothing is done where
    /// nothing would change: a read-only file system that is right already is no reason
    /// for a message.
    fn entry(&mut self, fd: &OwnedFd, stat: &Stat, dir: &Stat, path: &Path) {
        let owner = self.line.owner;
        let mut stat = *stat;
        if may_be_planted(&stat, dir) && would_change(self.line, &stat) {
            let names = stat.links;
            self.note(path, |path| {
                format!(
                    "{path} is left as it is: it has {names} names, and others could have linked \
                     it there"
                )
            });
            return;
        }
        let right = (stat.uid, stat.gid) == (owner.uid, owner.gid);
        if !right && !self.stays_with_us(&stat) {
            if let Err(error) = fs::set_owner(fd, Some(owner.uid), Some(owner.gid)) {
                self.refused(path, "change the owner of", &error);
            }
            // The change may have cleared bits of the mode.
            stat = fs::stat(fd).unwrap_or(stat);
        }
        if stat.is_link() {
            return;
        }
        let Some(mode) = wanted_mode(self.line, &stat) else {
            return;
        };
        if stat.mode & 0o7777 != mode
            && let Err(error) = set_mode(fd, &stat, mode)
        {
            self.refused(path, "change the mode of", &error);
        }
    }
}

/// The mode that the line wants for such an entry; none where it says nothing.
fn wanted_mode(line: &Line, stat: &Stat) -> Option<u32> {
    let several_names = !stat.is_dir() && stat.links > 1;
    match stat.is_dir() {
        true => line.dir_mode,
        false => line.file_mode,
    }
    .map(|mode| if several_names { mode & 0o1777 } else { mode })
}

fn would_change(line: &Line, stat: &Stat) -> bool {
    let owner = line.owner;
    let mode = wanted_mode(line, stat);
    (stat.uid, stat.gid) != (owner.uid, owner.gid)
        || mode.is_some_and(|mode| mode != stat.mode & 0o7777)
}

/// Whether a line without recursion would change nothing of what `path` below `dir` leads to,
/// all links followed: it is as it should be, or not there.
pub(super) fn is_right(line: &Line, dir: &OwnedFd, path: &[u8]) -> bool {
    match dir::target_stat(dir, path) {
        Ok(stat) => !would_change(line, &stat),
        Err(error) => is_absent(&error),
    }
}

/// Whether a component of a pattern stands for itself.
pub(super) fn is_plain(component: &[u8]) -> bool {
    !glob::has_magic(component, false) && !component.contains(&b'\\')
}

/// Whether somebody else can have given a file this name to have it changed for them:
/// where others can make entries, a file with several names that is not theirs anyway.
fn may_be_planted(stat: &Stat, dir: &Stat) -> bool {
    let theirs = dir.mode & 0o022 == 0 && stat.uid == dir.uid;
    let single = stat.is_dir() || stat.is_link() || stat.links == 1;
    !single && !trust::only_we_write(dir) && !theirs
}

/// Opens the entry `name` of the directory `here`; `path` is its whole path, walked
/// from the root where the entry is a link or leads upwards: who may be followed there
/// is the walk's to say.
fn step(root: &Root, here: &OwnedFd, name: &[u8], path: &[u8]) -> io::Result<(OwnedFd, Stat)> {
    if name == b"." || name == b".." {
        return root.find_in_dir(path, true);
    }
    let entry = fs::open_entry(here.as_raw_fd(), name, flags::O_PATH)?;
    match fs::stat(&entry)?.is_link() {
        true if root.follows_all() => {
            // The kernel follows them as the walk would.
            let target = fs::open(Path::new(OsStr::from_bytes(path)), flags::O_PATH, 0)?;
            match fs::stat(&target)? {
                stat if stat.is_dir() || stat.links == 1 => Ok((target, fs::stat(here)?)),
                // Where it lies matters.
                _ => root.find_in_dir(path, true),
            }
        }
        true => root.find_in_dir(path, true),
        false => Ok((entry, fs::stat(here)?)),
    }
}

/// Whether a path, or a directory on its way, does not exist.
fn is_absent(error: &io::Error) -> bool {
    errno::is(error, errno::ENOENT) || errno::is(error, errno::ENOTDIR)
}

/// Sets the mode of an O_PATH descriptor; where there is no /proc, of a directory only,
/// which can be opened again through itself.
fn set_mode(fd: &OwnedFd, stat: &Stat, mode: u32) -> io::Result<()> {
    match fs::set_mode(fd, mode) {
        Err(error) if errno::is(&error, errno::ENOENT) && stat.is_dir() => {
            let again = fs::open_entry(fd.as_raw_fd(), b".", flags::O_RDONLY | flags::O_DIRECTORY)?;
            fs::set_mode(&again, mode)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests;
