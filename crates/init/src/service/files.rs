//! The files of a supervised service that other programs read and write, in its
//! `supervise/` (s6-supervise(8)), reached in a way that nobody can turn against PID 1.
//!
//! An image may give `supervise/` and `event/` to the service's own user, who can then
//! put anything there at any time. So a file is reached by its directory's descriptor
//! and never through a link; what is written is made anew beside the old file and
//! renamed; and a fifo that somebody else could have put there is not listened to.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use kernel::fs::{self, Stat, flags};
use kernel::{dir, errno, fd, limits};
use layouts::trust;

/// s6-supervise's own modes: only the owner may send commands, unless the image says
/// otherwise.
pub(crate) const SUPERVISE_MODE: u32 = 0o700;
pub(crate) const CONTROL_MODE: u32 = 0o600;

/// Descriptors that no service takes for good: what PID 1 needs for a moment, to write a
/// status, to hear who has ended, to talk to a client, must not fail for their sake.
const SPARE_DESCRIPTORS: u64 = 24;

/// What could not be done, and where.
pub(crate) type Refused = (PathBuf, io::Error);

/// The control fifo of a service, and what had to be put right for it, for people.
pub(crate) struct Control {
    pub(crate) fifo: OwnedFd,
    pub(crate) replaced: Vec<PathBuf>,
}

/// Makes `supervise/`, `event/` and the control fifo of the service in `service`, and
/// opens the fifo. `write_status` is called ahead of that: whoever finds that the fifo has
/// a reader (s6-svok(8)) reads the status next.
pub(crate) fn open(service: &Path, write_status: impl FnOnce()) -> Result<Control, Refused> {
    let mut replaced = Vec::new();
    let mut own = |name: &str, mode: u32| {
        make_dir(service, name, mode, &mut replaced).map_err(|error| (service.join(name), error))
    };
    own("event", s6wire::event::DIRECTORY_MODE)?;
    let supervise = own("supervise", SUPERVISE_MODE)?;
    // Empty until the service has ended: s6-svdt(8) prints nothing then. One that an earlier
    // supervisor left stays.
    let _ = dir::make_file(&supervise, b"death_tally", 0o644);
    write_status();
    let control = service.join("supervise/control");
    let (fifo, anew) =
        open_control(&supervise, CONTROL_MODE).map_err(|error| (control.clone(), error))?;
    if anew {
        replaced.push(control.clone());
    }
    if !is_spare(&fifo) {
        return Err((control, errno::from(errno::EMFILE)));
    }
    Ok(Control { fifo, replaced })
}

/// Whether enough descriptors are left beside this one.
pub(crate) fn is_spare(fifo: &OwnedFd) -> bool {
    limits::leaves_spare_descriptors(fifo.as_raw_fd(), SPARE_DESCRIPTORS)
}

/// Makes `.s6-svscan/` in the scan directory and opens the fifo in it.
pub(crate) fn open_scan_control(scan: &Path) -> Result<Control, Refused> {
    const NAME: &str = places::name::SCAN_CONTROL;
    let path = scan.join(NAME);
    let mut replaced = Vec::new();
    let dir = make_dir(scan, NAME, 0o755, &mut replaced).map_err(|error| (path.clone(), error))?;
    let control = path.join("control");
    let (fifo, anew) =
        open_control(&dir, CONTROL_MODE).map_err(|error| (control.clone(), error))?;
    if anew {
        replaced.push(control);
    }
    Ok(Control { fifo, replaced })
}

