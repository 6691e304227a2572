//! `mainstay start|stop|restart|signal NAME`.

use chain::{Call, Outcome, Program, Result};

use crate::client::{ask, name_operand};

pub(crate) const START: Program = Program {
    name: "start",
    usage: "NAME",
    summary: "start a service and keep it up",
    run: |call| tell(call, b"start"),
};

pub(crate) const STOP: Program = Program {
    name: "stop",
    usage: "NAME",
    summary: "ask a service to end and keep it down",
    run: |call| tell(call, b"stop"),
};

pub(crate) const RESTART: Program = Program {
    name: "restart",
    usage: "NAME",
    summary: "ask a service to end and start it again",
    run: |call| tell(call, b"restart"),
};

pub(crate) const SIGNAL: Program = Program {
    name: "signal",
    usage: "NAME SIGNAL",
    summary: "send a signal to a service's process",
    run: |call| {
        let name = call.operand()?;
        let signal = call.operand()?;
        if !call.args.is_empty() {
            return Err(call.misuse());
        }
        ask(&[b"signal", &name, &signal])?;
        Ok(Outcome::Exit(0))
    },
};

fn tell(call: &mut Call, verb: &[u8]) -> Result<Outcome> {
    let name = name_operand(call)?;
    ask(&[verb, &name])?;
    Ok(Outcome::Exit(0))
}
