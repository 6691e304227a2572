//! The lock by which other programs see that services are supervised.
//!
//! Under s6 each supervisor holds a lock on `supervise/lock` of its service, and the
//! scanner one on `.s6-svscan/lock`. s6-svok, s6-svstat and s6-svlink ask the kernel
//! whether it is held (fcntl(2), F_GETLK), and a second s6-supervise does not start where
//! it is. Here one process supervises them all. It holds one lock, on `.s6-svscan/lock`,
//! and every `supervise/lock` is another name of that file: so one descriptor does for
//! all of them.
//!
//! The kernel lets go of a process's lock on a file as soon as that process closes any
//! descriptor of it but an O_PATH one. So the file is never opened a second time.

use std::io;
use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use kernel::fs::{self, Stat, flags};
use kernel::{dir, errno};

use crate::service::files;
use crate::service::scan_dir::ScanDir;

/// The name of the file, in `.s6-svscan/` and in every `supervise/`.
const NAME: &[u8] = b"lock";

/// How others may open it: to ask about the lock.
const MODE: u32 = 0o644;

/// The lock that is held.
pub(crate) struct Lock {
    /// Holds it.
    _file: OwnedFd,
    identity: (u64, u64),
    /// The directory in which it is called `lock`.
    place: PathBuf,
}

/// How a service shows that it is supervised.
pub(crate) enum Shown {
    /// Its `supervise/lock` is another name of the common file.
    Common,
    /// The common file cannot have a name there (another file system): a lock of its own,
    /// held as long as this value lives.
    Own(#[expect(dead_code, reason = "dropping it lets go of the lock")] OwnedFd),
}

impl Lock {
    /// Takes the lock in the directory at `place`, for a container that begins.
    ///
    /// # Errors
    /// EAGAIN or EACCES when another process has it; EROFS, ENOSPC.
    pub(crate) fn take(place: &Path) -> io::Result<Lock> {
        let dir = fs::open(place, flags::O_PATH | flags::O_DIRECTORY, 0)?;
        Lock::held(take_own(&dir)?, place)
    }

    /// Takes it again after a crash: the file has its other names still.
    ///
    /// # Errors
    /// As [`Lock::take`], and ENOENT.
    pub(crate) fn take_again(place: &Path) -> io::Result<Lock> {
        let dir = fs::open(place, flags::O_PATH | flags::O_DIRECTORY, 0)?;
        Lock::held(take_existing(&dir)?, place)
    }

    fn held(file: OwnedFd, place: &Path) -> io::Result<Lock> {
        Ok(Lock {
            identity: fs::stat(&file)?.identity,
            _file: file,
            place: place.to_path_buf(),
        })
    }

    /// Lets `supervise/lock` of a service be another name of the file.
    fn show(&self, supervise: &OwnedFd) -> io::Result<()> {
        const NEW: &[u8] = b"lock.new";
        if files::find(supervise, NAME)?.is_some_and(|stat| self.is(&stat)) {
            return Ok(());
        }
        let place = fs::open(&self.place, flags::O_PATH | flags::O_DIRECTORY, 0)?;
        match dir::hard_link(&place, NAME, supervise, NEW) {
            Err(error) if errno::is(&error, errno::EEXIST) => {
                dir::remove(supervise, NEW)?;
                dir::hard_link(&place, NAME, supervise, NEW)?;
            }
            other => other?,
        }
        // Somebody may have put another file in the place of ours.
        if !files::find(supervise, NEW)?.is_some_and(|stat| self.is(&stat)) {
            dir::remove(supervise, NEW)?;
            return Err(errno::from(errno::EINVAL));
        }
        dir::rename(supervise, NEW, supervise, NAME)
    }

    /// Whether it is the lock of this scan directory.
    pub(crate) fn is_kept_in(&self, scan: &ScanDir) -> bool {
        scan.own().is_some_and(|own| own == self.place)
    }

