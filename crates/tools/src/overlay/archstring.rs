//! archstring: prints one of two texts, by the machine.
//!
//! As docker-base has it: everything goes to standard output, complaints too, since
//! its image tests look for them there.

use chain::{Call, Outcome, Program, Result, Unable, Word};
use kernel::fd;

pub(super) const PROGRAM: Program = Program {
    name: "archstring",
    usage: "--x64 value --arm64 value",
    summary: "print one of two texts, by the machine's architecture",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let words = call.rest();
    let (text, code) = match chosen(&words, cfg!(target_arch = "aarch64")) {
        Ok(text) => (text, 0),
        Err(complaint) => (complaint.into_bytes(), 1),
    };
    fd::write_all(1, &[&text[..], b"\n"].concat()).unable("write to standard output", b"")?;
    Ok(Outcome::Exit(code))
}

/// The text for this machine; both must be given, and not be empty.
fn chosen(words: &[Word], arm64: bool) -> std::result::Result<Word, String> {
    let usage = || format!("usage: {} {}", PROGRAM.name, PROGRAM.usage);
    let (pairs, odd) = words.as_chunks::<2>();
    if words.is_empty() || !odd.is_empty() {
        return Err(usage());
    }
    let (mut for_x64, mut for_arm64) = (None, None);
    for [option, value] in pairs {
        match option.as_slice() {
            b"--x64" | b"-i" => for_x64 = Some(value),
            b"--arm64" | b"-a" => for_arm64 = Some(value),
            _ => return Err(usage()),
        }
    }
    let given = |value: Option<&Word>, name: &str| {
        value
            .filter(|value| !value.is_empty())
            .cloned()
            .ok_or_else(|| format!("error: missing {name} input"))
    };
    let for_x64 = given(for_x64, "--x64")?;
    let for_arm64 = given(for_arm64, "--arm64")?;
    Ok(if arm64 { for_arm64 } else { for_x64 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(arm64: bool, text: &str) -> std::result::Result<String, String> {
        let words: Vec<Word> = text.split_whitespace().map(|w| w.as_bytes().to_vec()).collect();
        chosen(&words, arm64).map(|word| String::from_utf8(word).unwrap())
    }

    #[test]
    fn the_machine_decides() {
        assert_eq!(on(false, "--x64 a --arm64 b"), Ok("a".to_string()));
        assert_eq!(on(true, "-i a -a b"), Ok("b".to_string()));
    }

    #[test]
    fn both_are_needed() {
        assert_eq!(on(false, "--x64 a"), Err("error: missing --arm64 input".to_string()));
        assert_eq!(on(false, "--arm64 b"), Err("error: missing --x64 input".to_string()));
        for bad in ["", "--x64", "--x64 a --arm64", "--mips a", "a b"] {
            assert!(on(false, bad).unwrap_err().starts_with("usage: archstring"), "{bad}");
        }
    }
}
