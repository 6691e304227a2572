//! s6-envdir: sets variables from the files of a directory, then becomes a program.

use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use chain::{Call, Outcome, Program, Result, Unable};
use kernel::{errno, fd, fs};
use s6wire::envdir::{self, Rules};

use super::supervisor;

pub(super) const PROGRAM: Program = Program {
    name: "s6-envdir",
    usage: "[ -I | -i ] [ -n ] [ -f ] [ -L ] [ -c nullchar ] dir prog...",
    summary: "set variables from the files of a directory, then run a program",
    run,
};

/// A file that is longer than any environment that execve(2) takes.
const FILE_LIMIT: usize = 64 << 20;

fn run(call: &mut Call) -> Result<Outcome> {
    let mut rules = Rules::default();
    let mut strict = true;
    for option in call.options("IinfLc:")? {
        match option.letter {
            b'I' => strict = false,
            b'i' => strict = true,
            b'n' => rules.keep_trailing = true,
            b'f' => rules.verbatim = true,
            b'L' => rules.whole = true,
            _ => rules.nul = *option.value.first().ok_or_else(|| call.misuse())?,
        }
    }
    let dir = call.operand()?;
    let next = call.program()?;
    match read(call, supervisor::path(&dir), &rules) {
        Err(error) if !strict && errno::is(&error, errno::ENOENT) => {}
        other => other.unable("read variables from", &dir)?,
    }
    Ok(Outcome::exec(call, next))
}

fn read(call: &mut Call, dir: &Path, rules: &Rules) -> std::io::Result<()> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let name = entry?.file_name();
        if envdir::is_variable_file(name.as_bytes()) {
            names.push(name);
        }
    }
    // Directory order is the file system's; the environment's should not be.
    names.sort_unstable();
    for name in names {
        let bytes = contents(&dir.join(&name)).map_err(|error| match error.raw_os_error() {
            // The directory exists: -I is not about a link that leads nowhere.
            Some(errno::ENOENT) => errno::from(errno::ENXIO),
            _ => error,
        })?;
        match rules.value(&bytes) {
            Some(value) => call.env.set(name.as_bytes(), &value),
            None => call.env.unset(name.as_bytes()),
        }
    }
    Ok(())
}

/// A file's bytes. Links are followed; a fifo or device in a file's place, which
/// could hold the program up, is EINVAL, and is not even opened.
fn contents(path: &Path) -> std::io::Result<Vec<u8>> {
    if path.metadata()?.is_dir() {
        return Err(errno::from(errno::EISDIR));
    }
    let file = fs::open_regular_target(path)?;
    fd::read_to_end(file.as_raw_fd(), FILE_LIMIT)
}
