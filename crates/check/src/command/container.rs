//! `container`: a container is started, tested from within, and removed.

use std::io::Write;

use super::{Call, Command};
use crate::container::{self, Style};

pub(super) const COMMAND: Command = Command {
    name: "container",
    alias: None,
    words: "run|edit [ENGINE OPTION…] IMAGE [CMD…]",
    summary: "start a container, test it from within, remove it",
    flags: &[],
    takes_all: true,
    run,
};

fn run(call: &Call, out: &mut dyn Write) -> u8 {
    // What follows is said by this process and by others: nothing of ours comes later.
    let _ = out.flush();
    container::main(Style::Ours, call.given.rest.clone())
}
