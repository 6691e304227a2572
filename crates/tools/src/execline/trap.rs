//! trap: runs blocks when signals come, while a program runs.

use std::time::Duration;

use chain::{Call, Failure, Outcome, Program, Result, Unable, Word, escape};
use execline::number;
use kernel::process::{self, Waited};
use kernel::signal::{self, Set};
use kernel::signal_source::SignalSource;
use kernel::clock;

use super::blocks;
use super::child::{self, Started};

pub(super) const PROGRAM: Program = Program {
    name: "trap",
    usage: "[ -x ] [ -t millisecs ] { signal { command... } ... } prog...",
    summary: "run a program, and blocks when signals come",
    run,
};

/// What the block asks for.
#[derive(Default)]
struct Traps {
    /// By signal number.
    by_signal: Vec<(i32, Vec<Word>)>,
    /// For signals without a trap of their own.
    default: Option<Vec<Word>>,
    /// For a stretch of time without a signal.
    timeout: Option<Vec<Word>>,
    /// How long that is (`-t`); none: for ever.
    patience: Option<Duration>,
    /// Signals without a trap go to the program (`-x`).
    forward: bool,
}

/// A block that runs, and the signal (0: the time-out) it runs for.
struct Handler {
    pid: i32,
    signal: i32,
}

fn run(call: &mut Call) -> Result<Outcome> {
    let mut traps = Traps::default();
    for option in call.options("xt:")? {
        match option.letter {
            b'x' => traps.forward = true,
            _ => {
                let time = number::unsigned(&option.value).ok_or_else(|| call.misuse())?;
                traps.patience = (time > 0).then(|| Duration::from_millis(time.into()));
            }
        }
    }
    let block = blocks::take_command(call, "block")?;
    parse(call, block, &mut traps)?;
    let argv = call.program()?;

    let before = signal::set_mask(&traps.watched());
    let signals = SignalSource::new(&traps.watched()).unable("watch for signals", b"")?;
    let started = child::start_prepared(call, argv, |_| {
        signal::set_mask(&before);
        Ok(())
    })?;
    match started {
        Started::Become(outcome) => Ok(outcome),
        Started::Running(pid) => watch(call, &traps, pid, &signals, &before),
    }
}

/// Reads the directives: a keyword and a block each.
fn parse(call: &Call, block: Vec<Word>, traps: &mut Traps) -> Result<()> {
    let mut inner = call.inner(block);
    while !inner.args.is_empty() {
        let word = inner.operand()?;
        let what = format!("block of directive {}", escape(&word));
        let command = blocks::take(&mut inner, &what)?;
        let duplicate = match word.to_ascii_lowercase().as_slice() {
            b"default" => traps.default.replace(command).is_some(),
            b"timeout" => traps.timeout.replace(command).is_some(),
            _ => {
                let number = signal::parse(&word).ok_or_else(|| {
                    Failure::Invalid(format!("unrecognized directive {}", escape(&word)))
                })?;
                if UNTRAPPABLE.contains(&number) {
                    return Err(Failure::Invalid(format!(
                        "SIG{} ({number}) cannot be trapped",
                        signal::name(number)
                    )));
                }
                let known = traps.by_signal.iter().any(|(known, _)| *known == number);
                traps.by_signal.push((number, command));
                known
            }
        };
        if duplicate {
            return Err(Failure::Invalid(format!(
                "duplicate directive {}",
                escape(&word)
            )));
        }
    }
    Ok(())
}

/// KILL and STOP by the kernel's rule; CHLD tells trap itself of its children.
const UNTRAPPABLE: [i32; 3] = [signal::SIGKILL, signal::SIGSTOP, signal::SIGCHLD];

impl Traps {
    /// The signals to receive. Those without a trap, unless they are forwarded, act
    /// on trap itself as on any program.
    fn watched(&self) -> Set {
        let all = self.forward || self.default.is_some();
        let mut set = Set::empty().with(signal::SIGCHLD);
        for number in 1..=signal::MAX {
            let trapped = self.by_signal.iter().any(|(known, _)| *known == number);
            if trapped || (all && !UNTRAPPABLE.contains(&number)) {
                set = set.with(number);
            }
        }
        set
    }

    fn command(&self, number: i32) -> Option<&Vec<Word>> {
        self.by_signal
            .iter()
            .find(|(known, _)| *known == number)
            .map(|(_, command)| command)
            .or(self.default.as_ref())
    }
}

/// Waits until the program ends; its end is trap's.
fn watch(
    call: &Call,
    traps: &Traps,
    program: i32,
    signals: &SignalSource,
    before: &Set,
) -> Result<Outcome> {
    let mut running: Vec<Handler> = Vec::new();
    let patience = traps.patience.filter(|_| traps.timeout.is_some());
    let mut quiet_since = clock::monotonic();
    loop {
        while let Waited::Reaped(reaped) = process::try_wait_any() {
            if reaped.pid == program {
                return Ok(Outcome::Exit(child::exit_code(reaped.status)));
            }
            running.retain(|handler| handler.pid != reaped.pid);
        }
        let left = patience.map(|time| {
            (quiet_since + time).saturating_sub(clock::monotonic())
        });
        let ready = signals
            .poll(&[], left)
            .unable("wait for signals", b"")?;
        if ready.is_empty()
            && let (Some(time), Some(command)) = (patience, &traps.timeout)
        {
            if clock::monotonic() >= quiet_since + time {
                quiet_since = clock::monotonic();
                if let Some(outcome) = handle(call, command, 0, program, before, &mut running)? {
                    return Ok(outcome);
                }
            }
            continue;
        }
        while let Some(number) = signals.next() {
            if number == signal::SIGCHLD {
                continue;
            }
            quiet_since = clock::monotonic();
            let Some(command) = traps.command(number) else {
                if traps.forward {
                    let _ = signal::send(program, number);
                }
                continue;
            };
            if let Some(outcome) = handle(call, command, number, program, before, &mut running)? {
                return Ok(outcome);
            }
        }
    }
}

/// Starts a block unless it still runs for the same signal; in the block's process,
/// gives what to become.
fn handle(
    call: &Call,
    command: &[Word],
    number: i32,
    program: i32,
    before: &Set,
    running: &mut Vec<Handler>,
) -> Result<Option<Outcome>> {
    if command.is_empty() || running.iter().any(|handler| handler.signal == number) {
        return Ok(None);
    }
    let started = child::start_prepared(call, command.to_vec(), |own| {
        signal::set_mask(before);
        own.env.set(b"!", program.to_string().as_bytes());
        if number != 0 {
            own.env.set(b"SIGNAL", number.to_string().as_bytes());
        }
        Ok(())
    })?;
    match started {
        Started::Become(outcome) => Ok(Some(outcome)),
        Started::Running(pid) => {
            running.push(Handler {
                pid,
                signal: number,
            });
            Ok(None)
        }
    }
}
