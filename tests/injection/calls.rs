//! Which errors a system call may have, from the manual's section 2.

/// A system call: its name, its number and the errors that its manual page names.
///
/// Not among them: EFAULT, which only a wrong pointer brings; errors that the page names for another
/// of its calls, or for what Mainstay never asks for.
#[rustfmt::skip]
pub const CALLS: &[(&str, i64, &str)] = &[
    ("read", libc::SYS_read, "EAGAIN EBADF EINTR EINVAL EIO EISDIR"),
    ("write", libc::SYS_write, "EAGAIN EBADF EDESTADDRREQ EDQUOT EFBIG EINTR EINVAL EIO ENOSPC EPERM EPIPE"),
    ("open", libc::SYS_open, "EACCES EBUSY EDQUOT EEXIST EFBIG EINTR EINVAL EISDIR ELOOP EMFILE ENAMETOOLONG ENFILE ENODEV ENOENT ENOMEM ENOSPC ENOTDIR ENXIO EOPNOTSUPP EOVERFLOW EPERM EROFS ETXTBSY"),
    ("close", libc::SYS_close, "EINTR EIO ENOSPC EDQUOT"),
    ("stat", libc::SYS_stat, "EACCES ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR EOVERFLOW"),
    ("fstat", libc::SYS_fstat, "EBADF ENOMEM EOVERFLOW"),
    ("lstat", libc::SYS_lstat, "EACCES ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR EOVERFLOW"),
    ("poll", libc::SYS_poll, "EINTR EINVAL ENOMEM"),
    ("lseek", libc::SYS_lseek, "EBADF EINVAL ENXIO EOVERFLOW ESPIPE"),
    ("mmap", libc::SYS_mmap, "EACCES EAGAIN EBADF EINVAL ENFILE ENODEV ENOMEM EPERM"),
    ("mprotect", libc::SYS_mprotect, "EACCES EINVAL ENOMEM"),
    ("munmap", libc::SYS_munmap, "EINVAL ENOMEM"),
    ("brk", libc::SYS_brk, "ENOMEM"),
    ("rt_sigaction", libc::SYS_rt_sigaction, "EINVAL"),
    ("rt_sigprocmask", libc::SYS_rt_sigprocmask, "EINVAL"),
    ("ioctl", libc::SYS_ioctl, "EBADF EINVAL ENOTTY"),
    ("access", libc::SYS_access, "EACCES EBADF EINVAL EIO ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR EPERM EROFS ETXTBSY"),
    ("madvise", libc::SYS_madvise, "EAGAIN EINVAL ENOMEM EPERM"),
    ("dup2", libc::SYS_dup2, "EBADF EBUSY EINTR EINVAL EMFILE"),
    ("dup3", libc::SYS_dup3, "EBADF EBUSY EINTR EINVAL EMFILE"),
    ("socket", libc::SYS_socket, "EACCES EAFNOSUPPORT EINVAL EMFILE ENFILE ENOBUFS ENOMEM EPROTONOSUPPORT"),
    ("connect", libc::SYS_connect, "EACCES EAGAIN ECONNREFUSED EINTR ENOTSOCK EPERM EPROTOTYPE ETIMEDOUT"),
    ("bind", libc::SYS_bind, "EACCES EADDRINUSE EBADF EINVAL ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR EROFS"),
    ("listen", libc::SYS_listen, "EADDRINUSE EBADF ENOTSOCK EOPNOTSUPP"),
    ("clone", libc::SYS_clone, "EAGAIN ENOMEM"),
    ("fork", libc::SYS_fork, "EAGAIN ENOMEM"),
    ("execve", libc::SYS_execve, "E2BIG EACCES EAGAIN EINVAL EIO EISDIR ELIBBAD ELOOP EMFILE ENAMETOOLONG ENFILE ENOENT ENOEXEC ENOMEM ENOTDIR EPERM ETXTBSY"),
    ("wait4", libc::SYS_wait4, "ECHILD EINTR EINVAL"),
    ("waitid", libc::SYS_waitid, "EAGAIN ECHILD EINTR EINVAL"),
    ("ppoll", libc::SYS_ppoll, "EINTR EINVAL ENOMEM"),
    ("pipe", libc::SYS_pipe, "EMFILE ENFILE"),
    ("kill", libc::SYS_kill, "EINVAL EPERM ESRCH"),
    ("fcntl", libc::SYS_fcntl, "EACCES EAGAIN EBADF EINTR EINVAL EMFILE ENOLCK EPERM"),
    ("ftruncate", libc::SYS_ftruncate, "EBADF EFBIG EINTR EINVAL EIO EPERM"),
    ("chdir", libc::SYS_chdir, "EACCES EBADF EIO ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR"),
    ("mkdir", libc::SYS_mkdir, "EACCES EBADF EDQUOT EEXIST EINVAL ELOOP EMLINK ENAMETOOLONG ENOENT ENOMEM ENOSPC ENOTDIR EPERM EROFS"),
    ("rmdir", libc::SYS_rmdir, "EACCES EBUSY EINVAL ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR ENOTEMPTY EPERM EROFS"),
    ("link", libc::SYS_link, "EACCES EBADF EDQUOT EEXIST EINVAL EIO ELOOP EMLINK ENAMETOOLONG ENOENT ENOMEM ENOSPC ENOTDIR EPERM EROFS EXDEV"),
    ("unlink", libc::SYS_unlink, "EACCES EBADF EBUSY EINVAL EIO EISDIR ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR EPERM EROFS"),
    ("symlink", libc::SYS_symlink, "EACCES EBADF EDQUOT EEXIST EIO ELOOP ENAMETOOLONG ENOENT ENOMEM ENOSPC ENOTDIR EPERM EROFS"),
    ("readlink", libc::SYS_readlink, "EACCES EBADF EINVAL EIO ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR"),
    ("chmod", libc::SYS_chmod, "EACCES EBADF EINVAL EIO ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR ENOTSUP EPERM EROFS"),
    ("fchmod", libc::SYS_fchmod, "EBADF EIO EPERM EROFS"),
    ("fchown", libc::SYS_fchown, "EBADF EIO EPERM EROFS"),
    ("setpgid", libc::SYS_setpgid, "EACCES EINVAL EPERM ESRCH"),
    ("setsid", libc::SYS_setsid, "EPERM"),
    ("getsid", libc::SYS_getsid, "ESRCH EPERM"),
    ("getpgid", libc::SYS_getpgid, "ESRCH EPERM"),
    ("rt_sigtimedwait", libc::SYS_rt_sigtimedwait, "EAGAIN EINTR EINVAL"),
    ("sigaltstack", libc::SYS_sigaltstack, "EINVAL ENOMEM EPERM"),
    ("statfs", libc::SYS_statfs, "EACCES EBADF EINTR EIO ELOOP ENAMETOOLONG ENOENT ENOMEM ENOSYS ENOTDIR EOVERFLOW"),
    ("fstatfs", libc::SYS_fstatfs, "EBADF EINTR EIO ENOMEM ENOSYS EOVERFLOW"),
    ("setitimer", libc::SYS_setitimer, "EINVAL"),
    // Without it no program at all begins: the C library sets its threads up ahead of main.
    ("arch_prctl", libc::SYS_arch_prctl, ""),
    ("getdents64", libc::SYS_getdents64, "EBADF EINVAL ENOENT ENOTDIR"),
    ("epoll_wait", libc::SYS_epoll_wait, "EBADF EINTR EINVAL"),
    ("epoll_ctl", libc::SYS_epoll_ctl, "EBADF EEXIST EINVAL ELOOP ENOENT ENOMEM ENOSPC EPERM"),
    ("openat", libc::SYS_openat, "EACCES EBADF EBUSY EDQUOT EEXIST EFBIG EINTR EINVAL EISDIR ELOOP EMFILE ENAMETOOLONG ENFILE ENODEV ENOENT ENOMEM ENOSPC ENOTDIR ENXIO EOPNOTSUPP EOVERFLOW EPERM EROFS ETXTBSY"),
    ("mkdirat", libc::SYS_mkdirat, "EACCES EBADF EDQUOT EEXIST EINVAL ELOOP EMLINK ENAMETOOLONG ENOENT ENOMEM ENOSPC ENOTDIR EPERM EROFS"),
    ("mknodat", libc::SYS_mknodat, "EACCES EBADF EDQUOT EEXIST EINVAL ELOOP ENAMETOOLONG ENOENT ENOMEM ENOSPC ENOTDIR EPERM EROFS"),
    ("newfstatat", libc::SYS_newfstatat, "EACCES EBADF EINVAL ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR EOVERFLOW"),
    ("unlinkat", libc::SYS_unlinkat, "EACCES EBADF EBUSY EINVAL EIO EISDIR ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR EPERM EROFS"),
    ("fchmodat", libc::SYS_fchmodat, "EACCES EBADF EINVAL EIO ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR EPERM EROFS"),
    ("renameat", libc::SYS_renameat, "EACCES EBADF EBUSY EDQUOT EEXIST EINVAL EISDIR ELOOP EMLINK ENAMETOOLONG ENOENT ENOMEM ENOSPC ENOTDIR ENOTEMPTY EPERM EROFS EXDEV"),
    ("linkat", libc::SYS_linkat, "EACCES EBADF EDQUOT EEXIST EINVAL EIO ELOOP EMLINK ENAMETOOLONG ENOENT ENOMEM ENOSPC ENOTDIR EPERM EROFS EXDEV"),
    ("symlinkat", libc::SYS_symlinkat, "EACCES EBADF EDQUOT EEXIST EIO ELOOP ENAMETOOLONG ENOENT ENOMEM ENOSPC ENOTDIR EPERM EROFS"),
    ("openat2", libc::SYS_openat2, "E2BIG EACCES EAGAIN EBADF EINTR EINVAL ELOOP EMFILE ENAMETOOLONG ENFILE ENOENT ENOMEM ENOSYS ENOTDIR EPERM EXDEV"),
    ("readlinkat", libc::SYS_readlinkat, "EACCES EBADF EINVAL EIO ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR"),
    ("set_robust_list", libc::SYS_set_robust_list, "EINVAL EPERM ESRCH"),
    ("epoll_pwait", libc::SYS_epoll_pwait, "EBADF EINTR EINVAL"),
    ("accept4", libc::SYS_accept4, "EAGAIN EBADF ECONNABORTED EINTR EINVAL EMFILE ENFILE ENOBUFS ENOMEM ENOTSOCK EOPNOTSUPP EPERM EPROTO"),
    ("signalfd4", libc::SYS_signalfd4, "EBADF EINVAL EMFILE ENFILE ENODEV ENOMEM"),
    ("eventfd2", libc::SYS_eventfd2, "EINVAL EMFILE ENFILE ENODEV ENOMEM"),
    ("epoll_create1", libc::SYS_epoll_create1, "EINVAL EMFILE ENFILE ENOMEM"),
    ("pipe2", libc::SYS_pipe2, "EINVAL EMFILE ENFILE ENOPKG"),
    ("prlimit64", libc::SYS_prlimit64, "EINVAL EPERM ESRCH"),
    ("getrandom", libc::SYS_getrandom, "EAGAIN EINTR EINVAL ENOSYS"),
    ("memfd_create", libc::SYS_memfd_create, "EINVAL EMFILE ENFILE ENOMEM"),
    ("statx", libc::SYS_statx, "EACCES EBADF EINVAL ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR"),
    ("close_range", libc::SYS_close_range, "EINVAL EMFILE ENOMEM"),
    ("faccessat", libc::SYS_faccessat, "EACCES EBADF EINVAL EIO ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR EPERM EROFS ETXTBSY"),
    ("faccessat2", libc::SYS_faccessat2, "EACCES EBADF EINVAL EIO ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR EPERM EROFS ETXTBSY"),
];

