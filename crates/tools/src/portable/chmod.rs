//! s6-chmod: sets a file's permissions.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use chain::{Call, Outcome, Program, Result, Unable};

use super::files;

pub(super) const PROGRAM: Program = Program {
    name: "s6-chmod",
    usage: "mode file",
    summary: "set a file's permissions (octal)",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mode = call.operand()?;
    let mode = files::mode(call, &mode)?;
    let file = call.operand()?;
    fs::set_permissions(files::path(&file), Permissions::from_mode(mode))
        .unable("chmod", &file)?;
    Ok(Outcome::Exit(0))
}
