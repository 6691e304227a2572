//! When this process is about to die of a defect of its own: it becomes its program once
//! more instead (execve(2) keeps the pid, the children and what descriptors are open).
//!
//! Everything that this takes is prepared beforehand: a handler may allocate nothing and
//! call only what signal-safety(7) lists, and after a stack overflow it has a stack of
//! its own (sigaltstack(2)).

use std::cell::UnsafeCell;
use std::ffi::{CString, OsStr};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU64, Ordering};

use crate::memory::Region;
use crate::process::{self, ExecVector};
use crate::{c_string, check, clock};

/// What ends a process by default because of what it did itself (signal(7)). ABRT comes
/// from abort(3): memory that cannot be had, a panic within a panic.
pub(crate) const FATAL: [libc::c_int; 6] = [
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGILL,
    libc::SIGFPE,
    libc::SIGSYS,
    libc::SIGABRT,
];

/// Room for a handler and the state that the kernel saves for it (sigaltstack(2);
/// getauxval(3), AT_MINSIGSTKSZ: several kB with wide registers).
const HANDLER_STACK: usize = 64 * 1024;

struct HandlerStack(UnsafeCell<[u8; HANDLER_STACK]>);

// SAFETY: only the kernel writes to it, as the one handler's stack.
unsafe impl Sync for HandlerStack {}

static STACK: HandlerStack = HandlerStack(UnsafeCell::new([0; HANDLER_STACK]));

/// What the handler reads. Set once, never freed.
static PREPARED: AtomicPtr<Successor> = AtomicPtr::new(std::ptr::null_mut());

/// The highest descriptor that a successor may need.
static HIGHEST: AtomicI32 = AtomicI32::new(2);

/// Where a crash is recorded: words of a [`Region`].
///
/// The first counts crashes; then come the moments of the last [`Record::KEPT`] ones, in
/// nanoseconds of the monotonic clock, each at its number modulo that; then what the last
/// one was: a signal, or 0 for a panic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// The index of the first word.
    pub first: usize,
}

impl Record {
    /// How many moments are kept.
    pub const KEPT: usize = 3;

    /// How many words a record takes.
    pub const WORDS: usize = Record::KEPT + 2;

    /// How many crashes there were, and their moments as far as they are kept, the latest
    /// first.
    pub fn moments(self, region: &Region) -> Vec<std::time::Duration> {
        let count = region.word(self.first).load(Ordering::Relaxed);
        let kept = count.min(Record::KEPT as u64);
        (0..kept)
            .map(|back| {
                let slot = (count - 1 - back) as usize % Record::KEPT;
                let word = region.word(self.first + 1 + slot);
                std::time::Duration::from_nanos(word.load(Ordering::Relaxed))
            })
            .collect()
    }

    /// What the last crash was: a signal's number, or 0 for a panic.
    pub fn cause(self, region: &Region) -> i32 {
        let word = region.word(self.first + 1 + Record::KEPT);
        word.load(Ordering::Relaxed) as i32
    }
}

