//! Runs the templates of a text.

mod fields;
mod range;

use crate::Rendered;
use crate::call::Context;
use crate::error::Error;
use crate::output::Output;
use crate::print;
use crate::tree::{Arg, Branch, Command, Invocation, Node, Operand, Piece, Pipe, Set};
use crate::types::MapType;
use crate::value::Value;
use crate::world::World;

/// Runs the main template of a text.
pub(crate) fn execute(set: &Set<'_>, data: &Value, world: &World) -> Result<Rendered, Error> {
    let mut run = Interpreter {
        set,
        template: &set.name,
        at: None,
        variables: vec![("$".to_owned(), Operated::plain(data.clone()))],
        depth: 0,
        output: Output::new(world.limits.output),
        context: Context::new(world),
    };
    let body = set.templates.get(&set.name).map_or(&[][..], Vec::as_slice);
    match run.list(&Operated::plain(data.clone()), body) {
        Ok(()) | Err(Stop::Break | Stop::Continue) => Ok(run.output.finish()),
        Err(Stop::Error(error)) => Err(*error),
    }
}

/// Why a list of nodes ended early.
pub(crate) enum Stop {
    Break,
    Continue,
    Error(Box<Error>),
}

/// A value, and whether Go would still hold it as an interface: fields of maps and elements
/// of lists are, results of pipelines are not. Only the words of errors differ.
#[derive(Debug, Clone)]
pub(crate) struct Operated {
    pub(crate) value: Value,
    pub(crate) interface: bool,
}

impl Operated {
    pub(crate) fn plain(value: Value) -> Operated {
        Operated {
            value,
            interface: false,
        }
    }

    /// Go's name of the static type.
    pub(crate) fn type_name(&self) -> &'static str {
        if self.interface {
            "interface {}"
        } else {
            self.value.type_name()
        }
    }
}

pub(crate) struct Interpreter<'s, 'w> {
    set: &'s Set<'s>,
    template: &'s str,
    /// What is being executed, for the error.
    pub(crate) at: Option<Piece<'s>>,
    variables: Vec<(String, Operated)>,
    depth: u32,
    output: Output,
    pub(crate) context: Context<'w>,
}

pub(crate) type Done<T> = Result<T, Stop>;

