//! The commands of a shell script, as far as they can be told without running it: words
//! and where they stand. What is computed (`$x`, `$(…)`) is no literal word.

use super::{Command, Word};

/// Documents in documents are read as deep as this.
const DEEPEST: u32 = 4;

/// The commands of `text`, whose first line has the number `first`.
pub(super) fn commands(text: &[u8], first: u32) -> Vec<Command> {
    commands_at(text, first, 0)
}

fn commands_at(text: &[u8], first: u32, depth: u32) -> Vec<Command> {
    let mut reader = Reader {
        depth,
        text,
        at: 0,
        line: first,
        found: Vec::new(),
        command: Command::default(),
        word: None,
        quotes: Vec::new(),
        here: Vec::new(),
    };
    reader.read();
    reader.found
}

/// What the reader is inside of.
#[derive(Clone, Copy, PartialEq)]
enum Quote {
    Double,
    /// `$(`, from which the text before goes on at the closing bracket.
    Substitution,
}

struct Reader<'a> {
    /// How many documents this text lies in.
    depth: u32,
    text: &'a [u8],
    at: usize,
    line: u32,
    found: Vec<Command>,
    command: Command,
    word: Option<Word>,
    quotes: Vec<Quote>,
    /// Documents that begin after this line: their end, and whether tabs go.
    here: Vec<(Vec<u8>, bool)>,
}

