//! s6-chown: sets a file's owner and group, by number.

use std::os::unix::fs::chown;

use chain::{Call, Failure, Outcome, Program, Result, Unable};
use execline::number;

use super::files;

pub(super) const PROGRAM: Program = Program {
    name: "s6-chown",
    usage: "[ -U ] [ -u uid ] [ -g gid ] file",
    summary: "set a file's owner and group, by number",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let (mut uid, mut gid) = (None, None);
    for option in call.options("Uu:g:")? {
        match option.letter {
            b'u' => uid = Some(number::unsigned(&option.value).ok_or_else(|| call.misuse())?),
            b'g' => gid = Some(number::unsigned(&option.value).ok_or_else(|| call.misuse())?),
            _ => {
                uid = Some(variable(call, "UID")?);
                gid = Some(variable(call, "GID")?);
            }
        }
    }
    let file = call.operand()?;
    chown(files::path(&file), uid, gid).unable("chown", &file)?;
    Ok(Outcome::Exit(0))
}

/// An id from the environment, where s6-envuidgid leaves it.
fn variable(call: &Call, name: &str) -> Result<u32> {
    let value = call
        .env
        .get(name.as_bytes())
        .ok_or_else(|| Failure::Invalid(format!("-U needs the variable {name}, which is not set")))?;
    number::unsigned(value).ok_or_else(|| {
        Failure::Invalid(format!(
            "the variable {name} is {}, not a number",
            chain::escape(value)
        ))
    })
}
