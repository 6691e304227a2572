//! exec: becomes a program, under another name or without an environment.

use chain::{Call, Exec, Opt, Outcome, Program, Result, Word};

pub(super) const PROGRAM: Program = Program {
    name: "exec",
    usage: "[ -c ] [ -l ] [ -a argv0 ] prog...",
    summary: "run a program",
    run,
};

/// The options, as for getopt(3).
pub(super) const OPTIONS: &str = "cla:";

fn run(call: &mut Call) -> Result<Outcome> {
    let options = call.options(OPTIONS)?;
    let argv = call.program()?;
    Ok(Outcome::Exec(dressed(call, &options, argv)))
}

/// `argv` to become as `options` say.
pub(super) fn dressed(call: &Call, options: &[Opt], argv: Vec<Word>) -> Exec {
    let mut env = call.env.clone();
    let (mut login, mut zeroth) = (false, None);
    for option in options {
        match option.letter {
            b'c' => env.clear(),
            b'l' => login = true,
            b'a' => zeroth = Some(option.value.clone()),
            _ => {}
        }
    }
    if login {
        let name = zeroth.or_else(|| argv.first().cloned()).unwrap_or_default();
        zeroth = Some([b"-", &name[..]].concat());
    }
    Exec {
        zeroth,
        ..Exec::new(argv, env, call.path().to_vec())
    }
}
