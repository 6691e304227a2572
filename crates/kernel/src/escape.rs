//! Names and values from outside, made safe for a line of text.

/// `bytes` as text for a message: printable ASCII and valid UTF-8 letters as they
/// are, control characters and broken bytes as `\n`, `\t`, `\xHH`.
pub fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                c if c.is_control() => text.push_str(&format!("\\x{:02x}", c as u32)),
                c => text.push(c),
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn control_characters_never_reach_a_terminal() {
        assert_eq!(
            escape(b"a\x1b[31m\n\xff\xc3\xa9"),
            "a\\x1b[31m\\n\\xff\u{e9}"
        );
    }
}
