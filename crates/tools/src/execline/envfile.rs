//! envfile: sets the variables of a file.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use chain::{Call, Failure, Outcome, Program, Result, Unable, escape};
use execline::assignments;
use kernel::fs::flags;
use kernel::{errno, fd, fs};

pub(super) const PROGRAM: Program = Program {
    name: "envfile",
    usage: "[ -i | -I ] file prog...",
    summary: "set the variables of a file, then run a program",
    run,
};

/// The largest file: more cannot be an environment on Linux (execve(2)).
const LARGEST: usize = 32 << 20;

fn run(call: &mut Call) -> Result<Outcome> {
    let mut may_miss = false;
    for option in call.options("iI")? {
        may_miss = option.letter == b'I';
    }
    let file = call.operand()?;
    let next = call.program()?;
    let bytes = if file == b"-" {
        let read = fd::read_to_end(0, LARGEST).unable("read standard input", b"")?;
        // What was read to its end is not handed on, as no other file is.
        fd::close(0);
        read
    } else {
        match fs::open(Path::new(OsStr::from_bytes(&file)), flags::O_RDONLY, 0) {
            Ok(opened) => fd::read_to_end(fd::number(&opened), LARGEST).unable("read", &file)?,
            Err(error) if may_miss && errno::is(&error, errno::ENOENT) => Vec::new(),
            Err(error) => Err(error).unable("open", &file)?,
        }
    };
    let found = assignments::parse(&bytes).map_err(|bad| Failure::Other {
        code: 1,
        text: format!(
            "{}:{}: syntax error: a line is NAME=VALUE, with an optional \"quoted\" value",
            escape(&file),
            bad.line
        ),
    })?;
    for (name, value) in found {
        call.env.set(&name, &value);
    }
    Ok(Outcome::exec(call, next))
}
