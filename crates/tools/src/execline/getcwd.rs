//! getcwd: tells a program where it is.

use std::os::unix::ffi::OsStrExt;

use chain::{Call, Outcome, Program, Result, Unable};

use super::import_value;

pub(super) const PROGRAM: Program = Program {
    name: "getcwd",
    usage: "[ -E | -e ] variable prog...",
    summary: "put the working directory into a variable, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut substitute = false;
    for option in call.options("Ee")? {
        substitute = option.letter == b'E';
    }
    let variable = call.operand()?;
    let next = call.program()?;
    import_value::check_name(&variable)?;
    let dir = std::env::current_dir().unable("get the working directory", b"")?;
    import_value::hand_on(call, &variable, dir.as_os_str().as_bytes(), next, substitute)
}
