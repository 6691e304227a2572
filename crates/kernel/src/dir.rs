//! Entries of an open directory, by name below its descriptor (the `*at` calls). A
//! path that somebody else can write to is walked with these, one component at a time.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use crate::fs::Stat;
use crate::{c_string, check};

/// An entry of a directory as readdir(3) tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: Vec<u8>,
    /// Whether it may be a fifo: it is one, or the file system does not say. Asked again
    /// of what is opened, which may be another file by then.
    pub maybe_fifo: bool,
}

/// The entries of a directory, as many at a time as are asked for: who can make
/// entries there decides how many there are.
///
/// The kernel's own call (getdents64(2)): a stream of the C library's asks three things
/// first that are known, and takes 32 kB.
pub struct Entries {
    dir: OwnedFd,
    /// What the kernel gave last, and how much of it has been taken.
    records: Vec<u8>,
    taken: usize,
}

/// How much the kernel is asked for at a time: some hundred entries.
const RECORDS: usize = 4096;

/// Where a record (struct linux_dirent64) has its length, its type and its name.
const LENGTH: usize = 16;
const KIND: usize = 18;
const NAME: usize = 19;

impl Entries {
    /// Begins to read. `dir` may be an O_PATH descriptor.
    ///
    /// # Errors
    /// ENOTDIR, EACCES, EMFILE.
    pub fn of(dir: &impl AsRawFd) -> io::Result<Entries> {
        // SAFETY: the path is a C string; the new descriptor is owned here.
        let fd = crate::errno::retry(|| unsafe {
            let fd = check(libc::openat(
                dir.as_raw_fd(),
                c".".as_ptr(),
                libc::O_RDONLY | libc::O_DIRECTORY | libc::O_CLOEXEC,
            ))?;
            Ok(OwnedFd::from_raw_fd(fd))
        })?;
        Ok(Entries::read(fd))
    }

    /// Begins to read a directory that was opened for reading.
    pub fn read(dir: OwnedFd) -> Entries {
        Entries {
            dir,
            records: Vec::new(),
            taken: 0,
        }
    }

    /// The next entry, `.` and `..` aside; none at the end.
    ///
    /// # Errors
    /// As getdents64(2): ENOTDIR; EBADF for an O_PATH descriptor.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator of results would go on after an error"
    )]
    pub fn next(&mut self) -> io::Result<Option<Entry>> {
        loop {
            if self.taken >= self.records.len() && !self.fill()? {
                return Ok(None);
            }
            let record = &self.records[self.taken..];
            let length = record.get(LENGTH..KIND).and_then(|two| two.try_into().ok());
            let length = usize::from(u16::from_ne_bytes(length.unwrap_or_default()));
            let (Some(kind), Some(name)) = (record.get(KIND), record.get(NAME..length)) else {
                // Not what the kernel writes.
                return Err(io::Error::from_raw_os_error(libc::EIO));
            };
            let (maybe_fifo, name) = (
                matches!(*kind, libc::DT_FIFO | libc::DT_UNKNOWN),
                name.split(|b| *b == 0).next().unwrap_or_default(),
            );
            self.taken += length;
            if name != b"." && name != b".." {
                return Ok(Some(Entry {
                    name: name.to_vec(),
                    maybe_fifo,
                }));
            }
        }
    }

    /// Asks the kernel for more; false at the end.
    fn fill(&mut self) -> io::Result<bool> {
        self.records.resize(RECORDS, 0);
        self.taken = 0;
        let got = crate::errno::retry(|| {
            // SAFETY: the buffer has the length that is given.
            check(unsafe {
                libc::syscall(
                    libc::SYS_getdents64,
                    self.dir.as_raw_fd(),
                    self.records.as_mut_ptr(),
                    self.records.len(),
                ) as libc::c_int
            })
        });
        self.records.truncate(*got.as_ref().unwrap_or(&0) as usize);
        Ok(got? > 0)
    }
}

