//! elgetopt: takes the options of a script's own arguments.

use chain::{Call, Environment, Failure, Options, Outcome, Program, Result, escape};
use execline::frame;

use super::{emptyenv, positionals};

pub(super) const PROGRAM: Program = Program {
    name: "elgetopt",
    usage: "[ -D default ] optstring prog...",
    summary: "put the options of a script into variables, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut default = b"1".to_vec();
    for option in call.options("D:")? {
        default = option.value;
    }
    let spec = call.operand()?;
    let next = call.program()?;
    let spec = String::from_utf8(spec)
        .map_err(|_| Failure::Invalid("the option string is not text".to_string()))?;
    let parameters = positionals::read(call)?;
    let letters = spec.trim_start_matches(':');
    let mut walk = Options::new(letters, &parameters.args);
    // The script's user got it wrong, not the script: 1, as getopts(1p).
    let found = walk.collect_all().map_err(|bad| Failure::Other {
        code: 1,
        text: format!(
            "{}: unknown option, or one without its value: -{}",
            escape(&parameters.zeroth),
            escape(&[bad.0])
        ),
    })?;
    let entries = frame::push(call.env.entries(), emptyenv::is_option);
    call.env = Environment::from_entries(entries);
    for option in found {
        let name = [b"ELGETOPT_", &[option.letter][..]].concat();
        let value = if takes_value(letters, option.letter) {
            &option.value
        } else {
            &default
        };
        call.env.set(&name, value);
    }
    let rest = &parameters.args[walk.used()..];
    positionals::write(&mut call.env, rest, parameters.args.len());
    Ok(Outcome::exec(call, next))
}

fn takes_value(letters: &str, letter: u8) -> bool {
    let letters = letters.as_bytes();
    letters
        .iter()
        .position(|known| *known == letter)
        .is_some_and(|at| letters.get(at + 1) == Some(&b':'))
}
