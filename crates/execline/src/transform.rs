//! What happens to a value before it is substituted: crunch, chomp, split, in this
//! order (el_transform).

use crate::Word;
use crate::netstring::{self, NotNetstrings};

/// The options of every substitution program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transform {
    /// Merge runs of delimiters into the first of each (`-C`).
    pub crunch: bool,
    /// Drop one delimiter from the end (`-n`).
    pub chomp: bool,
    /// Make several words of it (`-s`).
    pub split: bool,
    /// The delimiters, any of them (`-d`); none: the value is netstrings.
    pub delimiters: Word,
}

/// The letters that [`Transform::set`] takes, as for getopt(3).
pub const OPTIONS: &str = "NnsCcd:";

impl Default for Transform {
    fn default() -> Transform {
        Transform {
            crunch: false,
            chomp: false,
            split: false,
            delimiters: b" \n\r\t".to_vec(),
        }
    }
}

impl Transform {
    /// Takes one option; false when the letter is none of [`OPTIONS`].
    pub fn set(&mut self, letter: u8, value: &[u8]) -> bool {
        match letter {
            b'n' => self.chomp = true,
            b'N' => self.chomp = false,
            b's' => self.split = true,
            b'C' => self.crunch = true,
            b'c' => self.crunch = false,
            b'd' => self.delimiters = value.to_vec(),
            _ => return false,
        }
        true
    }

    fn is_delimiter(&self, byte: &u8) -> bool {
        self.delimiters.contains(byte)
    }

    /// The words that `value` becomes: one without [`Transform::split`], else any
    /// number.
    ///
    /// # Errors
    /// There are no delimiters and the value is no sequence of netstrings.
    pub fn apply(&self, value: &[u8]) -> Result<Vec<Word>, NotNetstrings> {
        let mut value = value.to_vec();
        if self.crunch {
            let mut after_delimiter = false;
            value.retain(|byte| {
                let drop = after_delimiter && self.is_delimiter(byte);
                after_delimiter = self.is_delimiter(byte);
                !drop
            });
        }
        let terminated = value.last().is_some_and(|byte| self.is_delimiter(byte));
        if self.chomp && terminated {
            value.pop();
        }
        if !self.split {
            return Ok(vec![value]);
        }
        if self.delimiters.is_empty() {
            return netstring::decode(&value);
        }
        let mut words: Vec<Word> = value
            .split(|byte| self.is_delimiter(byte))
            .map(<[u8]>::to_vec)
            .collect();
        // Delimiters end words. What follows the last one is a word only if it has
        // bytes, and under chomp only if the chomped delimiter had ended it.
        let keep = if self.chomp {
            terminated && words.last().is_some_and(|last| !last.is_empty())
        } else {
            words.last().is_some_and(|last| !last.is_empty())
        };
        if !keep {
            words.pop();
        }
        Ok(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(letters: &str, value: &str) -> Vec<String> {
        let mut transform = Transform::default();
        for letter in letters.bytes() {
            assert!(transform.set(letter, b""));
        }
        transform
            .apply(value.as_bytes())
            .unwrap()
            .into_iter()
            .map(|word| String::from_utf8(word).unwrap())
            .collect()
    }

    #[test]
    fn without_split_there_is_one_word() {
        assert_eq!(apply("", " a  b "), [" a  b "]);
        assert_eq!(apply("C", "  a  b  "), [" a b "]);
        assert_eq!(apply("n", "a  "), ["a "]);
        assert_eq!(apply("Cn", "a \t "), ["a"]);
        assert_eq!(apply("n", "abc"), ["abc"]);
    }

    #[test]
    fn delimiters_end_words() {
        assert_eq!(apply("s", "a b  c "), ["a", "b", "", "c"]);
        assert_eq!(apply("s", "a b  c"), ["a", "b", "", "c"]);
        assert_eq!(apply("s", " "), [""]);
        assert_eq!(apply("s", ""), Vec::<String>::new());
        assert_eq!(apply("sC", "  a b  "), ["", "a", "b"]);
    }

    #[test]
    fn chomp_drops_a_last_word_that_nothing_ended() {
        assert_eq!(apply("sn", "a b c"), ["a", "b"]);
        assert_eq!(apply("sn", "a b c "), ["a", "b", "c"]);
        assert_eq!(apply("sn", "a"), Vec::<String>::new());
    }

    #[test]
    fn no_delimiters_mean_netstrings() {
        assert_eq!(apply("sd", "1:a,0:,"), ["a", ""]);
        assert_eq!(apply("d", "1:a,0:,"), ["1:a,0:,"]);
        let mut transform = Transform::default();
        transform.set(b's', b"");
        transform.set(b'd', b"");
        assert_eq!(transform.apply(b"2:a,"), Err(NotNetstrings));
    }
}
