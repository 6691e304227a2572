//! Copying trees of the image by descriptor: no link is followed but
//! where that is said, so whoever may write to a tree cannot point us elsewhere.

use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use kernel::fs::{self, Stat, flags};
use kernel::{dir, errno};
use layouts::{Loss, Problem};

use crate::protect::{self, Taken};

pub(crate) use kernel::removal::{empty, remove};

/// Deepest tree that is copied. A service is two or three deep.
pub(crate) const DEEPEST: usize = 64;

/// What is copied, and how links to directories are treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A plain tree: links to directories stay links.
    Plain,
    /// A directory of service directories; each may be a link.
    Services,
    /// One service directory: its `log` may be a link, and what a supervisor left in
    /// it stays behind.
    Service,
}

/// Opens a directory to work in, following a link to it.
pub(crate) fn open_dir(path: &Path) -> io::Result<OwnedFd> {
    fs::open(path, flags::O_PATH | flags::O_DIRECTORY, 0)
}

/// Whether there is no directory at `path`. One of which the kernel does not say is
/// there: to open it will tell why not.
pub fn is_absent_dir(path: &Path) -> bool {
    match std::fs::metadata(path) {
        Ok(found) => !found.is_dir(),
        Err(error) => errno::is(&error, errno::ENOENT),
    }
}

/// Makes `path` an empty directory. One that exists is emptied, not replaced: it may
/// be a mount, or lie where this user may not write. A link is replaced: emptied would
/// be what it leads to.
pub(crate) fn fresh_dir(path: &Path) -> io::Result<OwnedFd> {
    let itself = || {
        fs::open(
            path,
            flags::O_PATH | flags::O_DIRECTORY | flags::O_NOFOLLOW,
            0,
        )
    };
    let dir = match itself() {
        Err(error) if errno::is(&error, errno::ENOTDIR) || errno::is(&error, errno::ELOOP) => {
            std::fs::remove_file(path)?;
            make_dir(path)?;
            itself()?
        }
        Err(error) if errno::is(&error, errno::ENOENT) => {
            make_dir(path)?;
            itself()?
        }
        other => other?,
    };
    empty(&dir)?;
    Ok(dir)
}

fn make_dir(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(path)
}

/// Copies what is in the directory `from` into the directory `to`, over what is there.
/// What cannot be copied is a problem, and the rest goes on.
///
/// Modes are kept without setuid and setgid bits and without what lets others write,
/// owners where this user may give files away ([`protect`] says why). Fifos are made anew; devices and sockets stay behind. A link to a file
/// stays a link, made absolute where it leaves its directory, if the file can be
/// executed: `finish -> /bin/true` must not become a copy under another name, which a
/// multi-call program would not know itself by. Where it cannot, its content is
/// copied, so that the copy can be made executable.
pub(crate) fn copy(from: &Path, to: &OwnedFd, kind: Kind) -> Vec<Problem> {
    let mut copier = Copier::default();
    match open_dir(from) {
        Ok(source) => copier.contents(&source, from, to, kind, 0),
        Err(error) => copier.refused(from, "open", &error, Loss::Whole),
    }
    copier.problems()
}

/// Copies one service directory, `from`, which is open as `source`, into the directory
/// `to`, under the name `name`.
pub(crate) fn copy_service(
    source: &OwnedFd,
    from: &Path,
    name: &[u8],
    to: &OwnedFd,
) -> Vec<Problem> {
    let mut copier = Copier::default();
    let outcome = fs::stat(source)
        .and_then(|stat| copier.directory(source, &stat, from, name, to, Kind::Services, 0));
    if let Err(error) = outcome {
        copier.refused(from, "copy", &error, Loss::Whole);
    }
    copier.problems()
}

#[derive(Default)]
struct Copier {
    problems: Vec<Problem>,
    /// What others could write to in the source, and cannot in the copy.
    taken: Taken,
}

impl Copier {
    fn problems(self) -> Vec<Problem> {
        let mut problems = self.problems;
        problems.extend(self.taken.of_copy());
        problems
    }

    fn refused(&mut self, path: &Path, verb: &str, error: &io::Error, loss: Loss) {
        let remedy = "it is left out; check the image";
        self.problems
            .push(Problem::refused(path, verb, error, remedy).that_loses(loss));
    }

