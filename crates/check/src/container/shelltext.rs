//! GOSS_OPTS and GOSS_WAIT_OPTS are shell text. An image need not have a shell, so what most
//! of them hold (words, quotes, a stream thrown away) is understood here.

use std::iter::Peekable;
use std::str::Chars;

/// Where a stream goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sink {
    /// Our standard output.
    Out,
    /// Our standard error.
    Err,
    /// Nowhere.
    Null,
}

/// What a text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    /// Words, and where the two streams go.
    Plain {
        /// The words, unquoted.
        words: Vec<String>,
        /// Where the standard output goes.
        out: Sink,
        /// Where the standard error goes.
        err: Sink,
    },
    /// Only a shell knows: it holds this sign.
    Shell(char),
}

/// Reads a text (POSIX shell, 2.2 quoting and 2.7 redirection).
pub(crate) fn parse(text: &str) -> Text {
    let mut reader = Reader {
        chars: text.chars().peekable(),
        words: Vec::new(),
        sinks: [Sink::Out, Sink::Err],
    };
    match reader.read() {
        Ok(()) => Text::Plain {
            words: reader.words,
            out: reader.sinks[0],
            err: reader.sinks[1],
        },
        Err(sign) => Text::Shell(sign),
    }
}

struct Reader<'a> {
    chars: Peekable<Chars<'a>>,
    words: Vec<String>,
    sinks: [Sink; 2],
}

impl Reader<'_> {
    fn read(&mut self) -> Result<(), char> {
        loop {
            while self.chars.next_if(|c| matches!(c, ' ' | '\t')).is_some() {}
            match self.chars.peek() {
                None => return Ok(()),
                Some('#') => return Err('#'),
                Some('>') => self.redirect(1)?,
                Some('~') => return Err('~'),
                Some(_) => {
                    let (word, quoted) = self.word()?;
                    match (self.chars.peek(), quoted, word.as_str()) {
                        (Some('>'), false, "1") => self.redirect(1)?,
                        (Some('>'), false, "2") => self.redirect(2)?,
                        _ => self.words.push(word),
                    }
                }
            }
        }
    }

    /// A word, and whether any of it was quoted.
    fn word(&mut self) -> Result<(String, bool), char> {
        let (mut word, mut quoted) = (String::new(), false);
        while let Some(&c) = self.chars.peek() {
            match c {
                ' ' | '\t' | '>' => break,
                '\'' => {
                    quoted = true;
                    self.chars.next();
                    self.until_quote(&mut word)?;
                }
                '"' => {
                    quoted = true;
                    self.chars.next();
                    self.double_quoted(&mut word)?;
                }
                '\\' => {
                    quoted = true;
                    self.chars.next();
                    word.push(self.chars.next().ok_or('\\')?);
                }
                '|' | '&' | ';' | '(' | ')' | '<' | '$' | '`' | '*' | '?' | '[' | '\n' => {
                    return Err(c);
                }
                _ => {
                    word.push(c);
                    self.chars.next();
                }
            }
        }
        Ok((word, quoted))
    }

    fn until_quote(&mut self, word: &mut String) -> Result<(), char> {
        for c in self.chars.by_ref() {
            if c == '\'' {
                return Ok(());
            }
            word.push(c);
        }
        Err('\'')
    }

    fn double_quoted(&mut self, word: &mut String) -> Result<(), char> {
        while let Some(c) = self.chars.next() {
            match c {
                '"' => return Ok(()),
                '$' | '`' => return Err(c),
                '\\' => match self.chars.next().ok_or('"')? {
                    '\n' => {}
                    c @ ('$' | '`' | '"' | '\\') => word.push(c),
                    c => word.extend(['\\', c]),
                },
                c => word.push(c),
            }
        }
        Err('"')
    }

    /// `>` and what follows; only what needs no file of the container is known.
    fn redirect(&mut self, stream: usize) -> Result<(), char> {
        self.chars.next();
        let duplicate = self.chars.next_if_eq(&'&').is_some();
        if !duplicate {
            self.chars.next_if_eq(&'>');
        }
        while self.chars.next_if(|c| matches!(c, ' ' | '\t')).is_some() {}
        let target = self.word()?.0;
        let sink = match (duplicate, target.as_str()) {
            (true, "1") => self.sinks[0],
            (true, "2") => self.sinks[1],
            (false, "/dev/null") => Sink::Null,
            _ => return Err('>'),
        };
        match stream {
            1 => self.sinks[0] = sink,
            _ => self.sinks[1] = sink,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str, expected: &[&str], out: Sink, err: Sink) {
        let words = expected.iter().map(|word| word.to_string()).collect();
        assert_eq!(parse(text), Text::Plain { words, out, err }, "{text}");
    }

    #[test]
    fn words_quotes_and_streams() {
        use Sink::{Err, Null, Out};
        plain("", &[], Out, Err);
        let default = ["-r", "30s", "-s", "1s"];
        plain("-r 30s -s 1s > /dev/null", &default, Null, Err);
        plain("-r 30s -s 1s >/dev/null 2>&1", &default, Null, Null);
        plain("-f tap 2>/dev/null", &["-f", "tap"], Out, Null);
        plain("-f tap 2>&1 >/dev/null", &["-f", "tap"], Null, Out);
        plain("1>&2", &[], Err, Err);
        plain("-s2 > /dev/null", &["-s2"], Null, Err);
        plain("-s '2' 3", &["-s", "2", "3"], Out, Err);
        plain(
            r#"--vars-inline '{"a": "$b"}' "x \" \$y" a\ b """#,
            &["--vars-inline", r#"{"a": "$b"}"#, "x \" $y", "a b", ""],
            Out,
            Err,
        );
    }

    #[test]
    fn the_rest_is_for_a_shell() {
        for (text, sign) in [
            ("-f json | tee /x", '|'),
            ("-f $FORMAT", '$'),
            ("\"$FORMAT\"", '$'),
            ("; true", ';'),
            ("-f tap > /goss/out", '>'),
            ("-f tap &> /dev/null", '&'),
            ("&& true", '&'),
            ("`x`", '`'),
            ("'open", '\''),
            ("\"open", '"'),
            ("a\\", '\\'),
            ("*", '*'),
            ("# words", '#'),
            ("2>&3", '>'),
            ("~", '~'),
            ("< /x", '<'),
            ("a\nb", '\n'),
        ] {
            assert_eq!(parse(text), Text::Shell(sign), "{text}");
        }
    }
}
