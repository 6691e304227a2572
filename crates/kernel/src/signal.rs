//! Signals: names, masks, dispositions, sending.

use std::io;

use crate::check;

pub use libc::{
    SIGABRT, SIGALRM, SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGIO, SIGKILL, SIGPIPE, SIGPROF, SIGPWR,
    SIGQUIT, SIGSTOP, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2, SIGVTALRM, SIGWINCH,
    SIGXCPU, SIGXFSZ,
};

/// The highest signal number (SIGRTMAX).
pub const MAX: i32 = 64;

/// SIGRTMIN as everybody counts it who writes RTMIN+3: glibc keeps the first two of the kernel's
/// for itself. musl keeps three, and would make another signal of the same words.
const RT_MIN: i32 = 34;

/// SIGRTMIN as glibc counts it; containers use RTMIN+3 to ask for a halt.
pub fn real_time_min() -> i32 {
    RT_MIN
}

/// Names without SIG, by number, as signal(7) lists them for x86 and arm.
const NAMES: &[(&str, i32)] = &[
    ("HUP", libc::SIGHUP),
    ("INT", libc::SIGINT),
    ("QUIT", libc::SIGQUIT),
    ("ILL", libc::SIGILL),
    ("TRAP", libc::SIGTRAP),
    ("ABRT", libc::SIGABRT),
    ("BUS", libc::SIGBUS),
    ("FPE", libc::SIGFPE),
    ("KILL", libc::SIGKILL),
    ("USR1", libc::SIGUSR1),
    ("SEGV", libc::SIGSEGV),
    ("USR2", libc::SIGUSR2),
    ("PIPE", libc::SIGPIPE),
    ("ALRM", libc::SIGALRM),
    ("TERM", libc::SIGTERM),
    ("STKFLT", libc::SIGSTKFLT),
    ("CHLD", libc::SIGCHLD),
    ("CONT", libc::SIGCONT),
    ("STOP", libc::SIGSTOP),
    ("TSTP", libc::SIGTSTP),
    ("TTIN", libc::SIGTTIN),
    ("TTOU", libc::SIGTTOU),
    ("URG", libc::SIGURG),
    ("XCPU", libc::SIGXCPU),
    ("XFSZ", libc::SIGXFSZ),
    ("VTALRM", libc::SIGVTALRM),
    ("PROF", libc::SIGPROF),
    ("WINCH", libc::SIGWINCH),
    ("IO", libc::SIGIO),
    ("PWR", libc::SIGPWR),
    ("SYS", libc::SIGSYS),
];

/// Other names of the same signals.
const ALIASES: &[(&str, i32)] = &[
    ("IOT", libc::SIGABRT),
    ("CLD", libc::SIGCHLD),
    ("POLL", libc::SIGIO),
];

/// The number of a signal from its name, with or without SIG, in any case, or from a
/// decimal number. `RTMIN`, `RTMIN+n`, `RTMAX` and `RTMAX-n` count as names.
pub fn parse(text: &[u8]) -> Option<i32> {
    let text = std::str::from_utf8(text).ok()?;
    if let Some(number) = decimal(text) {
        return (1..=MAX).contains(&number).then_some(number);
    }
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    if let Some((_, number)) = NAMES.iter().chain(ALIASES).find(|(n, _)| *n == name) {
        return Some(*number);
    }
    let number = if let Some(rest) = name.strip_prefix("RTMIN") {
        let offset = if rest.is_empty() {
            "0"
        } else {
            rest.strip_prefix('+')?
        };
        RT_MIN.checked_add(decimal(offset)?)?
    } else {
        let rest = name.strip_prefix("RTMAX")?;
        let offset = if rest.is_empty() {
            "0"
        } else {
            rest.strip_prefix('-')?
        };
        MAX.checked_sub(decimal(offset)?)?
    };
    (RT_MIN..=MAX).contains(&number).then_some(number)
}

