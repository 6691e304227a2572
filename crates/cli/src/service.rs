//! `mainstay start|stop|restart|signal NAME`.

use chain::{Call, Outcome, Program, Result};

use crate::client::{ask, name_operand};
use crate::help;

pub(crate) const START: Program = Program {
    name: "mainstay start",
    usage: "NAME",
    summary: "start a service and keep it up",
    run: |call| tell(call, b"start", START.summary),
};

pub(crate) const STOP: Program = Program {
    name: "mainstay stop",
    usage: "NAME",
    summary: "ask a service to end and keep it down",
    run: |call| tell(call, b"stop", STOP.summary),
};

pub(crate) const RESTART: Program = Program {
    name: "mainstay restart",
    usage: "NAME",
    summary: "ask a service to end and start it again",
    run: |call| tell(call, b"restart", RESTART.summary),
};

pub(crate) const SIGNAL: Program = Program {
    name: "mainstay signal",
    usage: "NAME SIGNAL",
    summary: "send a signal to a service's process",
    run: |call| {
        if help::is_asked(call, SIGNAL.summary) {
            return Ok(Outcome::Exit(0));
        }
        let name = call.operand()?;
        let signal = call.operand()?;
        if !call.args.is_empty() {
            return Err(call.misuse());
        }
        ask(&[b"signal", &name, &signal])?;
        Ok(Outcome::Exit(0))
    },
};

fn tell(call: &mut Call, verb: &[u8], summary: &str) -> Result<Outcome> {
    if help::is_asked(call, summary) {
        return Ok(Outcome::Exit(0));
    }
    let name = name_operand(call)?;
    ask(&[verb, &name])?;
    Ok(Outcome::Exit(0))
}
