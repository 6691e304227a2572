//! Lists of exit codes that let a loop go on (`-o`) or end it (`-x`).

use chain::{Call, Result};
use execline::number;

/// Which exit codes let a loop go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Codes {
    /// These.
    Ok(Vec<u32>),
    /// All but these.
    Break(Vec<u32>),
}

impl Codes {
    /// All codes: nothing ends the loop early.
    pub(super) fn any() -> Codes {
        Codes::Break(Vec::new())
    }

    /// From the value of an option `-o` or `-x`: numbers with commas between them.
    ///
    /// # Errors
    /// A usage failure when it is no such list.
    pub(super) fn parse(call: &Call, letter: u8, value: &[u8]) -> Result<Codes> {
        let codes = value
            .split(|byte| *byte == b',')
            .map(number::unsigned)
            .collect::<Option<Vec<u32>>>()
            .ok_or_else(|| call.misuse())?;
        Ok(match letter {
            b'o' => Codes::Ok(codes),
            _ => Codes::Break(codes),
        })
    }

    /// Whether the loop goes on after this code.
    pub(super) fn goes_on(&self, code: u8) -> bool {
        match self {
            Codes::Ok(codes) => codes.contains(&u32::from(code)),
            Codes::Break(codes) => !codes.contains(&u32::from(code)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_numbers_with_commas() {
        let call = Call::new("forx", "", Vec::new(), chain::Environment::new());
        let listed = Codes::parse(&call, b'o', b"0,3").unwrap();
        assert!(listed.goes_on(3) && !listed.goes_on(1));
        let breaks = Codes::parse(&call, b'x', b"3").unwrap();
        assert!(!breaks.goes_on(3) && breaks.goes_on(1));
        assert!(Codes::any().goes_on(255));
        for bad in [&b""[..], b"1,", b"a", b"1,,2"] {
            assert!(Codes::parse(&call, b'o', bad).is_err());
        }
    }
}
