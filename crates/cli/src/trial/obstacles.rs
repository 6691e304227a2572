//! Why the kernel refuses, in words: which setting says no, and what to try.

use std::fs;
use std::io;

use chain::Failure;
use chain::exit;
use kernel::{credentials, errno};

/// A switch that can forbid user namespaces: where it is, when it forbids, and how it
/// is set otherwise.
struct Switch {
    file: &'static str,
    forbids: fn(u64) -> bool,
    remedy: &'static str,
}

const SWITCHES: &[Switch] = &[
    Switch {
        file: "/proc/sys/user/max_user_namespaces",
        forbids: |value| value == 0,
        remedy: "sysctl -w user.max_user_namespaces=15000",
    },
    // Debian's kernels.
    Switch {
        file: "/proc/sys/kernel/unprivileged_userns_clone",
        forbids: |value| value == 0,
        remedy: "sysctl -w kernel.unprivileged_userns_clone=1",
    },
    // Ubuntu's, from 23.10 on: the namespace is made, but gives no right to mount.
    Switch {
        file: "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        forbids: |value| value != 0,
        remedy: "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    },
];

/// The first switch that stands against user namespaces here: what it is and what
/// turns it.
fn switch() -> Option<String> {
    SWITCHES.iter().find_map(|switch| {
        let text = fs::read_to_string(switch.file).ok()?;
        let value = text.trim().parse().ok()?;
        (switch.forbids)(value).then(|| {
            format!(
                "{} is {value}: as root, `{}` allows it",
                switch.file, switch.remedy
            )
        })
    })
}

/// No namespaces.
pub(super) fn namespaces(error: &io::Error) -> Failure {
    let text = if errno::is(error, errno::EINVAL) {
        "this kernel was built without namespaces (CONFIG_NAMESPACES, CONFIG_PID_NS, \
         CONFIG_USER_NS); build the image and run it with an engine"
            .to_string()
    } else if errno::is(error, errno::ENOSPC) {
        match switch() {
            Some(switch) => switch,
            None => "a limit on namespaces is reached (/proc/sys/user/max_*_namespaces)".into(),
        }
    } else {
        refusal()
    };
    failure("make namespaces", error, &text)
}

/// A mount inside the namespaces was refused.
pub(super) fn mount(what: &str, error: &io::Error, plain_user: bool) -> Failure {
    let text = if errno::is(error, errno::ENODEV) {
        "this kernel does not know that file system; `modprobe overlay` as root may load it"
            .to_string()
    } else if plain_user && (errno::is(error, errno::EPERM) || errno::is(error, errno::EACCES)) {
        match switch() {
            Some(switch) => switch,
            None => "a plain user may mount overlayfs from Linux 5.11 on, and a fresh /proc only \
                     where no part of the old one is covered, as it is in most containers; try \
                     `sudo mainstay try`"
                .into(),
        }
    } else if errno::is(error, errno::EPERM) || errno::is(error, errno::EACCES) {
        refusal()
    } else {
        "see the kernel's last lines in `dmesg`".to_string()
    };
    failure(what, error, &text)
}

/// The kernel said no to this user.
fn refusal() -> String {
    if credentials::user() != 0 {
        match switch() {
            Some(switch) => format!("{switch}; or run `sudo mainstay try`"),
            None => "a seccomp filter or a security module says no to user namespaces; try \
                     `sudo mainstay try`"
                .to_string(),
        }
    } else {
        "root lacks CAP_SYS_ADMIN here, as in a container; try it on the machine itself, or \
         in a container begun with --privileged"
            .to_string()
    }
}

fn failure(what: &str, error: &io::Error, text: &str) -> Failure {
    Failure::Other {
        code: exit::SYSTEM,
        text: format!("unable to {what}: {}; {text}", errno::text(error)),
    }
}
