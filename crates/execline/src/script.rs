//! A script as the argument vector that it stands for: braces become the quoting of
//! blocks (one leading space a level, an empty word at the end).

use crate::Word;
use crate::lexer::{Lexer, Token};
pub use crate::trouble::{SyntaxError, Trouble};

/// The argument vector of `script`; empty when it has no words.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn parse(script: &[u8]) -> Result<Vec<Word>, SyntaxError> {
    let mut argv = Vec::new();
    walk(script, |depth, piece, _| {
        let mut word = vec![b' '; depth];
        word.extend_from_slice(piece.unwrap_or_default());
        argv.push(word);
    })?;
    Ok(argv)
}

/// The words of `script` block by block, each with its line from 1: first the script's
/// own, then every block's, in the order in which blocks begin.
///
/// # Errors
/// As [`parse`].
pub fn blocks(script: &[u8]) -> Result<Vec<Vec<(Word, usize)>>, SyntaxError> {
    let mut blocks: Vec<Vec<(Word, usize)>> = vec![Vec::new()];
    let mut open = vec![0];
    walk(script, |depth, piece, line| {
        while open.len() <= depth {
            blocks.push(Vec::new());
            open.push(blocks.len() - 1);
        }
        match piece {
            Some(word) => {
                if let Some(block) = open.last() {
                    blocks[*block].push((word.to_vec(), line));
                }
            }
            // The end of a block that is one level deeper than its closing word.
            None => open.truncate(depth + 1),
        }
    })?;
    Ok(blocks)
}

/// Calls `take` for each word with how many blocks are open and its line; without a
/// word where a block was closed.
fn walk(
    script: &[u8],
    mut take: impl FnMut(usize, Option<&[u8]>, usize),
) -> Result<(), SyntaxError> {
    let mut lexer = Lexer::new(script);
    let mut open: Vec<usize> = Vec::new();
    while let Some((token, line)) = lexer.next()? {
        match token {
            Token::Open => open.push(line),
            Token::Close => {
                if open.pop().is_none() {
                    return Err(SyntaxError {
                        line,
                        what: Trouble::ClosingBrace,
                    });
                }
                take(open.len(), None, line);
            }
            Token::Word(word) => take(open.len(), Some(&word), line),
        }
    }
    match open.pop() {
        Some(line) => Err(SyntaxError {
            line,
            what: Trouble::OpenBrace,
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(script: &str) -> Vec<String> {
        parse(script.as_bytes())
            .unwrap()
            .iter()
            .map(|word| String::from_utf8_lossy(word).into_owned())
            .collect()
    }

    fn trouble(script: &[u8]) -> (usize, Trouble) {
        let error = parse(script).unwrap_err();
        (error.line, error.what)
    }

    #[test]
    fn words_quotes_and_escapes() {
        assert_eq!(
            words("a b\tc\nd\re\x0bf\x01g"),
            ["a", "b", "c", "d", "e", "f", "g"]
        );
        assert_eq!(words(r#"a"b c"d "" \"x\ y"#), ["ab cd", "", "\"x y"]);
        assert_eq!(
            words(r#""\a\b\t\n\v\f\r\q\"\\""#),
            ["\x07\x08\t\n\x0b\x0c\rq\"\\"]
        );
        assert_eq!(words(r"\a\n"), ["an"]);
        assert_eq!(words("\"a\\\nb\" c\\\nd \\\n e \\"), ["ab", "c\nd", "e"]);
    }

    #[test]
    fn numeric_escapes_take_a_limited_number_of_digits() {
        assert_eq!(
            words(r#""\0x41" "\0x414" "\0x4g" "\0101" "\01011" "\65" "\9a""#),
            ["A", "A4", "\x04g", "A", "A1", "A", "\ta"]
        );
        for bad in [
            r"\0", r"\00", r"\256", r"\0x", r"\0x00", r"\0400", r"\09", r"\655",
        ] {
            let script = format!("\n\"{bad}\"");
            assert_eq!(
                trouble(script.as_bytes()),
                (2, Trouble::NumberRange),
                "{bad}"
            );
        }
    }

    #[test]
    fn comments_begin_only_where_a_word_could() {
        assert_eq!(
            words("a #b c\n d#e \"x\"#y \\#z"),
            ["a", "d#e", "x#y", "#z"]
        );
        assert_eq!(words("#!/bin/sh\n# only\n"), Vec::<String>::new());
    }

    #[test]
    fn blocks_are_quoted_by_one_space_a_level() {
        assert_eq!(
            words("f { a { \"\" b } } c"),
            ["f", " a", "  ", "  b", " ", "", "c"]
        );
        assert_eq!(words("f { } g"), ["f", "", "g"]);
        assert_eq!(words("\\{ \"}\" {a} }{"), ["{", "}", "{a}", "}{"]);
    }

    #[test]
    fn blocks_have_their_words_and_lines() {
        let found = blocks(b"f { a { \"\" b } c } d\n{ } { e\n}\ng").unwrap();
        let text: Vec<String> = found
            .iter()
            .map(|block| {
                let words = block.iter();
                let words = words.map(|(w, line)| format!("{}{line}", String::from_utf8_lossy(w)));
                words.collect::<Vec<_>>().join(" ")
            })
            .collect();
        assert_eq!(text, ["f1 d1 g4", "a1 c1", "1 b1", "e2"]);
        assert!(blocks(b"{").is_err());
    }

    #[test]
    fn a_nul_ends_the_script() {
        assert_eq!(words("a b\0c {"), ["a", "b"]);
        assert_eq!(trouble(b"a \"b\0\""), (1, Trouble::OpenQuote));
    }

    #[test]
    fn trouble_is_told_with_its_line() {
        assert_eq!(trouble(b"a\n{ b\n{ c }"), (2, Trouble::OpenBrace));
        assert_eq!(trouble(b"a\n\n}"), (3, Trouble::ClosingBrace));
        assert_eq!(trouble(b"a\n \"b\n\n"), (2, Trouble::OpenQuote));
        assert_eq!(trouble(b"a\nb\\"), (2, Trouble::LoneBackslash));
        assert_eq!(trouble(b"\"a\\"), (1, Trouble::OpenQuote));
        assert_eq!(trouble(b"\"\\6"), (1, Trouble::OpenQuote));
    }

    #[test]
    fn no_bytes_make_it_panic_and_what_it_takes_has_no_nul() {
        const ALPHABET: &[u8] = b"ab{}\"\\#\n \t0x12789nr$\x00\xff";
        let mut seed = 0x2545_f491_4f6c_dd1d_u64;
        let mut random = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed
        };
        let mut accepted = 0;
        for _ in 0..50_000 {
            let length = random() % 40;
            let script: Vec<u8> = (0..length)
                .map(|_| match random() {
                    n if n % 8 == 0 => (n >> 32) as u8,
                    n => ALPHABET[(n >> 32) as usize % ALPHABET.len()],
                })
                .collect();
            if let Ok(argv) = parse(&script) {
                accepted += 1;
                assert!(argv.iter().all(|word| !word.contains(&0)));
                assert!(argv.len() <= script.len());
            }
        }
        assert!(
            accepted > 1000,
            "the alphabet no longer makes valid scripts"
        );
    }
}
