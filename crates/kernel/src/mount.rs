//! Mounting, unmounting and changing the root of this process's mount namespace
//! (mount(2), umount2(2), pivot_root(2), mount_setattr(2)).

use std::ffi::CString;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::{c_string, check};

/// Flags for [`mount`], as mount(2) names them.
pub mod flags {
    pub use libc::{MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RDONLY, MS_RELATIME};
}

fn c_path(path: &Path) -> io::Result<CString> {
    c_string(path.as_os_str().as_bytes())
}

fn call(
    source: &Path,
    target: &Path,
    kind: Option<&str>,
    flags: libc::c_ulong,
    data: Option<&[u8]>,
) -> io::Result<()> {
    let source = c_path(source)?;
    let target = c_path(target)?;
    let kind = kind.map(|k| c_string(k.as_bytes())).transpose()?;
    let data = data.map(c_string).transpose()?;
    let pointer = |text: &Option<CString>| text.as_ref().map_or(std::ptr::null(), |t| t.as_ptr());
    // SAFETY: every pointer is null or a C string that outlives the call.
    check(unsafe {
        libc::mount(
            source.as_ptr(),
            target.as_ptr(),
            pointer(&kind),
            flags,
            pointer(&data).cast(),
        )
    })
    .map(drop)
}

/// Mounts a new file system of type `kind` on `target`, with its own `options`
/// (comma-separated; empty for none).
///
/// # Errors
/// As mount(2): EPERM without the right to, EINVAL for options that do not fit, ELOOP
/// when layers of an overlay lie in one another.
pub fn mount(kind: &str, target: &Path, flags: u64, options: &[u8]) -> io::Result<()> {
    let data = (!options.is_empty()).then_some(options);
    call(Path::new(kind), target, Some(kind), flags, data)
}

/// Shows the file or directory `source` at `target` too; with `recursive`, what is
/// mounted below it as well.
///
/// # Errors
/// As mount(2); EINVAL without `recursive` where mounts that this user namespace may
/// not take apart lie below `source`.
pub fn bind(source: &Path, target: &Path, recursive: bool) -> io::Result<()> {
    let flags = libc::MS_BIND | if recursive { libc::MS_REC } else { 0 };
    call(source, target, None, flags, None)
}

/// Makes every mount of this namespace private: nothing that is mounted or unmounted
/// from here on is seen in another namespace, nor theirs here.
///
/// # Errors
/// EPERM.
pub fn make_all_private() -> io::Result<()> {
    let root = Path::new("/");
    call(root, root, None, libc::MS_REC | libc::MS_PRIVATE, None)
}

#[repr(C)]
struct MountAttr {
    attr_set: u64,
    attr_clr: u64,
    propagation: u64,
    userns_fd: u64,
}

/// Makes the mount at `target` read-only, and every mount below it where the kernel
/// can do that in one call (5.12 and later). Older kernels: the top one alone.
///
/// # Errors
/// EPERM; EINVAL when nothing is mounted there.
pub fn make_read_only(target: &Path) -> io::Result<()> {
    const AT_RECURSIVE: libc::c_int = 0x8000;
    const MOUNT_ATTR_RDONLY: u64 = 1;
    let path = c_path(target)?;
    let attributes = MountAttr {
        attr_set: MOUNT_ATTR_RDONLY,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    // SAFETY: path and attributes are valid for the call, the size is theirs.
    let done = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            path.as_ptr(),
            AT_RECURSIVE,
            &attributes,
            std::mem::size_of::<MountAttr>(),
        )
    };
    match check(done as libc::c_int) {
        Err(error) if crate::errno::is(&error, libc::ENOSYS) => remount_read_only(target, &path),
        other => other.map(drop),
    }
}

/// Makes the one mount at `target` read-only, and none of those below it.
///
/// # Errors
/// EPERM; EINVAL when nothing is mounted there.
pub fn make_this_read_only(target: &Path) -> io::Result<()> {
    remount_read_only(target, &c_path(target)?)
}

/// The flags of the mount that a path lies on (statvfs(3), `ST_*`).
fn flags_of(path: &CString) -> io::Result<libc::c_ulong> {
    // SAFETY: all-zero bytes are a valid statvfs buffer to fill in; path is a C string.
    unsafe {
        let mut stat: libc::statvfs = std::mem::zeroed();
        check(libc::statvfs(path.as_ptr(), &mut stat))?;
        Ok(stat.f_flag)
    }
}

/// Whether nothing below this mount may be executed (`noexec`).
pub fn is_noexec(path: &Path) -> bool {
    c_path(path)
        .and_then(|path| flags_of(&path))
        .is_ok_and(|flags| flags & libc::ST_NOEXEC != 0)
}