/// The program that takes this one's place.
pub struct Successor {
    owner: i32,
    program: OwnedFd,
    /// For kernels without execveat(2), where /proc is mounted.
    by_descriptor: CString,
    argv: ExecVector,
    envp: ExecVector,
    words: Option<[&'static AtomicU64; Record::WORDS]>,
}

impl Successor {
    /// This process's own program, with these words and variables. A crash is recorded
    /// in `region`, which is never unmapped.
    ///
    /// # Errors
    /// ENOENT where the program cannot be found again: no /proc, and its path is gone.
    pub fn new<W: AsRef<[u8]>>(
        argv: &[W],
        env: &[W],
        region: Option<(&'static Region, Record)>,
    ) -> io::Result<Successor> {
        let open =
            |path: &[u8]| crate::fs::open(Path::new(OsStr::from_bytes(path)), libc::O_PATH, 0);
        let program = open(b"/proc/self/exe").or_else(|error| {
            let path = process::executed_path().ok_or(error)?;
            open(&path)
        })?;
        // Out of the way of the numbers that services ask for.
        let program = crate::fd::copy_above(program.as_raw_fd(), 3)?;
        Ok(Successor {
            owner: process::id(),
            by_descriptor: c_string(format!("/proc/self/fd/{}", program.as_raw_fd()).as_bytes())?,
            program,
            argv: ExecVector::new(argv)?,
            envp: ExecVector::new(env)?,
            words: region.map(|(region, record)| {
                std::array::from_fn(|offset| region.word(record.first + offset))
            }),
        })
    }

    /// Does it. Comes back only if that was impossible. Safe in a signal handler.
    fn begin(&self, cause: i32) {
        if let Some(words) = &self.words {
            let count = words[0].load(Ordering::Relaxed);
            let now = u64::try_from(clock::monotonic().as_nanos()).unwrap_or(0);
            words[1 + count as usize % Record::KEPT].store(now, Ordering::Relaxed);
            words[1 + Record::KEPT].store(cause as u64, Ordering::Relaxed);
            words[0].store(count + 1, Ordering::Relaxed);
        }
        for fd in 3..=HIGHEST.load(Ordering::Relaxed) {
            // SAFETY: no preconditions; EBADF is none.
            unsafe { libc::fcntl(fd, libc::F_SETFD, 0) };
        }
        let fd = self.program.as_raw_fd();
        let _ = process::fexecve(fd, &self.argv, &self.envp);
        process::execve_c(&self.by_descriptor, &self.argv, &self.envp);
    }
}

/// Lets a crash of this process start `successor`. Its children inherit the handlers, but
/// a crash of theirs is theirs: there the signal does what it does by default.
///
/// # Errors
/// As sigaltstack(2) and sigaction(2).
pub fn prepare(successor: Successor) -> io::Result<()> {
    note_descriptor(successor.program.as_raw_fd());
    let stack = libc::stack_t {
        ss_sp: STACK.0.get().cast(),
        ss_flags: 0,
        ss_size: HANDLER_STACK,
    };
    // SAFETY: the stack is static and used for nothing else.
    check(unsafe { libc::sigaltstack(&stack, std::ptr::null_mut()) })?;
    let before = PREPARED.swap(Box::into_raw(Box::new(successor)), Ordering::Release);
    // Leaked, not freed: a handler may be reading it. There is one in a process's life.
    let _ = before;
    for signal in FATAL {
        // SAFETY: `on_fatal` is a handler of the three-argument kind that calls only what
        // signal-safety(7) allows.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_fatal as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            libc::sigemptyset(&mut action.sa_mask);
            check(libc::sigaction(signal, &action, std::ptr::null_mut()))?;
        }
    }
    Ok(())
}

/// Remembers that a successor may need `fd`: it and every lower one stay open for it.
pub fn note_descriptor(fd: RawFd) {
    HIGHEST.fetch_max(fd, Ordering::Relaxed);
}

/// Starts the successor because of a panic. Comes back in processes that have none: a
/// child of the one that prepared it, or any other program.
pub fn succeed_after_panic() {
    succeed(0);
}

fn succeed(cause: i32) {
    // SAFETY: null, or leaked by `prepare` and never changed.
    let Some(successor) = (unsafe { PREPARED.load(Ordering::Acquire).as_ref() }) else {
        return;
    };
    if process::id() != successor.owner {
        return;
    }
    successor.begin(cause);
    let line = b"mainstay: PID 1 crashed and could not begin again; the container ends\n";
    // Without waiting for a reader: opened anew, or, without /proc, where there is room.
    let flags = libc::O_WRONLY | libc::O_NONBLOCK | libc::O_NOCTTY;
    // SAFETY: a C string, and a buffer of the length that is given. No retry: this is the
    // end, and what was opened ends with it. Both calls are in signal-safety(7).
    unsafe {
        let anew = libc::open(c"/proc/self/fd/2".as_ptr(), flags);
        let fd = if anew >= 0 { anew } else { 2 };
        if crate::poll::has_room(fd) {
            libc::write(fd, line.as_ptr().cast(), line.len());
        }
    }
    process::exit_now(111);
}

extern "C" fn on_fatal(
    signal: libc::c_int,
    _info: *mut libc::siginfo_t,
    _context: *mut libc::c_void,
) {
    succeed(signal);
    // Not the process that prepared a successor: die of it. On return the instruction
    // fails again, or abort(3) raises the signal again.
    let _ = crate::signal::set_default(signal);
}
