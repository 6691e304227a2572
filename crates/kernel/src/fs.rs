//! File-system calls that the standard library does not offer.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::{c_string, check};

/// Makes a fifo.
///
/// # Errors
/// EEXIST, EROFS, EACCES.
pub fn make_fifo(path: &Path, mode: u32) -> io::Result<()> {
    let path = c_string(path.as_os_str().as_bytes())?;
    // SAFETY: the path is a C string.
    check(unsafe { libc::mkfifo(path.as_ptr(), mode as libc::mode_t) }).map(drop)
}

/// open(2) with these flags (O_CLOEXEC is added) and, where a file is made, `mode`.
///
/// # Errors
/// As open(2).
pub fn open(path: &Path, flags: i32, mode: u32) -> io::Result<OwnedFd> {
    let path = c_string(path.as_os_str().as_bytes())?;
    crate::errno::retry(|| {
        // SAFETY: the path is a C string; the new descriptor is owned here.
        unsafe {
            let fd = check(libc::openat(
                libc::AT_FDCWD,
                path.as_ptr(),
                flags | libc::O_CLOEXEC,
                mode as libc::c_uint,
            ))?;
            Ok(OwnedFd::from_raw_fd(fd))
        }
    })
}

/// Opens a regular file for reading without following a link in its last component
/// and without ever waiting: a fifo or device in its place is an error (EINVAL).
///
/// # Errors
/// As open(2); ELOOP for a link, EINVAL for what is not a regular file.
pub fn open_regular(path: &Path) -> io::Result<File> {
    let fd = open(
        path,
        libc::O_RDONLY | libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY,
        0,
    )?;
    let file = File::from(fd);
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::from_raw_os_error(libc::EINVAL))
    }
}

/// Opens a regular file for reading, also through a link, without ever opening a fifo
/// or a device: anything else is an error (EINVAL).
///
/// # Errors
/// As open(2); EINVAL for what is not a regular file.
pub fn open_regular_target(path: &Path) -> io::Result<File> {
    // Asked first, since opening a device can have effects; asked again of what was
    // opened, which may be another file by then.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::from_raw_os_error(libc::EINVAL));
    }
    let fd = open(path, libc::O_RDONLY | libc::O_NONBLOCK | libc::O_NOCTTY, 0)?;
    let file = File::from(fd);
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::from_raw_os_error(libc::EINVAL))
    }
}

/// Opens the write end of a fifo without waiting for a reader. A link in its place, or
/// a file that is no fifo, is an error: what is meant for a reader must not be written
/// into something else.
///
/// # Errors
/// ENXIO when nobody reads it; ELOOP for a link, EINVAL for what is no fifo.
pub fn open_fifo_writer(path: &Path) -> io::Result<OwnedFd> {
    fifo(open(
        path,
        libc::O_WRONLY | libc::O_NONBLOCK | libc::O_NOFOLLOW | libc::O_NOCTTY,
        0,
    )?)
}

/// Opens the read end of a fifo without waiting for a writer.
///
/// # Errors
/// As open(2); ELOOP for a link, EINVAL for what is no fifo.
pub fn open_fifo_reader(path: &Path) -> io::Result<OwnedFd> {
    fifo(open(
        path,
        libc::O_RDONLY | libc::O_NONBLOCK | libc::O_NOFOLLOW | libc::O_NOCTTY,
        0,
    )?)
}

/// `fd`, if it is open on a fifo.
fn fifo(fd: OwnedFd) -> io::Result<OwnedFd> {
    match stat(&fd)?.is_fifo() {
        true => Ok(fd),
        false => Err(io::Error::from_raw_os_error(libc::EINVAL)),
    }
}

/// Takes an exclusive lock on the whole file without waiting (flock(2)).
///
/// # Errors
/// EWOULDBLOCK when somebody else has it.
pub fn try_lock(file: &impl AsRawFd) -> io::Result<()> {
    // SAFETY: no preconditions.
    check(unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) }).map(drop)
}

