//! wait: waits for children. Without a block it is POSIX's wait, for shells too.

use std::time::Duration;

use chain::{Call, Failure, Outcome, Program, Result, Unable, Word};
use execline::number;
use kernel::process::{self, Reaped, Waited};
use kernel::signal::{self, Set};
use kernel::signal_source::SignalSource;
use kernel::clock;

use super::{blocks, child};

pub(super) const PROGRAM: Program = Program {
    name: "wait",
    usage: "[ -I | -i ] [ -a | -o ] [ -r | -t timeout ] { pids... } prog...",
    summary: "wait for children, then run a program",
    run,
};

/// The exit code under `-i` when the time is over.
const TIMED_OUT: u8 = 99;

fn run(call: &mut Call) -> Result<Outcome> {
    let (mut strict, mut one) = (false, false);
    let mut timeout = None;
    for option in call.options("Iiaort:")? {
        match option.letter {
            b'I' => strict = false,
            b'i' => strict = true,
            b'a' => one = false,
            b'o' => one = true,
            b'r' => timeout = Some(Duration::ZERO),
            _ => {
                let time = number::unsigned(&option.value).ok_or_else(|| call.misuse())?;
                timeout = Some(Duration::from_millis(time.into()));
            }
        }
    }
    let with_block = call.args.iter().any(Vec::is_empty);
    let words = if with_block {
        blocks::take(call, "block of pids")?
    } else {
        call.rest()
    };
    let pids = pids(call, &words)?;
    let waited = wait(&pids, one, timeout)?;
    if waited.timed_out && strict {
        return Err(Failure::Other {
            code: TIMED_OUT,
            text: "timed out waiting for children".to_string(),
        });
    }
    if !with_block {
        return Ok(Outcome::Exit(posix_code(&pids, &waited.reaped, one)));
    }
    if one {
        match waited.reaped.last() {
            Some(reaped) => {
                let code = child::exit_code(reaped.status).to_string();
                call.env.set(b"?", code.as_bytes());
                call.env.set(b"!", reaped.pid.to_string().as_bytes());
            }
            None => {
                call.env.unset(b"?");
                call.env.unset(b"!");
            }
        }
    }
    let next = call.rest();
    Ok(Outcome::exec_or_exit(call, next))
}

fn pids(call: &Call, words: &[Word]) -> Result<Vec<i32>> {
    words
        .iter()
        .map(|word| {
            number::unsigned(word)
                .and_then(|pid| i32::try_from(pid).ok())
                .ok_or_else(|| call.misuse())
        })
        .collect()
}

/// What waiting came to.
struct Waits {
    /// Those of the children in question that ended, in this order.
    reaped: Vec<Reaped>,
    /// The time was over first.
    timed_out: bool,
}

/// Waits for `pids` (none: all children) or for one of them.
fn wait(pids: &[i32], one: bool, timeout: Option<Duration>) -> Result<Waits> {
    // Blocked before the first look, so that no end is missed between look and wait.
    let set = Set::empty().with(signal::SIGCHLD);
    let before = signal::set_mask(&set);
    let signals = SignalSource::new(&set).unable("watch for signals", b"")?;
    let end = timeout.map(|time| clock::monotonic() + time);
    let mut waits = Waits {
        reaped: Vec::new(),
        timed_out: false,
    };
    let mut left: Vec<i32> = pids.to_vec();
    loop {
        let some_left = if pids.is_empty() {
            reap_any(&mut waits.reaped, one)
        } else {
            reap_listed(&mut left, &mut waits.reaped, one)
        };
        if !some_left || (one && !waits.reaped.is_empty()) {
            break;
        }
        let now = clock::monotonic();
        if end.is_some_and(|end| now >= end) {
            waits.timed_out = true;
            break;
        }
        let patience = end.map(|end| end.saturating_sub(now));
        signals
            .poll(&[], patience).unable("wait for children", b"")?;
        while signals.next().is_some() {}
    }
    drop(signals);
    signal::set_mask(&before);
    Ok(waits)
}

/// Reaps what has ended; whether children are left.
fn reap_any(reaped: &mut Vec<Reaped>, one: bool) -> bool {
    loop {
        match process::try_wait_any() {
            Waited::NoChildren => return false,
            Waited::NoneYet => return true,
            Waited::Reaped(child) => {
                reaped.push(child);
                if one {
                    return true;
                }
            }
        }
    }
}

/// The same among `left`; what is no child counts as ended.
fn reap_listed(left: &mut Vec<i32>, reaped: &mut Vec<Reaped>, one: bool) -> bool {
    left.retain(|pid| {
        if one && !reaped.is_empty() {
            return true;
        }
        match process::try_wait(*pid) {
            // To waitpid(2) that is a group; here it is nobody's child.
            _ if *pid == 0 => false,
            Ok(None) => true,
            Ok(Some(status)) => {
                reaped.push(Reaped { pid: *pid, status });
                false
            }
            Err(_) => false,
        }
    });
    !left.is_empty()
}

/// The exit code of wait(1): that of the last pid asked for, 127 when it is none of
/// ours; 0 when none was named.
fn posix_code(pids: &[i32], reaped: &[Reaped], one: bool) -> u8 {
    const UNKNOWN: u8 = 127;
    let found = if one {
        reaped.last()
    } else {
        let Some(last) = pids.last() else { return 0 };
        reaped.iter().find(|reaped| reaped.pid == *last)
    };
    found.map_or(UNKNOWN, |reaped| child::exit_code(reaped.status))
}
