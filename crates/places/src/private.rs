//! The private folder that holds a container's state where the originals' places cannot
//! be written: PID 1 makes it, and other programs find it.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use kernel::{credentials, errno, fs};

/// By this variable PID 1 tells its children where the state is, where that is not in
/// one of the standard places; its value is the private folder, or [`NOWHERE`].
pub const VARIABLE: &str = "MAINSTAY_STATE";

/// No place can be written: there is no state.
pub const NOWHERE: &str = "none";

/// The state within a private folder.
pub const WITHIN: &str = "s6";

/// PID 1 holds a lock on this file of its private folder.
pub const LOCK: &str = "lock";

/// Which PID namespace the folder's PID 1 is in.
pub const NAMESPACE: &str = "namespace";

/// More than any name of a namespace (bytes).
const LONGEST_NAME: u64 = 64;

/// How many containers of one user may share a directory for temporary files.
const NEIGHBOURS: u32 = 10;

/// The names that a private folder of user `uid` may have, best first.
pub fn folders(runtime_dir: Option<&[u8]>, uid: u32) -> Vec<PathBuf> {
    let runtime_dir = runtime_dir
        .map(|dir| Path::new(OsStr::from_bytes(dir)))
        .filter(|dir| dir.is_absolute());
    runtime_dir
        .into_iter()
        .chain(["/tmp", "/dev/shm"].map(Path::new))
        .flat_map(|dir| {
            (0..NEIGHBOURS).map(move |number| match number {
                0 => dir.join(format!("mainstay-{uid}")),
                _ => dir.join(format!("mainstay-{uid}.{number}")),
            })
        })
        .collect()
}

/// Whether `folder` is a directory of user `uid` that nobody else may enter.
pub fn is_private(folder: &Path, uid: u32) -> bool {
    folder
        .symlink_metadata()
        .is_ok_and(|found| found.is_dir() && found.uid() == uid && found.mode() & 0o077 == 0)
}

/// The PID namespace of this process, as /proc names it; nothing without /proc.
pub fn own_namespace() -> Vec<u8> {
    std::fs::read_link("/proc/self/ns/pid")
        .map(|name| name.into_os_string().into_encoded_bytes())
        .unwrap_or_default()
}

/// The private folder of this container's PID 1, for its other programs: what `variable`
/// ([`VARIABLE`]) says, else one that a living PID 1 of this PID namespace holds. None:
/// the state is in a standard place, or nowhere.
pub fn find(variable: Option<&[u8]>, runtime_dir: Option<&[u8]>) -> Option<PathBuf> {
    match variable {
        Some(value) if value == NOWHERE.as_bytes() => return None,
        Some(value) if !value.is_empty() => {
            return Some(PathBuf::from(OsStr::from_bytes(value)));
        }
        Some(_) | None => {}
    }
    let mut users = vec![credentials::user(), 0];
    // A program of root's in a container whose PID 1 is another user.
    if credentials::user() == 0
        && let Ok(first) = Path::new("/proc/1").metadata()
    {
        users.push(first.uid());
    }
    users.dedup();
    let namespace = own_namespace();
    users.into_iter().find_map(|uid| {
        folders(runtime_dir, uid)
            .into_iter()
            .find(|folder| is_private(folder, uid) && is_held(folder, &namespace))
    })
}

/// Whether a living PID 1 of `namespace` holds the folder.
fn is_held(folder: &Path, namespace: &[u8]) -> bool {
    let Ok(lock) = fs::open_regular(&folder.join(LOCK)) else {
        return false;
    };
    let held = fs::try_lock(&lock).is_err_and(|error| errno::is(&error, errno::EWOULDBLOCK));
    let mut written = Vec::new();
    // A folder of this user's may be a neighbour's: what is no file is not waited for.
    let _ = fs::open_regular(&folder.join(NAMESPACE))
        .and_then(|file| file.take(LONGEST_NAME).read_to_end(&mut written));
    held && (namespace.is_empty() || written == namespace)
}

#[cfg(test)]
mod tests {
    use super::*;
    use temp::{Temp, set_mode};

    #[test]
    fn names_are_the_users_own_and_the_runtime_directory_comes_first() {
        let names = folders(Some(b"/run/user/7"), 7);
        assert_eq!(names[0], Path::new("/run/user/7/mainstay-7"));
        assert_eq!(names[1], Path::new("/run/user/7/mainstay-7.1"));
        assert!(names.contains(&PathBuf::from("/dev/shm/mainstay-7.9")));
        assert_eq!(
            folders(Some(b"relative"), 7)[0],
            Path::new("/tmp/mainstay-7")
        );
        assert_eq!(folders(None, 0)[0], Path::new("/tmp/mainstay-0"));
    }

    #[test]
    fn a_folder_that_others_may_enter_or_a_link_is_not_private() {
        let temp = Temp::new();
        let dir = temp.dir("d");
        let uid = credentials::user();
        set_mode(&dir, 0o700);
        temp.link("d", "l");
        assert!(is_private(&dir, uid) && !is_private(&temp.at("l"), uid));
        assert!(!is_private(&dir, uid + 1));
        set_mode(&dir, 0o701);
        assert!(!is_private(&dir, uid));
    }

    #[test]
    fn a_folder_counts_while_its_lock_is_held_in_this_namespace() {
        let temp = Temp::new();
        temp.write("d/lock", "");
        temp.write("d/namespace", "pid:[1]");
        let dir = temp.at("d");
        assert!(!is_held(&dir, b"pid:[1]"), "nobody holds it");
        let lock = std::fs::File::open(temp.at("d/lock")).unwrap();
        fs::try_lock(&lock).unwrap();
        assert!(is_held(&dir, b"pid:[1]") && is_held(&dir, b""));
        assert!(!is_held(&dir, b"pid:[2]"), "a neighbour's");
        assert!(!is_held(&temp.at("none"), b""));
    }

    #[test]
    fn the_variable_decides() {
        assert_eq!(find(Some(b"/somewhere"), None), Some("/somewhere".into()));
        assert_eq!(find(Some(b"none"), None), None);
    }
}