/// Takes a lock on the whole file of the kind that belongs to the process and outlives
/// exec (fcntl(2), F_SETLK): shared or exclusive, without waiting.
///
/// # Errors
/// EAGAIN or EACCES when somebody else has it.
pub fn try_process_lock(file: &impl AsRawFd, exclusive: bool) -> io::Result<()> {
    process_lock(file, exclusive, libc::F_SETLK)
}

/// The same, waiting as long as it takes. EINTR comes through: a timer may end it.
///
/// # Errors
/// EINTR, EDEADLK.
pub fn wait_process_lock(file: &impl AsRawFd, exclusive: bool) -> io::Result<()> {
    process_lock(file, exclusive, libc::F_SETLKW)
}

fn process_lock(file: &impl AsRawFd, exclusive: bool, command: i32) -> io::Result<()> {
    // SAFETY: all-zero bytes are a valid flock: the whole file from its start.
    let mut lock: libc::flock = unsafe { std::mem::zeroed() };
    let kind = if exclusive {
        libc::F_WRLCK
    } else {
        libc::F_RDLCK
    };
    lock.l_type = kind as libc::c_short;
    lock.l_whence = libc::SEEK_SET as libc::c_short;
    // SAFETY: `lock` is valid for the call.
    check(unsafe { libc::fcntl(file.as_raw_fd(), command, &lock) }).map(drop)
}

/// Whether the file that the path leads to is on a file system whose answers come from
/// another machine or from a program, so that they may not come (statfs(2)).
///
/// # Errors
/// As statfs(2).
pub fn may_hang(path: &Path) -> io::Result<bool> {
    // FUSE (and virtiofs), NFS, SMB in three generations, 9P, Ceph, AFS, Coda, Lustre,
    // VMware's and VirtualBox's shared folders.
    const DISTANT: [u32; 12] = [
        0x6573_5546,
        0x6969,
        0x517b,
        0xff53_4d42,
        0xfe53_4d42,
        0x0102_1997,
        0x00c3_6400,
        0x5346_414f,
        0x7375_7245,
        0x0bd0_0bd0,
        0xbacb_acbc,
        0x786f_4256,
    ];
    let path = c_string(path.as_os_str().as_bytes())?;
    // SAFETY: all-zero bytes are a valid statfs buffer to fill in; the path is a C string.
    let kind = unsafe {
        let mut system: libc::statfs = std::mem::zeroed();
        check(libc::statfs(path.as_ptr(), &mut system))?;
        system.f_type as u32
    };
    Ok(DISTANT.contains(&kind))
}

/// Whether an open file lies on a file system in memory (statfs(2), tmpfs).
pub fn is_in_memory(fd: &impl AsRawFd) -> bool {
    const TMPFS: u32 = 0x0102_1994;
    // SAFETY: all-zero bytes are a valid statfs buffer to fill in.
    unsafe {
        let mut system: libc::statfs = std::mem::zeroed();
        check(libc::fstatfs(fd.as_raw_fd(), &mut system)).is_ok() && system.f_type as u32 == TMPFS
    }
}

/// The process whose lock keeps others from an exclusive one on the file (F_GETLK): 0 for
/// one of another pid namespace, -1 for a lock that belongs to no process.
///
/// # Errors
/// EBADF.
pub fn lock_holder(file: &impl AsRawFd) -> io::Result<Option<i32>> {
    // SAFETY: all-zero bytes are a valid flock: the whole file from its start.
    let mut lock: libc::flock = unsafe { std::mem::zeroed() };
    lock.l_type = libc::F_WRLCK as libc::c_short;
    lock.l_whence = libc::SEEK_SET as libc::c_short;
    // SAFETY: `lock` is valid for the call, which fills it in.
    check(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GETLK, &mut lock) })?;
    Ok((lock.l_type != libc::F_UNLCK as libc::c_short).then_some(lock.l_pid))
}

