//! Terminals.

use std::io;
use std::os::fd::RawFd;

use crate::check;

/// Whether `fd` is a terminal.
pub fn is_terminal(fd: RawFd) -> bool {
    // SAFETY: no preconditions.
    unsafe { libc::isatty(fd) == 1 }
}

/// Whether `fd` is the other side of a terminal (TIOCGPTN, ioctl_tty(2)). To open one anew
/// makes another terminal.
pub fn is_master(fd: RawFd) -> bool {
    let mut number: libc::c_uint = 0;
    // SAFETY: TIOCGPTN writes a number to where the argument points.
    unsafe { libc::ioctl(fd, libc::TIOCGPTN, &raw mut number) == 0 }
}

/// Makes process group `group` the one that the terminal `fd` talks to.
///
/// # Errors
/// ENOTTY when it is not this session's terminal, EPERM.
pub fn set_foreground_group(fd: RawFd, group: i32) -> io::Result<()> {
    // SAFETY: no preconditions.
    check(unsafe { libc::tcsetpgrp(fd, group) }).map(drop)
}

/// Makes the terminal `fd` the controlling one of this session (TIOCSCTTY), if this
/// process leads a session without one.
///
/// # Errors
/// EPERM when the session has one or another session owns it.
pub fn take(fd: RawFd) -> io::Result<()> {
    // SAFETY: TIOCSCTTY takes an int argument.
    check(unsafe { libc::ioctl(fd, libc::TIOCSCTTY, 0) }).map(drop)
}
