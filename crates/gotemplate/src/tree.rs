//! What a template says, and how Go writes a piece of it in an error.

use crate::number::Number;
use std::collections::BTreeMap;
use std::fmt;

/// The templates of one text, by name.
#[derive(Debug)]
pub(crate) struct Set<'t> {
    /// The name of the text, which is that of its main template.
    pub(crate) name: String,
    pub(crate) lines: Lines,
    pub(crate) templates: BTreeMap<String, Vec<Node<'t>>>,
}

/// Where lines end, so that a place is found without reading the text again.
#[derive(Debug)]
pub(crate) struct Lines {
    ends: Vec<usize>,
}

impl Lines {
    pub(crate) fn of(text: &str) -> Lines {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Lines {
            ends: ends.map(|(at, _)| at).collect(),
        }
    }

    /// The 1-based line of a byte.
    pub(crate) fn line(&self, pos: usize) -> u32 {
        let before = self.ends.partition_point(|end| *end < pos);
        u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// The line (from 1) and the column of a byte (from 0), as Go counts them.
    pub(crate) fn place(&self, pos: usize) -> (u32, u32) {
        let before = self.ends.partition_point(|end| *end < pos);
        let column = match before.checked_sub(1).and_then(|index| self.ends.get(index)) {
            Some(end) => pos.saturating_sub(*end).saturating_sub(1),
            None => pos,
        };
        (self.line(pos), u32::try_from(column).unwrap_or(u32::MAX))
    }
}

#[derive(Debug)]
pub(crate) enum Node<'t> {
    Text { line: u32, text: &'t str },
    Action { line: u32, pipe: Pipe },
    If(Branch<'t>),
    With(Branch<'t>),
    Range(Branch<'t>),
    Template(Invocation),
    Break,
    Continue,
}

/// A template call.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) pos: usize,
    pub(crate) name: String,
    pub(crate) pipe: Option<Pipe>,
}

/// if, with, range.
#[derive(Debug)]
pub(crate) struct Branch<'t> {
    pub(crate) pipe: Pipe,
    pub(crate) body: Vec<Node<'t>>,
    pub(crate) otherwise: Option<Vec<Node<'t>>>,
}

#[derive(Debug)]
pub(crate) struct Pipe {
    pub(crate) pos: usize,
    pub(crate) declared: Vec<String>,
    pub(crate) assigns: bool,
    pub(crate) commands: Vec<Command>,
}

#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) pos: usize,
    pub(crate) args: Vec<Arg>,
}

/// An operand, and where it stands.
#[derive(Debug)]
pub(crate) struct Arg {
    pub(crate) pos: usize,
    pub(crate) what: Operand,
}

#[derive(Debug)]
pub(crate) enum Operand {
    Field(Vec<String>),
    /// The name with its `$`, then fields.
    Variable(String, Vec<String>),
    Chain(Box<Arg>, Vec<String>),
    Function(String),
    Pipe(Pipe),
    Dot,
    Nil,
    Bool(bool),
    Number(String, Number),
    /// As it was written, and what it means.
    Str(String, String),
}

/// What was being executed, for the error.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Piece<'a> {
    Pipe(&'a Pipe),
    Command(&'a Command),
    Arg(&'a Arg),
    Template(&'a Invocation),
}

impl Piece<'_> {
    pub(crate) fn pos(&self) -> usize {
        match self {
            Piece::Pipe(pipe) => pipe.pos,
            Piece::Command(command) => command.pos,
            Piece::Arg(arg) => arg.pos,
            Piece::Template(call) => call.pos,
        }
    }
}

impl fmt::Display for Piece<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Piece::Pipe(pipe) => pipe.fmt(out),
            Piece::Command(command) => command.fmt(out),
            Piece::Arg(arg) => arg.fmt(out),
            Piece::Template(call) => {
                write!(out, "{{{{template {}", crate::quote::quote(&call.name))?;
                if let Some(pipe) = &call.pipe {
                    write!(out, " {pipe}")?;
                }
                out.write_str("}}")
            }
        }
    }
}

impl fmt::Display for Pipe {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.declared.is_empty() {
            let sign = if self.assigns { "=" } else { ":=" };
            write!(out, "{} {sign} ", self.declared.join(", "))?;
        }
        for (index, command) in self.commands.iter().enumerate() {
            if index > 0 {
                out.write_str(" | ")?;
            }
            command.fmt(out)?;
        }
        Ok(())
    }
}

impl fmt::Display for Command {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, arg) in self.args.iter().enumerate() {
            if index > 0 {
                out.write_str(" ")?;
            }
            arg.fmt(out)?;
        }
        Ok(())
    }
}

impl fmt::Display for Arg {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = |out: &mut fmt::Formatter<'_>, names: &[String]| {
            names.iter().try_for_each(|name| write!(out, ".{name}"))
        };
        match &self.what {
            Operand::Field(names) => fields(out, names),
            Operand::Variable(name, names) => {
                out.write_str(name)?;
                fields(out, names)
            }
            Operand::Chain(arg, names) => {
                arg.fmt(out)?;
                fields(out, names)
            }
            Operand::Function(name) => out.write_str(name),
            Operand::Pipe(pipe) => write!(out, "({pipe})"),
            Operand::Dot => out.write_str("."),
            Operand::Nil => out.write_str("nil"),
            Operand::Bool(truth) => write!(out, "{truth}"),
            Operand::Number(text, _) => out.write_str(text),
            Operand::Str(source, _) => out.write_str(source),
        }
    }
}