/// Opens `name` below `dir`, which is `supervise` or `event` of a service, with these
/// flags (O_PATH, or O_RDONLY to list it). A link is followed only where nobody else
/// could have put it: images on a read-only root link them to a place that can be
/// written (servicedir(7)).
///
/// # Errors
/// ENOENT, and ENOTDIR for what is no directory or a link that is not trusted.
pub(crate) fn own_dir(dir: &Path, name: &str, how: i32) -> io::Result<OwnedFd> {
    let service = open_service(dir)?;
    let as_dir = how | flags::O_DIRECTORY;
    match fs::open_entry(service.as_raw_fd(), name.as_bytes(), as_dir) {
        Err(error) if is_no_directory(&error) => {}
        other => return other,
    }
    let entry = fs::open_entry(service.as_raw_fd(), name.as_bytes(), flags::O_PATH)?;
    let link = fs::stat(&entry)?;
    if link.is_link() && trust::is_our_link(&fs::stat(&service)?, &link) {
        // Nobody but us can exchange it meanwhile.
        return fs::open(&dir.join(name), as_dir, 0);
    }
    Err(errno::from(errno::ENOTDIR))
}

/// Opens a service's directory, which may be linked into the scan directory (s6-svlink),
/// under the same rule.
fn open_service(dir: &Path) -> io::Result<OwnedFd> {
    let as_dir = flags::O_PATH | flags::O_DIRECTORY;
    match fs::open(dir, as_dir | flags::O_NOFOLLOW, 0) {
        Err(error) if is_no_directory(&error) => {}
        other => return other,
    }
    let (Some(above), Some(name)) = (dir.parent(), dir.file_name()) else {
        return Err(errno::from(errno::ENOTDIR));
    };
    let above = fs::open(above, as_dir, 0)?;
    let entry = fs::open_entry(above.as_raw_fd(), name.as_bytes(), flags::O_PATH)?;
    let link = fs::stat(&entry)?;
    match link.is_link() && trust::is_our_link(&fs::stat(&above)?, &link) {
        true => fs::open(dir, as_dir, 0),
        false => Err(errno::from(errno::ENOTDIR)),
    }
}

/// Whether open(2) says so of a link or a file where a directory was asked for.
fn is_no_directory(error: &io::Error) -> bool {
    errno::is(error, errno::ENOTDIR) || errno::is(error, errno::ELOOP)
}

/// A directory with exactly this mode, whatever the umask is; one that exists stays as
/// it is, and what is no directory makes room.
fn make_dir(
    service: &Path,
    name: &str,
    mode: u32,
    replaced: &mut Vec<PathBuf>,
) -> io::Result<OwnedFd> {
    let above = || open_service(service);
    match own_dir(service, name, flags::O_PATH) {
        Err(error) if errno::is(&error, errno::ENOENT) => {}
        Err(error) if errno::is(&error, errno::ENOTDIR) => {
            dir::remove(&above()?, name.as_bytes())?;
            replaced.push(service.join(name));
        }
        other => return other,
    }
    let above = above()?;
    dir::make(&above, name.as_bytes(), mode)?;
    let readable = flags::O_RDONLY | flags::O_DIRECTORY;
    let made = fs::open_entry(above.as_raw_fd(), name.as_bytes(), readable)?;
    fs::set_mode(&made, mode)?;
    Ok(made)
}

/// Opens `control` for reading and writing, so that it never shows an end while writers
/// come and go; whether something that was there made room for it.
///
/// A fifo that the image brought keeps its owner and mode: that is how images say who
/// may control a service. But where others can make entries, one that is not ours may
/// be theirs, and one with several names may be another service's.
fn open_control(dir: &OwnedFd, mode: u32) -> io::Result<(OwnedFd, bool)> {
    const NAME: &[u8] = b"control";
    let only_we_write = trust::only_we_write(&fs::stat(dir)?);
    let ours = |stat: &Stat| {
        stat.is_fifo() && (only_we_write || (trust::is_ours(stat.uid) && stat.links == 1))
    };
    let found = find(dir, NAME)?;
    let replaced = found.is_some_and(|stat| !ours(&stat));
    if replaced {
        dir::remove(dir, NAME)?;
    }
    if replaced || found.is_none() {
        dir::make_fifo(dir, NAME, mode)?;
    }
    let both = flags::O_RDWR | flags::O_NONBLOCK | flags::O_NOCTTY;
    let fifo = fs::open_entry(dir.as_raw_fd(), NAME, both)?;
    match ours(&fs::stat(&fifo)?) {
        true => Ok((fifo, replaced)),
        // Exchanged between the look and the open.
        false => Err(errno::from(errno::EINVAL)),
    }
}