/// Whether the file that is open as `fd` (O_PATH will do) lies on a mount that nobody may
/// write to (fstatvfs(3)); false where that cannot be told.
pub fn is_read_only(fd: &impl AsRawFd) -> bool {
    // SAFETY: all-zero bytes are a valid statvfs buffer to fill in.
    unsafe {
        let mut stat: libc::statvfs = std::mem::zeroed();
        check(libc::fstatvfs(fd.as_raw_fd(), &mut stat)).is_ok()
            && stat.f_flag & libc::ST_RDONLY != 0
    }
}

/// statvfs(3)'s ST_RELATIME: the crate has no such constant for musl; it is the kernel's.
const ST_RELATIME: libc::c_ulong = 4096;

/// The older way: all flags are given anew, so those that the mount has (a user
/// namespace may not clear them) are read first.
fn remount_read_only(target: &Path, path: &CString) -> io::Result<()> {
    let has = flags_of(path)?;
    let kept = [
        (libc::ST_NOSUID, libc::MS_NOSUID),
        (libc::ST_NODEV, libc::MS_NODEV),
        (libc::ST_NOEXEC, libc::MS_NOEXEC),
        (libc::ST_NOATIME, libc::MS_NOATIME),
        (libc::ST_NODIRATIME, libc::MS_NODIRATIME),
        (ST_RELATIME, libc::MS_RELATIME),
    ]
    .iter()
    .filter(|(shown, _)| has & shown != 0)
    .fold(0, |flags, (_, flag)| flags | flag);
    let flags = libc::MS_REMOUNT | libc::MS_BIND | libc::MS_RDONLY | kept;
    call(target, target, None, flags, None)
}

/// Moves what is mounted at `from`, with all that is mounted below it, to `to`.
///
/// # Errors
/// As mount(2) with MS_MOVE: EINVAL when nothing is mounted at `from`, or it is shared.
pub fn relocate(from: &Path, to: &Path) -> io::Result<()> {
    call(from, to, None, libc::MS_MOVE, None)
}

/// Makes `new_root` this process's and its namespace's root and working directory, and
/// lets go of the old one: no name leads there any more. Without a directory for the old
/// one, as pivot_root(2) shows it (`pivot_root(".", ".")`).
///
/// # Errors
/// As pivot_root(2): EINVAL when `new_root` is no mount point, or when the machine
/// runs from its initial ramfs.
pub fn change_root(new_root: &Path) -> io::Result<()> {
    std::env::set_current_dir(new_root)?;
    let here = c".".as_ptr();
    // SAFETY: both are C strings.
    let done = unsafe { libc::syscall(libc::SYS_pivot_root, here, here) };
    check(done as libc::c_int)?;
    // The old root lies over the new one now; where this process is, is the old one.
    // SAFETY: a C string.
    check(unsafe { libc::umount2(here, libc::MNT_DETACH) })?;
    std::env::set_current_dir("/")
}

/// Takes what is mounted at `target`, and all below it, out of sight at once; it goes
/// when nobody uses it any more.
///
/// # Errors
/// EPERM; EINVAL when nothing is mounted there.
pub fn detach(target: &Path) -> io::Result<()> {
    let target = c_path(target)?;
    // SAFETY: the path is a C string.
    check(unsafe { libc::umount2(target.as_ptr(), libc::MNT_DETACH) }).map(drop)
}

/// Whether a file system is mounted here whose answers come from another machine or from a
/// program, so that they may not come; where that cannot be seen, it counts as so.
pub fn any_may_hang() -> bool {
    match std::fs::read("/proc/self/mountinfo") {
        Ok(text) => text.split(|b| *b == b'\n').any(is_distant),
        Err(_) => true,
    }
}

/// Whether a line of /proc/self/mountinfo (proc(5)) is about such a file system: its type
/// is the first field after the dash.
fn is_distant(line: &[u8]) -> bool {
    const DISTANT: [&[u8]; 17] = [
        b"9p",
        b"afs",
        b"autofs",
        b"beegfs",
        b"ceph",
        b"cifs",
        b"coda",
        b"fuse",
        b"fuseblk",
        b"glusterfs",
        b"gfs2",
        b"lustre",
        b"nfs",
        b"nfs4",
        b"smb3",
        b"smbfs",
        b"virtiofs",
    ];
    let mut fields = line
        .split(|b| *b == b' ')
        .skip_while(|field| *field != b"-");
    let kind = fields.nth(1).unwrap_or_default();
    // A shared folder of VirtualBox' or VMware's, and whatever FUSE calls itself.
    DISTANT.contains(&kind)
        || kind.starts_with(b"fuse.")
        || kind.starts_with(b"vbox")
        || kind.starts_with(b"vmhgfs")
}
