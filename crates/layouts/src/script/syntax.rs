//! Whether a script's language can read it.

use std::path::Path;

use super::{Language, Script};
use crate::view::View;
use crate::{Problem, Rule};

/// What is looked for.
pub const RULES: &[&Rule] = &[&EXECLINE_SYNTAX, &SHELL_SYNTAX, &CARRIAGE_RETURNS];

const EXECLINE_SYNTAX: Rule = Rule::error(
    "execline-syntax",
    "execlineb cannot read the script: a quote or a brace has no partner, or an escape is wrong. Braces of blocks stand alone, with blanks around them.",
    "Correct the line that the message names.",
);
const SHELL_SYNTAX: Rule = Rule::error(
    "shell-syntax",
    "The script's shell cannot read it: a quote, a bracket, an `fi` or a `done` is missing, or the script is written for another shell (`#!/bin/sh` with what only bash has). A shell runs what stands before the fault and ends with 2. Told by this machine's own shell of that name, which only reads the text (`sh -n`); where there is none, a note says how many scripts were not checked.",
    "Correct the line that the message names, or the first line: `#!/bin/bash` for what only bash has.",
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

/// What a shell says of a text that it only reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It can read it.
    Fits,
    /// It cannot.
    Wrong {
        /// Where.
        line: Option<u32>,
        /// Why, in its own words.
        what: String,
    },
    /// There is no such shell, or it gave no answer.
    Unknown,
}

/// Asks a shell of this machine, by its name, whether it can read a text.
pub type Shells<'a> = dyn Fn(&str, &[u8]) -> Verdict + 'a;

/// What the script's shell says of it.
///
/// # Errors
/// The name of a shell that this machine does not have.
pub fn check_shell(
    view: &View,
    script: &Script,
    shells: &Shells,
) -> Result<Option<Problem>, String> {
    let windows = || script.text.windows(2).any(|two| two == b"\r\n");
    if script.language != Language::Shell || script.is_cut() || windows() {
        return Ok(None);
    }
    let (first, second) = super::interpreters(&script.text);
    let Some(interpreter) = second.or(first) else {
        return Ok(None);
    };
    let (name, all) = which(view, interpreter);
    let verdicts: Vec<Verdict> = all
        .iter()
        .map(|shell| shells(shell, &script.text))
        .collect();
    if verdicts.contains(&Verdict::Fits) {
        return Ok(None);
    }
    let wrong = verdicts.into_iter().find_map(|verdict| match verdict {
        Verdict::Wrong { line, what } => Some((line, what)),
        Verdict::Fits | Verdict::Unknown => None,
    });
    let (line, what) = wrong.ok_or(name)?;
    let cause = format!("the shell cannot read it: {what}");
    let remedy = "correct it, or name the shell that it is written for in the first line";
    let problem = Problem {
        line,
        ..Problem::new(&script.path, cause, remedy)
    };
    Ok(Some(problem.of(&SHELL_SYNTAX)))
}

/// The shell that an interpreter is, and those of this machine that can speak for it:
/// what one of them can read counts as right.
fn which(view: &View, interpreter: &[u8]) -> (String, Vec<String>) {
    let base = |text: &[u8]| {
        let name = text.rsplit(|b| *b == b'/').next().unwrap_or(b"");
        String::from_utf8_lossy(name).into_owned()
    };
    let mut name = base(interpreter);
    if name == "bashio" {
        name = "bash".to_string();
    }
    if name == "sh" {
        // What it is, the image says by a link.
        let real = view.real(Path::new("/bin/sh"), true);
        name = base(real.as_os_str().as_encoded_bytes());
    }
    let speakers: &[&str] = match name.as_str() {
        "bash" | "dash" | "zsh" | "ksh" | "mksh" => return (name.clone(), vec![name]),
        "busybox" | "ash" => &["busybox", "dash", "bash"],
        _ => &["dash", "bash"],
    };
    (
        name,
        speakers.iter().map(|name| (*name).to_string()).collect(),
    )
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
