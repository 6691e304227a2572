//! withstdinas: keeps what comes on standard input.

use chain::{Call, Failure, Outcome, Program, Result, Unable, Word, warn};

use kernel::fd;

use super::import_value::{self, Reading};

pub(super) const PROGRAM: Program = Program {
    name: "withstdinas",
    usage: "[ -i | -I | -D default ] [ -N | -n ] [ -E | -e ] variable prog...",
    summary: "put standard input into a variable, then run a program",
    run,
};

/// What to do with input that holds a NUL.
enum OnNul {
    /// Keep what came before it.
    Cut,
    /// End with exit code 1 (`-i`).
    Leave,
    /// Remove the variable (`-I`).
    Remove,
    /// Take this (`-D`).
    Default(Word),
}

fn run(call: &mut Call) -> Result<Outcome> {
    let mut on_nul = OnNul::Cut;
    let mut reading = Reading::default();
    for option in call.options("iID:NnEe")? {
        match option.letter {
            b'i' => on_nul = OnNul::Leave,
            b'I' => on_nul = OnNul::Remove,
            b'D' => on_nul = OnNul::Default(option.value),
            letter => reading.set(letter),
        }
    }
    let variable = call.operand()?;
    let next = call.rest();
    import_value::check_name(&variable)?;
    let mut input = fd::read_to_end(0, usize::MAX).unable("read standard input", b"")?;
    let value = match (input.iter().position(|byte| *byte == 0), on_nul) {
        (None, _) => Some(reading.chomped(input)),
        (Some(_), OnNul::Leave) => {
            return Err(Failure::Other {
                code: 1,
                text: "standard input contains a null character".to_string(),
            });
        }
        (Some(at), OnNul::Cut) => {
            input.truncate(at);
            Some(reading.chomped(input))
        }
        (Some(_), OnNul::Remove) => None,
        (Some(_), OnNul::Default(value)) => {
            warn(
                call.name,
                "standard input contains a null character: the default is taken",
            );
            Some(value)
        }
    };
    import_value::hand_on_or_unset(call, &variable, value, next, reading.substitute)
}