/// Whether the path could be executed by this process (access(2) with X_OK).
pub fn is_executable(path: &Path) -> bool {
    match c_string(path.as_os_str().as_bytes()) {
        // SAFETY: the path is a C string.
        Ok(path) => unsafe { libc::access(path.as_ptr(), libc::X_OK) == 0 },
        Err(_) => false,
    }
}

/// A way to use a file, for [`may`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Read it or list it.
    Read,
    /// Write to it.
    Write,
    /// Execute it or search it.
    Execute,
}

/// Whether this process's effective ids may use the file so (faccessat(2) with
/// AT_EACCESS).
pub fn may(path: &Path, usage: Use) -> bool {
    let mode = match usage {
        Use::Read => libc::R_OK,
        Use::Write => libc::W_OK,
        Use::Execute => libc::X_OK,
    };
    let Ok(path) = c_string(path.as_os_str().as_bytes()) else {
        return false;
    };
    // SAFETY: the path is a C string.
    let asked =
        check(unsafe { libc::faccessat(libc::AT_FDCWD, path.as_ptr(), mode, libc::AT_EACCESS) });
    match asked {
        // The C library knows what to do about ENOSYS (faccessat2(2) is Linux 5.8's), not
        // about a sandbox's EPERM. Real and effective ids differ in none of ours.
        // SAFETY: the path is a C string.
        Err(error) if crate::errno::is(&error, libc::EPERM) => unsafe {
            libc::access(path.as_ptr(), mode) == 0
        },
        other => other.is_ok(),
    }
}

/// Flags for [`open_beneath`].
pub mod flags {
    pub use libc::{
        O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_PATH, O_RDONLY,
        O_RDWR, O_TRUNC, O_WRONLY,
    };
}

/// How paths are resolved by [`open_beneath`] (openat2(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolve {
    /// `/` and `..` stop at the directory, as if it were the root (RESOLVE_IN_ROOT).
    InRoot,
    /// No link at all is followed (RESOLVE_NO_SYMLINKS).
    NoLinks,
}

#[repr(C)]
struct OpenHow {
    flags: u64,
    mode: u64,
    resolve: u64,
}

/// Opens `path` below the directory `dir` under a rule for links.
///
/// # Errors
/// As openat2(2); ENOSYS on kernels before 5.6 and in some sandboxes.
pub fn open_beneath(
    dir: &impl AsRawFd,
    path: &Path,
    flags: i32,
    mode: u32,
    resolve: Resolve,
) -> io::Result<OwnedFd> {
    let path = c_string(path.as_os_str().as_bytes())?;
    let how = OpenHow {
        flags: (flags | libc::O_CLOEXEC) as u64,
        mode: u64::from(mode),
        resolve: match resolve {
            Resolve::InRoot => 0x10,
            Resolve::NoLinks => 0x04,
        },
    };
    crate::errno::retry(|| {
        // SAFETY: path and `how` are valid for the call; the descriptor is owned here.
        unsafe {
            let fd = libc::syscall(
                libc::SYS_openat2,
                dir.as_raw_fd(),
                path.as_ptr(),
                &how,
                std::mem::size_of::<OpenHow>(),
            );
            let fd = check(fd as libc::c_int)?;
            Ok(OwnedFd::from_raw_fd(fd))
        }
    })
}

/// Opens the entry `name` of the directory `dir` itself: a link is opened as a link
/// (O_PATH | O_NOFOLLOW), nothing is waited for.
///
/// # Errors
/// As openat(2).
pub fn open_entry(dir: RawFd, name: &[u8], flags: i32) -> io::Result<OwnedFd> {
    let name = c_string(name)?;
    crate::errno::retry(|| {
        // SAFETY: the name is a C string; the descriptor is owned here.
        unsafe {
            let fd = check(libc::openat(
                dir,
                name.as_ptr(),
                flags | libc::O_NOFOLLOW | libc::O_CLOEXEC,
            ))?;
            Ok(OwnedFd::from_raw_fd(fd))
        }
    })
}

