//! Fields of values, and the methods that some have.

use super::{Done, Given, Interpreter, Operated};
use crate::methods;
use crate::tree::{Arg, Operand, Piece};
use crate::types::MapType;
use crate::value::Value;

impl<'s> Interpreter<'s, '_> {
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
