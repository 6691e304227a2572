//! The one substitution engine: every `$key` and `${key}` of an argument vector, all
//! keys at once (el_substitute).

use crate::Word;

/// Keys and the lists of words that they stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Substitution {
    entries: Vec<(Word, Vec<Word>)>,
}

/// A key that is empty or was given twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadKey(pub Word);

impl Substitution {
    /// Substitutes nothing.
    pub fn new() -> Substitution {
        Substitution::default()
    }

    /// Lets `key` stand for `values`: a word that holds it is repeated for each of
    /// them, and goes when there are none. A key with a backslash, `$`, `{` or `}`
    /// in it is allowed and never found.
    ///
    /// # Errors
    /// The key is empty or stands for something already.
    pub fn add(&mut self, key: &[u8], values: Vec<Word>) -> Result<(), BadKey> {
        if key.is_empty() || self.values(key).is_some() {
            return Err(BadKey(key.to_vec()));
        }
        self.entries.push((key.to_vec(), values));
        Ok(())
    }

    fn values(&self, key: &[u8]) -> Option<&[Word]> {
        self.entries
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, values)| values.as_slice())
    }

    /// `argv` with every key substituted. Values are not looked at again.
    pub fn apply(&self, argv: &[Word]) -> Vec<Word> {
        argv.iter().flat_map(|word| self.word(word)).collect()
    }

    /// The words that one word becomes: with several keys in it, the values of the
    /// leftmost vary slowest.
    fn word(&self, word: &[u8]) -> Vec<Word> {
        let mut made = vec![Word::new()];
        for piece in self.pieces(word) {
            match piece {
                Piece::Text(text) => made.iter_mut().for_each(|word| word.extend(&text)),
                Piece::Values(values) => {
                    made = made
                        .iter()
                        .flat_map(|word| values.iter().map(|value| [&word[..], value].concat()))
                        .collect();
                }
            }
        }
        made
    }

    fn pieces(&self, word: &[u8]) -> Vec<Piece<'_>> {
        let mut pieces = Vec::new();
        let mut text = Word::new();
        let mut at = 0;
        while at < word.len() {
            let backslashes = word[at..].iter().take_while(|b| **b == b'\\').count();
            let dollar = at + backslashes;
            let found = reference(&word[dollar..])
                .and_then(|(key, length)| Some((self.values(key)?, length)));
            match found {
                // Backslashes before a key of ours quote it, and each other.
                Some((values, length)) => {
                    text.extend(std::iter::repeat_n(b'\\', backslashes / 2));
                    if backslashes % 2 == 0 {
                        pieces.push(Piece::Text(std::mem::take(&mut text)));
                        pieces.push(Piece::Values(values));
                    } else {
                        text.extend_from_slice(&word[dollar..dollar + length]);
                    }
                    at = dollar + length;
                }
                None => {
                    let end = (dollar + 1).min(word.len());
                    text.extend_from_slice(&word[at..end]);
                    at = end;
                }
            }
        }
        pieces.push(Piece::Text(text));
        pieces
    }
}

enum Piece<'a> {
    Text(Word),
    Values(&'a [Word]),
}

/// The key that `$key` or `${key}` at the start of `text` names, and its length with
/// the dollar and braces. Without braces a key ends at the end of the word or before
/// a backslash, `$`, `{` or `}`.
fn reference(text: &[u8]) -> Option<(&[u8], usize)> {
    let rest = text.strip_prefix(b"$")?;
    let (rest, braces) = match rest.strip_prefix(b"{") {
        Some(inner) => (inner, true),
        None => (rest, false),
    };
    let end = rest
        .iter()
        .position(|byte| matches!(byte, b'\\' | b'$' | b'{' | b'}'))
        .unwrap_or(rest.len());
    if end == 0 {
        return None;
    }
    let key = &rest[..end];
    match (braces, rest.get(end)) {
        (false, _) => Some((key, end + 1)),
        (true, Some(b'}')) => Some((key, end + 3)),
        (true, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &[&str]) -> Vec<Word> {
        text.iter().map(|w| w.as_bytes().to_vec()).collect()
    }

    fn substitution(entries: &[(&str, &[&str])]) -> Substitution {
        let mut made = Substitution::new();
        for (key, values) in entries {
            made.add(key.as_bytes(), words(values)).unwrap();
        }
        made
    }

    fn one(word: &str) -> Vec<String> {
        substitution(&[("A", &["v"])])
            .apply(&words(&[word]))
            .into_iter()
            .map(|w| String::from_utf8(w).unwrap())
            .collect()
    }

    #[test]
    fn where_a_key_ends() {
        assert_eq!(one("$A"), ["v"]);
        assert_eq!(one("x${A}y"), ["xvy"]);
        assert_eq!(one("$Ab $A ${A"), ["$Ab $A ${A"]);
        assert_eq!(one("$A$A${A}$A}"), ["vvvv}"]);
        assert_eq!(one("$A\\$A{${A}}"), ["v$A{v}"]);
        assert_eq!(one("${A$A ${$A} $$A"), ["${A$A ${v} $v"]);
    }

    #[test]
    fn backslashes_quote_only_keys_of_this_pass() {
        assert_eq!(one("\\$A"), ["$A"]);
        assert_eq!(one("\\\\$A"), ["\\v"]);
        assert_eq!(one("\\\\\\${A}"), ["\\${A}"]);
        assert_eq!(one("\\$B\\\\$B"), ["\\$B\\\\$B"]);
        assert_eq!(one("\\\\$Ab"), ["\\\\$Ab"]);
        assert_eq!(one("$A\\"), ["v\\"]);
    }

    #[test]
    fn lists_multiply_from_left_to_right() {
        let lists = substitution(&[("A", &["a", "b"]), ("B", &["1", "2"]), ("N", &[])]);
        let made = lists.apply(&words(&["${A}x$B", "pre$N", " $A"]));
        assert_eq!(made, words(&["ax1", "ax2", "bx1", "bx2", " a", " b"]));
    }

    #[test]
    fn values_are_not_substituted_again() {
        let both = substitution(&[("A", &["$B"]), ("B", &["$A"])]);
        assert_eq!(both.apply(&words(&["$A$B"])), words(&["$B$A"]));
    }

    #[test]
    fn keys_are_not_empty_and_stand_once() {
        let mut made = substitution(&[("A", &["v"])]);
        assert_eq!(made.add(b"", Vec::new()), Err(BadKey(Vec::new())));
        assert_eq!(made.add(b"A", Vec::new()), Err(BadKey(b"A".to_vec())));
        assert_eq!(made.add(b"a{", words(&["v"])), Ok(()));
        assert_eq!(made.apply(&words(&["$a{"])), words(&["$a{"]));
    }
}
