//! emptyenv: removes variables.

use chain::{Call, Environment, Outcome, Program, Result};
use execline::frame;

use super::positionals;

pub(super) const PROGRAM: Program = Program {
    name: "emptyenv",
    usage: "[ -p ] [ -l ] | [ -c ] | [ -o ] [ -P ] prog...",
    summary: "remove variables, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let (mut clean, mut pop_options, mut pop_positionals) = (false, false, false);
    let mut kept: Vec<&[u8]> = Vec::new();
    for option in call.options("plcoP")? {
        match option.letter {
            b'p' => kept.push(b"PATH"),
            b'l' => kept.push(b"LD_LIBRARY_PATH"),
            b'c' => clean = true,
            b'o' => pop_options = true,
            _ => pop_positionals = true,
        }
    }
    let next = call.program()?;
    if clean {
        keep(&mut call.env, |name| !is_ours(name));
    } else if pop_options || pop_positionals {
        if pop_options {
            let entries = frame::pop(call.env.entries(), is_option);
            call.env = Environment::from_entries(entries);
        }
        if pop_positionals {
            positionals::pop(&mut call.env);
        }
    } else {
        keep(&mut call.env, |name| kept.contains(&name));
    }
    Ok(Outcome::exec(call, next))
}

/// Whether a variable holds an option that elgetopt found.
pub(super) fn is_option(name: &[u8]) -> bool {
    name.starts_with(b"ELGETOPT_")
}

/// Whether the programs of this family use a variable themselves.
fn is_ours(name: &[u8]) -> bool {
    frame::is_positional(name)
        || is_option(name)
        || name.starts_with(b"EXECLINE_")
        || matches!(name, b"!" | b"?")
        || name
            .strip_prefix(b"FD")
            .is_some_and(|rest| execline::number::unsigned(rest).is_some())
}

/// Removes every variable that does not pass, entries without a name too.
fn keep(env: &mut Environment, passes: impl Fn(&[u8]) -> bool) {
    let entries = env.entries().iter().filter(|entry| {
        entry
            .iter()
            .position(|byte| *byte == b'=')
            .is_some_and(|end| passes(&entry[..end]))
    });
    *env = Environment::from_entries(entries.cloned().collect());
}
