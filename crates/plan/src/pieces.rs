//! A hand-over that comes in pieces, so that what has been read is started while the rest is
//! read: each piece is whole, [`handover::encode`]'s bytes behind their length (four bytes,
//! little-endian), and a length of nothing says that it was the last.

use crate::handover::{self, Remark, Undecodable};
use crate::{Entry, Group};

/// What stands behind the last piece.
pub const END: [u8; HEAD] = [0; HEAD];

const HEAD: usize = 4;

/// A piece as bytes.
pub fn encode(entries: &[Entry], groups: &[Group], remarks: &[Remark]) -> Vec<u8> {
    let piece = handover::encode(entries, groups, remarks);
    // One of 4 GiB is written as cut off, and its reader refuses it.
    let length = u32::try_from(piece.len()).unwrap_or(u32::MAX);
    [&length.to_le_bytes()[..], &piece].concat()
}

/// What bytes begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next<'a> {
    /// Part of a piece; the rest has not come yet.
    Part,
    /// The bytes of a piece, to be decoded by [`handover::decode`]; what follows is behind so
    /// many.
    Piece(&'a [u8], usize),
    /// The end, and nothing behind it.
    End,
}

/// Looks at what has come.
///
/// # Errors
/// For a piece longer than `limit`, and for anything behind the end.
pub fn next(bytes: &[u8], limit: usize) -> Result<Next<'_>, Undecodable> {
    let Some((head, rest)) = bytes.split_first_chunk::<HEAD>() else {
        return Ok(Next::Part);
    };
    let length = u32::from_le_bytes(*head) as usize;
    if length > limit || (length == 0 && !rest.is_empty()) {
        return Err(Undecodable);
    }
    if length == 0 {
        return Ok(Next::End);
    }
    Ok(match rest.get(..length) {
        Some(piece) => Next::Piece(piece, HEAD + length),
        None => Next::Part,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Program, Unit};

    fn entry(name: &str) -> Entry {
        Entry {
            unit: Unit::service(name),
            program: Program::of_directory(name.into()),
        }
    }

    #[test]
    fn pieces_are_taken_one_by_one_however_they_come() {
        let first = encode(&[entry("a"), entry("b")], &[], &[]);
        let second = encode(&[entry("c")], &[], &[]);
        let whole = [&first[..], &second, &END].concat();
        for end in 0..=whole.len() {
            let mut rest = &whole[..end];
            let mut names = Vec::new();
            let last = loop {
                match next(rest, whole.len()).expect("it is no other's") {
                    Next::Piece(piece, behind) => {
                        let (entries, _, _) = handover::decode(piece).expect("it decodes");
                        names.extend(entries.into_iter().map(|entry| entry.unit.name));
                        rest = &rest[behind..];
                    }
                    other => break other,
                }
            };
            let expected: &[&str] = match end {
                _ if end < first.len() => &[],
                _ if end < first.len() + second.len() => &["a", "b"],
                _ => &["a", "b", "c"],
            };
            assert_eq!(names, expected, "{end}");
            let done = end == whole.len();
            assert_eq!(last, if done { Next::End } else { Next::Part }, "{end}");
        }
    }

    #[test]
    fn what_is_too_long_or_behind_the_end_is_refused() {
        assert_eq!(next(&[9, 0, 0, 0], 8), Err(Undecodable));
        assert_eq!(next(&[0, 0, 0, 0, 1], 8), Err(Undecodable));
        assert_eq!(next(&[8, 0, 0, 0], 8), Ok(Next::Part));
        assert_eq!(next(&END, 8), Ok(Next::End));
    }
}
