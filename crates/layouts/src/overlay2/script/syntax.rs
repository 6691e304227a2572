//! Whether a script's language can read it.

use super::{Language, Script};
use crate::{Problem, Rule};

/// What is looked for.
pub const RULES: &[&Rule] = &[&EXECLINE_SYNTAX, &CARRIAGE_RETURNS];

const EXECLINE_SYNTAX: Rule = Rule::error(
    "execline-syntax",
    "execlineb cannot read the script: a quote or a brace has no partner, or an escape is wrong. Braces of blocks stand alone, with blanks around them.",
    "Correct the line that the message names.",
);
const CARRIAGE_RETURNS: Rule = Rule::warning(
    "crlf-lines",
    "The first line ends as it should, but lines below end with a carriage return. A shell takes it for a part of the last word: `exit 0\\r`.",
    "Save the file with Unix line endings.",
);

/// What is wrong with the script.
pub fn check(script: &Script) -> Vec<Problem> {
    let mut problems = Vec::new();
    if script.language == Language::Execline
        && let Err(error) = execline::script::blocks(&script.text)
    {
        let line = u32::try_from(error.line).unwrap_or(u32::MAX);
        let remedy = "correct it: nothing of the script runs";
        let cause = error.what.to_string();
        problems.push(Problem::at(&script.path, line, cause, remedy).of(&EXECLINE_SYNTAX));
    }
    problems.extend(carriage_returns(script));
    problems
}

fn carriage_returns(script: &Script) -> Option<Problem> {
    // execline takes every control character for a blank.
    if script.language != Language::Shell {
        return None;
    }
    let mut lines = (1..).zip(script.text.split(|b| *b == b'\n'));
    let (_, first) = lines.next()?;
    if first.ends_with(b"\r") {
        return None;
    }
    let with: Vec<u32> = lines
        .filter(|(_, line)| line.ends_with(b"\r"))
        .map(|(number, _)| number)
        .collect();
    let line = *with.first()?;
    let cause = match with.len() {
        1 => "the line ends with a carriage return".to_string(),
        count => format!("{count} lines from here on end with a carriage return"),
    };
    let remedy = "save it with Unix line endings";
    Some(Problem::at(&script.path, line, cause, remedy).of(&CARRIAGE_RETURNS))
}
