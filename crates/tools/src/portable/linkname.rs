//! s6-linkname: prints where a symbolic link leads.

use std::fs;
use std::os::unix::ffi::OsStrExt;

use chain::{Call, Outcome, Program, Result, Unable};

use super::{files, output};

pub(super) const PROGRAM: Program = Program {
    name: "s6-linkname",
    usage: "[ -f ] [ -n ] path",
    summary: "print where a symbolic link leads",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let (mut whole, mut bare) = (false, false);
    for option in call.options("fn")? {
        match option.letter {
            b'f' => whole = true,
            _ => bare = true,
        }
    }
    let word = call.operand()?;
    let path = files::path(&word);
    let target = if whole {
        fs::canonicalize(path).unable("resolve", &word)?
    } else {
        fs::read_link(path).unable("readlink", &word)?
    };
    output::line(target.as_os_str().as_bytes(), !bare)?;
    Ok(Outcome::Exit(0))
}