/// A number of digits alone.
fn decimal(text: &str) -> Option<i32> {
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits.then(|| text.parse().ok()).flatten()
}

/// The name of a signal without SIG; `RTMIN+n` for real-time ones, the number where
/// there is no name.
pub fn name(number: i32) -> String {
    if let Some((name, _)) = NAMES.iter().find(|(_, n)| *n == number) {
        return (*name).to_string();
    }
    if (RT_MIN..=MAX).contains(&number) {
        return format!("RTMIN+{}", number - RT_MIN);
    }
    number.to_string()
}

/// Every name that [`parse`] knows, without SIG; real-time signals aside.
pub fn names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().chain(ALIASES).map(|(name, _)| *name)
}

/// A set of signals.
#[derive(Clone, Copy)]
pub struct Set(pub(crate) libc::sigset_t);

impl Set {
    /// No signal.
    pub fn empty() -> Set {
        let mut set = std::mem::MaybeUninit::uninit();
        // SAFETY: sigemptyset initialises the whole set.
        unsafe {
            libc::sigemptyset(set.as_mut_ptr());
            Set(set.assume_init())
        }
    }

    /// Every signal.
    pub fn full() -> Set {
        let mut set = std::mem::MaybeUninit::uninit();
        // SAFETY: sigfillset initialises the whole set.
        unsafe {
            libc::sigfillset(set.as_mut_ptr());
            Set(set.assume_init())
        }
    }

    /// Whether all of it is blocked.
    pub fn is_blocked(&self) -> bool {
        let blocked = block(&Set::empty());
        // SAFETY: both sets are initialised.
        let has = |set: &Set, signal| unsafe { libc::sigismember(&set.0, signal) == 1 };
        (1..=MAX).all(|signal| !has(self, signal) || has(&blocked, signal))
    }

    /// With this signal.
    pub fn with(mut self, signal: i32) -> Set {
        // SAFETY: the set is initialised; a bad number is an error that changes nothing.
        unsafe { libc::sigaddset(&mut self.0, signal) };
        self
    }

    /// Without this signal.
    pub fn without(mut self, signal: i32) -> Set {
        // SAFETY: as for `with`.
        unsafe { libc::sigdelset(&mut self.0, signal) };
        self
    }
}

/// Makes `set` the signals that are blocked; gives those blocked before.
pub fn set_mask(set: &Set) -> Set {
    let mut old = Set::empty();
    // SAFETY: both sets are initialised.
    unsafe { libc::sigprocmask(libc::SIG_SETMASK, &set.0, &mut old.0) };
    old
}

/// Blocks the signals of `set` too; gives those blocked before.
pub fn block(set: &Set) -> Set {
    let mut old = Set::empty();
    // SAFETY: both sets are initialised.
    unsafe { libc::sigprocmask(libc::SIG_BLOCK, &set.0, &mut old.0) };
    old
}

/// Whether `signal` is blocked.
pub fn is_blocked(signal: i32) -> bool {
    let old = block(&Set::empty());
    // SAFETY: the set is initialised.
    unsafe { libc::sigismember(&old.0, signal) == 1 }
}