/// Calls that cannot fail, or do not come back.
pub const SURE: &[(&str, i64)] = &[
    ("getpid", libc::SYS_getpid),
    ("umask", libc::SYS_umask),
    ("geteuid", libc::SYS_geteuid),
    ("getegid", libc::SYS_getegid),
    ("uname", libc::SYS_uname),
    ("set_tid_address", libc::SYS_set_tid_address),
    ("rseq", libc::SYS_rseq),
    ("exit_group", libc::SYS_exit_group),
    ("rt_sigreturn", libc::SYS_rt_sigreturn),
    ("restart_syscall", libc::SYS_restart_syscall),
];

/// Every error that is named above.
pub const ERRORS: &[(&str, i32)] = &[
    ("E2BIG", libc::E2BIG),
    ("EACCES", libc::EACCES),
    ("EADDRINUSE", libc::EADDRINUSE),
    ("EAFNOSUPPORT", libc::EAFNOSUPPORT),
    ("EAGAIN", libc::EAGAIN),
    ("EBADF", libc::EBADF),
    ("EBUSY", libc::EBUSY),
    ("ECHILD", libc::ECHILD),
    ("ECONNABORTED", libc::ECONNABORTED),
    ("ECONNREFUSED", libc::ECONNREFUSED),
    ("EDESTADDRREQ", libc::EDESTADDRREQ),
    ("EDQUOT", libc::EDQUOT),
    ("EEXIST", libc::EEXIST),
    ("EFBIG", libc::EFBIG),
    ("EINTR", libc::EINTR),
    ("EINVAL", libc::EINVAL),
    ("EIO", libc::EIO),
    ("EISDIR", libc::EISDIR),
    ("ELIBBAD", libc::ELIBBAD),
    ("ELOOP", libc::ELOOP),
    ("EMFILE", libc::EMFILE),
    ("EMLINK", libc::EMLINK),
    ("ENAMETOOLONG", libc::ENAMETOOLONG),
    ("ENFILE", libc::ENFILE),
    ("ENOBUFS", libc::ENOBUFS),
    ("ENODEV", libc::ENODEV),
    ("ENOENT", libc::ENOENT),
    ("ENOEXEC", libc::ENOEXEC),
    ("ENOLCK", libc::ENOLCK),
    ("ENOMEM", libc::ENOMEM),
    ("ENOPKG", libc::ENOPKG),
    ("ENOSPC", libc::ENOSPC),
    ("ENOSYS", libc::ENOSYS),
    ("ENOTDIR", libc::ENOTDIR),
    ("ENOTEMPTY", libc::ENOTEMPTY),
    ("ENOTSOCK", libc::ENOTSOCK),
    ("ENOTSUP", libc::ENOTSUP),
    ("ENOTTY", libc::ENOTTY),
    ("ENXIO", libc::ENXIO),
    ("EOPNOTSUPP", libc::EOPNOTSUPP),
    ("EOVERFLOW", libc::EOVERFLOW),
    ("EPERM", libc::EPERM),
    ("EPIPE", libc::EPIPE),
    ("EPROTO", libc::EPROTO),
    ("EPROTONOSUPPORT", libc::EPROTONOSUPPORT),
    ("EPROTOTYPE", libc::EPROTOTYPE),
    ("EROFS", libc::EROFS),
    ("ESPIPE", libc::ESPIPE),
    ("ESRCH", libc::ESRCH),
    ("ETIMEDOUT", libc::ETIMEDOUT),
    ("ETXTBSY", libc::ETXTBSY),
    ("EXDEV", libc::EXDEV),
];

