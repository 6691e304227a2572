//! Every call of PID 1 and of its children × every error that the manual names × once at each call,
//! and always. The whole takes a quarter of an hour and runs at night; every run has a part of it,
//! spread evenly, and what has failed before.
//!
//! `MAINSTAY_INJECTION="first openat"` runs those whose name has this part (`first openat 3 ENOENT`:
//! PID 1's third openat(2)), `MAINSTAY_INJECTION_PART=2/5` the second fifth.
#![forbid(unsafe_code)]

use harness::{Root, rounds, signal, workspace};
use injection_tests::calls;
use injection_tests::case::{self, Outcome};
use injection_tests::watch::{Fault, When, Whose};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Whose calls fail: PID 1's; those of the child that makes the state anew and boots; those of the
/// children that become the services; those of the child that runs the stop's hooks.
const PROCESSES: &[(&str, Whose)] = &[
    ("first", Whose::First),
    ("boot", Whose::Child(1)),
    ("service", Whose::Child(2)),
    ("again", Whose::Child(4)),
    ("stop", Whose::Child(5)),
];

/// How many run where nothing is said.
const SAMPLE: u32 = 500;

/// So many at a time: each spends most of its second waiting.
const AT_A_TIME: usize = 24;

/// What has failed before, in every run.
const KNOWN: &[&str] = &[
    "first brk 1 ENOMEM",
    "first brk 5 ENOMEM",
    "first clone 1 EAGAIN",
    "first clone 1 ENOMEM",
    "first close always EIO",
    "first epoll_create1 1 ENOMEM",
    "first epoll_ctl 1 ENOMEM",
    "first epoll_ctl always ENOSPC",
    "first epoll_wait always EINVAL",
    "first getdents64 always ENOENT",
    "first getrandom always EAGAIN",
    "first mkdir always ENOSPC",
    "first mkdir always EROFS",
    "first mkdir always EACCES",
    "first newfstatat always ENOMEM",
    "first openat always EMFILE",
    "first pipe2 1 EMFILE",
    "first pipe2 always EMFILE",
    "first read always EAGAIN",
    "first read always EIO",
    "first rt_sigprocmask always EINVAL",
    "first signalfd4 1 EMFILE",
    "first signalfd4 always ENOMEM",
    "first statx always EACCES",
    "first wait4 always ECHILD",
    "boot getdents64 always EBADF",
    "boot mkdirat always ENOSPC",
    "boot statx always EACCES",
    "boot write always EIO",
];

/// One run.
#[derive(Clone, Copy)]
struct Case {
    process: &'static str,
    whose: Whose,
    fault: Fault,
}

impl Case {
    /// `first openat 3 ENOENT`.
    fn name(&self) -> String {
        let when = match self.fault.when {
            When::Once(number) => number.to_string(),
            When::Always => "always".to_owned(),
        };
        let call = calls::call_name(self.fault.call);
        let error = calls::error_name(self.fault.errno);
        format!("{} {call} {when} {error}", self.process)
    }

    fn run(&self, root: &Root, usual: &BTreeSet<String>) -> Outcome {
        // Both signals that ask for a stop.
        let stop = [signal::TERM, signal::INT][self.fault.errno as usize % 2];
        case::run(root, self.whose, Some(self.fault), stop, usual)
    }
}

/// All cases there are, from what a run without a fault does; and what is said in one.
fn cases(root: &Root) -> (Vec<Case>, BTreeSet<String>) {
    let (mut all, mut usual) = (Vec::new(), BTreeSet::new());
    for (process, whose) in PROCESSES {
        let outcome = case::run(root, *whose, None, signal::TERM, &usual);
        usual.extend(case::said(&outcome.log));
        let report = || case::report(process, &outcome);
        assert!(outcome.wrong.is_empty(), "{}", report());
        assert!(!outcome.seen.calls.is_empty(), "{process}: was not met");
        for (call, count) in &outcome.seen.calls {
            let Some(errors) = calls::errors(*call) else {
                panic!("{process} makes system call {call}, which has no row in calls.rs");
            };
            for errno in errors {
                let once = (1..=*count).map(When::Once);
                // Nobody is interrupted for ever.
                let always = (errno != libc::EINTR).then_some(When::Always);
                all.extend(once.chain(always).map(|when| Case {
                    process,
                    whose: *whose,
                    fault: Fault {
                        call: *call,
                        when,
                        errno,
                    },
                }));
            }
        }
    }
    (all, usual)
}

/// Those that this run is for.
fn chosen(mut all: Vec<Case>) -> Vec<Case> {
    if let Ok(part) = std::env::var("MAINSTAY_INJECTION") {
        all.retain(|case| format!("{} ", case.name()).contains(&part));
    } else if let Ok(part) = std::env::var("MAINSTAY_INJECTION_PART") {
        let numbers = part.split_once('/');
        let numbers = numbers.and_then(|(one, of)| Some((one.parse().ok()?, of.parse().ok()?)));
        let (one, of): (usize, usize) =
            numbers.expect("MAINSTAY_INJECTION_PART is 2/5 or its like");
        all = all.into_iter().skip(one - 1).step_by(of).collect();
    } else {
        let step = all.len() / rounds(SAMPLE, u32::MAX) as usize;
        let mut number = 0;
        all.retain(|case| {
            number += 1;
            step < 2 || number % step == 0 || KNOWN.contains(&case.name().as_str())
        });
    }
    all
}

#[test]
fn no_error_of_the_kernel_makes_it_deaf_silent_or_dead() {
    let root = case::image();
    let (all, usual) = cases(&root);
    let all = chosen(all);
    let (next, held, missed) = Default::default();
    let (next, held, missed): (AtomicUsize, AtomicUsize, AtomicUsize) = (next, held, missed);
    let path = workspace().join("target/injection-log");
    let log = Mutex::new(File::create(&path).expect("a log can be written"));
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some(case) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut outcome = case.run(&root, &usual);
                    if !outcome.wrong.is_empty() {
                        // The machine may have been slow. What is wrong is wrong twice.
                        outcome = case.run(&root, &usual);
                    }
                    let counter = match (outcome.wrong.is_empty(), outcome.seen.faults) {
                        (true, 0) => &missed,
                        (true, _) => &held,
                        (false, _) => {
                            let report = case::report(&case.name(), &outcome);
                            let mut log = log.lock().expect("no thread has panicked");
                            let _ = log.write_all(report.as_bytes());
                            continue;
                        }
                    };
                    counter.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let (held, missed) = (held.into_inner(), missed.into_inner());
    let figure = format!(
        "{} runs: {held} held, {} did not; {missed} ended before the call",
        all.len(),
        all.len() - held - missed
    );
    println!("{figure}");
    let failed = std::fs::read_to_string(&path).expect("the log can be read");
    assert!(failed.is_empty(), "{figure}\n{failed}");
    // Which call is the k-th differs from run to run, but not much.
    assert!(missed * 20 <= all.len(), "{figure}");
}
