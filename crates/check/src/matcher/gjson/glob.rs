//! Patterns of keys and texts: `*` any characters, `?` one, `\` takes the next as it is.

/// Whether a text is as a pattern says. Never more than the product of both lengths.
pub(super) fn matches(text: &[u8], pattern: &[u8]) -> bool {
    let mut text_at = 0;
    let mut pattern_at = 0;
    // Where to go on when what follows the last `*` does not fit.
    let mut again: Option<(usize, usize)> = None;
    loop {
        let next = pattern.get(pattern_at).copied();
        let here = text.get(text_at..).unwrap_or_default();
        let step = match (next, here.first()) {
            (None, None) => return true,
            (Some(b'*'), _) => {
                again = Some((pattern_at + 1, text_at));
                Some((1, 0))
            }
            (Some(b'?'), Some(_)) => Some((1, character(here))),
            (Some(b'\\'), Some(byte)) => match pattern.get(pattern_at + 1) {
                Some(literal) => (literal == byte).then_some((2, 1)),
                None => None,
            },
            (Some(literal), Some(byte)) if literal == *byte => Some((1, 1)),
            _ => None,
        };
        match (step, again) {
            (Some((pattern_step, text_step)), _) => {
                pattern_at += pattern_step;
                text_at += text_step;
            }
            (None, Some((pattern_again, text_again))) if text_again < text.len() => {
                let skipped = character(text.get(text_again..).unwrap_or_default());
                again = Some((pattern_again, text_again + skipped));
                pattern_at = pattern_again;
                text_at = text_again + skipped;
            }
            (None, _) => return false,
        }
    }
}

/// How many bytes the first character has.
fn character(text: &[u8]) -> usize {
    bstr::decode_utf8(text).1.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match() {
        for (text, pattern, is) in [
            ("abc", "a*c", true),
            ("abc", "a?c", true),
            ("aéc", "a?c", true),
            ("ac", "a?c", false),
            ("ac", "a*c", true),
            ("a*c", "a\\*c", true),
            ("abc", "a\\*c", false),
            ("", "*", true),
            ("", "", true),
            ("a", "", false),
            ("aaab", "*a*b", true),
            ("mississippi", "m*iss*pi", true),
            ("mississippi", "m*iss*po", false),
            ("a\\", "a\\", false),
        ] {
            assert_eq!(
                matches(text.as_bytes(), pattern.as_bytes()),
                is,
                "{text} {pattern}"
            );
        }
        assert!(!matches(&[b'a'; 5000], &b"*a*b".repeat(500)));
    }
}
