//! s6-ftrig-listen: listens to directories, starts a program, then waits for events.

use chain::{Call, Failure, Outcome, Program, Result};

use super::trigger::{self, Trigger};
use super::words;

pub(super) const PROGRAM: Program = Program {
    name: "s6-ftrig-listen",
    usage: "[ -a | -o ] [ -t timeout ] { fifodir regexp ... } prog...",
    summary: "start a program and wait until the events of several directories match",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let (mut any, mut limit) = (false, None);
    for option in call.options("aot:")? {
        match option.letter {
            b't' => limit = words::time_limit(&option.value).ok_or_else(|| call.misuse())?,
            letter => any = letter == b'o',
        }
    }
    let Some(block) = execline::block::read(&call.args) else {
        return Err(Failure::Invalid(
            "unterminated block: no empty word ends it".to_string(),
        ));
    };
    call.args.drain(..block.used);
    let (pairs, odd) = block.words.as_chunks::<2>();
    let program = call.program()?;
    if pairs.is_empty() || !odd.is_empty() {
        return Err(call.misuse());
    }
    let mut triggers = Vec::with_capacity(pairs.len());
    for [directory, expression] in pairs {
        triggers.push(Trigger::begin(directory, expression)?);
    }
    if let Some(outcome) = trigger::start(call, program)? {
        // The child has the fifos' names too, and must not remove them.
        std::mem::forget(triggers);
        return Ok(outcome);
    }
    trigger::wait(&mut triggers, any, limit)?;
    Ok(Outcome::Exit(0))
}
