//! From tokens to the tree, with the errors that Go's parser gives.

mod pipeline;

use crate::error::Error;
use crate::lexer::{Kind, Token, tokens};
use crate::quote::{quote, unquote};
use crate::tree::{Branch, Invocation, Lines, Node, Set};
use std::collections::BTreeMap;

/// How deep blocks and parentheses may nest: each costs a frame of the stack.
const DEEPEST: usize = 100;

/// How many variables may be in scope: each use of one looks through them.
const MOST_VARIABLES: usize = 1000;

/// Reads all templates of a text.
pub(crate) fn parse<'t>(name: &str, text: &'t str) -> Result<Set<'t>, Error> {
    let mut parser = Parser {
        name,
        text,
        lines: Lines::of(text),
        tokens: tokens(text),
        at: 0,
        variables: vec!["$".to_owned()],
        ranges: 0,
        depth: 0,
        action_line: 0,
        templates: BTreeMap::new(),
    };
    let main = parser.main()?;
    parser.add(name.to_owned(), main)?;
    Ok(Set {
        name: name.to_owned(),
        lines: parser.lines,
        templates: parser.templates,
    })
}

struct Parser<'t, 'n> {
    name: &'n str,
    text: &'t str,
    lines: Lines,
    tokens: Vec<Token<'t>>,
    at: usize,
    /// The variables in scope.
    variables: Vec<String>,
    /// How many ranges are around, for break and continue.
    ranges: usize,
    depth: usize,
    /// Where the action being read began.
    action_line: u32,
    templates: BTreeMap<String, Vec<Node<'t>>>,
}

/// A piece of a list, or what ends the list.
enum Piece<'t> {
    Node(Node<'t>),
    End,
    Else,
}

type Parsed<T> = Result<T, Error>;

