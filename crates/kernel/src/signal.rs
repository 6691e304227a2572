//! Signals: names, masks, dispositions, sending, and a descriptor that receives.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicI32, Ordering};

use crate::check;

pub use libc::{
    SIGABRT, SIGALRM, SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGIO, SIGKILL, SIGPIPE, SIGPROF, SIGPWR,
    SIGQUIT, SIGSTOP, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2, SIGVTALRM, SIGWINCH,
    SIGXCPU, SIGXFSZ,
};

/// The highest signal number (SIGRTMAX).
pub const MAX: i32 = 64;

/// SIGRTMIN as the C library counts it; containers use RTMIN+3 to ask for a halt.
pub fn real_time_min() -> i32 {
    libc::SIGRTMIN()
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
        libc::SIGRTMIN().checked_add(decimal(offset)?)?
    } else {
        let rest = name.strip_prefix("RTMAX")?;
        let offset = if rest.is_empty() {
            "0"
        } else {
            rest.strip_prefix('-')?
        };
        libc::SIGRTMAX().checked_sub(decimal(offset)?)?
    };
    (libc::SIGRTMIN()..=libc::SIGRTMAX())
        .contains(&number)
        .then_some(number)
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
    if (libc::SIGRTMIN()..=libc::SIGRTMAX()).contains(&number) {
        return format!("RTMIN+{}", number - libc::SIGRTMIN());
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
                tv_sec: left.as_secs().min(i64::MAX as u64) as libc::time_t,
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

/// Signals as readable news: signalfd(2), or, where there is none, handlers that write to
/// a pipe.
///
/// With the pipe the signals stay blocked but for the time that [`crate::epoll`] waits
/// ([`SignalSource::mask_while_waiting`]), so no handler runs anywhere else, and none in
/// a child before it has its default dispositions again.
pub struct SignalSource {
    fd: OwnedFd,
    set: Set,
    /// The pipe's other end.
    handlers: Option<OwnedFd>,
}

/// One signal as a handler writes it: its number and its sender's pid.
type Record = [i32; 2];

/// The write end of the pipe, for the handlers; -1 while there is none.
static HANDLERS_WRITE_TO: AtomicI32 = AtomicI32::new(-1);

extern "C" fn write_to_pipe(
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    _context: *mut libc::c_void,
) {
    // SAFETY: the kernel hands over a valid siginfo; write(2) may be called in a handler;
    // errno is the thread's own and put back. A full pipe loses a signal of thousands.
    unsafe {
        let saved = *libc::__errno_location();
        let record: Record = [signal, (*info).si_pid()];
        libc::write(
            HANDLERS_WRITE_TO.load(Ordering::Relaxed),
            record.as_ptr().cast(),
            size_of::<Record>(),
        );
        *libc::__errno_location() = saved;
    }
}

impl SignalSource {
    /// Receives the signals of `set`, which must be blocked. Where that was refused, they
    /// come by handlers too: a descriptor hears only what is blocked.
    ///
    /// # Errors
    /// EMFILE where neither can be had; EINVAL for a second source that needs handlers.
    pub fn new(set: &Set) -> io::Result<SignalSource> {
        if !set.is_blocked() {
            return SignalSource::by_handlers(set);
        }
        let by_descriptor = SignalSource::by_descriptor(set);
        by_descriptor.or_else(|error| SignalSource::by_handlers(set).map_err(|_| error))
    }

    /// Whether this process has handlers for its signals.
    pub fn has_handlers(&self) -> bool {
        self.handlers.is_some()
    }

    fn by_descriptor(set: &Set) -> io::Result<SignalSource> {
        // SAFETY: the set is initialised; the new descriptor is owned here.
        unsafe {
            let fd = check(libc::signalfd(
                -1,
                &set.0,
                libc::SFD_NONBLOCK | libc::SFD_CLOEXEC,
            ))?;
            Ok(SignalSource {
                fd: OwnedFd::from_raw_fd(fd),
                set: *set,
                handlers: None,
            })
        }
    }

    fn by_handlers(set: &Set) -> io::Result<SignalSource> {
        let (read, write) = crate::fd::pipe()?;
        for end in [&read, &write] {
            crate::fd::set_nonblocking(end.as_raw_fd(), true)?;
        }
        let free = HANDLERS_WRITE_TO.compare_exchange(
            -1,
            write.as_raw_fd(),
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
        if free.is_err() {
            return Err(crate::errno::from(libc::EINVAL));
        }
        let handlers = SignalSource {
            fd: read,
            set: *set,
            handlers: Some(write),
        };
        for signal in 1..=MAX {
            // SAFETY: the set is initialised. The handler has the signature that
            // SA_SIGINFO asks for; all signals are blocked while one runs.
            unsafe {
                if libc::sigismember(&set.0, signal) != 1 {
                    continue;
                }
                let mut action: libc::sigaction = std::mem::zeroed();
                action.sa_sigaction = write_to_pipe as *const () as libc::sighandler_t;
                action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
                action.sa_mask = Set::full().0;
                check(libc::sigaction(signal, &action, std::ptr::null_mut()))?;
            }
        }
        Ok(handlers)
    }

    /// The mask that must hold while [`crate::epoll`] waits, where handlers are to run:
    /// nothing is blocked.
    pub fn mask_while_waiting(&self) -> Option<Set> {
        self.handlers.as_ref().map(|_| Set::empty())
    }

    /// Waits until a signal or one of `more` has come ([`crate::fd::poll_readable`]).
    ///
    /// # Errors
    /// As poll(2).
    pub fn poll(
        &self,
        more: &[RawFd],
        timeout: Option<std::time::Duration>,
    ) -> io::Result<Vec<RawFd>> {
        let fds: Vec<RawFd> = [self.as_raw_fd()].iter().chain(more).copied().collect();
        let Some(mask) = self.mask_while_waiting() else {
            return crate::fd::poll_with_mask(&fds, timeout, None);
        };
        match crate::fd::poll_with_mask(&fds, timeout, Some(&mask))? {
            // The time is over, or a handler has run: its pipe tells.
            none if none.is_empty() => {
                crate::fd::poll_with_mask(&fds, Some(std::time::Duration::ZERO), None)
            }
            ready => Ok(ready),
        }
    }

    /// The next signal that waits.
    pub fn next(&self) -> Option<i32> {
        let mut place = [0u64; SignalSource::RECORD_WORDS];
        // SAFETY: the array has as many words.
        unsafe { self.read(place.as_mut_ptr()) }
    }

    /// The same. The kernel writes it to `region`, from the word of this number on: there
    /// it outlives a crash of this program, until somebody sets the word to 0. Its number
    /// is the first four bytes.
    ///
    /// # Panics
    /// When the region ends there.
    pub fn next_in(&self, region: &crate::memory::Region, word: usize) -> Option<i32> {
        let place = region.word_pointer(word, 8 * SignalSource::RECORD_WORDS);
        // SAFETY: there is room for as many words, at an address that is a multiple of 8.
        unsafe { self.read(place.cast()) }
    }

    /// The words that a signal takes, in either form.
    const RECORD_WORDS: usize = size_of::<libc::signalfd_siginfo>() / 8;

    /// # Safety
    /// From `place` on, [`SignalSource::RECORD_WORDS`] words may be written to.
    unsafe fn read(&self, place: *mut u64) -> Option<i32> {
        let size = match self.handlers {
            Some(_) => size_of::<Record>(),
            None => size_of::<libc::signalfd_siginfo>(),
        };
        // SAFETY: by contract there is room for `size` bytes. Both forms begin with the
        // signal's number in four bytes (signalfd(2): ssi_signo).
        unsafe {
            let got = libc::read(self.fd.as_raw_fd(), place.cast(), size);
            if got == size as isize {
                return Some(*place.cast::<i32>());
            }
        }
        if self.handlers.is_some() {
            return None;
        }
        // None waits; or the descriptor fails, and what waits is asked for without it.
        let number = wait(&self.set, Some(std::time::Duration::ZERO))?;
        // SAFETY: as above. A number is positive.
        unsafe { *place = number as u64 };
        Some(number)
    }
}

impl Drop for SignalSource {
    fn drop(&mut self) {
        if let Some(write) = &self.handlers {
            // Only the source that has the handlers gives them up.
            let _ = HANDLERS_WRITE_TO.compare_exchange(
                write.as_raw_fd(),
                -1,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
        }
    }
}

impl AsRawFd for SignalSource {
    fn as_raw_fd(&self) -> i32 {
        self.fd.as_raw_fd()
    }
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
        assert_eq!(parse(b"RTMIN+3"), Some(libc::SIGRTMIN() + 3));
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
    fn without_signalfd_handlers_bring_the_same_news() {
        let signals = Set::empty().with(SIGWINCH);
        let mut old = Set::empty();
        // SAFETY: both sets are initialised. This thread's mask is put back below.
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &signals.0, &mut old.0) };
        let source = SignalSource::by_handlers(&signals).unwrap();
        assert!(
            SignalSource::by_handlers(&signals).is_err(),
            "one at a time"
        );
        let epoll = crate::epoll::Epoll::create();
        epoll.deliver_while_waiting(source.mask_while_waiting());
        epoll.add(source.as_raw_fd(), 1).unwrap();
        // SAFETY: the signal goes to this thread, which has it blocked.
        unsafe { libc::pthread_kill(libc::pthread_self(), SIGWINCH) };
        assert_eq!(source.next(), None, "not before the wait");
        let mut news = Vec::new();
        while news.is_empty() {
            epoll
                .wait(Some(std::time::Duration::from_secs(5)), &mut news)
                .unwrap();
        }
        assert_eq!(source.next(), Some(SIGWINCH));
        assert_eq!(source.next(), None);
        set_default(SIGWINCH).unwrap();
        // SAFETY: as above.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &old.0, std::ptr::null_mut()) };
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