/// The name of a call in one of the tables.
pub fn call_name(call: i64) -> String {
    let named = CALLS.iter().map(|(name, number, _)| (*name, *number));
    let mut all = named.chain(SURE.iter().copied());
    let found = all.find(|(_, number)| *number == call);
    found.map_or_else(|| format!("call {call}"), |(name, _)| name.to_owned())
}

/// The name of an error in the table.
pub fn error_name(errno: i32) -> String {
    let found = ERRORS.iter().find(|(_, number)| *number == errno);
    found.map_or_else(|| format!("error {errno}"), |(name, _)| (*name).to_owned())
}

/// The errors that a call may have; none when it is in no table.
pub fn errors(call: i64) -> Option<Vec<i32>> {
    if SURE.iter().any(|(_, number)| *number == call) {
        return Some(Vec::new());
    }
    let (_, _, names) = CALLS.iter().find(|(_, number, _)| *number == call)?;
    let number = |name: &str| ERRORS.iter().find(|(one, _)| *one == name);
    let names = names.split_ascii_whitespace();
    Some(
        names
            .filter_map(number)
            .map(|(_, number)| *number)
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_named_error_has_a_number() {
        for (name, number, names) in CALLS {
            let count = names.split_ascii_whitespace().count();
            assert_eq!(
                errors(*number).map(|found| found.len()),
                Some(count),
                "{name}"
            );
        }
    }
}
