//! `mainstay stop-container`: the same as SIGTERM to PID 1; with `--now`, a stop that runs
//! already goes on to its next step.

use chain::{Call, Outcome, Program, Result};

use crate::help;
use crate::target::{TREE, TREE_HELP, Target};
use crate::words::{self, Opt, flag, wrong};

pub(crate) const COMMAND: Program = Program {
    name: "mainstay stop-container",
    usage: "[--now] [--tree DIR]",
    summary: "stop the container in order; --now: if it stops already, wait no longer for what still runs",
    run,
};

const NOW: Opt = flag("--now");

fn run(call: &mut Call) -> Result<Outcome> {
    let verb = help::verb(&COMMAND);
    let words = words::read(verb, &[NOW, TREE], call.rest())?;
    if words.help {
        help::print(
            &COMMAND,
            &format!(
                "  --now              if it stops already, go on to the next step\n{TREE_HELP}"
            ),
        );
        return Ok(Outcome::Exit(0));
    }
    if !words.operands.is_empty() || !words.behind.is_empty() {
        return Err(wrong(
            verb,
            "it takes no name: it stops the whole container; `mainstay stop NAME` stops a service",
        ));
    }
    let target = Target::of(&words)?;
    match words.has(NOW.name) {
        true => target.ask(&[b"stop-container", b"now"])?,
        false => target.ask(&[b"stop-container"])?,
    };
    Ok(Outcome::Exit(0))
}
