//! s6-quote-filter: quotes each line of standard input.

use chain::{Call, Outcome, Program, Result};

use super::quote::quoted;
use super::quoting::Delimiters;
use super::{output, read_lines::Lines};

pub(super) const PROGRAM: Program = Program {
    name: "s6-quote-filter",
    usage: "[ -u ] [ -d delim ]",
    summary: "quote each line of the input",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut bare = false;
    let mut delimiters = Delimiters::usual();
    for option in call.options("ud:")? {
        match option.letter {
            b'u' => bare = true,
            _ => delimiters = Delimiters::of(&option.value),
        }
    }
    // Without a line wrong words are wrong all the same.
    quoted(&delimiters, bare, b"")?;
    let mut lines = Lines::new(b'\n');
    while let Some(line) = lines.next()? {
        output::line(&quoted(&delimiters, bare, &line)?, lines.had_delimiter())?;
    }
    Ok(Outcome::Exit(0))
}
