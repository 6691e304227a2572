//! From a template's text to its tokens, by the rules of pkg.go.dev/text/template.

use crate::quote;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    LeftDelim,
    RightDelim,
    Space,
    Assign,
    Declare,
    Pipe,
    Str,
    RawStr,
    Variable,
    CharConstant,
    Number,
    Dot,
    Field,
    Identifier,
    Bool,
    Nil,
    LeftParen,
    RightParen,
    Char,
    Keyword,
    Eof,
    /// What the lexer could not read: the token's text is the message.
    Error,
}

/// A token: its kind, where it begins in bytes, and its text.
#[derive(Debug, Clone)]
pub(crate) struct Token<'t> {
    pub(crate) kind: Kind,
    pub(crate) pos: usize,
    pub(crate) text: std::borrow::Cow<'t, str>,
}

/// How many tokens a template may have: each takes some fifty bytes.
const MOST: usize = 1_000_000;

const LEFT: &str = "{{";
const RIGHT: &str = "}}";
const KEYWORDS: [&str; 11] = [
    "block", "break", "continue", "define", "else", "end", "if", "range", "template", "with", "nil",
];

/// All tokens of a text. The last one is `Eof` or `Error`.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer {
        text,
        pos: 0,
        parens: 0,
        tokens: Vec::new(),
    };
    lexer.run();
    lexer.tokens
}

struct Lexer<'t> {
    text: &'t str,
    pos: usize,
    parens: usize,
    tokens: Vec<Token<'t>>,
}

/// How an action or a comment ended, or that the text did.
enum Next {
    Text,
    Action,
    Stop,
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

impl<'t> Lexer<'t> {
    fn run(&mut self) {
        let mut next = Next::Text;
        loop {
            if self.tokens.len() > MOST {
                next = self.error(self.pos, format!("more than {MOST} tokens"));
            }
            next = match next {
                Next::Text => self.text_until_action(),
                Next::Action => self.token_in_action(),
                Next::Stop => return,
            }
        }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.pos..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.pos += c.len_utf8();
        Some(c)
    }

    fn skip_while(&mut self, wanted: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&wanted) {
            self.bump();
        }
    }

    fn push(&mut self, kind: Kind, start: usize) {
        let text = self.text.get(start..self.pos).unwrap_or("");
        self.tokens.push(Token {
            kind,
            pos: start,
            text: text.into(),
        });
    }

    fn error(&mut self, start: usize, message: impl Into<String>) -> Next {
        self.tokens.push(Token {
            kind: Kind::Error,
            pos: start,
            text: message.into().into(),
        });
        Next::Stop
    }

    /// The text to the next action, then the action's opening or the whole comment.
    fn text_until_action(&mut self) -> Next {
        let start = self.pos;
        let Some(length) = self.rest().find(LEFT) else {
            self.pos = self.text.len();
            if self.pos > start {
                self.push(Kind::Text, start);
            }
            self.push(Kind::Eof, self.pos);
            return Next::Stop;
        };
        let open = start + length;
        let after = open + LEFT.len();
        let behind = self.text.get(after..).unwrap_or("");
        // A trim marker is a minus with white space behind it: `{{-3}}` is a number.
        let mut characters = behind.chars();
        let trim = characters.next() == Some('-') && characters.next().is_some_and(is_space);
        self.pos = open;
        if trim {
            let text = self.text.get(start..open).unwrap_or("");
            self.pos = start + text.trim_end_matches(is_space).len();
        }
        if self.pos > start {
            self.push(Kind::Text, start);
        }
        self.pos = if trim { after + 2 } else { after };
        if self.rest().starts_with("/*") {
            return self.comment();
        }
        // The marker's blank belongs to the opening; a line end is one byte too.
        self.push(Kind::LeftDelim, open);
        self.parens = 0;
        Next::Action
    }

    fn comment(&mut self) -> Next {
        let start = self.pos;
        let Some(length) = self.rest().find("*/") else {
            return self.error(start, "unclosed comment");
        };
        self.pos += length + 2;
        match self.right_delim() {
            None => self.error(start, "comment ends before closing delimiter"),
            Some(trim) => {
                self.close(trim);
                Next::Text
            }
        }
    }

    /// Whether a closing stands here; if so, whether it trims.
    fn right_delim(&self) -> Option<bool> {
        let rest = self.rest();
        if rest.starts_with(RIGHT) {
            return Some(false);
        }
        let behind = rest.strip_prefix(is_space)?.strip_prefix('-')?;
        behind.starts_with(RIGHT).then_some(true)
    }

    /// Steps over a closing, and over the white space behind one that trims.
    fn close(&mut self, trim: bool) {
        if trim {
            self.pos += 2;
        }
        self.pos += RIGHT.len();
        if trim {
            self.skip_while(is_space);
        }
    }

