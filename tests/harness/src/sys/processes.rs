//! Processes: starting, ending, waiting, and the state that a program begins with.

use super::{c_string, check, check_long, word};
use std::ffi::CStr;
use std::ffi::CString;
use std::io;
use std::os::fd::FromRawFd;
use std::os::fd::OwnedFd;
use std::path::Path;

/// fork(2) in a process with one thread: `None` in the child.
///
/// # Errors
/// The kernel's.
pub fn fork() -> io::Result<Option<i32>> {
    // SAFETY: the box has one thread, so that the child may go on as if nothing had happened.
    let pid = unsafe { check(libc::fork()) }?;
    Ok((pid != 0).then_some(pid))
}

/// Ends this process at once.
pub fn exit_now(code: i32) -> ! {
    // SAFETY: never returns; runs no exit handlers.
    unsafe { libc::_exit(code) }
}

/// kill(2).
///
/// # Errors
/// The kernel's.
pub fn kill(pid: i32, signal: i32) -> io::Result<()> {
    // SAFETY: takes numbers only.
    unsafe { check(libc::kill(pid, signal)) }.map(drop)
}

/// A descriptor that becomes readable when process `pid` has ended.
///
/// # Errors
/// The kernel's.
pub fn process_descriptor(pid: i32) -> io::Result<OwnedFd> {
    // SAFETY: takes numbers; the answer is a descriptor that nobody else owns.
    unsafe {
        let fd = check_long(libc::syscall(libc::SYS_pidfd_open, pid, 0))?;
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// How a child ended, as a wait status.
pub type WaitStatus = i32;

/// waitpid(2): waits for `pid` (or any child with -1) and reaps it: the pid and its status.
///
/// # Errors
/// The kernel's, but not an interruption.
pub fn reap(pid: i32) -> io::Result<(i32, WaitStatus)> {
    let mut status = 0;
    loop {
        // SAFETY: `status` outlives the call.
        match check(unsafe { libc::waitpid(pid, &mut status, 0) }) {
            Ok(pid) => return Ok((pid, status)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Waits until any child (or `pid`) has ended and leaves it unreaped, so that its pid is not used
/// again: the pid and its status.
///
/// # Errors
/// The kernel's, but not an interruption.
pub fn wait_unreaped(pid: Option<i32>) -> io::Result<(i32, WaitStatus)> {
    let (kind, id) = pid.map_or((libc::P_ALL, 0), |pid| (libc::P_PID, pid as u32));
    loop {
        // SAFETY: an all-zero siginfo_t is valid and outlives the call; after success it holds a
        // SIGCHLD's fields, which the two accessors read.
        unsafe {
            let mut info: libc::siginfo_t = std::mem::zeroed();
            let flags = libc::WEXITED | libc::WNOWAIT;
            match check(libc::waitid(kind, id, &mut info, flags)) {
                Ok(_) => {
                    let value = info.si_status();
                    let status = match info.si_code {
                        libc::CLD_EXITED => (value & 0xff) << 8,
                        libc::CLD_DUMPED => value | 0x80,
                        _ => value,
                    };
                    return Ok((info.si_pid(), status));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Records every process that ends in this pid namespace to `file`: acct(2).
///
/// # Errors
/// The kernel's: `Unsupported` without BSD accounting, `PermissionDenied` in a user namespace.
pub fn account_to(file: &Path) -> io::Result<()> {
    let file = c_string(file)?;
    // SAFETY: a C string that outlives the call.
    unsafe { check(libc::acct(file.as_ptr())) }.map(drop)
}

/// This process is killed when its parent dies.
///
/// # Errors
/// The kernel's.
pub fn die_with_parent() -> io::Result<()> {
    // SAFETY: takes numbers only.
    unsafe {
        check(libc::prctl(
            libc::PR_SET_PDEATHSIG,
            word(libc::SIGKILL),
            0,
            0,
            0,
        ))
    }
    .map(drop)
}

/// A new session without a controlling terminal.
///
/// # Errors
/// The kernel's.
pub fn new_session() -> io::Result<()> {
    // SAFETY: takes nothing.
    unsafe { check(libc::setsid()) }.map(drop)
}

/// Arms the timers of setitimer(2), each to send its signal again and again.
///
/// # Errors
/// The kernel's.
pub fn arm_timers() -> io::Result<()> {
    let millisecond = libc::timeval {
        tv_sec: 0,
        tv_usec: 1000,
    };
    let timer = libc::itimerval {
        it_interval: millisecond,
        it_value: millisecond,
    };
    for which in [libc::ITIMER_REAL, libc::ITIMER_VIRTUAL, libc::ITIMER_PROF] {
        // SAFETY: `timer` outlives the call; the old value is not asked for.
        unsafe { check(libc::setitimer(which, &timer, std::ptr::null_mut())) }?;
    }
    Ok(())
}

/// umask(2).
pub fn set_umask(mask: u32) {
    // SAFETY: takes a number, cannot fail.
    unsafe { libc::umask(mask) };
}

/// setrlimit(2): soft and hard.
///
/// # Errors
/// The kernel's.
pub fn limit(resource: u32, soft: u64, hard: u64) -> io::Result<()> {
    let limit = libc::rlimit {
        rlim_cur: soft,
        rlim_max: hard,
    };
    // SAFETY: `limit` outlives the call.
    unsafe { check(libc::setrlimit(resource as _, &limit)) }.map(drop)
}

/// Every signal at its default but `ignored`, and only `blocked` blocked.
///
/// # Errors
/// The kernel's.
pub fn reset_signals(ignored: &[i32], blocked: &[i32]) -> io::Result<()> {
    // SAFETY: the sets are initialised before use and outlive the calls; SIG_DFL and SIG_IGN
    // install no code.
    unsafe {
        for signal in 1..=64 {
            // struct sigaction as the kernel has it: handler, flags, restorer, mask. The C
            // library's own call refuses 32 and 33, which may come ignored from whoever started us.
            let ignore = ignored.contains(&signal);
            let handler = if ignore { libc::SIG_IGN } else { libc::SIG_DFL };
            let action = [handler as u64, 0, 0, 0];
            let none = std::ptr::null_mut::<u64>();
            libc::syscall(libc::SYS_rt_sigaction, signal, action.as_ptr(), none, 8);
        }
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        for signal in blocked {
            libc::sigaddset(&mut set, *signal);
        }
        check(libc::sigprocmask(
            libc::SIG_SETMASK,
            &set,
            std::ptr::null_mut(),
        ))
        .map(drop)
    }
}

/// execve(2); returns only the reason for a failure.
pub fn execute(program: &CStr, arguments: &[CString], environment: &[CString]) -> io::Error {
    let list = |strings: &[CString]| -> Vec<*const libc::c_char> {
        let pointers = strings.iter().map(|string| string.as_ptr());
        pointers.chain([std::ptr::null()]).collect()
    };
    let (arguments, environment) = (list(arguments), list(environment));
    // SAFETY: both lists end with a null pointer and the strings outlive the call.
    unsafe { libc::execve(program.as_ptr(), arguments.as_ptr(), environment.as_ptr()) };
    io::Error::last_os_error()
}
