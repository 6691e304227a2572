//! s6-uniquename: prints a name that nobody else has.

use chain::{Call, Outcome, Program, Result, Unable};
use execline::number;
use kernel::{clock, namespace, process, random};
use s6wire::tai64n::Tai64n;

use super::{clock as labels, output};

pub(super) const PROGRAM: Program = Program {
    name: "s6-uniquename",
    usage: "[ -n randomlen ] prefix",
    summary: "print a name that nobody else has: prefix, time, process, host, random letters",
    run,
};

/// As many random letters where nothing is said.
const RANDOM: u32 = 8;

fn run(call: &mut Call) -> Result<Outcome> {
    let mut length = RANDOM;
    for option in call.options("n:")? {
        length = number::unsigned(&option.value).ok_or_else(|| call.misuse())?;
    }
    let prefix = call.operand()?;
    output::line(&name(&prefix, length)?, true)?;
    Ok(Outcome::Exit(0))
}

/// `PREFIX:LABEL:PID:HOST`, and `:LETTERS` where there are any.
pub(super) fn name(prefix: &[u8], length: u32) -> Result<Vec<u8>> {
    let host = namespace::host_name().unable("read the host name", b"")?;
    let pid = process::id().to_string();
    let label = labels::label(Tai64n::from_wall(clock::wall()));
    let mut parts = vec![prefix.to_vec(), label, pid.into_bytes(), host];
    if length > 0 {
        parts.push(letters(length)?);
    }
    Ok(parts.join(&b':'))
}

/// 64 letters, so that each random byte gives one without preferring any.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn letters(length: u32) -> Result<Vec<u8>> {
    let mut bytes = vec![0; length as usize];
    random::fill(&mut bytes).unable("get random bytes", b"")?;
    for byte in &mut bytes {
        *byte = LETTERS[usize::from(*byte) % LETTERS.len()];
    }
    Ok(bytes)
}
