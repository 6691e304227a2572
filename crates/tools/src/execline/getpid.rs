//! getpid: tells a process its id.

use chain::{Call, Outcome, Program, Result};
use kernel::process;

use super::import_value;

pub(super) const PROGRAM: Program = Program {
    name: "getpid",
    usage: "[ -E | -e ] [ -P | -p ] variable prog...",
    summary: "put the process id into a variable, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let (mut substitute, mut parent) = (false, false);
    for option in call.options("EePp")? {
        match option.letter {
            b'E' => substitute = true,
            b'e' => substitute = false,
            letter => parent = letter == b'P',
        }
    }
    let variable = call.operand()?;
    let next = call.program()?;
    import_value::check_name(&variable)?;
    let pid = if parent {
        process::parent_id()
    } else {
        process::id()
    };
    import_value::hand_on(call, &variable, pid.to_string().as_bytes(), next, substitute)
}
