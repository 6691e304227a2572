//! s6-echo: prints its words.

use chain::{Call, Outcome, Program, Result};

use super::output;

pub(super) const PROGRAM: Program = Program {
    name: "s6-echo",
    usage: "[ -n ] [ -s sep ] args...",
    summary: "print words",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut bare = false;
    let mut separator = b' ';
    for option in call.options("ns:")? {
        match option.letter {
            b'n' => bare = true,
            // As a C string's first byte: nothing stands for NUL.
            _ => separator = option.value.first().copied().unwrap_or(0),
        }
    }
    output::line(&call.rest().join(&separator), !bare)?;
    Ok(Outcome::Exit(0))
}