impl AsRawFd for Entries {
    fn as_raw_fd(&self) -> RawFd {
        self.dir.as_raw_fd()
    }
}

/// The names in the directory at `path`, in no particular order, `.` and `..` aside.
///
/// The standard library's own panics when closing a directory fails (close(2): EIO).
///
/// # Errors
/// As open(2) and getdents64(2).
pub fn names_in(path: &std::path::Path) -> io::Result<Vec<Vec<u8>>> {
    let dir = crate::fs::open(path, libc::O_RDONLY | libc::O_DIRECTORY, 0)?;
    let mut entries = Entries::read(dir);
    let mut names = Vec::new();
    while let Some(entry) = entries.next()? {
        names.push(entry.name);
    }
    Ok(names)
}

/// The names in the directory, without `.` and `..`, sorted bytewise. `dir` may be an
/// O_PATH descriptor.
///
/// # Errors
/// ENOTDIR, EACCES.
pub fn names(dir: &impl AsRawFd) -> io::Result<Vec<Vec<u8>>> {
    let mut entries = Entries::of(dir)?;
    let mut names = Vec::new();
    while let Some(entry) = entries.next()? {
        names.push(entry.name);
    }
    names.sort_unstable();
    Ok(names)
}

/// What fstatat(2) says of the entry `name` itself; a link is not followed.
///
/// # Errors
/// ENOENT, EACCES.
pub fn stat(dir: &impl AsRawFd, name: &[u8]) -> io::Result<Stat> {
    let name = c_string(name)?;
    // SAFETY: the name is a C string; all-zero bytes are a valid stat buffer to fill in.
    unsafe {
        let mut stat: libc::stat = std::mem::zeroed();
        let flags = libc::AT_SYMLINK_NOFOLLOW | libc::AT_NO_AUTOMOUNT;
        check(libc::fstatat(
            dir.as_raw_fd(),
            name.as_ptr(),
            &mut stat,
            flags,
        ))?;
        Ok(Stat::from(&stat))
    }
}

/// What fstatat(2) says of what `path` below the directory leads to, links followed.
///
/// # Errors
/// ENOENT, ENOTDIR, EACCES.
pub fn target_stat(dir: &impl AsRawFd, path: &[u8]) -> io::Result<Stat> {
    let path = c_string(path)?;
    // SAFETY: the path is a C string; all-zero bytes are a valid stat buffer to fill in.
    unsafe {
        let mut stat: libc::stat = std::mem::zeroed();
        let flags = libc::AT_NO_AUTOMOUNT;
        check(libc::fstatat(
            dir.as_raw_fd(),
            path.as_ptr(),
            &mut stat,
            flags,
        ))?;
        Ok(Stat::from(&stat))
    }
}

/// Makes a directory (mkdirat(2)); the umask applies.
///
/// # Errors
/// EEXIST, EROFS, EACCES.
pub fn make(dir: &impl AsRawFd, name: &[u8], mode: u32) -> io::Result<()> {
    let name = c_string(name)?;
    // SAFETY: the name is a C string.
    check(unsafe { libc::mkdirat(dir.as_raw_fd(), name.as_ptr(), mode as libc::mode_t) }).map(drop)
}

/// Makes a new file for writing; anything in its place, a link too, is an error
/// (O_EXCL). The umask applies.
///
/// # Errors
/// EEXIST, EROFS, EACCES, ENOSPC.
pub fn create(dir: &impl AsRawFd, name: &[u8], mode: u32) -> io::Result<File> {
    let name = c_string(name)?;
    crate::errno::retry(|| {
        // SAFETY: the name is a C string; the descriptor is owned here.
        unsafe {
            let fd = check(libc::openat(
                dir.as_raw_fd(),
                name.as_ptr(),
                libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL | libc::O_CLOEXEC,
                mode as libc::c_uint,
            ))?;
            Ok(File::from(OwnedFd::from_raw_fd(fd)))
        }
    })
}