    fn is(&self, stat: &Stat) -> bool {
        stat.identity == self.identity
    }
}

/// Shows that the service in `service` is supervised.
///
/// # Errors
/// EROFS, ENOSPC.
pub(crate) fn show(scan: &ScanDir, service: &Path, common: Option<&Lock>) -> io::Result<Shown> {
    let supervise = scan.own_dir(service, "supervise", flags::O_PATH)?;
    match common.map(|lock| lock.show(&supervise)) {
        Some(Ok(())) => Ok(Shown::Common),
        Some(Err(_)) | None => take_own(&supervise).map(Shown::Own),
    }
}

/// Shows that the service is not supervised any more: its `supervise/lock` is a file that
/// nobody has locked. Where the directory is gone, nobody can ask.
pub(crate) fn hide(service: &Path) {
    let hidden = files::own_dir(service, "supervise", flags::O_PATH).and_then(|supervise| {
        dir::remove(&supervise, NAME)?;
        dir::create(&supervise, NAME, MODE)
    });
    drop(hidden);
}

/// Takes a lock on `lock` in `dir`, which is made where it is missing, or is no regular
/// file, or has names elsewhere: an earlier life of this container has left such.
fn take_own(dir: &OwnedFd) -> io::Result<OwnedFd> {
    match files::find(dir, NAME)? {
        Some(stat) if stat.is_file() && stat.links == 1 => take_existing(dir),
        found => {
            if found.is_some() {
                dir::remove(dir, NAME)?;
            }
            let file = dir::create(dir, NAME, MODE)?.into();
            fs::try_process_lock(&file, true)?;
            Ok(file)
        }
    }
}

fn take_existing(dir: &OwnedFd) -> io::Result<OwnedFd> {
    let write = flags::O_WRONLY | flags::O_NONBLOCK | flags::O_NOCTTY;
    let file = fs::open_entry(dir.as_raw_fd(), NAME, write)?;
    fs::try_process_lock(&file, true)?;
    Ok(file)
}

/// The process that supervises the service in `service` already, other than this one; 0
/// where the kernel cannot tell which.
pub(crate) fn other_supervisor(
    scan: &ScanDir,
    service: &Path,
    common: Option<&Lock>,
) -> Option<i32> {
    if scan.is_missing(service, "supervise") {
        return None;
    }
    let supervise = files::own_dir(service, "supervise", flags::O_PATH).ok()?;
    let is_common = |stat: &Stat| common.is_some_and(|lock| lock.is(stat));
    let found = files::find(&supervise, NAME).ok().flatten()?;
    if !found.is_file() || is_common(&found) {
        return None;
    }
    let read = flags::O_RDONLY | flags::O_NONBLOCK | flags::O_NOCTTY;
    let file = fs::open_entry(supervise.as_raw_fd(), NAME, read).ok()?;
    if is_common(&fs::stat(&file).ok()?) {
        // Exchanged between the look and the open: closing it would let go of the lock.
        let _ = file.into_raw_fd();
        return None;
    }
    fs::lock_holder(&file).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;
    use temp::Temp;

    fn lab() -> Temp {
        let temp = Temp::new();
        for dir in [".s6-svscan", "a/supervise", "b/supervise"] {
            temp.dir(dir);
        }
        temp
    }

    fn identity(temp: &Temp, file: &str) -> (u64, u64) {
        let data = std::fs::symlink_metadata(temp.at(file)).expect("it exists");
        (data.ino(), data.nlink())
    }

    #[test]
    fn one_file_is_the_lock_of_all_until_a_service_is_let_go() {
        let temp = lab();
        let lock = Lock::take(&temp.at(".s6-svscan")).expect("takes");
        std::os::unix::fs::symlink("/etc/passwd", temp.at("b/supervise/lock")).expect("a link");
        for name in ["a", "b", "a"] {
            let shown = show(&ScanDir::default(), &temp.at(name), Some(&lock)).expect("shows");
            assert!(matches!(shown, Shown::Common));
        }
        let (common, names) = identity(&temp, ".s6-svscan/lock");
        assert_eq!(names, 3);
        assert_eq!(identity(&temp, "a/supervise/lock").0, common);
        assert_eq!(identity(&temp, "b/supervise/lock").0, common);
        assert_eq!(
            other_supervisor(&ScanDir::default(), &temp.at("a"), Some(&lock)),
            None
        );
        hide(&temp.at("a"));
        assert_ne!(identity(&temp, "a/supervise/lock").0, common);
        assert_eq!(identity(&temp, ".s6-svscan/lock"), (common, 2));
    }

    #[test]
    fn names_that_an_earlier_life_has_left_are_not_locked() {
        let temp = lab();
        let place = temp.at(".s6-svscan");
        let lock = Lock::take(&place).expect("takes");
        show(&ScanDir::default(), &temp.at("a"), Some(&lock)).expect("shows");
        let (before, _) = identity(&temp, "a/supervise/lock");
        drop(lock);
        let _lock = Lock::take(&place).expect("takes");
        assert_ne!(identity(&temp, ".s6-svscan/lock").0, before);
        drop(Lock::take_again(&place).expect("takes"));
        assert_eq!(identity(&temp, ".s6-svscan/lock").1, 1);
    }

    #[test]
    fn without_a_common_lock_each_has_its_own() {
        let temp = lab();
        let shown = show(&ScanDir::default(), &temp.at("a"), None).expect("shows");
        assert!(matches!(shown, Shown::Own(_)));
        assert_eq!(identity(&temp, "a/supervise/lock").1, 1);
    }
}
