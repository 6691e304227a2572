//! `lifecycle`: a container's life is tried from outside.

use std::ffi::OsString;
use std::io::Write;

use super::flags::{self, Flag};
use super::globals::{GLOBALS, HELP};
use super::validate::{self, COLOR, FORMAT, FORMAT_OPTIONS, NO_COLOR};
use super::{Call, Command, dashed, exit, help, refuse, text};
use crate::lifecycle::{self, Asked};
use crate::output;

pub(super) const COMMAND: Command = Command {
    name: "lifecycle",
    alias: None,
    words: "[ENGINE OPTION…] IMAGE [CMD…]",
    summary: "start containers and try their lives: readiness, kills, stop, log, secrets",
    flags: &[&FORMAT, &FORMAT_OPTIONS, &COLOR, &NO_COLOR],
    takes_all: true,
    run,
};

/// Ahead of words for the part that runs inside of the container.
const INSIDE: &str = "--inside";

fn run(call: &Call, out: &mut dyn Write) -> u8 {
    if let [first, words @ ..] = call.given.rest.as_slice()
        && first == INSIDE
    {
        return lifecycle::inside(words);
    }
    // Our own flags come first; from the first word that is none of them all is the engine's.
    let flags: Vec<&'static Flag> = [COMMAND.flags, GLOBALS].concat();
    let mut given = call.given.clone();
    let mut words: Vec<OsString> = std::mem::take(&mut given.rest);
    words.reverse();
    while let Some(word) = words.last().map(|word| text(word)) {
        let name = dashed(&word).map(|name| name.split('=').next().unwrap_or(name));
        let (Some(name), Some(dashed)) = (name, dashed(&word)) else {
            break;
        };
        if flags::find(&flags, name).is_none() {
            break;
        }
        words.pop();
        let mut next = std::iter::from_fn(|| words.pop().map(|word| text(&word)));
        if let Err(refused) = given.take(&flags, dashed, &mut next) {
            return refuse(call.name, Some(&COMMAND), &refused, out);
        }
    }
    words.reverse();
    let call = Call {
        name: call.name,
        given,
        log: call.log,
    };
    if call.given.is_set(&HELP) {
        return help::of(call.name, &COMMAND, out);
    }
    let name = call.given.text(&FORMAT);
    let Some(format) = output::format(&name) else {
        let _ = writeln!(out, "Error: {}", validate::unknown_format(&call, &name));
        return exit::REFUSED;
    };
    let asked = Asked {
        source: call.source(),
        format,
        look: validate::look(&call, validate::colours(&call)),
        words: &words,
    };
    lifecycle::main(&asked, out)
}