/// Waits for one of `set`, which must be blocked, at most `timeout`; gives its number.
/// None: the time is over.
pub fn wait(set: &Set, timeout: Option<std::time::Duration>) -> Option<i32> {
    let until = timeout.map(|time| crate::clock::monotonic() + time);
    loop {
        let left = until.map(|end| {
            let left = end.saturating_sub(crate::clock::monotonic());
            libc::timespec {
                tv_sec: left.as_secs().min(i64::MAX as u64) as _,
                tv_nsec: libc::c_long::from(left.subsec_nanos()),
            }
        });
        let pointer = left.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
        // SAFETY: the set is initialised; the timespec is null or lives on.
        match check(unsafe { libc::sigtimedwait(&set.0, std::ptr::null_mut(), pointer) }) {
            Ok(signal) => return Some(signal),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}

fn set_disposition(signal: i32, handler: libc::sighandler_t) -> io::Result<()> {
    // SAFETY: a zeroed sigaction with SIG_DFL or SIG_IGN installs no code.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        check(libc::sigaction(signal, &action, std::ptr::null_mut())).map(drop)
    }
}

/// Gives `signal` its default disposition.
///
/// # Errors
/// EINVAL for KILL, STOP and numbers that do not exist.
pub fn set_default(signal: i32) -> io::Result<()> {
    set_disposition(signal, libc::SIG_DFL)
}

/// Ignores `signal`.
///
/// # Errors
/// EINVAL for KILL, STOP and numbers that do not exist.
pub fn ignore(signal: i32) -> io::Result<()> {
    set_disposition(signal, libc::SIG_IGN)
}

/// Default dispositions for all signals, whatever they were inherited as: what is ignored
/// stays ignored in every program after this one (execve(2)).
pub fn reset_dispositions() {
    for signal in 1..=MAX {
        let _ = set_default(signal);
    }
}

/// The same, and none blocked: how a child should begin.
pub fn reset_all() {
    reset_dispositions();
    set_mask(&Set::empty());
}

/// Sends `signal` to process `pid`; 0 as a signal only asks whether it could.
///
/// # Errors
/// ESRCH when there is none, EPERM when it may not be signalled, EINVAL for a pid
/// below 1: groups and "everybody" have calls of their own.
pub fn send(pid: i32, signal: i32) -> io::Result<()> {
    if pid < 1 {
        return Err(io::Error::from_raw_os_error(libc::EINVAL));
    }
    // SAFETY: no preconditions.
    check(unsafe { libc::kill(pid, signal) }).map(drop)
}

/// Sends `signal` to process group `group`.
///
/// # Errors
/// As [`send`].
pub fn send_group(group: i32, signal: i32) -> io::Result<()> {
    if group < 2 {
        return Err(io::Error::from_raw_os_error(libc::EINVAL));
    }
    // SAFETY: no preconditions.
    check(unsafe { libc::kill(-group, signal) }).map(drop)
}

/// Sends `signal` to every process but this one that it may signal (kill(2), pid
/// -1). Only for PID 1 of a namespace: anybody else would hit strangers, so for them
/// it is refused.
///
/// # Errors
/// ESRCH when there is nobody; EPERM when this process is not PID 1.
pub fn send_everybody(signal: i32) -> io::Result<()> {
    if crate::process::id() != 1 {
        return Err(io::Error::from_raw_os_error(libc::EPERM));
    }
    // SAFETY: no preconditions.
    check(unsafe { libc::kill(-1, signal) }).map(drop)
}

/// The same by whoever asks for it, strangers included: what s6-nuke is for.
///
/// # Errors
/// ESRCH when there is nobody.
pub fn send_all_of_the_namespace(signal: i32) -> io::Result<()> {
    // SAFETY: no preconditions.
    check(unsafe { libc::kill(-1, signal) }).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_each_others_inverse() {
        for signal in 1..=31 {
            assert_eq!(parse(name(signal).as_bytes()), Some(signal));
            assert_eq!(
                parse(format!("sig{}", name(signal)).as_bytes()),
                Some(signal)
            );
        }
        assert_eq!(parse(b"RTMIN+3"), Some(RT_MIN + 3));
        for text in [
            "0",
            "65",
            "+15",
            "-1",
            "",
            "NOPE",
            "RTMIN3",
            "RTMIN-1",
            "RTMIN+",
            "RTMAX+1",
            "RTMIN+2147483647",
            "RTMAX-2147483648",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn everybody_is_refused_to_processes_that_are_not_pid_1() {
        assert_ne!(crate::process::id(), 1);
        assert!(crate::errno::is(
            &send_everybody(0).unwrap_err(),
            libc::EPERM
        ));
        assert!(send(-1, 0).is_err());
        assert!(send_group(1, 0).is_err());
    }
}
