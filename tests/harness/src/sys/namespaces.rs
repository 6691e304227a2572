//! Namespaces and what is set up in them: mounts, devices, the loopback interface.

use super::{c_string, check, check_long};
use std::ffi::OsStr;
use std::io;
use std::os::fd::AsRawFd;
use std::os::fd::BorrowedFd;
use std::os::fd::FromRawFd;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// unshare(2) with CLONE_* flags.
///
/// # Errors
/// The kernel's.
pub fn unshare(flags: libc::c_int) -> io::Result<()> {
    // SAFETY: takes numbers only.
    unsafe { check(libc::unshare(flags)) }.map(drop)
}

/// setns(2) into the namespace that `fd` stands for.
///
/// # Errors
/// The kernel's.
pub fn join_namespace(fd: BorrowedFd) -> io::Result<()> {
    // SAFETY: takes a descriptor and a number.
    unsafe { check(libc::setns(fd.as_raw_fd(), 0)) }.map(drop)
}

/// mount(2).
///
/// # Errors
/// The kernel's.
pub fn mount(
    source: &OsStr,
    target: &Path,
    kind: &str,
    flags: libc::c_ulong,
    data: &OsStr,
) -> io::Result<()> {
    let (source, target) = (c_string(source)?, c_string(target)?);
    let (kind, data) = (c_string(kind)?, c_string(data)?);
    // SAFETY: four C strings that outlive the call.
    unsafe {
        check(libc::mount(
            source.as_ptr(),
            target.as_ptr(),
            kind.as_ptr(),
            flags,
            data.as_ptr().cast(),
        ))
    }
    .map(drop)
}

/// Makes `directory` the root of this mount namespace and lets go of the old one.
///
/// # Errors
/// The kernel's.
pub fn enter_root(directory: &Path) -> io::Result<()> {
    std::env::set_current_dir(directory)?;
    // SAFETY: C strings that outlive the calls; pivot_root(2) describes this use of "." twice.
    unsafe {
        check_long(libc::syscall(
            libc::SYS_pivot_root,
            c".".as_ptr(),
            c".".as_ptr(),
        ))?;
        check(libc::umount2(c".".as_ptr(), libc::MNT_DETACH))?;
    }
    std::env::set_current_dir("/")
}

/// mknod(2) for a character device.
///
/// # Errors
/// The kernel's.
pub fn character_device(path: &Path, mode: u32, major: u32, minor: u32) -> io::Result<()> {
    let path = c_string(path)?;
    // SAFETY: a C string that outlives the calls.
    unsafe {
        let device = libc::makedev(major, minor);
        check(libc::mknod(path.as_ptr(), libc::S_IFCHR | mode, device))?;
        check(libc::chmod(path.as_ptr(), mode))
    }
    .map(drop)
}

/// Brings the loopback interface of this network namespace up.
///
/// # Errors
/// The kernel's.
pub fn loopback_up() -> io::Result<()> {
    // SAFETY: an all-zero ifreq is valid, its name is terminated, and it outlives the call;
    // the socket is closed by its owner.
    unsafe {
        let kind = libc::SOCK_DGRAM | libc::SOCK_CLOEXEC;
        let socket = OwnedFd::from_raw_fd(check(libc::socket(libc::AF_INET, kind, 0))?);
        let mut request: libc::ifreq = std::mem::zeroed();
        request.ifr_name[0] = b'l' as libc::c_char;
        request.ifr_name[1] = b'o' as libc::c_char;
        request.ifr_ifru.ifru_flags = libc::IFF_UP as libc::c_short;
        check(libc::ioctl(
            socket.as_raw_fd(),
            libc::SIOCSIFFLAGS,
            &request,
        ))
        .map(drop)
    }
}

/// sethostname(2).
///
/// # Errors
/// The kernel's.
pub fn set_host_name(name: &OsStr) -> io::Result<()> {
    // SAFETY: pointer and length are the string's own.
    unsafe {
        check(libc::sethostname(
            name.as_bytes().as_ptr().cast(),
            name.len(),
        ))
    }
    .map(drop)
}
