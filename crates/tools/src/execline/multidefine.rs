//! multidefine: splits a value over several keys.

use chain::{Call, Outcome, Program, Result};
use execline::substitution::Substitution;

use super::{blocks, substitute};

pub(super) const PROGRAM: Program = Program {
    name: "multidefine",
    usage: "[ -0 ] [ -r ] [ -N | -n ] [ -C | -c ] [ -d delim ] value { keys... } prog...",
    summary: "substitute the words of a value for several keys, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut substitution = Substitution::new();
    directive(call, &mut substitution)?;
    Ok(substitute::become_rest(call, &substitution))
}

/// Takes options, value and the block of keys.
pub(super) fn directive(call: &mut Call, substitution: &mut Substitution) -> Result<()> {
    let (mut none_beyond, mut last_takes_rest) = (false, false);
    let options = call.options("0rNnCcd:")?;
    let mut transform = substitute::transform(options, |option| {
        match option.letter {
            b'0' => none_beyond = true,
            _ => last_takes_rest = true,
        }
        Ok(())
    })?;
    transform.split = true;
    let value = call.operand()?;
    let keys = blocks::take_command(call, "block of keys")?;
    let mut words = substitute::words(&transform, &value)?.into_iter();
    for (index, key) in keys.iter().enumerate() {
        let values: Vec<_> = if last_takes_rest && index + 1 == keys.len() && words.len() > 1 {
            words.by_ref().collect()
        } else {
            match words.next() {
                Some(word) => vec![word],
                None if none_beyond => Vec::new(),
                None => vec![Vec::new()],
            }
        };
        // An empty key passes its word over.
        if !key.is_empty() {
            substitute::add(substitution, key, values)?;
        }
    }
    Ok(())
}
