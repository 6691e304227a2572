//! News of files and directories that change (inotify(7)).

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::{c_string, check, errno};

/// An inotify instance.
pub struct Watch(OwnedFd);

/// What is heard of: contents, names that come and go, and what is mounted or removed.
const EVENTS: u32 = libc::IN_CLOSE_WRITE
    | libc::IN_ATTRIB
    | libc::IN_CREATE
    | libc::IN_DELETE
    | libc::IN_DELETE_SELF
    | libc::IN_MOVED_FROM
    | libc::IN_MOVED_TO
    | libc::IN_MOVE_SELF;

impl Watch {
    /// An instance that watches nothing yet; closed on exec, never blocking.
    ///
    /// # Errors
    /// EMFILE at a user's limit of instances (often 128 on a whole machine), ENOSYS.
    pub fn new() -> io::Result<Watch> {
        let flags = libc::IN_NONBLOCK | libc::IN_CLOEXEC;
        // SAFETY: takes a number; the new descriptor is owned here.
        unsafe {
            let fd = check(libc::inotify_init1(flags))?;
            Ok(Watch(OwnedFd::from_raw_fd(fd)))
        }
    }

    /// Watches the file or directory that `path` leads to.
    ///
    /// # Errors
    /// ENOENT, EACCES; ENOSPC at the user's limit of watches.
    pub fn add(&self, path: &Path) -> io::Result<()> {
        let path = c_string(path.as_os_str().as_bytes())?;
        // SAFETY: the path is a C string.
        let added = unsafe { libc::inotify_add_watch(self.0.as_raw_fd(), path.as_ptr(), EVENTS) };
        check(added).map(drop)
    }

    /// Takes all news that wait. Gives the names of entries of directories; none for what is
    /// watched itself.
    pub fn read(&self) -> Vec<Option<Vec<u8>>> {
        const HEAD: usize = size_of::<libc::inotify_event>();
        let mut names = Vec::new();
        let mut buffer = [0u8; 4096];
        while let Ok(count) = errno::retry(|| crate::fd::read(self.0.as_raw_fd(), &mut buffer)) {
            let mut rest = &buffer[..count];
            // A record: watch, mask, cookie, length of the name, the name with NULs behind it.
            while let Some((head, tail)) = rest.split_at_checked(HEAD) {
                let length = [head[12], head[13], head[14], head[15]];
                let length = u32::from_ne_bytes(length) as usize;
                let Some((name, next)) = tail.split_at_checked(length) else {
                    break;
                };
                let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
                names.push((!name.is_empty()).then(|| name.to_vec()));
                rest = next;
            }
            if count == 0 {
                break;
            }
        }
        names
    }
}

impl AsRawFd for Watch {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_in_a_directory_is_named() {
        let dir = std::env::temp_dir().join(format!("mainstay-watch-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let watch = Watch::new().unwrap();
        watch.add(&dir).unwrap();
        assert_eq!(watch.read(), []);
        std::fs::write(dir.join("a"), "x").unwrap();
        std::fs::rename(dir.join("a"), dir.join("b")).unwrap();
        let names = watch.read();
        for name in [b"a", b"b"] {
            assert!(names.contains(&Some(name.to_vec())), "{names:?}");
        }
        watch.add(&dir.join("b")).unwrap();
        std::fs::write(dir.join("b"), "y").unwrap();
        assert!(watch.read().contains(&None));
        assert!(watch.add(&dir.join("none")).is_err());
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
