//! `lint`: what is wrong with a gossfile, and what may be, without measuring anything.

use std::io::Write;

use super::{Call, Command, exit, validate};
use crate::gossfile;

pub(super) const COMMAND: Command = Command {
    name: "lint",
    alias: None,
    words: "[FILE]",
    summary: "say all that is wrong with a gossfile, without measuring anything",
    flags: &[],
    takes_all: false,
    run: lint,
};

fn lint(call: &Call, out: &mut dyn Write) -> u8 {
    let mut source = call.source();
    if let Some(file) = call.given.words.first() {
        source.gossfile.clone_from(file);
    }
    let found = gossfile::lint(&source);
    for problem in &found.problems {
        let _ = writeln!(out, "{problem}");
    }
    for doubt in &found.doubts {
        let _ = writeln!(out, "{doubt} (doubtful)");
    }
    match found.problems.is_empty() {
        true => exit::DONE,
        false => validate::WRONG_FILE,
    }
}
