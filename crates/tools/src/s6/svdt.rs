//! s6-svdt: prints when and how a service ended.

use chain::{Call, Failure, Outcome, Program, Result, Unable, escape};
use kernel::{errno, fd, signal};
use s6wire::{Ending, death_tally};

use super::{supervisor, words};

pub(super) const PROGRAM: Program = Program {
    name: "s6-svdt",
    usage: "[ -S | -s ] [ -n maxlines ] servicedir",
    summary: "print when and how a service ended",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut numbers = false;
    let mut most = usize::MAX;
    for option in call.options("Ssn:")? {
        match option.letter {
            b'n' => {
                let number = words::number32(&option.value).ok_or_else(|| call.misuse())?;
                most = number as usize;
            }
            letter => numbers = letter == b's',
        }
    }
    let dir = call.operand()?;
    let tally = supervisor::below(&dir, "supervise/death_tally");
    let bytes = match supervisor::record(&tally) {
        // A service that never ended.
        Err(error)
            if errno::is(&error, errno::ENOENT)
                && supervisor::below(&dir, "supervise").is_dir() =>
        {
            Vec::new()
        }
        read => read.unable("read the death tally of", &dir)?,
    };
    let deaths = death_tally::decode(&bytes).map_err(|error| Failure::Other {
        code: chain::exit::SYSTEM,
        text: format!("unable to read the death tally of {}: {error}", escape(&dir)),
    })?;
    let mut text = String::new();
    for death in &deaths[deaths.len().saturating_sub(most)..] {
        let cause = match death.ending {
            Ending::Exited(code) => format!("exitcode {code}"),
            Ending::Killed(number) if numbers => format!("signal {number}"),
            Ending::Killed(number) => format!("signal SIG{}", signal::name(number.into())),
        };
        text.push_str(&format!("{} {cause}\n", death.stamp));
    }
    fd::write_all(1, text.as_bytes()).unable("write to stdout", b"")?;
    Ok(Outcome::Exit(0))
}