/// What fstat(2) says of an open file, as far as it is needed here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// File type and permission bits.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// How many names it has.
    pub links: u64,
    /// How many bytes it has; what that means for a directory, its file system decides.
    pub size: u64,
    /// Device and inode: the file's identity.
    pub identity: (u64, u64),
}

impl Stat {
    /// Whether it is a directory.
    pub fn is_dir(&self) -> bool {
        self.mode & libc::S_IFMT == libc::S_IFDIR
    }

    /// Whether it is a symbolic link.
    pub fn is_link(&self) -> bool {
        self.mode & libc::S_IFMT == libc::S_IFLNK
    }

    /// Whether it is a fifo.
    pub fn is_fifo(&self) -> bool {
        self.mode & libc::S_IFMT == libc::S_IFIFO
    }

    /// Whether it is a regular file.
    pub fn is_file(&self) -> bool {
        self.mode & libc::S_IFMT == libc::S_IFREG
    }
}

impl From<&libc::stat> for Stat {
    #[allow(clippy::unnecessary_cast, reason = "narrower on other machines")]
    fn from(stat: &libc::stat) -> Stat {
        Stat {
            mode: stat.st_mode,
            uid: stat.st_uid,
            gid: stat.st_gid,
            links: stat.st_nlink as u64,
            size: stat.st_size as u64,
            identity: (stat.st_dev as u64, stat.st_ino as u64),
        }
    }
}

/// fstat(2); works on O_PATH descriptors too.
///
/// # Errors
/// EBADF.
pub fn stat(fd: &impl AsRawFd) -> io::Result<Stat> {
    // SAFETY: all-zero bytes are a valid stat buffer to fill in.
    unsafe {
        let mut stat: libc::stat = std::mem::zeroed();
        check(libc::fstat(fd.as_raw_fd(), &mut stat))?;
        Ok(Stat::from(&stat))
    }
}

/// Changes the owner of an open file, also of one opened with O_PATH.
///
/// # Errors
/// EPERM, EROFS.
pub fn set_owner(fd: &impl AsRawFd, uid: Option<u32>, gid: Option<u32>) -> io::Result<()> {
    let uid = uid.unwrap_or(u32::MAX);
    let gid = gid.unwrap_or(u32::MAX);
    // SAFETY: the empty path with AT_EMPTY_PATH names the descriptor itself.
    check(unsafe { libc::fchownat(fd.as_raw_fd(), c"".as_ptr(), uid, gid, libc::AT_EMPTY_PATH) })
        .map(drop)
}

/// Changes the mode of an open file, also of one opened with O_PATH, which fchmod(2)
/// refuses: then through its name under /proc, and without /proc by fchmodat2(2).
///
/// # Errors
/// EPERM, EROFS; ENOSYS without /proc before Linux 6.6.
pub fn set_mode(fd: &impl AsRawFd, mode: u32) -> io::Result<()> {
    // SAFETY: no preconditions.
    match check(unsafe { libc::fchmod(fd.as_raw_fd(), mode as libc::mode_t) }) {
        Err(error) if crate::errno::is(&error, libc::EBADF) => {
            let path = c_string(format!("/proc/self/fd/{}", fd.as_raw_fd()).as_bytes())?;
            // SAFETY: the path is a C string.
            match check(unsafe { libc::chmod(path.as_ptr(), mode as libc::mode_t) }) {
                Err(error) if crate::errno::is(&error, libc::ENOENT) => {
                    const FCHMODAT2: libc::c_long = 452;
                    // SAFETY: the empty path with AT_EMPTY_PATH names the descriptor.
                    let done = unsafe {
                        libc::syscall(
                            FCHMODAT2,
                            fd.as_raw_fd(),
                            c"".as_ptr(),
                            mode as libc::mode_t,
                            libc::AT_EMPTY_PATH,
                        )
                    };
                    check(done as libc::c_int).map(drop)
                }
                other => other.map(drop),
            }
        }
        other => other.map(drop),
    }
}

/// Writes everything that waits in memory to the disks (sync(2)).
pub fn sync() {
    // SAFETY: always succeeds.
    unsafe { libc::sync() };
}