impl Reader<'_> {
    fn take(&mut self) -> Option<u8> {
        let byte = *self.text.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn push(&mut self, byte: u8) {
        let line = self.line;
        let word = self.word.get_or_insert_with(|| Word {
            text: Vec::new(),
            literal: true,
            line,
        });
        word.text.push(byte);
    }

    /// The word that is being read is not known before the script runs.
    fn computed(&mut self) {
        self.push(b'$');
        if let Some(word) = &mut self.word {
            word.literal = false;
        }
    }

    fn end_word(&mut self) {
        self.command.words.extend(self.word.take());
    }

    fn end_command(&mut self, piped: bool) {
        self.end_word();
        let next = Command {
            piped,
            ..Command::default()
        };
        let command = std::mem::replace(&mut self.command, next);
        if !command.words.is_empty() {
            self.found.push(command);
        }
    }

    fn read(&mut self) {
        while let Some(byte) = self.take() {
            let quoted = self.quotes.last() == Some(&Quote::Double);
            match byte {
                b'\n' => {
                    self.line += 1;
                    if quoted {
                        self.push(byte);
                        continue;
                    }
                    self.end_command(false);
                    self.documents();
                    self.command.unindented = self.peek().is_some_and(|b| !b.is_ascii_whitespace());
                }
                b'\\' => match self.take() {
                    Some(b'\n') => self.line += 1,
                    Some(next) => self.push(next),
                    None => {}
                },
                b'"' if quoted => {
                    self.quotes.pop();
                }
                b'"' => {
                    self.quotes.push(Quote::Double);
                    // An empty pair is a word too.
                    let line = self.line;
                    self.word.get_or_insert_with(|| Word {
                        text: Vec::new(),
                        literal: true,
                        line,
                    });
                }
                b'$' => self.dollar(),
                b'`' => {
                    self.computed();
                    self.end_command(false);
                }
                _ if quoted => self.push(byte),
                b'\'' => self.single(),
                b'#' if self.word.is_none() => {
                    while self.peek().is_some_and(|b| b != b'\n') {
                        self.at += 1;
                    }
                }
                b'<' if self.peek() == Some(b'<') => self.document_begins(),
                b' ' | b'\t' | b'\r' => self.end_word(),
                b'|' => {
                    let or = self.peek() == Some(b'|');
                    self.at += usize::from(or);
                    self.command.tested = or;
                    self.end_command(!or);
                }
                b'&' if self.peek() == Some(b'&') => {
                    self.at += 1;
                    self.command.tested = true;
                    self.end_command(false);
                }
                b'&' => {
                    // `&>` sends output elsewhere.
                    let background = self.peek() != Some(b'>');
                    self.end_word();
                    if !self.command.words.is_empty() {
                        self.command.background = background;
                    } else if let Some(group) = self.found.last_mut() {
                        // Behind the bracket of a group, which ended its last command.
                        group.background |= background;
                    }
                    self.end_command(false);
                }
                b';' | b'(' => self.end_command(false),
                b')' => {
                    self.end_command(false);
                    if self.quotes.last() == Some(&Quote::Substitution) {
                        self.quotes.pop();
                        // The word around it goes on, and nobody knows how it reads.
                        self.computed();
                    }
                }
                b'<' | b'>' => {
                    self.end_word();
                    self.push(byte);
                    while matches!(self.peek(), Some(b'>' | b'&' | b'|')) {
                        self.at += 1;
                    }
                    self.end_word();
                }
                byte => self.push(byte),
            }
        }
        self.end_command(false);
    }

    fn dollar(&mut self) {
        self.computed();
        match self.peek() {
            Some(b'(') => {
                self.at += 1;
                self.end_command(false);
                self.quotes.push(Quote::Substitution);
            }
            Some(b'{') => {
                // To its closing brace: `${x:-a b}` is one word.
                let mut depth = 0;
                while let Some(byte) = self.peek() {
                    if byte == b'\n' {
                        break;
                    }
                    self.at += 1;
                    self.push(byte);
                    match byte {
                        b'{' => depth += 1,
                        b'}' => depth -= 1,
                        _ => {}
                    }
                    if depth == 0 {
                        break;
                    }
                }
            }
            Some(b'#' | b'$' | b'!' | b'?' | b'@' | b'*') => self.at += 1,
            _ => {}
        }
    }

    fn single(&mut self) {
        let line = self.line;
        self.word.get_or_insert_with(|| Word {
            text: Vec::new(),
            literal: true,
            line,
        });
        while let Some(byte) = self.take() {
            match byte {
                b'\'' => return,
                b'\n' => self.line += 1,
                _ => {}
            }
            self.push(byte);
        }
    }

    /// `<<END`: what follows this line is a text up to a line END.
    fn document_begins(&mut self) {
        self.end_word();
        self.at += 1;
        if self.peek() == Some(b'<') {
            // `<<<`: a word, not a document.
            self.at += 1;
            return;
        }
        let tabs = self.peek() == Some(b'-');
        self.at += usize::from(tabs);
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        let mut end = Vec::new();
        while let Some(byte) = self.peek() {
            match byte {
                b'\'' | b'"' | b'\\' => {}
                b if b.is_ascii_alphanumeric() || b"_-.!+".contains(&b) => end.push(b),
                _ => break,
            }
            self.at += 1;
        }
        if !end.is_empty() {
            self.here.push((end, tabs));
        }
    }

    /// Reads the documents that begin here. They are often scripts themselves, so
    /// their commands count.
    fn documents(&mut self) {
        for (end, tabs) in std::mem::take(&mut self.here) {
            let (start, first) = (self.at, self.line);
            let mut stop = self.text.len();
            while self.at < self.text.len() {
                let rest = &self.text[self.at..];
                let length = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
                let mut line = &rest[..length];
                while tabs && line.first() == Some(&b'\t') {
                    line = &line[1..];
                }
                let begin = self.at;
                self.at = (self.at + length + 1).min(self.text.len());
                self.line += 1;
                if line == end {
                    stop = begin;
                    break;
                }
            }
            if self.depth < DEEPEST {
                let inner = commands_at(&self.text[start..stop], first, self.depth + 1);
                self.found.extend(inner.into_iter().map(|command| Command {
                    document: true,
                    ..command
                }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Commands as `LINE[|]: word word`, with `?` behind words that are no literals.
    fn shown(text: &str) -> Vec<String> {
        commands(text.as_bytes(), 1)
            .iter()
            .map(|command| {
                let words = command.words.iter().map(|word| {
                    let text = String::from_utf8_lossy(&word.text);
                    format!("{text}{}", if word.literal { "" } else { "?" })
                });
                let pipe = if command.piped { "|" } else { "" };
                let line = command.words[0].line;
                format!("{line}{pipe}: {}", words.collect::<Vec<_>>().join(" "))
            })
            .collect()
    }

    #[test]
    fn words_quotes_and_comments() {
        assert_eq!(
            shown("a 'b c' \"d e\"f # no\n#no\ng\\ h x#y \\\n  i\n"),
            ["1: a b c d ef", "3: g h x#y i"]
        );
        assert_eq!(shown("don\\'t; a \"it's\" b"), ["1: don't", "1: a it's b"]);
        assert_eq!(shown("a \"\" ''"), ["1: a  "]);
    }

    #[test]
    fn operators_end_commands() {
        assert_eq!(
            shown("a | b || c && d; e & f\n(g)"),
            ["1: a", "1|: b", "1: c", "1: d", "1: e", "1: f", "2: g"]
        );
        assert_eq!(shown("a > b 2>&1"), ["1: a > b 2 > 1"]);
    }

    #[test]
    fn what_is_computed_is_no_literal_and_what_computes_is_a_command() {
        assert_eq!(shown("a \"$b\" ${c:-d e} $#"), ["1: a $b? ${c:-d e}? $?"]);
        assert_eq!(
            shown("x=\"$(pidof y)\"; z"),
            ["1: x=$?", "1: pidof y", "1: $?", "1: z"]
        );
        assert_eq!(shown("x=`pidof y`"), ["1: x=$?", "1: pidof y$?"]);
    }

    #[test]
    fn documents_are_read_as_scripts_of_their_own() {
        assert_eq!(
            shown("cat > f <<EOF\n#!/bin/sh\nit isn't \"closed\nEOF\nafter 'x'\n"),
            ["1: cat > f", "3: it isnt \"closed\n", "5: after x"]
        );
        assert_eq!(
            shown("cat <<-'E'\n\ta\n\tE\nb <<< c"),
            ["1: cat", "2: a", "4: b c"]
        );
    }

    #[test]
    fn documents_without_end_do_not_fill_the_stack() {
        let text = "cat <<a\n".repeat(30_000);
        assert_eq!(commands(text.as_bytes(), 1).len(), 1 + DEEPEST as usize);
    }

    #[test]
    fn no_bytes_make_it_panic_or_run_for_ever() {
        const ALPHABET: &[u8] = b"ab$(){}'\"`\\#\n \t<>|&;E-\x00\xff";
        let mut seed = 0x2545_f491_4f6c_dd1d_u64;
        for _ in 0..20_000 {
            let text: Vec<u8> = (0..seed % 60)
                .map(|_| {
                    seed ^= seed << 13;
                    seed ^= seed >> 7;
                    seed ^= seed << 17;
                    ALPHABET[(seed >> 32) as usize % ALPHABET.len()]
                })
                .collect();
            commands(&text, 1);
            seed = seed.wrapping_add(0x9e37_79b9);
        }
    }
}
