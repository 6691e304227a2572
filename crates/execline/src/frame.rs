//! Positional parameters in the environment, and the stack of them that nested
//! scripts push and pop (el_pushenv): `1` is set aside as `1:1`, that as `1:2`.

use crate::Word;

/// Whether a variable belongs to the frame of positional parameters: its name begins
/// with `#` or a digit.
pub fn is_positional(name: &[u8]) -> bool {
    matches!(name.first(), Some(b'#' | b'0'..=b'9'))
}

/// A variable's name without its depth, and the depth; `None` when what follows a
/// colon is no depth: such a name is none that a frame has.
fn split_depth(name: &[u8]) -> Option<(&[u8], u32)> {
    let Some(colon) = name.iter().rposition(|byte| *byte == b':') else {
        return Some((name, 0));
    };
    match crate::number::unsigned(&name[colon + 1..]) {
        Some(depth) if depth > 0 => Some((&name[..colon], depth)),
        _ => None,
    }
}

fn with_depth(name: &[u8], depth: u32) -> Word {
    match depth {
        0 => name.to_vec(),
        depth => [name, format!(":{depth}").as_bytes()].concat(),
    }
}

/// The members' new names when a frame is set aside: every depth grows by one.
pub fn push(entries: &[Word], member: impl Fn(&[u8]) -> bool) -> Vec<Word> {
    rewrite(entries, member, |name| {
        let Some((base, depth)) = split_depth(name) else {
            return Some(name.to_vec());
        };
        Some(with_depth(base, depth.saturating_add(1)))
    })
}

/// The members' names when a frame is dropped: those without depth go, the others
/// lose one.
pub fn pop(entries: &[Word], member: impl Fn(&[u8]) -> bool) -> Vec<Word> {
    rewrite(entries, member, |name| {
        let Some((base, depth)) = split_depth(name) else {
            return Some(name.to_vec());
        };
        Some(with_depth(base, depth.checked_sub(1)?))
    })
}

fn rewrite(
    entries: &[Word],
    member: impl Fn(&[u8]) -> bool,
    rename: impl Fn(&[u8]) -> Option<Word>,
) -> Vec<Word> {
    entries
        .iter()
        .filter_map(|entry| {
            let Some(end) = entry.iter().position(|byte| *byte == b'=') else {
                return Some(entry.clone());
            };
            if !member(&entry[..end]) {
                return Some(entry.clone());
            }
            let mut renamed = rename(&entry[..end])?;
            renamed.extend_from_slice(&entry[end..]);
            Some(renamed)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &[&str]) -> Vec<Word> {
        text.iter().map(|w| w.as_bytes().to_vec()).collect()
    }

    #[test]
    fn what_was_pushed_pops() {
        let before = words(&["#=2", "1=a", "1:1=b", "9y=z", "A=c", "odd", "=x", "2:x=u"]);
        let pushed = push(&before, is_positional);
        assert_eq!(
            pushed,
            words(&[
                "#:1=2", "1:1=a", "1:2=b", "9y:1=z", "A=c", "odd", "=x", "2:x=u"
            ])
        );
        assert_eq!(pop(&pushed, is_positional), before);
        assert_eq!(
            pop(&before, is_positional),
            words(&["1=b", "A=c", "odd", "=x", "2:x=u"])
        );
    }
}