/// Makes an empty regular file without opening it (mknodat(2)); the umask applies.
///
/// # Errors
/// EEXIST, EROFS, EACCES, ENOSPC.
pub fn make_file(dir: &impl AsRawFd, name: &[u8], mode: u32) -> io::Result<()> {
    let name = c_string(name)?;
    let mode = libc::S_IFREG | mode as libc::mode_t;
    // SAFETY: the name is a C string.
    check(unsafe { libc::mknodat(dir.as_raw_fd(), name.as_ptr(), mode, 0) }).map(drop)
}

/// Changes the mode of the entry at `name`, links followed (fchmodat(2)): only for where
/// nobody else can have put one.
///
/// # Errors
/// ENOENT, EPERM, EROFS.
pub fn set_mode(dir: &impl AsRawFd, name: &[u8], mode: u32) -> io::Result<()> {
    let name = c_string(name)?;
    // SAFETY: the name is a C string.
    check(unsafe { libc::fchmodat(dir.as_raw_fd(), name.as_ptr(), mode as libc::mode_t, 0) })
        .map(drop)
}

/// Makes a fifo (mkfifoat(3)); the umask applies.
///
/// # Errors
/// EEXIST, EROFS, EACCES.
pub fn make_fifo(dir: &impl AsRawFd, name: &[u8], mode: u32) -> io::Result<()> {
    let name = c_string(name)?;
    // SAFETY: the name is a C string.
    check(unsafe { libc::mkfifoat(dir.as_raw_fd(), name.as_ptr(), mode as libc::mode_t) }).map(drop)
}

/// Makes a symbolic link (symlinkat(2)).
///
/// # Errors
/// EEXIST, EROFS, EACCES.
pub fn make_link(target: &[u8], dir: &impl AsRawFd, name: &[u8]) -> io::Result<()> {
    let (target, name) = (c_string(target)?, c_string(name)?);
    // SAFETY: both are C strings.
    check(unsafe { libc::symlinkat(target.as_ptr(), dir.as_raw_fd(), name.as_ptr()) }).map(drop)
}

/// Where a symbolic link points (readlinkat(2)). An empty name means `dir` itself, a
/// link that was opened with O_PATH | O_NOFOLLOW.
///
/// # Errors
/// EINVAL when it is no link, ENOENT; ENAMETOOLONG for a target that no path can have.
pub fn read_link(dir: &impl AsRawFd, name: &[u8]) -> io::Result<Vec<u8>> {
    let name = c_string(name)?;
    let mut target = vec![0u8; libc::PATH_MAX as usize];
    // SAFETY: the name is a C string and the buffer has the length that is given.
    let length = unsafe {
        libc::readlinkat(
            dir.as_raw_fd(),
            name.as_ptr(),
            target.as_mut_ptr().cast(),
            target.len(),
        )
    };
    let length = usize::try_from(length).map_err(|_| io::Error::last_os_error())?;
    if length == target.len() {
        return Err(io::Error::from_raw_os_error(libc::ENAMETOOLONG));
    }
    target.truncate(length);
    Ok(target)
}

/// Removes an entry that is no directory (unlinkat(2)).
///
/// # Errors
/// ENOENT, EISDIR, EROFS, EACCES.
pub fn remove(dir: &impl AsRawFd, name: &[u8]) -> io::Result<()> {
    unlink(dir, name, 0)
}

/// Removes an empty directory.
///
/// # Errors
/// ENOENT, ENOTDIR, ENOTEMPTY, EROFS, EACCES.
pub fn remove_empty(dir: &impl AsRawFd, name: &[u8]) -> io::Result<()> {
    unlink(dir, name, libc::AT_REMOVEDIR)
}

fn unlink(dir: &impl AsRawFd, name: &[u8], flags: libc::c_int) -> io::Result<()> {
    let name = c_string(name)?;
    // SAFETY: the name is a C string.
    check(unsafe { libc::unlinkat(dir.as_raw_fd(), name.as_ptr(), flags) }).map(drop)
}

