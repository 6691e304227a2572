//! Following another process call by call: ptrace(2).
//!
//! All calls must come from the thread that seized the process.

use super::check;
use std::io;

/// Why a traced process has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It is about to make this system call with these arguments.
    Entry(i64, [u64; 6]),
    /// It comes back from one with this answer.
    Exit(i64),
    /// It has executed another program.
    Executed,
    /// It has made this process, which stops at its beginning and is traced too.
    Made(i32),
    /// It has just begun, or was stopped as a group.
    Begun,
    /// It is about to get this signal.
    Signal(i32),
    /// It has ended with this wait status, and its parent may reap it now.
    Ended(i32),
}

/// A process that this thread traces.
#[derive(Debug)]
pub struct Traced {
    pid: i32,
}

/// What a call that is answered at will becomes: none at all, which has no effect.
const NO_CALL: u64 = u64::MAX;

fn request(request: libc::c_uint, pid: i32, address: usize, data: usize) -> io::Result<i64> {
    // SAFETY: by the callers, `data` is a number, or points to what the request fills.
    let answer = unsafe { libc::ptrace(request, pid, address, data) };
    match answer {
        -1 => Err(io::Error::last_os_error()),
        other => Ok(other),
    }
}

impl Traced {
    fn options(children: bool) -> usize {
        let mut options = libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_TRACEEXEC;
        if children {
            options |= libc::PTRACE_O_TRACEFORK;
            options |= libc::PTRACE_O_TRACEVFORK;
            options |= libc::PTRACE_O_TRACECLONE;
        }
        options as usize
    }

    /// Traces `pid` from now on, and, if asked, what it forks. It goes on running.
    ///
    /// # Errors
    /// The kernel's.
    pub fn seize(pid: i32, children: bool) -> io::Result<Self> {
        request(libc::PTRACE_SEIZE, pid, 0, Self::options(children))?;
        Ok(Self { pid })
    }

    /// What it has made, from [`Stop::Made`]. What that makes itself is not traced.
    ///
    /// # Errors
    /// The kernel's.
    pub fn made(pid: i32) -> io::Result<Self> {
        let traced = Self { pid };
        if traced.next()? == Stop::Begun {
            request(libc::PTRACE_SETOPTIONS, pid, 0, Self::options(false))?;
        }
        Ok(traced)
    }

    /// Its pid, outside of its namespace.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Waits for its next stop, or its end.
    ///
    /// # Errors
    /// The kernel's, but not an interruption.
    pub fn next(&self) -> io::Result<Stop> {
        let mut status = 0;
        loop {
            // SAFETY: `status` outlives the call.
            match check(unsafe { libc::waitpid(self.pid, &mut status, libc::__WALL) }) {
                Ok(_) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if !libc::WIFSTOPPED(status) {
            return Ok(Stop::Ended(status));
        }
        let event = status >> 16;
        Ok(match (event, libc::WSTOPSIG(status)) {
            (libc::PTRACE_EVENT_EXEC, _) => Stop::Executed,
            (libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_VFORK | libc::PTRACE_EVENT_CLONE, _) => {
                let mut pid: libc::c_ulong = 0;
                let place = &raw mut pid as usize;
                request(libc::PTRACE_GETEVENTMSG, self.pid, 0, place)?;
                Stop::Made(pid as i32)
            }
            (0, signal) if signal == libc::SIGTRAP | 0x80 => self.call()?,
            (0, signal) => Stop::Signal(signal),
            _ => Stop::Begun,
        })
    }

    /// The call that it is in.
    fn call(&self) -> io::Result<Stop> {
        // struct ptrace_syscall_info (ptrace(2)): the kind in the first byte, what belongs to it
        // from the fourth word on.
        const ENTRY: u64 = 1;
        let mut words = [0u64; 11];
        let size = size_of_val(&words);
        let place = words.as_mut_ptr() as usize;
        request(libc::PTRACE_GET_SYSCALL_INFO, self.pid, size, place)?;
        Ok(match words[0] & 0xff {
            ENTRY => {
                let arguments = std::array::from_fn(|at| words[4 + at]);
                Stop::Entry(words[3] as i64, arguments)
            }
            _ => Stop::Exit(words[3] as i64),
        })
    }

    /// Lets it run to its next system call's beginning or end.
    ///
    /// # Errors
    /// ESRCH when it has been killed meanwhile.
    pub fn go_on(&self, signal: i32) -> io::Result<()> {
        request(libc::PTRACE_SYSCALL, self.pid, 0, signal as usize).map(drop)
    }

    /// Lets it go for good, with this signal.
    ///
    /// # Errors
    /// ESRCH when it has been killed meanwhile.
    pub fn let_go(self, signal: i32) -> io::Result<()> {
        request(libc::PTRACE_DETACH, self.pid, 0, signal as usize).map(drop)
    }

    fn change(&self, with: impl FnOnce(&mut libc::user_regs_struct)) -> io::Result<()> {
        // SAFETY: all-zero registers are a valid value for the call to fill.
        let mut registers: libc::user_regs_struct = unsafe { std::mem::zeroed() };
        let place = &raw mut registers as usize;
        request(libc::PTRACE_GETREGS, self.pid, 0, place)?;
        with(&mut registers);
        request(libc::PTRACE_SETREGS, self.pid, 0, place).map(drop)
    }

    /// At [`Stop::Entry`]: the call is not made.
    ///
    /// # Errors
    /// The kernel's.
    pub fn skip_call(&self) -> io::Result<()> {
        self.change(|registers| registers.orig_rax = NO_CALL)
    }

    /// At [`Stop::Entry`]: the call is made with this first argument.
    ///
    /// # Errors
    /// The kernel's.
    pub fn set_argument(&self, value: u64) -> io::Result<()> {
        self.change(|registers| registers.rdi = value)
    }

    /// At [`Stop::Exit`]: the call answers `errno`.
    ///
    /// # Errors
    /// The kernel's.
    pub fn answer(&self, errno: i32) -> io::Result<()> {
        self.change(|registers| registers.rax = -i64::from(errno) as u64)
    }
}