    fn contents(&mut self, from: &OwnedFd, path: &Path, to: &OwnedFd, kind: Kind, depth: usize) {
        // A hook or a service is gone with its entry at the top, and a service with its list
        // or its `run`.
        let loss = |is_vital: bool| match depth == 0 || kind == Kind::Service && is_vital {
            true => Loss::Whole,
            false => Loss::Part,
        };
        let names = match dir::names(from) {
            Ok(names) => names,
            Err(error) => return self.refused(path, "list", &error, loss(true)),
        };
        for name in names {
            let supervisors = name == b"supervise" || name == b"event";
            if kind == Kind::Service && supervisors {
                continue;
            }
            let below = path.join(std::ffi::OsStr::from_bytes(&name));
            if let Err(error) = self.entry(from, &below, &name, to, kind, depth) {
                self.refused(&below, "copy", &error, loss(name == b"run"));
            }
        }
    }

    fn entry(
        &mut self,
        from: &OwnedFd,
        path: &Path,
        name: &[u8],
        to: &OwnedFd,
        kind: Kind,
        depth: usize,
    ) -> io::Result<()> {
        let entry = fs::open_entry(from.as_raw_fd(), name, flags::O_PATH)?;
        let stat = fs::stat(&entry)?;
        if stat.is_dir() {
            return self.directory(&entry, &stat, path, name, to, kind, depth);
        }
        if stat.is_link() {
            let follows = match kind {
                Kind::Plain => false,
                Kind::Services => true,
                Kind::Service => name == b"log",
            };
            if follows && path.is_dir() {
                let target = open_dir(path)?;
                let stat = fs::stat(&target)?;
                return self.directory(&target, &stat, path, name, to, kind, depth);
            }
            return self.link(&entry, path, name, to);
        }
        if stat.is_file() {
            let file = fs::open_entry(
                from.as_raw_fd(),
                name,
                flags::O_RDONLY | flags::O_NONBLOCK | flags::O_NOCTTY,
            )?;
            return self.file(std::fs::File::from(file), path, to, name);
        }
        if stat.is_fifo() {
            over(to, name, || dir::make_fifo(to, name, 0o600))?;
            let made = fs::open_entry(to.as_raw_fd(), name, flags::O_PATH)?;
            return self.dress(&made, &entry, &stat, path);
        }
        Ok(())
    }

    #[allow(clippy::too_many_arguments)]
    fn directory(
        &mut self,
        entry: &OwnedFd,
        stat: &Stat,
        path: &Path,
        name: &[u8],
        to: &OwnedFd,
        kind: Kind,
        depth: usize,
    ) -> io::Result<()> {
        if depth == DEEPEST {
            return Err(errno::from(errno::ELOOP));
        }
        let inside = match kind {
            Kind::Services => Kind::Service,
            Kind::Service if name == b"log" && depth <= 1 => Kind::Service,
            _ => Kind::Plain,
        };
        match dir::make(to, name, 0o700) {
            Err(error) if errno::is(&error, errno::EEXIST) => {
                let old = fs::open_entry(to.as_raw_fd(), name, flags::O_PATH)?;
                if !fs::stat(&old)?.is_dir() {
                    dir::remove(to, name)?;
                    dir::make(to, name, 0o700)?;
                }
            }
            other => other?,
        }
        let made = fs::open_entry(
            to.as_raw_fd(),
            name,
            flags::O_RDONLY | flags::O_DIRECTORY | flags::O_NONBLOCK,
        )?;
        self.contents(entry, path, &made, inside, depth + 1);
        self.dress(&made, entry, stat, path)
    }

    /// Copies a link, or what it leads to.
    fn link(&mut self, entry: &OwnedFd, path: &Path, name: &[u8], to: &OwnedFd) -> io::Result<()> {
        if !fs::is_executable(path)
            && let Ok(target) = fs::open_regular_target(path)
        {
            return self.file(target, path, to, name);
        }
        let target = dir::read_link(entry, b"")?;
        let stays = !target.starts_with(b"/") && !target.split(|b| *b == b'/').any(|c| c == b"..");
        let target = match path.parent() {
            // Relative to where the directory really is, which may be linked itself.
            Some(parent) if !stays => {
                std::fs::canonicalize(parent)?.join(std::ffi::OsStr::from_bytes(&target))
            }
            _ => PathBuf::from(std::ffi::OsStr::from_bytes(&target)),
        };
        over(to, name, || {
            dir::make_link(target.as_os_str().as_bytes(), to, name)
        })
    }

