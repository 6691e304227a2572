//! Decimal numbers in words, strictly: digits only, no sign, no blanks.

/// `text` as an unsigned number of at most 32 bits.
pub fn unsigned(text: &[u8]) -> Option<u32> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// `text` as an octal number of at most 32 bits.
pub fn octal(text: &[u8]) -> Option<u32> {
    if text.is_empty() || !text.iter().all(|byte| (b'0'..=b'7').contains(byte)) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(text).ok()?, 8).ok()
}

/// `text` as a signed number: digits after an optional sign.
pub fn signed(text: &[u8]) -> Option<i64> {
    let digits = text
        .strip_prefix(b"-")
        .or(text.strip_prefix(b"+"))
        .unwrap_or(text);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_make_a_number() {
        assert_eq!(unsigned(b"010"), Some(10));
        assert_eq!(octal(b"0755"), Some(0o755));
        assert_eq!(signed(b"-3"), Some(-3));
        for bad in ["", "+1", "-1", " 1", "1 ", "1a", "4294967296"] {
            assert_eq!(unsigned(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(octal(b"8"), None);
        assert_eq!(signed(b"--3"), None);
    }
}