    fn token_in_action(&mut self) -> Next {
        if let Some(trim) = self.right_delim() {
            if self.parens > 0 {
                return self.error(self.pos, "unclosed left paren");
            }
            let start = self.pos;
            self.close(trim);
            self.push(Kind::RightDelim, start);
            return Next::Text;
        }
        let start = self.pos;
        let Some(c) = self.bump() else {
            return self.error(start, "unclosed action");
        };
        let kind = match c {
            c if is_space(c) => {
                // The last blank before `-}}` is part of the closing.
                while self.right_delim().is_none() && self.peek().is_some_and(is_space) {
                    self.bump();
                }
                Kind::Space
            }
            '=' => Kind::Assign,
            ':' => {
                if self.bump() != Some('=') {
                    return self.error(start, "expected :=");
                }
                Kind::Declare
            }
            '|' => Kind::Pipe,
            '"' => return self.quoted(start, '"', Kind::Str),
            '\'' => return self.quoted(start, '\'', Kind::CharConstant),
            '`' => {
                let Some(length) = self.rest().find('`') else {
                    return self.error(start, "unterminated raw quoted string");
                };
                self.pos += length + 1;
                Kind::RawStr
            }
            '$' => return self.name(start, Kind::Variable),
            '.' if !self.peek().is_some_and(|c| c.is_ascii_digit()) => {
                if self.at_end_of_word() {
                    Kind::Dot
                } else {
                    return self.name(start, Kind::Field);
                }
            }
            '.' | '+' | '-' | '0'..='9' => return self.number(start),
            c if is_word(c) => return self.word(start),
            '(' => {
                self.parens += 1;
                Kind::LeftParen
            }
            ')' => match self.parens.checked_sub(1) {
                None => return self.error(start, "unexpected right paren"),
                Some(parens) => {
                    self.parens = parens;
                    Kind::RightParen
                }
            },
            c if c.is_ascii_graphic() => Kind::Char,
            c => {
                let shown = quote::unicode(c);
                return self.error(start, format!("unrecognized character in action: {shown}"));
            }
        };
        self.push(kind, start);
        Next::Action
    }

    /// Whether a name may end here.
    fn at_end_of_word(&self) -> bool {
        match self.peek() {
            None | Some('.' | ',' | '|' | ':' | ')' | '(') => true,
            Some(c) => is_space(c) || self.rest().starts_with(RIGHT),
        }
    }

    fn name(&mut self, start: usize, kind: Kind) -> Next {
        self.skip_while(is_word);
        self.end_word(start, kind)
    }

    fn end_word(&mut self, start: usize, kind: Kind) -> Next {
        if !self.at_end_of_word() {
            let shown = self.peek().map(quote::unicode).unwrap_or_default();
            return self.error(start, format!("bad character {shown}"));
        }
        self.push(kind, start);
        Next::Action
    }

    fn word(&mut self, start: usize) -> Next {
        self.skip_while(is_word);
        let kind = match self.text.get(start..self.pos).unwrap_or("") {
            "nil" => Kind::Nil,
            "true" | "false" => Kind::Bool,
            word if KEYWORDS.contains(&word) => Kind::Keyword,
            _ => Kind::Identifier,
        };
        self.end_word(start, kind)
    }

    fn quoted(&mut self, start: usize, end: char, kind: Kind) -> Next {
        let what = match kind {
            Kind::CharConstant => "unterminated character constant",
            _ => "unterminated quoted string",
        };
        loop {
            match self.bump() {
                None | Some('\n') => return self.error(start, what),
                Some('\\') if !matches!(self.peek(), None | Some('\n')) => {
                    self.bump();
                }
                Some('\\') => return self.error(start, what),
                Some(c) if c == end => break,
                Some(_) => {}
            }
        }
        self.push(kind, start);
        Next::Action
    }

    fn number(&mut self, start: usize) -> Next {
        self.pos = start;
        if !self.scan_number() {
            if self.peek().is_some_and(is_word) {
                self.bump();
            }
            let bad = quote::quote(self.text.get(start..self.pos).unwrap_or(""));
            return self.error(start, format!("bad number syntax: {bad}"));
        }
        // A complex constant such as 1+2i is one token.
        if matches!(self.peek(), Some('+' | '-')) {
            let complex =
                self.scan_number() && self.text.get(..self.pos).unwrap_or("").ends_with('i');
            if !complex {
                let bad = quote::quote(self.text.get(start..self.pos).unwrap_or(""));
                return self.error(start, format!("bad number syntax: {bad}"));
            }
        }
        self.push(Kind::Number, start);
        Next::Action
    }

    fn scan_number(&mut self) -> bool {
        let accept = |lexer: &mut Self, set: &str| {
            let found = lexer.peek().is_some_and(|c| set.contains(c));
            if found {
                lexer.bump();
            }
            found
        };
        accept(self, "+-");
        let mut digits = "0123456789_";
        if accept(self, "0") {
            if accept(self, "xX") {
                digits = "0123456789abcdefABCDEF_";
            } else if accept(self, "oO") {
                digits = "01234567_";
            } else if accept(self, "bB") {
                digits = "01_";
            }
        }
        self.skip_while(|c| digits.contains(c));
        if accept(self, ".") {
            self.skip_while(|c| digits.contains(c));
        }
        if digits.len() == 11 && accept(self, "eE") {
            accept(self, "+-");
            self.skip_while(|c| "0123456789_".contains(c));
        }
        if digits.len() == 23 && accept(self, "pP") {
            accept(self, "+-");
            self.skip_while(|c| "0123456789_".contains(c));
        }
        accept(self, "i");
        !self.peek().is_some_and(is_word)
    }
}
