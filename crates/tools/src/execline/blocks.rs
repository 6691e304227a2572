//! Taking a block from a call's words.

use chain::{Call, Failure, Result, Word, escape, warn};

/// The variable that says what to do about words of a block that were not quoted:
/// 1 warns, 2 and more refuses (el_semicolon).
pub(super) const STRICT: &[u8] = b"EXECLINE_STRICT";

/// How strict the environment asks to be; 0 when it does not.
pub(super) fn strictness(call: &Call) -> Option<u32> {
    execline::number::unsigned(call.env.get(STRICT)?)
}

/// Takes the block that comes next. `what` names it in messages: `then block`.
pub(super) fn take(call: &mut Call, what: &str) -> Result<Vec<Word>> {
    let Some(block) = execline::block::read(&call.args) else {
        return Err(Failure::Invalid(format!(
            "unterminated {what}: no empty word ends it"
        )));
    };
    let strict = strictness(call).unwrap_or(0);
    if strict > 0
        && let Some(word) = block.unquoted.first()
    {
        let text = format!("unquoted argument {} in the {what}", escape(word));
        if strict > 1 {
            return Err(Failure::Invalid(text));
        }
        warn(call.name, &text);
    }
    call.args.drain(..block.used);
    Ok(block.words)
}

/// The same for a block that must hold a command line.
pub(super) fn take_command(call: &mut Call, what: &str) -> Result<Vec<Word>> {
    let words = take(call, what)?;
    if words.is_empty() {
        return Err(Failure::Invalid(format!("empty {what}")));
    }
    Ok(words)
}
