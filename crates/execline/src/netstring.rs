//! Netstrings: `LENGTH:BYTES,`, one after another.

use crate::Word;

/// The bytes are no sequence of netstrings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotNetstrings;

/// Digits of the highest length, 2^64 - 1.
const MOST_DIGITS: usize = 20;

/// One netstring at the start of `bytes`: its content and how many bytes it took.
/// `Ok(None)`: the bytes end before it does.
///
/// # Errors
/// The bytes cannot become a netstring whatever follows.
pub fn first(bytes: &[u8]) -> Result<Option<(&[u8], usize)>, NotNetstrings> {
    let digits = bytes
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    // No length that fits an address space has more.
    if digits > MOST_DIGITS {
        return Err(NotNetstrings);
    }
    let colon = match bytes.get(digits) {
        None => return Ok(None),
        Some(b':') if digits > 0 => digits,
        Some(_) => return Err(NotNetstrings),
    };
    let length = std::str::from_utf8(&bytes[..colon])
        .ok()
        .and_then(|digits| digits.parse::<usize>().ok())
        .ok_or(NotNetstrings)?;
    let start = colon + 1;
    let end = start.checked_add(length).ok_or(NotNetstrings)?;
    match bytes.get(end) {
        None => Ok(None),
        Some(b',') => Ok(Some((&bytes[start..end], end + 1))),
        Some(_) => Err(NotNetstrings),
    }
}

/// All of `bytes` as netstrings.
///
/// # Errors
/// They are not, or the last one is cut off.
pub fn decode(mut bytes: &[u8]) -> Result<Vec<Word>, NotNetstrings> {
    let mut words = Vec::new();
    while !bytes.is_empty() {
        let (content, used) = first(bytes)?.ok_or(NotNetstrings)?;
        words.push(content.to_vec());
        bytes = &bytes[used..];
    }
    Ok(words)
}

/// `content` as a netstring.
pub fn encode(content: &[u8]) -> Word {
    let mut bytes = format!("{}:", content.len()).into_bytes();
    bytes.extend_from_slice(content);
    bytes.push(b',');
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_decodes() {
        let words: Vec<Word> = vec![b"a".to_vec(), Vec::new(), b"1:x,".to_vec()];
        let bytes: Vec<u8> = words.iter().flat_map(|word| encode(word)).collect();
        assert_eq!(decode(&bytes), Ok(words));
    }

    #[test]
    fn broken_ones_are_refused() {
        for bad in [
            "1:a",
            "1",
            "a:b,",
            "1:ab,",
            ":a,",
            "99999999999999999999999",
            "000000000000000000001:a,",
            "-1:a,",
        ] {
            assert_eq!(decode(bad.as_bytes()), Err(NotNetstrings), "{bad}");
        }
    }
}
