//! Who this process is, and becoming somebody else.

use std::io;

use crate::check;

/// The effective user id.
pub fn user() -> u32 {
    // SAFETY: always succeeds.
    unsafe { libc::geteuid() }
}

/// The effective group id.
pub fn group() -> u32 {
    // SAFETY: always succeeds.
    unsafe { libc::getegid() }
}

/// The id that means "leave it" to setresuid(2) and its siblings: taken for an id, it
/// would change nothing and answer success.
const NONE: u32 = u32::MAX;

/// Sets real, effective and saved user id.
///
/// # Errors
/// EPERM, EAGAIN; EINVAL for 4294967295, which is no id.
pub fn set_user(uid: u32) -> io::Result<()> {
    if uid == NONE {
        return Err(io::Error::from_raw_os_error(libc::EINVAL));
    }
    // SAFETY: no preconditions.
    check(unsafe { libc::setresuid(uid, uid, uid) }).map(drop)
}

/// Sets real, effective and saved group id.
///
/// # Errors
/// EPERM; EINVAL for 4294967295, which is no id.
pub fn set_group(gid: u32) -> io::Result<()> {
    if gid == NONE {
        return Err(io::Error::from_raw_os_error(libc::EINVAL));
    }
    // SAFETY: no preconditions.
    check(unsafe { libc::setresgid(gid, gid, gid) }).map(drop)
}

/// Sets the supplementary groups.
///
/// # Errors
/// EPERM; EINVAL for too many and for 4294967295, which is no id.
pub fn set_groups(groups: &[u32]) -> io::Result<()> {
    if groups.contains(&NONE) {
        return Err(io::Error::from_raw_os_error(libc::EINVAL));
    }
    // SAFETY: the array has the length that is given.
    check(unsafe { libc::setgroups(groups.len(), groups.as_ptr()) }).map(drop)
}

/// The supplementary groups, in the order in which the kernel has them.
///
/// # Errors
/// None in practice.
pub fn groups() -> io::Result<Vec<u32>> {
    // SAFETY: with a length of 0 nothing is written.
    let count = check(unsafe { libc::getgroups(0, std::ptr::null_mut()) })?;
    let mut groups = vec![0u32; count as usize];
    // SAFETY: the array has the length that is given.
    let count = check(unsafe { libc::getgroups(count, groups.as_mut_ptr()) })?;
    groups.truncate(count as usize);
    Ok(groups)
}
