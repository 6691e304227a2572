//! s6-pause: waits for a signal that kills it.

use std::time::Duration;

use chain::{Call, Failure, Outcome, Program, Result, Unable, escape};
use kernel::{clock, signal};

pub(super) const PROGRAM: Program = Program {
    name: "s6-pause",
    usage: "[ -t ] [ -h ] [ -a ] [ -q ] [ -b ] [ -i ] [ -p signal,signal,... ]",
    summary: "wait until a signal ends it",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut ignored = Vec::new();
    for option in call.options("thaqbip:")? {
        match option.letter {
            b't' => ignored.push(signal::SIGTERM),
            b'h' => ignored.push(signal::SIGHUP),
            b'a' => ignored.push(signal::SIGALRM),
            b'q' => ignored.push(signal::SIGQUIT),
            b'b' => ignored.push(signal::SIGABRT),
            b'i' => ignored.push(signal::SIGINT),
            _ => {
                for word in option.value.split(|byte| *byte == b',') {
                    ignored.push(signal::parse(word).ok_or_else(|| {
                        Failure::Invalid(format!("{} is no signal", escape(word)))
                    })?);
                }
            }
        }
    }
    for number in ignored {
        signal::ignore(number).unable("ignore signal", signal::name(number).as_bytes())?;
    }
    loop {
        clock::sleep(Duration::from_secs(1 << 30));
    }
}
