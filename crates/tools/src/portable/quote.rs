//! s6-quote: quotes a string.

use chain::{Call, Outcome, Program, Result};

use super::output;
use super::quoting::Delimiters;

pub(super) const PROGRAM: Program = Program {
    name: "s6-quote",
    usage: "[ -n ] [ -u ] [ -d delim ] string",
    summary: "print a string in quotes, everything but plain ASCII escaped",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let (mut newline, mut bare) = (true, false);
    let mut delimiters = Delimiters::usual();
    for option in call.options("nud:")? {
        match option.letter {
            b'n' => newline = false,
            b'u' => bare = true,
            _ => delimiters = Delimiters::of(&option.value),
        }
    }
    let text = call.operand()?;
    output::line(&quoted(&delimiters, bare, &text)?, newline)?;
    Ok(Outcome::Exit(0))
}

/// `text` between the first delimiter twice, or, `bare`, without.
pub(super) fn quoted(delimiters: &Delimiters, bare: bool, text: &[u8]) -> Result<Vec<u8>> {
    delimiters.can_quote()?;
    let inside = delimiters.quote(text);
    if bare {
        return Ok(inside);
    }
    let quote = [delimiters.first()?];
    Ok([&quote[..], &inside, &quote].concat())
}
