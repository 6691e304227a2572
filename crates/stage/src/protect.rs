//! Keeping others from writing to what PID 1 runs or takes orders from.
//!
//! A mode says who may write only where nothing else says it first. A folder of a volume
//! that Kubernetes mounts read-only is 0777, and so is all that a desktop engine shares.
//! A copy that took such a mode over would be everybody's to change, and root would run
//! what they put there. So nothing that is copied can be written to by its group or by
//! others, and an owner who could not write to the source does not own the copy.

use std::ffi::OsStr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use kernel::fs::{self, Stat, flags};
use kernel::{credentials, dir, errno, mount};
use layouts::Problem;

/// The bits of a mode by which others than the owner may write.
pub(crate) const OTHERS_WRITE: u32 = 0o022;

/// Deepest directory of a service that is looked at, and most entries of one service.
const DEEPEST: usize = 16;
const MOST_ENTRIES: usize = 4096;

/// The mode that a copy gets of what it is copied from: neither setuid nor setgid of a
/// file, and nothing that lets others write. A fifo is no program and holds no order: who
/// made one with a mode meant it.
pub(crate) fn mode_of_copy(source: &Stat) -> u32 {
    match () {
        () if source.is_fifo() => source.mode & 0o1777,
        () if source.is_dir() => source.mode & 0o3777 & !OTHERS_WRITE,
        () => source.mode & 0o1777 & !OTHERS_WRITE,
    }
}

/// Who gets a copy, of what is open as `source`: its owner, unless the source is mounted
/// read-only. What its owner could not change there is not theirs to change here.
pub(crate) fn owner_of_copy(source: &impl AsRawFd, found: &Stat) -> Option<u32> {
    match mount::is_read_only(source) {
        true => None,
        false => Some(found.uid),
    }
}

/// Write access that others had, and that is taken from them.
#[derive(Default)]
pub(crate) struct Taken {
    first: Option<(PathBuf, u32)>,
    more: usize,
}

impl Taken {
    /// Notes what is open as `file`, at `path`, where somebody beside root's and this
    /// user's group could write to it. A tree with its group's write bits throughout
    /// (umask 002) is nothing to talk about, and neither is a read-only mount.
    pub(crate) fn note(&mut self, path: &Path, found: &Stat, file: &impl AsRawFd) {
        let ours = found.gid == 0 || found.gid == credentials::group();
        let others = if ours { 0o002 } else { OTHERS_WRITE };
        if found.is_fifo() || found.mode & others == 0 || mount::is_read_only(file) {
            return;
        }
        match &self.first {
            None => self.first = Some((path.to_path_buf(), found.mode & 0o7777)),
            Some(_) => self.more += 1,
        }
    }

    /// What is said of a copy.
    pub(crate) fn of_copy(self) -> Option<Problem> {
        self.problem(
            "in the copy that is run they may not",
            "chmod go-w it; a directory that a service's user writes to: chown it in run",
        )
    }

    /// What is said of what somebody has put where services are run.
    fn in_place(self) -> Option<Problem> {
        self.problem(
            "now they may not: what is there is run",
            "chmod go-w it where it is made; a directory that a service's user writes to: chown \
             it in run",
        )
    }

    fn problem(self, done: &str, remedy: &str) -> Option<Problem> {
        let (path, mode) = self.first?;
        let more = match self.more {
            0 => String::new(),
            count => format!(", and to {count} more in the same directory"),
        };
        let cause = format!("others could write to it (mode {mode:04o}){more}; {done}");
        Some(Problem::new(&path, cause, remedy))
    }
}

/// Takes write access from others in the service directories of a scan directory, and in
/// its `.s6-svscan`, and says where somebody had it. A hook that copies a mounted folder
/// brings its modes along. `supervise` and `event` stay: the image gives them to a
/// service's own user on purpose. So does what a link leads to, which is elsewhere.
///
/// A scan directory that cannot be opened has nothing in it to take.
pub fn hold(scan: &Path) -> Vec<Problem> {
    let Ok(top) = fs::open(scan, AS_DIR, 0) else {
        return Vec::new();
    };
    let names = dir::names(&top).unwrap_or_default();
    names
        .iter()
        .flat_map(|name| hold_entry(&top, scan, name))
        .collect()
}

/// The same for the entry `name` of the scan directory that is open as `top`.
pub(crate) fn hold_entry(top: &OwnedFd, scan: &Path, name: &[u8]) -> Vec<Problem> {
    // Beside directories nothing there is run.
    if !dir::stat(top, name).is_ok_and(|found| found.is_dir()) {
        return Vec::new();
    }
    let mut held = Held::default();
    let path = scan.join(OsStr::from_bytes(name));
    held.entry(top, name, &path, Place::Service, 0);
    let taken = held.taken.in_place();
    taken.into_iter().chain(held.refused).collect()
}

