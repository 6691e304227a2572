//! The scan directory, held open by PID 1: files of services are reached from it by one call
//! (openat2(2), no link followed), where a walk by descriptors takes three.
//!
//! What cannot be reached so (a service that is linked in, another place, an older kernel) is
//! reached by [`files::own_dir`], whose rule for links is the one that holds.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use kernel::dir::{self, Entries};
use kernel::errno;
use kernel::fs::{self, Resolve, flags};
use layouts::trust;

use crate::service::files;

/// The scan directory, where it could be opened.
#[derive(Default)]
pub(crate) struct ScanDir(Option<Held>);

struct Held {
    path: PathBuf,
    dir: OwnedFd,
    /// Nobody else can make entries in it, nor in its `.s6-svscan/`.
    ours: bool,
    /// The device on which the size of a directory counts its entries.
    counting: Option<u64>,
}

/// A service directory in which nobody but us can make entries, nor in those that lead to it.
pub(crate) struct Ours<'a> {
    pub(crate) scan: &'a OwnedFd,
    /// Its path below the scan directory.
    pub(crate) below: Vec<u8>,
}

/// The scan directory's own.
pub(crate) const OWN: &str = places::name::SCAN_CONTROL;

/// openat2(2) is not to be had here.
static IS_OLD: AtomicBool = AtomicBool::new(false);

impl ScanDir {
    /// Opens the one at `path`, which has been made already.
    pub(crate) fn open(path: &Path) -> ScanDir {
        ScanDir(Held::open(path).ok())
    }

    /// The directory of its lock and its control fifo.
    pub(crate) fn own(&self) -> Option<PathBuf> {
        self.0.as_ref().map(|held| held.path.join(OWN))
    }

    /// As [`files::own_dir`].
    ///
    /// # Errors
    /// The same.
    pub(crate) fn own_dir(&self, service: &Path, name: &str, how: i32) -> io::Result<OwnedFd> {
        if let Some(held) = &self.0
            && let Some(below) = held.below(service)
            && !IS_OLD.load(Ordering::Relaxed)
        {
            let how = how | flags::O_DIRECTORY;
            match fs::open_beneath(&held.dir, &below.join(name), how, 0, Resolve::NoLinks) {
                Ok(found) => return Ok(found),
                Err(error) if errno::is_missing_call(&error) => {
                    IS_OLD.store(true, Ordering::Relaxed);
                }
                // Told by the other way, which may also find it.
                Err(_) => {}
            }
        }
        files::own_dir(service, name, how)
    }

    /// Whether somebody may listen in `event/` of the service: false only where that is
    /// certain. In memory (tmpfs) the size of a directory counts its entries.
    pub(crate) fn may_listen(&self, service: &Path) -> bool {
        let Some(held) = &self.0 else { return true };
        let (Some(below), Some(device)) = (held.below(service), held.counting) else {
            return true;
        };
        let event = below.join("event");
        let found = dir::stat(&held.dir, event.as_os_str().as_bytes());
        !found
            .is_ok_and(|event| event.is_dir() && event.size == EMPTY && event.identity.0 == device)
    }

    /// Whether there is nothing yet at `name` below the service; false where that is not
    /// certain.
    pub(crate) fn is_missing(&self, service: &Path, name: &str) -> bool {
        let Some(held) = &self.0 else { return false };
        held.below(service).is_some_and(|below| {
            let path = below.join(name);
            dir::stat(&held.dir, path.as_os_str().as_bytes())
                .is_err_and(|error| errno::is(&error, errno::ENOENT))
        })
    }

    /// The service, where nobody but us can exchange anything on the way into it.
    pub(crate) fn ours(&self, service: &Path) -> Option<Ours<'_>> {
        let held = self.0.as_ref().filter(|held| held.ours)?;
        let below = held.below(service)?;
        let mut at = PathBuf::new();
        for part in below.components() {
            at.push(part);
            let stat = dir::stat(&held.dir, at.as_os_str().as_bytes()).ok()?;
            // What is made in a directory with the set-group-ID bit has other modes.
            if !stat.is_dir() || !trust::only_we_write(&stat) || stat.mode & 0o2000 != 0 {
                return None;
            }
        }
        Some(Ours {
            scan: &held.dir,
            below: at.as_os_str().as_bytes().to_vec(),
        })
    }
}

/// The size of an empty directory in memory, and what each entry adds (mm/shmem.c,
/// BOGO_DIRENT_SIZE).
const EMPTY: u64 = 40;
const ENTRY: u64 = 20;

