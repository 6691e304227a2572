//! Numbers and lists as words of a call.

use std::time::Duration;

/// A decimal number: digits only, no sign, no blanks.
pub(super) fn number(word: &[u8]) -> Option<u64> {
    if word.is_empty() || !word.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(word).ok()?.parse().ok()
}

/// A number that fits 32 bits.
pub(super) fn number32(word: &[u8]) -> Option<u32> {
    number(word)?.try_into().ok()
}

/// A time in milliseconds.
pub(super) fn milliseconds(word: &[u8]) -> Option<Duration> {
    Some(Duration::from_millis(u64::from(number32(word)?)))
}

/// A time in milliseconds where 0 means "no limit".
pub(super) fn time_limit(word: &[u8]) -> Option<Option<Duration>> {
    let time = milliseconds(word)?;
    Some((!time.is_zero()).then_some(time))
}

/// Group ids with commas between; empty items are passed over, but a list of nothing
/// but commas is none.
pub(super) fn group_list(word: &[u8]) -> Option<Vec<u32>> {
    let list = word
        .split(|b| *b == b',')
        .filter(|item| !item.is_empty())
        .map(number32)
        .collect::<Option<Vec<u32>>>()?;
    (word.is_empty() || !list.is_empty()).then_some(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_digits_only() {
        assert_eq!(number(b"0"), Some(0));
        assert_eq!(number(b"18446744073709551615"), Some(u64::MAX));
        for word in [
            &b""[..],
            b"-1",
            b"+1",
            b" 1",
            b"1x",
            b"18446744073709551616",
        ] {
            assert_eq!(number(word), None);
        }
        assert_eq!(number32(b"4294967296"), None);
        assert_eq!(time_limit(b"0"), Some(None));
    }

    #[test]
    fn lists_of_groups_may_have_empty_items() {
        assert_eq!(group_list(b""), Some(vec![]));
        assert_eq!(group_list(b"1,,2,"), Some(vec![1, 2]));
        assert_eq!(group_list(b","), None);
        assert_eq!(group_list(b"1,x"), None);
    }
}
