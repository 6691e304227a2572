//! s6-maximumtime: runs a program for a time at most.

use std::time::Duration;

use chain::{Call, Failure, Forked, Outcome, Program, Result, Unable, escape};
use execline::number;
use kernel::process;
use kernel::signal::{self, Set};
use kernel::signal_source::SignalSource;
use kernel::clock;

pub(super) const PROGRAM: Program = Program {
    name: "s6-maximumtime",
    usage: "[ -0 | -a | -b | -i | -k | -q | -t | -x | -1 | -2 ] milli prog...",
    summary: "run a program for a time at most, in milliseconds",
    run,
};

/// The exit code when the time was over.
const TIMED_OUT: u8 = 99;

fn run(call: &mut Call) -> Result<Outcome> {
    let mut last_word = Some(signal::SIGTERM);
    for option in call.options("0abikqtx12")? {
        last_word = match option.letter {
            b'0' => None,
            b'a' => Some(signal::SIGALRM),
            b'b' => Some(signal::SIGABRT),
            b'i' => Some(signal::SIGINT),
            b'k' => Some(signal::SIGKILL),
            b'q' => Some(signal::SIGQUIT),
            b'x' => signal::parse(b"XCPU"),
            b'1' => Some(signal::SIGUSR1),
            b'2' => Some(signal::SIGUSR2),
            _ => Some(signal::SIGTERM),
        };
    }
    let word = call.operand()?;
    let milliseconds = number::unsigned(&word).ok_or_else(|| call.misuse())?;
    let argv = call.program()?;
    let program = escape(&argv[0]);

    let set = Set::empty().with(signal::SIGCHLD);
    let before = signal::set_mask(&set);
    let pid = match chain::fork().unable("fork", b"")? {
        Forked::Child(report) => {
            signal::set_mask(&before);
            return Ok(Outcome::exec(call, argv).reporting(report));
        }
        Forked::Parent(block) => block.begun().unable("spawn", program.as_bytes())?,
    };
    let signals = SignalSource::new(&set).unable("watch for signals", b"")?;
    // 0 is no limit.
    let end = (milliseconds > 0)
        .then(|| clock::monotonic() + Duration::from_millis(milliseconds.into()));
    loop {
        if let Some(status) = process::try_wait(pid).unable("wait for a child", b"")? {
            return Ok(Outcome::Exit(status.code()));
        }
        let left = end.map(|end| end.saturating_sub(clock::monotonic()));
        if left.is_some_and(|left| left.is_zero()) {
            if let Some(number) = last_word {
                let _ = signal::send(pid, number);
            }
            return Err(Failure::Other {
                code: TIMED_OUT,
                text: format!("{program} still ran after {milliseconds} milliseconds"),
            });
        }
        signals
            .poll(&[], left).unable("wait for a child", b"")?;
        while signals.next().is_some() {}
    }
}
