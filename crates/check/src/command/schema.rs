//! `schema`: a JSON Schema of gossfiles, for editors.

use std::io::Write;

use super::{Call, Command, exit};
use crate::gossfile;

pub(super) const COMMAND: Command = Command {
    name: "schema",
    alias: None,
    words: "",
    summary: "print a JSON Schema of gossfiles, for editors",
    flags: &[],
    takes_all: false,
    run: schema,
};

fn schema(_call: &Call, out: &mut dyn Write) -> u8 {
    let _ = writeln!(out, "{}", gossfile::schema());
    exit::DONE
}
