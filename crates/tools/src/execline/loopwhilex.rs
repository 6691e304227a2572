//! loopwhilex: runs a program again and again.

use chain::{Call, Outcome, Program, Result};

use super::child::{self, Ran};
use super::codes::Codes;

pub(super) const PROGRAM: Program = Program {
    name: "loopwhilex",
    usage: "[ -n ] [ -o okcode,okcode,... | -x breakcode,breakcode,... ] prog...",
    summary: "run a program as long as it succeeds",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut codes = Codes::Ok(vec![0]);
    let mut negated = false;
    for option in call.options("no:x:")? {
        match option.letter {
            b'n' => negated = true,
            letter => codes = Codes::parse(call, letter, &option.value)?,
        }
    }
    let argv = call.program()?;
    loop {
        let status = match child::run(call, argv.clone())? {
            Ran::Become(outcome) => return Ok(outcome),
            Ran::Ended(status) => status,
        };
        let code = child::exit_code(status);
        if codes.goes_on(code) == negated {
            return Ok(Outcome::Exit(code));
        }
    }
}
