//! Looking at an image tree before it ships: `mainstay lint` says what will not work,
//! `mainstay explain` what will happen. Neither runs or changes anything of the tree.

mod arguments;
mod explain;
mod home;
mod image;
mod lint;
mod shells;

use chain::{Call, Outcome, Result, Unable};

use crate::help;
use arguments::Asked;

pub use explain::{SUMMARY as EXPLAIN_SUMMARY, USAGE as EXPLAIN_USAGE};
pub use lint::{SUMMARY as LINT_SUMMARY, USAGE as LINT_USAGE};

/// Runs `lint` for a program that answers to `names`.
///
/// # Errors
/// Words that do not fit; a tree that cannot be read.
pub fn lint(call: &mut Call, names: &[&str]) -> Result<Outcome> {
    match arguments::read(call.rest(), arguments::Command::Lint)? {
        Asked::Help => {
            let text = help::text("mainstay lint", LINT_USAGE, LINT_SUMMARY, lint::HELP);
            say(&text, 0)
        }
        Asked::Question(request) => {
            let answer = image::look(&request, names)?;
            let (text, code) = lint::report(&request, &answer);
            say(&text, code)
        }
    }
}

/// Runs `explain` for a program that answers to `names`.
///
/// # Errors
/// As [`lint`].
pub fn explain(call: &mut Call, names: &[&str]) -> Result<Outcome> {
    match arguments::read(call.rest(), arguments::Command::Explain)? {
        Asked::Help => {
            let text = help::text(
                "mainstay explain",
                EXPLAIN_USAGE,
                EXPLAIN_SUMMARY,
                explain::HELP,
            );
            say(&text, 0)
        }
        Asked::Question(request) => {
            let answer = image::look(&request, names)?;
            say(&explain::text(&request, &answer), 0)
        }
    }
}

fn say(text: &str, code: u8) -> Result<Outcome> {
    kernel::fd::write_all(1, text.as_bytes()).unable("write to", b"standard output")?;
    Ok(Outcome::Exit(code))
}