impl<'s> Interpreter<'s, '_> {
    /// An error at what is being executed.
    pub(crate) fn error<T>(&self, message: impl Into<String>) -> Done<T> {
        let (pos, piece) = match self.at {
            Some(piece) => (piece.pos(), piece.to_string()),
            None => (0, String::new()),
        };
        let (line, column) = self.set.lines.place(pos);
        Err(Stop::Error(Box::new(Error {
            name: self.set.name.clone(),
            line,
            column,
            executing: Some((self.template.to_owned(), piece)),
            message: message.into(),
        })))
    }

    pub(crate) fn step(&mut self) -> Done<()> {
        match self.context.step() {
            Ok(()) => Ok(()),
            Err(message) => self.error(message),
        }
    }

    fn deeper(&mut self) -> Done<()> {
        self.depth += 1;
        let limit = self.context.world.limits.depth;
        if self.depth > limit {
            return self.error(format!("exceeded maximum template depth ({limit})"));
        }
        Ok(())
    }

    fn list(&mut self, dot: &Operated, nodes: &'s [Node<'s>]) -> Done<()> {
        self.deeper()?;
        for node in nodes {
            self.step()?;
            self.node(dot, node)?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn node(&mut self, dot: &Operated, node: &'s Node<'s>) -> Done<()> {
        match node {
            Node::Text { line, text } => match self.output.text(text, *line) {
                Ok(()) => Ok(()),
                Err(_) => self.too_much_output(),
            },
            Node::Action { line, pipe } => {
                let value = self.pipeline(dot, pipe)?;
                if pipe.declared.is_empty() {
                    self.print(&value.value, *line)?;
                }
                Ok(())
            }
            Node::If(branch) => self.if_or_with(dot, branch, false),
            Node::With(branch) => self.if_or_with(dot, branch, true),
            Node::Range(branch) => self.range(dot, branch),
            Node::Template(call) => self.call_template(dot, call),
            Node::Break => Err(Stop::Break),
            Node::Continue => Err(Stop::Continue),
        }
    }

    fn too_much_output(&self) -> Done<()> {
        let limit = self.context.world.limits.output;
        self.error(format!("the output exceeds {limit} bytes"))
    }

    fn print(&mut self, value: &Value, line: u32) -> Done<()> {
        let printed = match value {
            Value::Nil => Ok("<no value>".to_owned()),
            Value::String(text) => {
                return match self.output.printed(text, line) {
                    Ok(()) => Ok(()),
                    Err(_) => self.too_much_output(),
                };
            }
            // The template's own printing follows a pointer before fmt sees it.
            Value::Map(map) if matches!(map.kind(), MapType::Struct(_)) => {
                print::display(value, self.context.world.limits.output)
                    .map(|text| text.trim_start_matches('&').to_owned())
            }
            value => print::display(value, self.context.world.limits.output),
        };
        match printed.map(|text| self.output.printed(&text, line)) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(print::PrintError::TooLong) => self.too_much_output(),
            Err(error) => self.error(error.to_string()),
        }
    }

    fn if_or_with(&mut self, dot: &Operated, branch: &'s Branch<'s>, with: bool) -> Done<()> {
        let scope = self.variables.len();
        let value = self.pipeline(dot, &branch.pipe)?;
        let done = if value.value.truth() {
            let dot = if with { &value } else { dot };
            self.list(dot, &branch.body)
        } else if let Some(otherwise) = &branch.otherwise {
            self.list(dot, otherwise)
        } else {
            Ok(())
        };
        self.variables.truncate(scope);
        done
    }

    /// `%v` of a value in an error.
    fn shown(&self, value: &Value) -> String {
        print::display(value, 1000).unwrap_or_else(|_| value.type_name().to_owned())
    }

    fn call_template(&mut self, dot: &Operated, call: &'s Invocation) -> Done<()> {
        self.at = Some(Piece::Template(call));
        let Some((name, body)) = self.set.templates.get_key_value(&call.name) else {
            let name = crate::quote::quote(&call.name);
            return self.error(format!("template {name} not defined"));
        };
        let dot = match &call.pipe {
            Some(pipe) => self.pipeline(dot, pipe)?,
            None => Operated::plain(Value::Nil),
        };
        let outer = std::mem::replace(&mut self.variables, vec![("$".to_owned(), dot.clone())]);
        let caller = std::mem::replace(&mut self.template, name);
        self.list(&dot, body)?;
        self.variables = outer;
        self.template = caller;
        Ok(())
    }

    /// Runs a pipeline. Its variables are declared or assigned.
    pub(crate) fn pipeline(&mut self, dot: &Operated, pipe: &'s Pipe) -> Done<Operated> {
        self.at = Some(Piece::Pipe(pipe));
        let mut last: Option<Value> = None;
        for command in &pipe.commands {
            // What a pipeline hands on is no longer held as an interface.
            last = Some(self.command(dot, command, last)?.value);
        }
        let value = Operated::plain(last.unwrap_or(Value::Nil));
        for name in &pipe.declared {
            if pipe.assigns {
                self.assign(name, value.clone())?;
            } else {
                self.variables.push((name.clone(), value.clone()));
            }
        }
        Ok(value)
    }

    fn command(
        &mut self,
        dot: &Operated,
        command: &'s Command,
        last: Option<Value>,
    ) -> Done<Operated> {
        self.step()?;
        let Some((first, args)) = command.args.split_first() else {
            return self.error("empty command");
        };
        match &first.what {
            Operand::Field(_) | Operand::Variable(..) | Operand::Chain(..) => {
                self.at = Some(Piece::Arg(first));
                let given = Given {
                    args,
                    last: last.as_ref(),
                };
                return self.fields(dot, first, given);
            }
            Operand::Function(name) => {
                let value = self.function(dot, first, Piece::Command(command), name, args, last)?;
                return Ok(Operated::plain(value));
            }
            Operand::Pipe(pipe) => {
                self.not_a_function(first, args, last.is_some())?;
                return self.pipeline(dot, pipe);
            }
            _ => {}
        }
        self.at = Some(Piece::Arg(first));
        self.not_a_function(first, args, last.is_some())?;
        match &first.what {
            Operand::Dot => Ok(dot.clone()),
            Operand::Nil => self.error("nil is not a command"),
            _ => self.constant(first).map(Operated::plain),
        }
    }

    fn not_a_function(&self, first: &Arg, args: &[Arg], has_last: bool) -> Done<()> {
        if args.is_empty() && !has_last {
            return Ok(());
        }
        self.error(format!("can't give argument to non-function {first}"))
    }

    /// A constant by itself.
    pub(crate) fn constant(&self, arg: &Arg) -> Done<Value> {
        match &arg.what {
            Operand::Bool(truth) => Ok(Value::Bool(*truth)),
            Operand::Str(_, text) => Ok(Value::from(text.as_str())),
            Operand::Number(text, number) => {
                if let Some((real, imaginary)) = number.complex {
                    return Ok(Value::Complex(real, imaginary));
                }
                let lower = text.to_ascii_lowercase();
                let hexadecimal = lower.contains("0x") && !lower.contains('p');
                let broken = !number.is_char && !hexadecimal && lower.contains(['.', 'e', 'p']);
                match (number.float, number.int) {
                    (Some(float), _) if broken => Ok(Value::Float(float)),
                    (_, Some(int)) => Ok(Value::int(int)),
                    _ => self.error(format!("{text} overflows int")),
                }
            }
            _ => self.error(format!("unexpected {arg}")),
        }
    }
}

/// What a command gives to its first operand.
#[derive(Clone, Copy)]
pub(crate) struct Given<'s, 'v> {
    pub(crate) args: &'s [Arg],
    pub(crate) last: Option<&'v Value>,
}

impl Given<'_, '_> {
    pub(crate) const NOTHING: Given<'static, 'static> = Given {
        args: &[],
        last: None,
    };
}