const AS_DIR: i32 = flags::O_RDONLY | flags::O_DIRECTORY | flags::O_NONBLOCK;

/// What an entry is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A service directory, or the `log` of one: a supervisor keeps its files in it.
    Service,
    /// Anything below one.
    Below,
}

/// What was done in one service directory.
#[derive(Default)]
struct Held {
    taken: Taken,
    entries: usize,
    refused: Option<Problem>,
}

impl Held {
    fn entry(&mut self, above: &OwnedFd, name: &[u8], path: &Path, place: Place, depth: usize) {
        self.entries += 1;
        if depth > DEEPEST || self.entries > MOST_ENTRIES {
            return;
        }
        // What changes meanwhile is looked at again once it is open.
        let Ok(found) = dir::stat(above, name) else {
            return;
        };
        let how = match () {
            () if found.is_dir() => AS_DIR,
            () if found.is_file() && found.mode & OTHERS_WRITE != 0 => flags::O_PATH,
            () => return,
        };
        let Ok(entry) = fs::open_entry(above.as_raw_fd(), name, how) else {
            return;
        };
        if found.mode & OTHERS_WRITE != 0 {
            self.take(&entry, path);
        }
        if !found.is_dir() {
            return;
        }
        for name in dir::names(&entry).unwrap_or_default() {
            let supervisors = name == b"supervise" || name == b"event";
            if place == Place::Service && supervisors {
                continue;
            }
            let inside = match name == b"log" && depth == 0 {
                true => Place::Service,
                false => Place::Below,
            };
            let below = path.join(OsStr::from_bytes(&name));
            self.entry(&entry, &name, &below, inside, depth + 1);
        }
    }

    fn take(&mut self, entry: &OwnedFd, path: &Path) {
        let taken = fs::stat(entry).and_then(|found| {
            fs::set_mode(entry, found.mode & 0o7777 & !OTHERS_WRITE)?;
            Ok(found)
        });
        match taken {
            Ok(found) => self.taken.note(path, &found, entry),
            // What is mounted read-only there is nobody's to change.
            Err(error) if errno::is(&error, errno::EROFS) => {}
            Err(error) => {
                let cause = format!(
                    "others can write to it, and that cannot be changed: {}",
                    errno::text(&error)
                );
                let remedy = "chmod go-w it where it is made; who writes to it decides what is run";
                self.refused
                    .get_or_insert_with(|| Problem::new(path, cause, remedy));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use temp::{Temp, mode, set_mode};

    #[test]
    fn nobody_else_writes_to_what_is_run() {
        let temp = Temp::new();
        for file in [
            "web/run",
            "web/data/check",
            "web/log/run",
            ".s6-svscan/SIGTERM",
        ] {
            set_mode(&temp.script(file, "#!/bin/sh\n"), 0o777);
        }
        for dir in [
            "web",
            "web/data",
            "web/log",
            "web/log/event",
            "web/supervise",
        ] {
            set_mode(&temp.dir(dir), 0o3777);
        }
        kernel::fs::make_fifo(&temp.at("web/fifo"), 0o600).unwrap();
        set_mode(&temp.at("web/fifo"), 0o622);
        set_mode(&temp.dir("elsewhere"), 0o777);
        temp.link("../elsewhere", "web/link");
        temp.link("../elsewhere", "linked");
        let lines: Vec<String> = hold(&temp.at("")).iter().map(Problem::to_string).collect();
        for (path, expected) in [
            ("web", 0o3755),
            ("web/run", 0o755),
            ("web/data", 0o3755),
            ("web/data/check", 0o755),
            ("web/log", 0o3755),
            ("web/log/run", 0o755),
            (".s6-svscan/SIGTERM", 0o755),
            ("elsewhere", 0o755),
            // Given to the service's own user on purpose.
            ("web/log/event", 0o3777),
            ("web/supervise", 0o3777),
            ("web/fifo", 0o622),
        ] {
            assert_eq!(mode(&temp.at(path)), expected, "{path}");
        }
        let of_web = lines.iter().filter(|line| line.contains("/web: "));
        assert_eq!(of_web.count(), 1, "{lines:?}");
        assert!(
            lines
                .iter()
                .any(|line| line.contains("(mode 3777), and to 5 more")),
            "{lines:?}"
        );
        assert_eq!(hold(&temp.at("")), []);
        assert_eq!(hold(&temp.at("none")), []);
    }

    #[test]
    fn a_tree_with_its_own_group_s_write_bits_is_nothing_to_talk_about() {
        let temp = Temp::new();
        set_mode(&temp.script("web/run", "#!/bin/sh\n"), 0o775);
        assert_eq!(hold(&temp.at("")), []);
        assert_eq!(mode(&temp.at("web/run")), 0o755);
    }
}
