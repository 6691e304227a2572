//! s6-seq: prints numbers.

use chain::{Call, Outcome, Program, Result};
use execline::number;

use super::output;

pub(super) const PROGRAM: Program = Program {
    name: "s6-seq",
    usage: "[ -w ] [ -s sep ] [ first [ increment ] ] last",
    summary: "print a sequence of numbers",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut wide = false;
    let mut separator = b"\n".to_vec();
    for option in call.options("ws:")? {
        match option.letter {
            b'w' => wide = true,
            _ => {
                separator = option.value;
                if separator.is_empty() {
                    separator.push(0);
                }
            }
        }
    }
    let limits = call
        .rest()
        .iter()
        .map(|word| number::unsigned(word))
        .collect::<Option<Vec<u32>>>()
        .ok_or_else(|| call.misuse())?;
    let (first, increment, last) = match limits[..] {
        [last] => (1, 1, last),
        [first, last] => (first, 1, last),
        [first, increment, last] if increment > 0 => (first, increment, last),
        _ => return Err(call.misuse()),
    };
    let width = if wide { last.to_string().len() } else { 0 };
    let mut text = Vec::new();
    let mut next = Some(first);
    while let Some(value) = next.filter(|value| *value <= last) {
        text.extend_from_slice(format!("{value:0width$}").as_bytes());
        text.extend_from_slice(&separator);
        if text.len() > 65536 {
            output::write(&std::mem::take(&mut text))?;
        }
        next = value.checked_add(increment);
    }
    output::write(&text)?;
    Ok(Outcome::Exit(0))
}
