//! A descriptor that receives signals.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicI32, Ordering};

use crate::check;
use crate::signal::*;

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

    /// Waits until a signal or one of `more` has come ([`crate::poll::poll_readable`]).
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
            return crate::poll::poll_with_mask(&fds, timeout, None);
        };
        match crate::poll::poll_with_mask(&fds, timeout, Some(&mask))? {
            // The time is over, or a handler has run: its pipe tells.
            none if none.is_empty() => {
                crate::poll::poll_with_mask(&fds, Some(std::time::Duration::ZERO), None)
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
}
