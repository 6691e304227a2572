//! Walking short options: stops at the first operand or `--`, takes bundles (`-in`)
//! and glued values (`-n5`), as getopt(3) does under POSIXLY_CORRECT.

use crate::Word;

/// An option that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opt {
    /// Its letter.
    pub letter: u8,
    /// Its value; empty for a letter that takes none.
    pub value: Word,
}

/// A letter that the program does not know, or one whose value is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadOption(pub u8);

/// A walk over the options of `words`.
pub struct Options<'a> {
    spec: &'a str,
    words: &'a [Word],
    used: usize,
}

impl<'a> Options<'a> {
    /// A walk that has not begun.
    pub fn new(spec: &'a str, words: &'a [Word]) -> Options<'a> {
        Options {
            spec,
            words,
            used: 0,
        }
    }

    /// Every option before the first operand.
    ///
    /// # Errors
    /// The first letter that does not fit.
    pub fn collect_all(&mut self) -> Result<Vec<Opt>, BadOption> {
        let mut found = Vec::new();
        while let Some(word) = self.words.get(self.used) {
            if word == b"--" {
                self.used += 1;
                break;
            }
            if word.len() < 2 || word[0] != b'-' {
                break;
            }
            self.used += 1;
            let mut at = 1;
            while at < word.len() {
                let letter = word[at];
                at += 1;
                let value = match self.takes_value(letter) {
                    None => return Err(BadOption(letter)),
                    Some(false) => Vec::new(),
                    Some(true) if at < word.len() => {
                        let glued = word[at..].to_vec();
                        at = word.len();
                        glued
                    }
                    Some(true) => {
                        let next = self.words.get(self.used).ok_or(BadOption(letter))?;
                        self.used += 1;
                        next.clone()
                    }
                };
                found.push(Opt { letter, value });
            }
        }
        Ok(found)
    }

    /// How many words the walk has taken.
    pub fn used(&self) -> usize {
        self.used
    }

    fn takes_value(&self, letter: u8) -> Option<bool> {
        let spec = self.spec.as_bytes();
        let at = spec.iter().position(|b| *b == letter && letter != b':')?;
        Some(spec.get(at + 1) == Some(&b':'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &[&str]) -> Vec<Word> {
        text.iter().map(|w| w.as_bytes().to_vec()).collect()
    }

    #[test]
    fn bundles_glued_values_and_the_end_of_options() {
        let words = words(&["-in", "-t5", "-t", "6", "--", "-x"]);
        let mut walk = Options::new("int:", &words);
        let found = walk.collect_all().unwrap();
        let letters: Vec<u8> = found.iter().map(|o| o.letter).collect();
        assert_eq!(letters, b"intt");
        assert_eq!(found[2].value, b"5");
        assert_eq!(found[3].value, b"6");
        assert_eq!(walk.used(), 5);
    }

    #[test]
    fn a_single_dash_is_an_operand() {
        let words = words(&["-", "-i"]);
        let mut walk = Options::new("i", &words);
        assert_eq!(walk.collect_all(), Ok(vec![]));
        assert_eq!(walk.used(), 0);
    }

    #[test]
    fn unknown_letters_and_missing_values_do_not_fit() {
        let unknown = words(&["-z"]);
        assert_eq!(
            Options::new("i", &unknown).collect_all(),
            Err(BadOption(b'z'))
        );
        let missing = words(&["-t"]);
        assert_eq!(
            Options::new("t:", &missing).collect_all(),
            Err(BadOption(b't'))
        );
        let colon = words(&["-:"]);
        assert_eq!(
            Options::new("t:", &colon).collect_all(),
            Err(BadOption(b':'))
        );
    }
}
