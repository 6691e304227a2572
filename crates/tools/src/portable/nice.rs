//! s6-nice: becomes a program with another nice value.

use chain::{Call, Failure, Outcome, Program, Result, warn};
use execline::number;
use kernel::{errno, process};

pub(super) const PROGRAM: Program = Program {
    name: "s6-nice",
    usage: "[ -I | -i ] [ -n value ] prog...",
    summary: "run a program with another nice value",
    run,
};

/// What is added where nothing is said (nice(1p)).
const INCREMENT: i32 = 10;

fn run(call: &mut Call) -> Result<Outcome> {
    let (mut increment, mut strict) = (INCREMENT, false);
    for option in call.options("Iin:")? {
        match option.letter {
            b'I' => strict = false,
            b'i' => strict = true,
            _ => {
                let value = number::signed(&option.value).and_then(|n| i32::try_from(n).ok());
                increment = value.ok_or_else(|| call.misuse())?;
            }
        }
    }
    let next = call.program()?;
    if let Err(error) = process::add_nice(increment) {
        let what = format!("add {increment} to the nice value");
        if strict {
            return Err(Failure::System { what, error });
        }
        let text = format!("unable to {what}: {}", errno::text(&error));
        warn(call.name, &text);
    }
    Ok(Outcome::exec(call, next))
}
