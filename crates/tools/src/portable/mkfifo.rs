//! s6-mkfifo: makes fifos.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use chain::{Call, Outcome, Program, Result, Unable};
use kernel::fs::make_fifo;

use super::files;

pub(super) const PROGRAM: Program = Program {
    name: "s6-mkfifo",
    usage: "[ -m mode ] fifo...",
    summary: "make fifos",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut mode = None;
    for option in call.options("m:")? {
        mode = Some(files::mode(call, &option.value)?);
    }
    for fifo in call.rest() {
        let path = files::path(&fifo);
        make_fifo(path, 0o666).unable("mkfifo", &fifo)?;
        if let Some(mode) = mode {
            fs::set_permissions(path, Permissions::from_mode(mode)).unable("chmod", &fifo)?;
        }
    }
    Ok(Outcome::Exit(0))
}
