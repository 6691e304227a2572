//! Runs the templates of a text.

use crate::call::Context;
use crate::error::Error;
use crate::output::Output;
use crate::print;
use crate::tree::{Arg, Branch, Command, Invocation, Node, Operand, Piece, Pipe, Set};
use crate::types::MapType;
use crate::value::{Key, Value};
use crate::world::World;
use crate::{Rendered, methods};
use std::rc::Rc;

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

    fn range(&mut self, dot: &Operated, branch: &'s Branch<'s>) -> Done<()> {
        let scope = self.variables.len();
        let subject = self.pipeline(dot, &branch.pipe)?.value;
        let depth = self.depth;
        let ran = self.each(&subject, branch, depth);
        self.depth = depth;
        let ran = ran?;
        self.variables.truncate(scope);
        match &branch.otherwise {
            Some(otherwise) if !ran => {
                let done = self.list(dot, otherwise);
                self.variables.truncate(scope);
                done
            }
            _ => Ok(()),
        }
    }

    /// Runs the body for each element; whether there was one.
    fn each(&mut self, subject: &Value, branch: &'s Branch<'s>, depth: u32) -> Done<bool> {
        let mut elements: Box<dyn Iterator<Item = (Value, Operated)>> = match subject {
            Value::Nil => Box::new(std::iter::empty()),
            Value::Int(count, kind) => {
                if branch.pipe.declared.len() > 1 {
                    let count = self.shown(subject);
                    return self.error(format!(
                        "can't use {count} to iterate over more than one variable"
                    ));
                }
                let kind = *kind;
                let numbers = (0..*count).map(move |number| Value::Int(number, kind));
                Box::new(numbers.map(|number| (number.clone(), Operated::plain(number))))
            }
            Value::Uint(count, kind) => {
                if branch.pipe.declared.len() > 1 {
                    return self.error(format!(
                        "can't use {count} to iterate over more than one variable"
                    ));
                }
                let kind = *kind;
                let numbers = (0..*count).map(move |number| Value::Uint(number, kind));
                Box::new(numbers.map(|number| (number.clone(), Operated::plain(number))))
            }
            Value::List(list) => {
                let interface = list.kind() == crate::types::ListType::Any;
                let list = Rc::clone(list);
                let count = list.items().len();
                Box::new((0..count).map(move |index| {
                    let value = list.items().get(index).cloned().unwrap_or(Value::Nil);
                    let index = i64::try_from(index).unwrap_or(i64::MAX);
                    (Value::int(index), Operated { value, interface })
                }))
            }
            Value::Map(map) if !matches!(map.kind(), MapType::Struct(_)) => {
                let interface = map.kind().holds_interfaces();
                // The entries as they are now: the body may change the map.
                let entries: Vec<(Key, Value)> = map
                    .entries()
                    .iter()
                    .map(|(key, value)| (key.clone(), value.clone()))
                    .collect();
                if let Err(message) = self.context.charge(subject.weight()) {
                    return self.error(message);
                }
                Box::new(
                    entries
                        .into_iter()
                        .map(move |(key, value)| (key.value(), Operated { value, interface })),
                )
            }
            other => {
                let other = self.shown(other);
                return self.error(format!("range can't iterate over {other}"));
            }
        };
        let mut ran = false;
        let mark = self.variables.len();
        for (index, element) in &mut elements {
            ran = true;
            self.step()?;
            self.bind(&branch.pipe, index, &element)?;
            let done = self.list(&element, &branch.body);
            self.variables.truncate(mark);
            match done {
                Ok(()) => {}
                Err(Stop::Break) => break,
                Err(Stop::Continue) => {}
                Err(error) => return Err(error),
            }
            self.depth = depth;
        }
        Ok(ran)
    }

    /// Gives a range's variables their values for one turn.
    fn bind(&mut self, pipe: &'s Pipe, index: Value, element: &Operated) -> Done<()> {
        // The pipeline left its variables on the top of the stack, in their order.
        match pipe.declared.as_slice() {
            [] => Ok(()),
            [one] if pipe.assigns => self.assign(one, element.clone()),
            [one, two] if pipe.assigns => {
                self.assign(one, Operated::plain(index))?;
                self.assign(two, element.clone())
            }
            [_] => {
                self.set_top(1, element.clone());
                Ok(())
            }
            _ => {
                self.set_top(2, Operated::plain(index));
                self.set_top(1, element.clone());
                Ok(())
            }
        }
    }

    fn set_top(&mut self, from_top: usize, value: Operated) {
        let slot = self.variables.len().checked_sub(from_top);
        if let Some(slot) = slot.and_then(|slot| self.variables.get_mut(slot)) {
            slot.1 = value;
        }
    }

    fn assign(&mut self, name: &str, value: Operated) -> Done<()> {
        match self.variables.iter_mut().rev().find(|slot| slot.0 == name) {
            Some(slot) => {
                slot.1 = value;
                Ok(())
            }
            None => self.error(format!("undefined variable: {name}")),
        }
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

    /// A field, a variable or a chain, and the fields behind it.
    pub(crate) fn fields(
        &mut self,
        dot: &Operated,
        arg: &'s Arg,
        given: Given<'s, '_>,
    ) -> Done<Operated> {
        let (mut receiver, names) = match &arg.what {
            Operand::Field(names) => (dot.clone(), names),
            Operand::Variable(name, names) => {
                let found = self.variables.iter().rev().find(|slot| slot.0 == *name);
                let Some((_, value)) = found else {
                    return self.error(format!("undefined variable: {name}"));
                };
                let value = value.clone();
                if names.is_empty() {
                    self.not_a_function(arg, given.args, given.last.is_some())?;
                    return Ok(value);
                }
                (value, names)
            }
            Operand::Chain(inner, names) => {
                let value = match &inner.what {
                    Operand::Pipe(pipe) => self.pipeline(dot, pipe)?,
                    Operand::Function(name) => {
                        let piece = Piece::Arg(inner);
                        Operated::plain(self.function(dot, inner, piece, name, &[], None)?)
                    }
                    _ => return self.error(format!("indirection through {inner}")),
                };
                (value, names)
            }
            _ => return self.error(format!("unexpected {arg}")),
        };
        for (index, name) in names.iter().enumerate() {
            self.step()?;
            let is_last = index + 1 == names.len();
            let given = if is_last { given } else { Given::NOTHING };
            receiver = self.field(dot, arg, receiver, name, given)?;
        }
        Ok(receiver)
    }

    fn field(
        &mut self,
        dot: &Operated,
        arg: &'s Arg,
        receiver: Operated,
        name: &str,
        given: Given<'s, '_>,
    ) -> Done<Operated> {
        let has_args = !given.args.is_empty() || given.last.is_some();
        if let Some(method) = methods::find(&receiver.value, name) {
            let got = given.args.len() + usize::from(given.last.is_some());
            let want = method.params.len();
            if got != want {
                return self.error(format!(
                    "wrong number of args for {name}: want {want} got {got}"
                ));
            }
            let last = given.last.cloned();
            let args = self.arguments(dot, method.params, given.args, last)?;
            self.at = Some(Piece::Arg(arg));
            let made = methods::call(&receiver.value, name, &args);
            return match made.and_then(|value| self.context.charged(value)) {
                Ok(value) => Ok(Operated::plain(value)),
                Err(message) => self.error(format!("error calling {name}: {message}")),
            };
        }
        let shown = crate::quote::quote(name);
        match &receiver.value {
            Value::Nil if receiver.interface => {
                return self.error(format!("nil pointer evaluating interface {{}}.{name}"));
            }
            Value::Nil => return self.error(format!("nil data; no entry for key {shown}")),
            Value::Map(map) => {
                let is_struct = matches!(map.kind(), MapType::Struct(_));
                let value = map.get_str(name);
                if has_args && (!is_struct || value.is_some()) {
                    return self.error(if is_struct {
                        format!("{name} has arguments but cannot be invoked as function")
                    } else {
                        format!("{name} is not a method but has arguments")
                    });
                }
                if let Some(value) = value {
                    let interface = map.kind().holds_interfaces();
                    return Ok(Operated { value, interface });
                }
                if !is_struct {
                    return self.error(format!("map has no entry for key {shown}"));
                }
                if let Some(value) = map.get_str(&format!("{name}()")) {
                    if has_args {
                        let got = given.args.len() + usize::from(given.last.is_some());
                        return self
                            .error(format!("wrong number of args for {name}: want 0 got {got}"));
                    }
                    return Ok(Operated::plain(value));
                }
            }
            _ => {}
        }
        let kind = receiver.type_name();
        self.error(format!("can't evaluate field {name} in type {kind}"))
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