impl Held {
    fn open(path: &Path) -> io::Result<Held> {
        let dir = fs::open(path, flags::O_PATH | flags::O_DIRECTORY, 0)?;
        let own = dir::stat(&dir, OWN.as_bytes());
        let ours = trust::only_we_write(&fs::stat(&dir)?)
            && own.is_ok_and(|own| own.is_dir() && trust::only_we_write(&own));
        Ok(Held {
            path: path.to_path_buf(),
            counting: counting(&dir).ok().flatten(),
            dir,
            ours,
        })
    }

    /// The path of a service in it; none for one elsewhere.
    fn below<'a>(&self, service: &'a Path) -> Option<&'a Path> {
        let below = service.strip_prefix(&self.path).ok()?;
        let plain = |part| matches!(part, Component::Normal(_));
        (below.components().all(plain) && !below.as_os_str().is_empty()).then_some(below)
    }
}

/// The scan directory's device, if directories there say how many entries they have. Tried
/// out on one that has some: a sandbox may have a tmpfs of its own.
fn counting(dir: &OwnedFd) -> io::Result<Option<u64>> {
    if !fs::is_in_memory(dir) {
        return Ok(None);
    }
    let read = flags::O_RDONLY | flags::O_DIRECTORY;
    let own = fs::open_entry(dir.as_raw_fd(), OWN.as_bytes(), read)?;
    let mut entries = Entries::read(own);
    let mut count = 0;
    while entries.next()?.is_some() {
        count += 1;
    }
    let own = dir::stat(dir, OWN.as_bytes())?;
    let device = own.identity.0;
    let same = fs::stat(dir)?.identity.0 == device;
    Ok((same && count > 0 && own.size == EMPTY + count * ENTRY).then_some(device))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use temp::Temp;

    fn lab(temp: Temp) -> Temp {
        for dir in [".s6-svscan", "s/event", "s/supervise", "elsewhere/event"] {
            temp.dir(dir);
        }
        temp.write(".s6-svscan/lock", "");
        temp
    }

    fn identity(fd: &OwnedFd) -> (u64, u64) {
        fs::stat(fd).expect("stat").identity
    }

    #[test]
    fn a_directory_is_found_by_one_call_as_by_the_walk() {
        let temp = lab(Temp::new());
        let scan = ScanDir::open(temp.path());
        symlink("s", temp.at("linked")).expect("a link");
        for service in ["s", "linked"].map(|name| temp.at(name)) {
            let quick = scan.own_dir(&service, "event", flags::O_PATH);
            let slow = files::own_dir(&service, "event", flags::O_PATH);
            assert_eq!(
                identity(&quick.expect("opens")),
                identity(&slow.expect("opens"))
            );
        }
        let outside = scan.own_dir(&temp.at("s/../elsewhere"), "event", flags::O_PATH);
        assert!(outside.is_ok(), "by the walk");
        // A link that somebody else may have put there.
        std::fs::set_permissions(temp.path(), std::fs::Permissions::from_mode(0o777))
            .expect("a mode");
        let linked = scan.own_dir(&temp.at("linked"), "event", flags::O_PATH);
        assert!(errno::is(
            &linked.expect_err("not followed"),
            errno::ENOTDIR
        ));
    }

    #[test]
    fn only_a_directory_that_is_certainly_empty_has_no_listeners() {
        let Ok(temp) = std::fs::metadata("/dev/shm").map(|_| Path::new("/dev/shm")) else {
            return;
        };
        let temp = lab(Temp::within(temp));
        let scan = ScanDir::open(temp.path());
        let service = temp.at("s");
        let counts = scan.0.as_ref().is_some_and(|held| held.counting.is_some());
        assert_eq!(scan.may_listen(&service), !counts);
        kernel::fs::make_fifo(&service.join("event/ftrig1"), 0o600).expect("a fifo");
        assert!(scan.may_listen(&service));
        std::fs::remove_dir_all(service.join("event")).expect("removes");
        symlink("../elsewhere/event", service.join("event")).expect("a link");
        assert!(scan.may_listen(&service), "it may be followed");
        assert!(ScanDir::default().may_listen(&service));
    }

    #[test]
    fn what_others_can_write_to_is_not_ours() {
        let temp = lab(Temp::new());
        symlink("s", temp.at("linked")).expect("a link");
        let mode = |name: &str, mode| {
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(temp.at(name), mode).expect("a mode");
        };
        let ours = |name: &str| {
            let scan = ScanDir::open(temp.path());
            scan.ours(&temp.at(name)).is_some()
        };
        assert!(ours("s"));
        assert!(!ours("linked"));
        assert!(!ours("none"));
        mode("s", 0o775);
        assert!(!ours("s"));
        mode("s", 0o755);
        mode(".s6-svscan", 0o777);
        assert!(!ours("s"));
        mode(".s6-svscan", 0o755);
        mode("", 0o777);
        assert!(!ours("s"));
    }
}