    /// Copies the content of a file.
    fn file(
        &mut self,
        mut from: std::fs::File,
        path: &Path,
        to: &OwnedFd,
        name: &[u8],
    ) -> io::Result<()> {
        let stat = fs::stat(&from)?;
        if !stat.is_file() {
            return Err(errno::from(errno::EINVAL));
        }
        let mut made = over(to, name, || dir::create(to, name, 0o600))?;
        let mut buffer = [0u8; 16 * 1024];
        loop {
            match from.read(&mut buffer)? {
                0 => break,
                count => made.write_all(&buffer[..count])?,
            }
        }
        self.dress(&made, &from, &stat, path)
    }

    /// Gives a copy the owner and the mode that it is to have of `source`, which is at
    /// `path`.
    fn dress(
        &mut self,
        made: &impl AsRawFd,
        source: &impl AsRawFd,
        stat: &Stat,
        path: &Path,
    ) -> io::Result<()> {
        dress(made, source, stat)?;
        self.taken.note(path, stat, source);
        Ok(())
    }
}

/// Gives a copy the owner and the mode that it is to have of `source`.
pub(crate) fn dress(made: &impl AsRawFd, source: &impl AsRawFd, stat: &Stat) -> io::Result<()> {
    let now = fs::stat(made)?;
    if (now.uid, now.gid) != (stat.uid, stat.gid) {
        let owner = protect::owner_of_copy(source, stat);
        let _ = fs::set_owner(made, owner, Some(stat.gid));
    }
    let mode = protect::mode_of_copy(stat);
    if now.mode & 0o7777 != mode {
        fs::set_mode(made, mode)?;
    }
    Ok(())
}

/// Makes an entry, removing what stands in its place.
fn over<T>(to: &OwnedFd, name: &[u8], make: impl Fn() -> io::Result<T>) -> io::Result<T> {
    match make() {
        Err(error) if errno::is(&error, errno::EEXIST) => {
            remove(to, name)?;
            make()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use temp::{Temp, mode, set_mode};

    #[test]
    fn modes_fifos_and_hidden_files_come_along() {
        let temp = Temp::new();
        set_mode(&temp.write("from/.command", "x"), 0o4750);
        set_mode(&temp.dir("from/data"), 0o2711);
        temp.write("from/data/check", "y");
        kernel::fs::make_fifo(&temp.at("from/fifo"), 0o640).unwrap();
        temp.write("to/data/old", "stays");
        temp.dir("to/.command");
        let to = open_dir(&temp.at("to")).unwrap();
        assert_eq!(copy(&temp.at("from"), &to, Kind::Plain), []);
        assert_eq!(mode(&temp.at("to/.command")), 0o750);
        assert_eq!(mode(&temp.at("to/data")), 0o2711);
        assert_eq!(mode(&temp.at("to/fifo")), 0o640);
        assert_eq!(std::fs::read(temp.at("to/data/check")).unwrap(), b"y");
        assert!(temp.at("to/data/old").exists());
    }

    #[test]
    fn links_to_programs_stay_links_and_others_become_files() {
        let temp = Temp::new();
        temp.script("lib/prog", "#!/bin/sh\n");
        temp.write("lib/plain", "text");
        temp.link("../lib/prog", "from/out");
        temp.link("prog", "from/in");
        temp.script("from/prog", "#!/bin/sh\n");
        temp.link("../lib/plain", "from/plain");
        temp.link("/nowhere", "from/dead");
        temp.link("../lib", "from/dir");
        temp.dir("to");
        let to = open_dir(&temp.at("to")).unwrap();
        assert_eq!(copy(&temp.at("from"), &to, Kind::Plain), []);
        let target = |name: &str| std::fs::read_link(temp.at(name)).unwrap();
        assert!(target("to/out").is_absolute());
        assert!(fs::is_executable(&temp.at("to/out")));
        assert_eq!(target("to/in"), Path::new("prog"));
        assert!(
            std::fs::symlink_metadata(temp.at("to/plain"))
                .unwrap()
                .is_file()
        );
        assert_eq!(target("to/dead"), Path::new("/nowhere"));
        assert!(target("to/dir").is_absolute());
    }

    #[test]
    fn a_circle_of_links_ends() {
        let temp = Temp::new();
        temp.link("..", "services/a/log");
        temp.dir("to");
        let to = open_dir(&temp.at("to")).unwrap();
        let problems = copy(&temp.at("services"), &to, Kind::Services);
        assert!(problems.is_empty(), "{problems:?}");
        // The log of a log is no logger: there the link stays one.
        assert!(temp.at("to/a/log").is_dir());
    }
}
