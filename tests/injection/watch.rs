//! The process that a test looks at, and the call of it that fails.

use harness::sys::{Stop, Traced};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

/// Whose calls fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    /// PID 1's.
    First,
    /// Those of the child that PID 1 forks as its n-th: until it executes another program.
    Child(usize),
}

/// Which calls of a kind fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// The k-th alone, from 1.
    Once(usize),
    /// Each.
    Always,
}

/// An error of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The system call's number.
    pub call: i64,
    /// Which calls fail.
    pub when: When,
    /// With what.
    pub errno: i32,
}

/// What was seen of the process.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// How often it made each call.
    pub calls: BTreeMap<i64, usize>,
    /// The same for each phase that the test has told of ([`Watch::enter`]), from 0.
    pub phases: BTreeMap<usize, BTreeMap<i64, usize>>,
    /// How often the fault was put in.
    pub faults: usize,
    /// Signals of a crash that it got: SEGV and its like.
    pub crashes: Vec<i32>,
}

/// A process that is being followed.
pub struct Watch {
    thread: JoinHandle<Seen>,
    phase: Arc<AtomicUsize>,
}

impl Watch {
    /// Follows process `pid`, PID 1 of a container, from its next execve(2) on.
    ///
    /// # Panics
    /// When it cannot be traced.
    pub fn begin(pid: i32, whose: Whose, fault: Option<Fault>) -> Watch {
        let (ready, traced) = mpsc::channel();
        let phase = Arc::new(AtomicUsize::new(0));
        let told = phase.clone();
        let thread = thread::spawn(move || {
            // Only the thread that traces may ask about the process.
            let process = Traced::seize(pid, whose != Whose::First);
            let _ = ready.send(process.is_ok());
            let mut seen = Seen::default();
            // An error means that the process has been killed.
            if let Ok(process) = process {
                let _ = follow(process, whose, fault, &told, &mut seen);
            }
            seen
        });
        assert!(traced.recv() == Ok(true), "process {pid} cannot be traced");
        Watch { thread, phase }
    }

    /// From now on its calls are those of this phase.
    pub fn enter(&self, phase: usize) {
        self.phase.store(phase, Ordering::SeqCst);
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When following it failed.
    pub fn end(self) -> Seen {
        self.thread.join().expect("the tracing thread goes on")
    }
}

/// Follows it to its end.
fn follow(
    process: Traced,
    whose: Whose,
    fault: Option<Fault>,
    phase: &AtomicUsize,
    seen: &mut Seen,
) -> std::io::Result<()> {
    let mut executed = false;
    let mut children = 0;
    loop {
        let mut signal = 0;
        match process.next()? {
            Stop::Ended(_) => return Ok(()),
            Stop::Executed if !executed => {
                executed = true;
                if whose == Whose::First {
                    return meddle(&process, whose, fault, phase, seen);
                }
            }
            Stop::Made(pid) => {
                let child = Traced::made(pid)?;
                children += usize::from(executed);
                if whose == Whose::Child(children) {
                    process.let_go(0)?;
                    meddle(&child, whose, fault, phase, seen)?;
                    return child.let_go(0);
                }
                child.let_go(0)?;
            }
            Stop::Signal(number) => signal = number,
            Stop::Executed | Stop::Begun | Stop::Entry(..) | Stop::Exit(_) => {}
        }
        process.go_on(signal)?;
    }
}

/// Counts the calls of a process and lets some of them fail, until it ends or executes another
/// program.
fn meddle(
    process: &Traced,
    whose: Whose,
    fault: Option<Fault>,
    phase: &AtomicUsize,
    seen: &mut Seen,
) -> std::io::Result<()> {
    process.go_on(0)?;
    let (mut failing, mut argument) = (false, 0);
    loop {
        let mut signal = 0;
        match process.next()? {
            Stop::Ended(_) => return Ok(()),
            Stop::Entry(call, arguments) => {
                let count = seen.calls.entry(call).or_default();
                *count += 1;
                let phase = seen.phases.entry(phase.load(Ordering::SeqCst));
                *phase.or_default().entry(call).or_default() += 1;
                argument = arguments[0];
                failing = fault.is_some_and(|fault| {
                    fault.call == call
                        && match fault.when {
                            When::Once(number) => number == *count,
                            When::Always => true,
                        }
                });
                match call {
                    _ if !failing => {}
                    // It closes, whatever it answers.
                    libc::SYS_close => {}
                    // Refused, it answers what it answers to 0: the end as it was. No error shows.
                    libc::SYS_brk => process.set_argument(0)?,
                    _ => process.skip_call()?,
                }
            }
            Stop::Exit(_) => {
                if let (true, Some(fault)) = (failing, fault) {
                    match fault.call {
                        // The registers are the program's own again.
                        libc::SYS_brk => process.set_argument(argument)?,
                        _ => process.answer(fault.errno)?,
                    }
                    seen.faults += 1;
                }
                failing = false;
            }
            Stop::Executed if whose != Whose::First => return Ok(()),
            Stop::Signal(number) => {
                signal = number;
                if [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGABRT].contains(&number) {
                    seen.crashes.push(number);
                    // What nobody catches would come again for ever.
                    if seen.crashes.len() > 10 {
                        let _ = harness::sys::kill(process.pid(), libc::SIGKILL);
                    }
                }
            }
            Stop::Executed | Stop::Made(_) | Stop::Begun => {}
        }
        process.go_on(signal)?;
    }
}
