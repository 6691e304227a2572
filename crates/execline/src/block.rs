//! Reading a block back from an argument vector (el_semicolon).

use crate::Word;

/// A block, one level of quoting taken off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its words.
    pub words: Vec<Word>,
    /// Words that carried no leading space: a caller that forgot to quote. What to do
    /// about them is for `EXECLINE_STRICT` to say.
    pub unquoted: Vec<Word>,
    /// How many words of the vector it took, the empty one at its end included.
    pub used: usize,
}

/// The block at the start of `words`; `None` when no empty word ends it.
pub fn read(words: &[Word]) -> Option<Block> {
    let end = words.iter().position(Vec::is_empty)?;
    let mut unquoted = Vec::new();
    let inner = words[..end]
        .iter()
        .map(|word| match word.strip_prefix(b" ") {
            Some(rest) => rest.to_vec(),
            None => {
                unquoted.push(word.clone());
                word.clone()
            }
        })
        .collect();
    Some(Block {
        words: inner,
        unquoted,
        used: end + 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &[&str]) -> Vec<Word> {
        text.iter().map(|w| w.as_bytes().to_vec()).collect()
    }

    #[test]
    fn one_level_comes_off_and_the_rest_stays() {
        let block = read(&words(&[" a", "  b", " ", "", "c"])).unwrap();
        assert_eq!(block.words, words(&["a", " b", ""]));
        assert_eq!(block.used, 4);
        assert!(block.unquoted.is_empty());
    }

    #[test]
    fn unquoted_words_are_taken_and_told() {
        let block = read(&words(&["a", " b", ""])).unwrap();
        assert_eq!(block.words, words(&["a", "b"]));
        assert_eq!(block.unquoted, words(&["a"]));
    }

    #[test]
    fn without_an_empty_word_there_is_no_block() {
        assert_eq!(read(&words(&[" a", " b"])), None);
        assert_eq!(read(&[]), None);
        assert_eq!(read(&words(&[""])).unwrap().words, Vec::<Word>::new());
    }
}
