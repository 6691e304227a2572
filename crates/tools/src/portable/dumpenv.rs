//! s6-dumpenv: writes the environment into a directory, a file for each variable.

use std::fs;
use std::os::unix::fs::DirBuilderExt;

use chain::{Call, Outcome, Program, Result, Unable, escape, warn};
use kernel::errno;

use super::files;

pub(super) const PROGRAM: Program = Program {
    name: "s6-dumpenv",
    usage: "[ -N | -n ] [ -m mode ] dir",
    summary: "write the environment into a directory, a file for each variable",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let (mut newline, mut mode) = (false, 0o755);
    for option in call.options("Nnm:")? {
        match option.letter {
            b'N' => newline = true,
            b'n' => newline = false,
            _ => mode = files::mode(call, &option.value)?,
        }
    }
    let dir = call.operand()?;
    let path = files::path(&dir);
    match fs::DirBuilder::new().mode(mode).create(path) {
        Err(error) if errno::is(&error, errno::EEXIST) => {}
        other => other.unable("mkdir", &dir)?,
    }
    for (name, value) in call.env.pairs() {
        // No file can have such a name (path_resolution(7)).
        if name.is_empty() || name.contains(&b'/') || name == b"." || name == b".." {
            let text = format!("variable {} cannot be a file: left out", escape(name));
            warn(call.name, &text);
            continue;
        }
        let end: &[u8] = if newline { b"\n" } else { b"" };
        fs::write(path.join(files::path(name)), [value, end].concat()).unable("write", name)?;
    }
    Ok(Outcome::Exit(0))
}
