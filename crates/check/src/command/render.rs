//! `render`: the resources of a gossfile and of all that it includes, as one file.

use std::io::Write;

use super::flags::{Flag, Takes};
use super::{Call, Command, exit, log};
use crate::gossfile::{self, Syntax, write};

static DEBUG: Flag = Flag {
    name: "debug",
    other: &["d"],
    variable: None,
    takes: Takes::Truth,
    default: "false",
    summary: "show each file as it is after its templates, too",
};

pub(super) const COMMAND: Command = Command {
    name: "render",
    alias: Some("r"),
    words: "",
    summary: "show all resources as one file, templates and includes done",
    flags: &[&DEBUG],
    takes_all: false,
    run: render,
};

fn render(call: &Call, out: &mut dyn Write) -> u8 {
    let source = call.source();
    let syntax = match Syntax::of(source.gossfile.as_ref()) {
        Ok(syntax) => syntax,
        Err(problem) => {
            log::fatal(call.words(&[problem]));
            return exit::REFUSED;
        }
    };
    let debug = call.given.is_set(&DEBUG);
    let mut show = |text: &str| {
        if debug {
            let _ = writeln!(out, "DEBUG: file after text/template render\n{text}");
        }
    };
    let gossfile = match gossfile::load_any(&source, &mut show) {
        Ok(gossfile) => gossfile,
        Err(problems) => {
            match call.is_strict() {
                false => log::fatal(gossfile::goss_words(&problems)),
                true => problems.iter().for_each(|problem| eprintln!("{problem}")),
            }
            return exit::REFUSED;
        }
    };
    // goss says these whatever the level is.
    for warning in &gossfile.warnings {
        match call.is_strict() {
            false => log::fatal(format_args!("[WARN] {}", warning.what)),
            true => log::fatal(format_args!("[WARN] {warning}")),
        }
    }
    let text = match syntax {
        Syntax::Yaml => write::yaml(&gossfile.resources),
        Syntax::Json => write::json(&gossfile.resources),
    };
    let _ = out.write_all(text.as_bytes());
    exit::DONE
}
