//! s6-unquote-filter: takes the quotes off each line of standard input.

use chain::{Call, Failure, Outcome, Program, Result, escape, warn};

use super::quoting::{Broken, Delimiters};
use super::{output, read_lines::Lines};

pub(super) const PROGRAM: Program = Program {
    name: "s6-unquote-filter",
    usage: "[ -q | -Q | -v | -w ] [ -d delim ]",
    summary: "print what each line of the input stands for; one that is not quoted stays",
    run,
};

/// What is said of a line that is no quoted string.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strictness {
    Quiet,
    Warn,
    /// With the line.
    Verbose,
    /// It ends the program.
    Fail,
}

fn run(call: &mut Call) -> Result<Outcome> {
    let mut strictness = Strictness::Warn;
    let mut delimiters = Delimiters::usual();
    for option in call.options("qQvwd:")? {
        match option.letter {
            b'q' => strictness = Strictness::Quiet,
            b'Q' => strictness = Strictness::Warn,
            b'v' => strictness = Strictness::Verbose,
            b'w' => strictness = Strictness::Fail,
            _ => delimiters = Delimiters::of(&option.value),
        }
    }
    let mut lines = Lines::new(b'\n');
    while let Some(line) = lines.next()? {
        let text = match delimiters.unquote(&line) {
            Ok(unquoted) => {
                if unquoted.used < line.len() && strictness >= Strictness::Verbose {
                    let what = "what follows the ending quote character is left out";
                    warn(call.name, &format!("{what}: {}", escape(&line)));
                }
                unquoted.text
            }
            Err(broken) => {
                complain(call.name, strictness, &broken, &line)?;
                line
            }
        };
        output::line(&text, lines.had_delimiter())?;
    }
    Ok(Outcome::Exit(0))
}

fn complain(name: &str, strictness: Strictness, broken: &Broken, line: &[u8]) -> Result<()> {
    match strictness {
        Strictness::Quiet => {}
        Strictness::Warn => warn(name, &format!("unable to unquote a line: {broken}")),
        Strictness::Verbose => warn(
            name,
            &format!("unable to unquote the line {}: {broken}", escape(line)),
        ),
        Strictness::Fail => {
            let text = format!("unable to unquote a line: {broken}");
            return Err(Failure::Invalid(text));
        }
    }
    Ok(())
}