/// What an entry itself is; none where there is none.
pub(crate) fn find(dir: &OwnedFd, name: &[u8]) -> io::Result<Option<Stat>> {
    match fs::open_entry(dir.as_raw_fd(), name, flags::O_PATH) {
        Ok(entry) => fs::stat(&entry).map(Some),
        Err(error) if errno::is(&error, errno::ENOENT) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The content of `supervise/NAME`, which is a file of ours.
///
/// # Errors
/// As [`read_in`].
pub(crate) fn read(service: &Path, name: &str) -> io::Result<Vec<u8>> {
    let dir = own_dir(service, "supervise", flags::O_PATH)?;
    read_in(&dir, name.as_bytes())
}

/// Where the service directory is whose control fifo is open as `control`, if it is no
/// longer at `service`.
pub(crate) fn moved_to(service: &Path, control: RawFd) -> Option<PathBuf> {
    const CONTROL: &str = "supervise/control";
    let open = |path: &Path| fs::open(path, flags::O_PATH | flags::O_NOFOLLOW, 0).ok();
    let identity = |path: &Path| Some(fs::stat(&open(path)?).ok()?.identity);
    let ours = Some(fs::stat(&control).ok()?.identity);
    if identity(&service.join(CONTROL)) == ours {
        return None;
    }
    let path = std::fs::read_link(format!("/proc/self/fd/{control}")).ok()?;
    let found = path.ends_with(CONTROL) && identity(&path) == ours;
    Some(path.parent()?.parent()?.to_path_buf()).filter(|_| found)
}

/// Marks the service as one that starts with the container, or not (`down`).
pub(crate) fn set_normally_up(service: &Path, up: bool) -> io::Result<()> {
    let dir = open_service(service)?;
    let outcome = match up {
        true => dir::remove(&dir, b"down"),
        false => dir::create(&dir, b"down", 0o644).map(drop),
    };
    match outcome {
        Err(error) if errno::is(&error, errno::ENOENT) || errno::is(&error, errno::EEXIST) => {
            Ok(())
        }
        other => other,
    }
}

/// What to tell people about entries that had to make room.
pub(crate) fn replaced_line(path: &Path) -> String {
    format!(
        "{}: what was there could have been put there by others, or is of the wrong kind; it was \
         removed and made anew",
        kernel::escape(OsStr::as_bytes(path.as_os_str()))
    )
}

/// Longest file that is read back: the death tally with all its entries.
pub(crate) const READ_LIMIT: usize = 64 * 1024;

/// Whether it is a regular file that is not another name of somebody's.
pub(crate) fn is_ours_alone(stat: &Stat) -> bool {
    stat.is_file() && stat.links == 1 && trust::is_ours(stat.uid)
}

/// The content of the file `name` in `dir`.
///
/// # Errors
/// ENOENT, EINVAL for what is no file of ours, EFBIG.
pub(crate) fn read_in(dir: &OwnedFd, name: &[u8]) -> io::Result<Vec<u8>> {
    let open = flags::O_RDONLY | flags::O_NONBLOCK | flags::O_NOCTTY;
    let file = fs::open_entry(dir.as_raw_fd(), name, open)?;
    // Another name of somebody's file must not show its content in ours.
    if !is_ours_alone(&fs::stat(&file)?) {
        return Err(errno::from(errno::EINVAL));
    }
    fd::read_to_end(file.as_raw_fd(), READ_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::records::Supervise;
    use crate::service::scan_dir::ScanDir;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
    use temp::Temp;

    fn lab() -> Temp {
        let temp = Temp::new();
        temp.dir("s");
        temp
    }

    fn service(temp: &Temp) -> PathBuf {
        temp.at("s")
    }

    fn write(service: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
        Supervise::of(&ScanDir::default(), service)?.replace(name, bytes)
    }

    fn mode(path: &Path) -> u32 {
        path.symlink_metadata().expect("it exists").mode() & 0o7777
    }

    #[test]
    fn the_files_have_the_modes_that_s6_has_and_stay() {
        let temp = lab();
        let service = service(&temp);
        assert!(
            open(&service, || {})
                .map_err(|e| e.1)
                .expect("opens")
                .replaced
                .is_empty()
        );
        assert_eq!(mode(&service.join("supervise")), 0o700);
        assert_eq!(mode(&service.join("event")), 0o3730);
        assert_eq!(mode(&service.join("supervise/control")), 0o600);
        let inode = |name: &str| service.join(name).metadata().expect("it exists").ino();
        let before = inode("supervise/control");
        assert!(
            open(&service, || {})
                .map_err(|e| e.1)
                .expect("opens")
                .replaced
                .is_empty()
        );
        assert_eq!(inode("supervise/control"), before);
    }

    #[test]
    fn a_fifo_of_the_image_keeps_its_mode() {
        let temp = lab();
        let service = service(&temp);
        std::fs::create_dir(service.join("supervise")).expect("a directory");
        let control = service.join("supervise/control");
        kernel::fs::make_fifo(&control, 0o600).expect("a fifo");
        std::fs::set_permissions(&control, std::fs::Permissions::from_mode(0o620)).expect("a mode");
        assert!(
            open(&service, || {})
                .map_err(|e| e.1)
                .expect("opens")
                .replaced
                .is_empty()
        );
        assert_eq!(mode(&control), 0o620);
    }

    #[test]
    fn links_and_files_in_the_place_of_ours_make_room_and_their_targets_stay() {
        let temp = lab();
        let service = service(&temp);
        std::fs::write(temp.at("shadow"), "secret").expect("a file");
        std::fs::create_dir(service.join("supervise")).expect("a directory");
        for name in ["control", "lock", "status", "status.new"] {
            symlink("../../shadow", service.join("supervise").join(name)).expect("a link");
        }
        let control = open(&service, || {}).map_err(|e| e.1).expect("opens");
        assert_eq!(control.replaced, [service.join("supervise/control")]);
        write(&service, "status", b"bytes").expect("replaces");
        assert_eq!(
            std::fs::read(service.join("supervise/status")).expect("reads"),
            b"bytes"
        );
        symlink("../shadow", service.join("down")).expect("a link");
        set_normally_up(&service, false).expect("is down");
        assert_eq!(std::fs::read(temp.at("shadow")).expect("reads"), b"secret");
    }

    #[test]
    fn a_service_that_is_a_link_is_followed_only_where_it_is_ours() {
        let temp = lab();
        let linked = temp.at("linked");
        symlink("s", &linked).expect("a link");
        assert!(open(&linked, || {}).is_ok());
        std::fs::set_permissions(temp.path(), std::fs::Permissions::from_mode(0o777))
            .expect("a mode");
        assert!(open(&linked, || {}).is_err());
        assert!(write(&linked, "status", b"x").is_err());
        assert!(set_normally_up(&linked, false).is_err());
        assert!(open(&service(&temp), || {}).is_ok());
    }

    #[test]
    fn a_directory_that_is_a_link_is_followed_only_where_it_is_ours() {
        let temp = lab();
        let service = service(&temp);
        std::fs::create_dir(temp.at("elsewhere")).expect("a directory");
        symlink("../elsewhere", service.join("supervise")).expect("a link");
        assert!(
            open(&service, || {})
                .map_err(|e| e.1)
                .expect("opens")
                .replaced
                .is_empty()
        );
        assert!(temp.at("elsewhere/control").symlink_metadata().is_ok());
        // Others can write where the link is: it may be theirs.
        std::fs::set_permissions(&service, std::fs::Permissions::from_mode(0o777)).expect("a mode");
        assert!(write(&service, "status", b"x").is_err());
        let control = open(&service, || {}).map_err(|e| e.1).expect("opens");
        assert_eq!(control.replaced, [service.join("supervise")]);
        assert!(
            service
                .join("supervise")
                .symlink_metadata()
                .expect("it exists")
                .is_dir()
        );
        assert!(temp.at("elsewhere/status").symlink_metadata().is_err());
    }
}
