//! s6-rename: renames a file.

use std::fs;

use chain::{Call, Outcome, Program, Result, Unable};

use super::files;

pub(super) const PROGRAM: Program = Program {
    name: "s6-rename",
    usage: "old new",
    summary: "rename a file",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    call.options("")?;
    let old = call.operand()?;
    let new = call.operand()?;
    fs::rename(files::path(&old), files::path(&new)).unable("rename", &old)?;
    Ok(Outcome::Exit(0))
}