/// Renames `name` to `new_name`, in place of what may stand there (renameat(2)).
///
/// # Errors
/// ENOENT, EXDEV, EROFS, EACCES, EISDIR, ENOTEMPTY.
pub fn rename(
    dir: &impl AsRawFd,
    name: &[u8],
    new_dir: &impl AsRawFd,
    new_name: &[u8],
) -> io::Result<()> {
    let (name, new_name) = (c_string(name)?, c_string(new_name)?);
    // SAFETY: both are C strings.
    check(unsafe {
        libc::renameat(
            dir.as_raw_fd(),
            name.as_ptr(),
            new_dir.as_raw_fd(),
            new_name.as_ptr(),
        )
    })
    .map(drop)
}

/// Gives a file a second name (linkat(2)); a link is linked, not what it points to.
///
/// # Errors
/// EEXIST, EXDEV, EMLINK, EPERM, EROFS.
pub fn hard_link(
    dir: &impl AsRawFd,
    name: &[u8],
    new_dir: &impl AsRawFd,
    new_name: &[u8],
) -> io::Result<()> {
    let (name, new_name) = (c_string(name)?, c_string(new_name)?);
    // SAFETY: both are C strings.
    check(unsafe {
        libc::linkat(
            dir.as_raw_fd(),
            name.as_ptr(),
            new_dir.as_raw_fd(),
            new_name.as_ptr(),
            0,
        )
    })
    .map(drop)
}

/// Changes the owner of the entry itself, also of a link (fchownat(2)).
///
/// # Errors
/// ENOENT, EPERM, EROFS.
pub fn set_owner(dir: &impl AsRawFd, name: &[u8], uid: u32, gid: u32) -> io::Result<()> {
    let name = c_string(name)?;
    // SAFETY: the name is a C string.
    check(unsafe {
        libc::fchownat(
            dir.as_raw_fd(),
            name.as_ptr(),
            uid,
            gid,
            libc::AT_SYMLINK_NOFOLLOW,
        )
    })
    .map(drop)
}

/// Changes the times of an entry, of a link itself (utimensat(2)), to so many seconds since 1970.
///
/// # Errors
/// ENOENT, EPERM, EROFS.
pub fn set_time(dir: &impl AsRawFd, name: &[u8], seconds: i64) -> io::Result<()> {
    let name = c_string(name)?;
    let time = libc::timespec {
        tv_sec: seconds,
        tv_nsec: 0,
    };
    let times = [time, time];
    // SAFETY: the name is a C string, and the two times are read only.
    check(unsafe {
        libc::utimensat(
            dir.as_raw_fd(),
            name.as_ptr(),
            times.as_ptr(),
            libc::AT_SYMLINK_NOFOLLOW,
        )
    })
    .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs;

    #[test]
    fn a_directory_is_worked_on_by_its_descriptor() {
        let path = std::env::temp_dir().join(format!("kernel-dir-{}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        let dir = fs::open(&path, fs::flags::O_PATH | fs::flags::O_DIRECTORY, 0).unwrap();
        make(&dir, b"sub", 0o700).unwrap();
        create(&dir, b"file", 0o600).unwrap();
        make_link(b"nowhere", &dir, b"link").unwrap();
        make_fifo(&dir, b"fifo", 0o600).unwrap();
        hard_link(&dir, b"link", &dir, b"same").unwrap();
        assert_eq!(
            names(&dir).unwrap(),
            [&b"fifo"[..], b"file", b"link", b"same", b"sub"]
        );
        assert_eq!(read_link(&dir, b"same").unwrap(), b"nowhere");
        assert!(crate::errno::is(
            &create(&dir, b"link", 0o600).unwrap_err(),
            libc::EEXIST
        ));
        rename(&dir, b"same", &dir, b"file").unwrap();
        for name in [&b"fifo"[..], b"file", b"link"] {
            remove(&dir, name).unwrap();
        }
        remove_empty(&dir, b"sub").unwrap();
        assert!(names(&dir).unwrap().is_empty());
        std::fs::remove_dir(&path).unwrap();
    }
}
