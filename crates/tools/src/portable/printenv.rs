//! s6-printenv: prints the environment.

use chain::{Call, Outcome, Program, Result};

use super::output;

pub(super) const PROGRAM: Program = Program {
    name: "s6-printenv",
    usage: "[ -n ] [ -0 | -d delim ]",
    summary: "print the environment",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut chomp = false;
    let mut delimiter = b'\n';
    for option in call.options("n0d:")? {
        match option.letter {
            b'n' => chomp = true,
            b'0' => delimiter = 0,
            // As a C string's first byte: nothing stands for NUL.
            _ => delimiter = option.value.first().copied().unwrap_or(0),
        }
    }
    let mut text = call.env.entries().join(&delimiter);
    if !chomp && !call.env.entries().is_empty() {
        text.push(delimiter);
    }
    output::write(&text)?;
    Ok(Outcome::Exit(0))
}
