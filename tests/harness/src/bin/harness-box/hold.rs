//! Keeps a root tree mounted for as long as the test has it.
//!
//! The overlay and the tmpfs with its changes live in this process' mount namespace: they are gone
//! with it, however it ends.

use super::{Doing, Teller};
use harness::{orders::Hold, sys};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;

/// Mounts a tmpfs on `at` with an overlay in `at/root`: changes in `at/upper` over `lower`.
pub(crate) fn mount_overlay(at: &Path, lower: &OsStr, user_namespace: bool) -> io::Result<()> {
    sys::mount("harness".as_ref(), at, "tmpfs", 0, "mode=755".as_ref())
        .doing(format_args!("mount a tmpfs on {}", at.display()))?;
    for name in ["upper", "work", "root", "proc"] {
        fs::create_dir(at.join(name))?;
    }
    let mut options = std::ffi::OsString::from("lowerdir=");
    options.push(lower);
    options.push(",upperdir=");
    options.push(at.join("upper"));
    options.push(",workdir=");
    options.push(at.join("work"));
    if user_namespace {
        options.push(",userxattr");
    }
    sys::mount("harness".as_ref(), &at.join("root"), "overlay", 0, &options)
        .doing(format_args!("mount an overlay over {}", lower.display()))
}

/// No mount made here shows anywhere else.
pub(crate) fn make_private() -> io::Result<()> {
    let flags = libc::MS_REC | libc::MS_PRIVATE;
    sys::mount("none".as_ref(), Path::new("/"), "", flags, "".as_ref()).doing("make / private")
}

/// Maps this user to root of a new user namespace, which can mount what unprivileged users may.
fn enter_user_namespace() -> io::Result<()> {
    let (uid, gid) = (sys::effective_uid(), sys::effective_gid());
    sys::unshare(libc::CLONE_NEWUSER)
        .doing("make a user namespace (tests need root without it)")?;
    fs::write("/proc/self/setgroups", "deny").doing("write /proc/self/setgroups")?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1")).doing("write /proc/self/uid_map")?;
    fs::write("/proc/self/gid_map", format!("0 {gid} 1")).doing("write /proc/self/gid_map")
}

pub(crate) fn run(order: &Hold, teller: &Teller) -> io::Result<i32> {
    if order.user_namespace {
        enter_user_namespace()?;
    }
    sys::unshare(libc::CLONE_NEWNS).doing("make a mount namespace")?;
    make_private()?;
    let at = order.cache.join("mounts/root");
    mount_overlay(&at, order.base.as_os_str(), order.user_namespace)?;
    teller.tell("held");
    sys::poll(&[teller.as_fd()], None)?;
    Ok(0)
}
