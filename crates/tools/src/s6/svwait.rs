//! s6-svwait: waits until services reach a state.

use chain::{Call, Outcome, Program, Result};

use super::wait::{Goal, Watch};
use super::words;

pub(super) const PROGRAM: Program = Program {
    name: "s6-svwait",
    usage: "[ -U | -u | -d | -D | -r | -R ] [ -a | -o ] [ -t timeout ] servicedir...",
    summary: "wait until services are up, ready, down or restarted",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut goal = Goal::of(b'u');
    let mut any = false;
    let mut limit = None;
    for option in call.options("uUdDrRaot:")? {
        match option.letter {
            b'a' => any = false,
            b'o' => any = true,
            b't' => {
                limit = words::time_limit(&option.value).ok_or_else(|| call.misuse())?;
            }
            letter => goal = Goal::of(letter),
        }
    }
    let goal = goal.ok_or_else(|| call.misuse())?;
    let dirs: Vec<_> = call.rest().into_iter().map(|dir| (dir, goal)).collect();
    Watch::begin(&dirs, any)?.finish(limit)?;
    Ok(Outcome::Exit(0))
}
