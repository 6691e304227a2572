//! s6-unquote: takes the quotes off a string.

use chain::{Call, Failure, Outcome, Program, Result, warn};

use super::output;
use super::quoting::Delimiters;

pub(super) const PROGRAM: Program = Program {
    name: "s6-unquote",
    usage: "[ -n ] [ -d delim ] string",
    summary: "print what a quoted string stands for",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut newline = true;
    let mut delimiters = Delimiters::usual();
    for option in call.options("nd:")? {
        match option.letter {
            b'n' => newline = false,
            _ => delimiters = Delimiters::of(&option.value),
        }
    }
    let text = call.operand()?;
    let unquoted = delimiters
        .unquote(&text)
        .map_err(|broken| Failure::Invalid(format!("unable to unquote: {broken}")))?;
    if unquoted.used < text.len() {
        let place = format!("{}/{}", unquoted.used, text.len());
        let text = format!("what follows the ending quote character, at {place}, is left out");
        warn(call.name, &text);
    }
    output::line(&unquoted.text, newline)?;
    Ok(Outcome::Exit(0))
}
