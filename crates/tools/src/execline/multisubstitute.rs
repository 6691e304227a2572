//! multisubstitute: several substitutions at once.

use chain::{Call, Failure, Outcome, Program, Result, escape};
use execline::substitution::Substitution;

use super::{
    blocks, define, elgetpositionals, elglob, import, importas, multidefine, substitute,
};

pub(super) const PROGRAM: Program = Program {
    name: "multisubstitute",
    usage: "{ [ define ... ] [ importas ... ] [ elglob ... ] [ elgetpositionals ... ] [ multidefine ... ] } prog...",
    summary: "substitute several values at once, then run a program",
    run,
};

type Directive = fn(&mut Call, &mut Substitution) -> Result<()>;

/// The directives: the substituting programs, without the program after them.
const DIRECTIVES: &[(&Program, Directive)] = &[
    (&define::PROGRAM, define::directive),
    (&elgetpositionals::PROGRAM, elgetpositionals::directive),
    (&elglob::PROGRAM, elglob::directive),
    (&import::PROGRAM, import::directive),
    (&importas::PROGRAM, importas::directive),
    (&multidefine::PROGRAM, multidefine::directive),
];

fn run(call: &mut Call) -> Result<Outcome> {
    let block = blocks::take(call, "block")?;
    if call.args.is_empty() {
        return Err(call.misuse());
    }
    let mut substitution = Substitution::new();
    let mut inner = call.inner(block);
    while !inner.args.is_empty() {
        let word = inner.operand()?;
        let Some((program, directive)) = DIRECTIVES
            .iter()
            .find(|(program, _)| program.name.as_bytes() == word)
        else {
            return Err(Failure::Invalid(format!(
                "unrecognized directive {}",
                escape(&word)
            )));
        };
        inner.name = program.name;
        inner.usage = program.usage;
        directive(&mut inner, &mut substitution).map_err(|failure| wrong(&word, failure))?;
    }
    call.env = inner.env;
    Ok(substitute::become_rest(call, &substitution))
}

/// Says which directive failed. What is wrong with its words is a wrong word of ours.
fn wrong(directive: &[u8], failure: Failure) -> Failure {
    match failure {
        Failure::Usage(usage) => Failure::Invalid(format!("in a directive: usage: {usage}")),
        Failure::Other { text, .. } => {
            Failure::Invalid(format!("in directive {}: {text}", escape(directive)))
        }
        other => other,
    }
}
