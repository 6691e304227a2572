//! s6-clock: prints the time as a TAI64N label, or sets the clock to one.

use chain::{Call, Outcome, Program, Result, Unable};
use kernel::clock;
use s6wire::tai64n::Tai64n;

use super::output;

pub(super) const PROGRAM: Program = Program {
    name: "s6-clock",
    usage: "[ label ]",
    summary: "print the time as a TAI64N label, or set the clock to one",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    match call.rest().first() {
        None => output::line(&label(Tai64n::from_wall(clock::wall())), true)?,
        Some(word) => {
            let time = parse(word).ok_or_else(|| call.misuse())?;
            clock::set_wall(time.to_wall()).unable("set the clock", b"")?;
        }
    }
    Ok(Outcome::Exit(0))
}

/// A label as text: `@` and 24 hexadecimal digits.
pub(super) fn label(time: Tai64n) -> Vec<u8> {
    let digits = time.encode().map(|byte| format!("{byte:02x}"));
    format!("@{}", digits.concat()).into_bytes()
}

/// The label at the beginning of a word.
fn parse(word: &[u8]) -> Option<Tai64n> {
    let digits = word.strip_prefix(b"@")?.first_chunk::<{ 2 * Tai64n::SIZE }>()?;
    let mut bytes = [0; Tai64n::SIZE];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        // A sign would be taken too.
        let pair = std::str::from_utf8(pair).ok()?;
        let plain = pair.bytes().all(|digit| digit.is_ascii_hexdigit());
        *byte = u8::from_str_radix(pair, 16).ok().filter(|_| plain)?;
    }
    Some(Tai64n::decode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_read_as_it_is_printed() {
        let time = Tai64n::from_wall(std::time::Duration::new(1_700_000_000, 5));
        let text = label(time);
        assert_eq!(text, b"@400000006553f12500000005");
        assert_eq!(parse(&text).unwrap().to_wall(), time.to_wall());
        for bad in ["", "@", "400000006553f12500000005", "@400000006553f1250000000", "@+00000006553f12500000005"] {
            assert!(parse(bad.as_bytes()).is_none(), "{bad}");
        }
    }
}