impl<'t> Parser<'t, '_> {
    fn peek(&self) -> Token<'t> {
        self.token(self.at)
    }

    fn token(&self, index: usize) -> Token<'t> {
        // The last token ends the text, so it is what follows it too.
        match self.tokens.get(index).or(self.tokens.last()) {
            Some(token) => token.clone(),
            None => Token {
                kind: Kind::Eof,
                pos: self.text.len(),
                text: "".into(),
            },
        }
    }

    fn next(&mut self) -> Token<'t> {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn skip_space(&mut self) {
        while self.peek().kind == Kind::Space {
            self.at += 1;
        }
    }

    fn peek_word(&mut self) -> Token<'t> {
        self.skip_space();
        self.peek()
    }

    fn next_word(&mut self) -> Token<'t> {
        self.skip_space();
        self.next()
    }

    fn error_at(&self, pos: usize, message: impl Into<String>) -> Error {
        Error {
            name: self.name.to_owned(),
            line: self.lines.line(pos),
            column: 0,
            executing: None,
            message: message.into(),
        }
    }

    /// An error at the token read last.
    fn error(&self, message: impl Into<String>) -> Error {
        self.error_at(self.token(self.at.saturating_sub(1)).pos, message)
    }

    fn unexpected(&self, token: &Token<'_>, context: &str) -> Error {
        let shown = match token.kind {
            Kind::Error => {
                let line = self.lines.line(token.pos);
                let mut message = token.text.clone().into_owned();
                if self.action_line != 0 && self.action_line != line {
                    let place = format!("{}:{}", self.name, self.action_line);
                    let action = if message.ends_with(" action") {
                        ""
                    } else {
                        " in action"
                    };
                    message.push_str(&format!("{action} started at {place}"));
                }
                return self.error_at(token.pos, message);
            }
            Kind::Eof => "EOF".to_owned(),
            Kind::Keyword | Kind::Nil | Kind::Dot => format!("<{}>", token.text),
            _ if token.text.len() > 10 => {
                let start: String = token.text.chars().take(10).collect();
                format!("{}...", quote(&start))
            }
            _ => quote(&token.text),
        };
        self.error_at(token.pos, format!("unexpected {shown} in {context}"))
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Parsed<Token<'t>> {
        let token = self.next_word();
        if token.kind == kind {
            Ok(token)
        } else {
            Err(self.unexpected(&token, context))
        }
    }

    fn deeper(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error(format!("blocks or parentheses nest deeper than {DEEPEST}")));
        }
        Ok(())
    }

    /// Adds a template. An empty definition neither replaces nor collides.
    fn add(&mut self, name: String, body: Vec<Node<'t>>) -> Parsed<()> {
        let empty = |body: &[Node<'_>]| {
            body.iter()
                .all(|node| matches!(node, Node::Text { text, .. } if text.trim().is_empty()))
        };
        match self.templates.get(&name) {
            Some(old) if !empty(old) => {
                if !empty(&body) {
                    let shown = quote(&name);
                    return Err(
                        self.error(format!("template: multiple definition of template {shown}"))
                    );
                }
            }
            _ => {
                self.templates.insert(name, body);
            }
        }
        Ok(())
    }

    /// The text outside of all definitions.
    fn main(&mut self) -> Parsed<Vec<Node<'t>>> {
        let mut list = Vec::new();
        loop {
            if self.peek().kind == Kind::Eof {
                return Ok(list);
            }
            if self.peek().kind == Kind::LeftDelim {
                let before = self.at;
                self.at += 1;
                let word = self.next_word();
                if word.kind == Kind::Keyword && word.text == "define" {
                    self.define()?;
                    continue;
                }
                self.at = before;
            }
            match self.piece()? {
                Piece::Node(node) => list.push(node),
                Piece::End => return Err(self.error("unexpected {{end}}")),
                Piece::Else => return Err(self.error("unexpected {{else}}")),
            }
        }
    }

    fn define(&mut self) -> Parsed<()> {
        let context = "define clause";
        let name = self.template_name(context)?.1;
        self.expect(Kind::RightDelim, context)?;
        let outer = std::mem::replace(&mut self.variables, vec!["$".to_owned()]);
        let ranges = std::mem::take(&mut self.ranges);
        let (body, end) = self.list()?;
        if matches!(end, Piece::Else) {
            return Err(self.error("unexpected {{else}} in define clause"));
        }
        self.variables = outer;
        self.ranges = ranges;
        self.add(name, body)
    }

    fn template_name(&mut self, context: &str) -> Parsed<(usize, String)> {
        let token = self.next_word();
        if !matches!(token.kind, Kind::Str | Kind::RawStr) {
            return Err(self.unexpected(&token, context));
        }
        match unquote(&token.text) {
            Some(name) => Ok((token.pos, name)),
            None => Err(self.error("invalid syntax")),
        }
    }

    /// Nodes up to an end or an else, and which of them it was.
    fn list(&mut self) -> Parsed<(Vec<Node<'t>>, Piece<'t>)> {
        let mut list = Vec::new();
        while self.peek().kind != Kind::Eof {
            match self.piece()? {
                Piece::Node(node) => list.push(node),
                end => return Ok((list, end)),
            }
        }
        Err(self.error_at(self.peek().pos, "unexpected EOF"))
    }

    fn piece(&mut self) -> Parsed<Piece<'t>> {
        let token = self.next_word();
        match token.kind {
            Kind::Text => {
                let text = self
                    .text
                    .get(token.pos..token.pos + token.text.len())
                    .unwrap_or("");
                let line = self.lines.line(token.pos);
                Ok(Piece::Node(Node::Text { line, text }))
            }
            Kind::LeftDelim => {
                self.action_line = self.lines.line(token.pos);
                let piece = self.action(token.pos);
                self.action_line = 0;
                piece
            }
            _ => Err(self.unexpected(&token, "input")),
        }
    }

    fn action(&mut self, start: usize) -> Parsed<Piece<'t>> {
        let token = self.next_word();
        if token.kind == Kind::Keyword {
            match token.text.as_ref() {
                "block" => return self.block(),
                "break" | "continue" => {
                    let word = token.text.as_ref();
                    let next = self.next_word();
                    if next.kind != Kind::RightDelim {
                        return Err(self.unexpected(&next, &format!("{{{{{word}}}}}")));
                    }
                    if self.ranges == 0 {
                        return Err(self.error(format!("{{{{{word}}}}} outside {{{{range}}}}")));
                    }
                    let node = if word == "break" {
                        Node::Break
                    } else {
                        Node::Continue
                    };
                    return Ok(Piece::Node(node));
                }
                "else" => {
                    let next = self.peek_word();
                    if next.kind == Kind::Keyword && matches!(next.text.as_ref(), "if" | "with") {
                        return Ok(Piece::Else);
                    }
                    self.expect(Kind::RightDelim, "else")?;
                    return Ok(Piece::Else);
                }
                "end" => {
                    self.expect(Kind::RightDelim, "end")?;
                    return Ok(Piece::End);
                }
                "if" => return Ok(Piece::Node(Node::If(self.control("if")?))),
                "range" => return Ok(Piece::Node(Node::Range(self.control("range")?))),
                "with" => return Ok(Piece::Node(Node::With(self.control("with")?))),
                "template" => return self.template(),
                _ => {}
            }
        }
        self.at -= 1;
        let line = self.lines.line(start);
        let pipe = self.pipeline("command", Kind::RightDelim)?;
        Ok(Piece::Node(Node::Action { line, pipe }))
    }

    fn template(&mut self) -> Parsed<Piece<'t>> {
        let context = "template clause";
        let (pos, name) = self.template_name(context)?;
        let pipe = if self.peek_word().kind == Kind::RightDelim {
            self.next();
            None
        } else {
            Some(self.pipeline(context, Kind::RightDelim)?)
        };
        Ok(Piece::Node(Node::Template(Invocation { pos, name, pipe })))
    }

    /// A block is a definition and a call of it.
    fn block(&mut self) -> Parsed<Piece<'t>> {
        let context = "block clause";
        let (pos, name) = self.template_name(context)?;
        let pipe = self.pipeline(context, Kind::RightDelim)?;
        let outer = std::mem::replace(&mut self.variables, vec!["$".to_owned()]);
        let ranges = std::mem::take(&mut self.ranges);
        self.deeper()?;
        let (body, end) = self.list()?;
        self.depth -= 1;
        if matches!(end, Piece::Else) {
            return Err(self.error("unexpected {{else}} in block clause"));
        }
        self.variables = outer;
        self.ranges = ranges;
        self.add(name.clone(), body)?;
        Ok(Piece::Node(Node::Template(Invocation {
            pos,
            name,
            pipe: Some(pipe),
        })))
    }

    fn control(&mut self, context: &str) -> Parsed<Branch<'t>> {
        let scope = self.variables.len();
        self.deeper()?;
        let pipe = self.pipeline(context, Kind::RightDelim)?;
        let in_range = usize::from(context == "range");
        self.ranges += in_range;
        let (body, end) = self.list()?;
        self.ranges -= in_range;
        let mut otherwise = None;
        if matches!(end, Piece::Else) {
            let next = self.peek();
            if next.kind == Kind::Keyword && next.text == context && context != "range" {
                // `else if` is an if of its own inside the else, and takes the end with it.
                self.next();
                let inner = self.control(context)?;
                otherwise = Some(vec![match context {
                    "if" => Node::If(inner),
                    _ => Node::With(inner),
                }]);
            } else {
                let (list, end) = self.list()?;
                if matches!(end, Piece::Else) {
                    return Err(self.error("expected end; found {{else}}"));
                }
                otherwise = Some(list);
            }
        }
        self.depth -= 1;
        self.variables.truncate(scope);
        Ok(Branch {
            pipe,
            body,
            otherwise,
        })
    }
}
