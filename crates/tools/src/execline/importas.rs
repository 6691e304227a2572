//! importas: lets a key stand for the value of a variable.

use chain::{Call, Outcome, Program, Result};
use execline::substitution::Substitution;

use super::{import_value, substitute};

pub(super) const PROGRAM: Program = Program {
    name: "importas",
    usage: "[ -i | -D default ] [ -u ] [ -S ] [ -N | -n ] [ -s ] [ -C | -c ] [ -d delim ] key var prog...",
    summary: "substitute the value of a variable, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut substitution = Substitution::new();
    directive(call, &mut substitution)?;
    Ok(substitute::become_rest(call, &substitution))
}

/// Takes options, key and the variable's name (one word with `-S`).
pub(super) fn directive(call: &mut Call, substitution: &mut Substitution) -> Result<()> {
    import(call, substitution, false)
}

/// The same; `same_name` as if `-S` had been given.
pub(super) fn import(
    call: &mut Call,
    substitution: &mut Substitution,
    same_name: bool,
) -> Result<()> {
    let (mut insist, mut remove, mut same_name) = (false, false, same_name);
    let mut default = None;
    let options = call.options("iuSD:NnsCcd:")?;
    let transform = substitute::transform(options, |option| {
        match option.letter {
            b'i' => insist = true,
            b'u' => remove = true,
            b'S' => same_name = true,
            _ => default = Some(option.value),
        }
        Ok(())
    })?;
    let key = call.operand()?;
    let name = if same_name { key.clone() } else { call.operand()? };
    if key.is_empty() {
        return Err(substitute::bad_key(&key));
    }
    let value = call.env.get(&name).map(<[u8]>::to_vec);
    if value.is_none() && insist {
        return Err(import_value::not_set(&name));
    }
    let words = match value.or(default) {
        Some(value) => substitute::words(&transform, &value)?,
        // Not the empty word: no word at all.
        None => Vec::new(),
    };
    if remove {
        call.env.unset(&name);
    }
    substitute::add(substitution, &key, words)
}
