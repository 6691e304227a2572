//! System calls that an older kernel does not have, or that a sandbox does not let through.

/// Calls with an older way to the same end, with the kernel that brought them. Whatever we or
/// the C library use of them has a fallback.
pub const NEWER: &[(&str, i64)] = &[
    ("signalfd (2.6.22)", libc::SYS_signalfd),
    ("eventfd (2.6.22)", libc::SYS_eventfd),
    ("utimensat (2.6.22)", libc::SYS_utimensat),
    ("timerfd_create (2.6.25)", libc::SYS_timerfd_create),
    ("signalfd4 (2.6.27)", libc::SYS_signalfd4),
    ("eventfd2 (2.6.27)", libc::SYS_eventfd2),
    ("epoll_create1 (2.6.27)", libc::SYS_epoll_create1),
    ("dup3 (2.6.27)", libc::SYS_dup3),
    ("pipe2 (2.6.27)", libc::SYS_pipe2),
    ("inotify_init1 (2.6.27)", libc::SYS_inotify_init1),
    ("accept4 (2.6.28)", libc::SYS_accept4),
    ("preadv (2.6.30)", libc::SYS_preadv),
    ("prlimit64 (2.6.36)", libc::SYS_prlimit64),
    ("renameat2 (3.15)", libc::SYS_renameat2),
    ("getrandom (3.17)", libc::SYS_getrandom),
    ("memfd_create (3.17)", libc::SYS_memfd_create),
    ("execveat (3.19)", libc::SYS_execveat),
    ("membarrier (4.3)", libc::SYS_membarrier),
    ("copy_file_range (4.5)", libc::SYS_copy_file_range),
    ("statx (4.11)", libc::SYS_statx),
    ("rseq (4.18)", libc::SYS_rseq),
    ("pidfd_send_signal (5.1)", libc::SYS_pidfd_send_signal),
    ("pidfd_open (5.3)", libc::SYS_pidfd_open),
    ("clone3 (5.3)", libc::SYS_clone3),
    ("openat2 (5.6)", libc::SYS_openat2),
    ("faccessat2 (5.8)", libc::SYS_faccessat2),
    ("close_range (5.9)", libc::SYS_close_range),
    ("epoll_pwait2 (5.11)", libc::SYS_epoll_pwait2),
    ("fchmodat2 (6.6)", 452),
    // Not newer, and refused to good programs all the same.
    ("prctl", libc::SYS_prctl),
    ("set_robust_list", libc::SYS_set_robust_list),
    ("madvise", libc::SYS_madvise),
    ("setpriority", libc::SYS_setpriority),
    ("ioctl", libc::SYS_ioctl),
];

/// The whole of epoll(7): some sandboxes have none of it.
pub const EPOLL: &[i64] = &[
    libc::SYS_epoll_create,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_wait,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
];
