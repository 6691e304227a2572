//! Calls of functions: their arguments get the types that the functions want.

use crate::functions::{self, Kind, Param};
use crate::interpreter::{Done, Given, Interpreter, Operated};
use crate::time::Zone;
use crate::tree::{Arg, Operand, Piece};
use crate::types::MapType;
use crate::value::Value;
use crate::world::World;

/// How many bytes of its arguments a function looks at in one step.
const BYTES_A_STEP: u64 = 256;

/// What a function may use, and what of it is left.
pub(crate) struct Context<'w> {
    pub(crate) world: &'w World,
    steps: u64,
    memory: u64,
}

impl<'w> Context<'w> {
    pub(crate) fn new(world: &'w World) -> Context<'w> {
        Context {
            world,
            steps: world.limits.steps,
            memory: world.limits.memory,
        }
    }

    /// The zone of a name. Local is the world's.
    pub(crate) fn zone(&self, name: &str) -> Option<Zone> {
        match (&self.world.local_zone, name) {
            (Some(local), "Local") => Zone::named(local),
            _ => Zone::named(name),
        }
    }

    /// Counts one step.
    pub(crate) fn step(&mut self) -> Result<(), String> {
        self.steps_of(1)
    }

    /// Counts the steps of a function that loops.
    pub(crate) fn steps_of(&mut self, count: u64) -> Result<(), String> {
        match self.steps.checked_sub(count) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => Err(format!(
                "the template takes too long: its limit of steps is {}",
                self.world.limits.steps
            )),
        }
    }

    /// Counts the bytes of a value that was made.
    pub(crate) fn charge(&mut self, bytes: u64) -> Result<(), String> {
        self.reserve(bytes)?;
        self.memory = self.memory.saturating_sub(bytes);
        Ok(())
    }

    /// Counts a value that a function made.
    pub(crate) fn charged(&mut self, value: Value) -> Result<Value, String> {
        self.charge(value.weight())?;
        Ok(value)
    }

    /// Whether so many bytes may be made; asked before making what can be large.
    pub(crate) fn reserve(&self, bytes: u64) -> Result<(), String> {
        if bytes > self.memory {
            return Err(format!(
                "the template's values take more than {} bytes",
                self.world.limits.memory
            ));
        }
        Ok(())
    }

    /// How many bytes one text may have.
    pub(crate) fn room(&self) -> usize {
        usize::try_from(self.memory).unwrap_or(usize::MAX)
    }
}

impl<'s> Interpreter<'s, '_> {
    /// Calls a function. `whole` is what Go names when the function itself fails.
    pub(crate) fn function(
        &mut self,
        dot: &Operated,
        node: &'s Arg,
        whole: Piece<'s>,
        name: &str,
        args: &'s [Arg],
        last: Option<Value>,
    ) -> Done<Value> {
        self.at = Some(Piece::Arg(node));
        let Some(function) = functions::find(name) else {
            let name = crate::quote::quote(name);
            return self.error(format!("{name} is not a defined function"));
        };
        let count = args.len() + usize::from(last.is_some());
        let wanted = function.params.len();
        if function.variadic {
            let least = wanted.saturating_sub(1);
            if count < least {
                return self.error(format!(
                    "wrong number of args for {name}: want at least {least} got {}",
                    args.len()
                ));
            }
        } else if count != wanted {
            return self.error(format!(
                "wrong number of args for {name}: want {wanted} got {count}"
            ));
        }
        if matches!(function.kind, Kind::And | Kind::Or) {
            return self.and_or(dot, args, last, matches!(function.kind, Kind::And));
        }
        let values = self.arguments(dot, function.params, args, last)?;
        let Kind::Call(call) = function.kind else {
            return self.error(format!("{name} cannot be called"));
        };
        // What a function looks at is work: long texts are many steps.
        let weight: u64 = values.iter().map(Value::weight).sum();
        if let Err(message) = self
            .context
            .steps_of(1 + weight / BYTES_A_STEP + functions::pattern_steps(name, &values))
        {
            return self.error(message);
        }
        let made = call(&mut self.context, &values).and_then(|value| self.context.charged(value));
        match made {
            Ok(value) => Ok(value),
            Err(message) => {
                self.at = Some(whole);
                self.error(format!("error calling {name}: {message}"))
            }
        }
    }

    /// `and` gives its first false argument, `or` its first true one; what follows is not run.
    fn and_or(
        &mut self,
        dot: &Operated,
        args: &'s [Arg],
        last: Option<Value>,
        and: bool,
    ) -> Done<Value> {
        let mut value = Value::Nil;
        for arg in args {
            value = self.any(dot, arg)?;
            if value.truth() != and {
                return Ok(value);
            }
        }
        Ok(last.unwrap_or(value))
    }

    /// The arguments of the parameters' types: the last parameter repeats.
    pub(crate) fn arguments(
        &mut self,
        dot: &Operated,
        params: &[Param],
        args: &'s [Arg],
        last: Option<Value>,
    ) -> Done<Vec<Value>> {
        let param = |index: usize| {
            let param = params.get(index).or(params.last());
            param.copied().unwrap_or(Param::Any)
        };
        let mut values = Vec::with_capacity(args.len() + 1);
        for (index, arg) in args.iter().enumerate() {
            values.push(self.argument(dot, arg, param(index))?);
        }
        if let Some(last) = last {
            values.push(self.fit(Operated::plain(last), param(args.len()))?);
        }
        Ok(values)
    }

    /// An argument for a parameter of any type.
    pub(crate) fn any(&mut self, dot: &Operated, arg: &'s Arg) -> Done<Value> {
        self.argument(dot, arg, Param::Any)
    }

    fn argument(&mut self, dot: &Operated, arg: &'s Arg, param: Param) -> Done<Value> {
        self.step()?;
        self.at = Some(Piece::Arg(arg));
        let value = match &arg.what {
            Operand::Dot => dot.clone(),
            Operand::Nil => {
                if param.can_be_nil() {
                    return Ok(param.zero());
                }
                return self.error(format!("cannot assign nil to {}", param.name()));
            }
            Operand::Field(_) | Operand::Variable(..) | Operand::Chain(..) => {
                self.fields(dot, arg, Given::NOTHING)?
            }
            Operand::Pipe(pipe) => self.pipeline(dot, pipe)?,
            Operand::Function(name) => {
                Operated::plain(self.function(dot, arg, Piece::Arg(arg), name, &[], None)?)
            }
            Operand::Bool(_) | Operand::Number(..) | Operand::Str(..) => {
                return self.constant_argument(arg, param);
            }
        };
        self.fit(value, param)
    }

    /// A constant takes the parameter's type, if it can be written so.
    fn constant_argument(&mut self, arg: &'s Arg, param: Param) -> Done<Value> {
        let value = match (param, &arg.what) {
            (Param::Any, _) => return self.constant(arg),
            (Param::Bool, Operand::Bool(truth)) => Some(Value::Bool(*truth)),
            (Param::Str, Operand::Str(_, text)) => Some(Value::from(text.as_str())),
            (Param::Int, Operand::Number(_, number)) => number.int.map(Value::int),
            (Param::Float, Operand::Number(_, number)) => number.float.map(Value::Float),
            _ => None,
        };
        match value {
            Some(value) => Ok(value),
            None => self.error(match param.constant_name() {
                Some(name) => format!("expected {name}; found {arg}"),
                None => format!("can't handle {arg} for arg of type {}", param.name()),
            }),
        }
    }

    /// Whether a value has the parameter's type.
    fn fit(&mut self, value: Operated, param: Param) -> Done<Value> {
        if param.takes(&value.value) {
            return Ok(value.value);
        }
        if value.value.is_nil() && !value.interface {
            if param.can_be_nil() {
                return Ok(param.zero());
            }
            return self.error(format!("invalid value; expected {}", param.name()));
        }
        let got = match &value.value {
            Value::Nil => "interface {}",
            value => value.type_name(),
        };
        self.error(format!(
            "wrong type for value; expected {}; got {got}",
            param.name()
        ))
    }
}

impl Param {
    /// Go's name of the type.
    fn name(self) -> &'static str {
        match self {
            Param::Any => "interface {}",
            Param::Str => "string",
            Param::Int => "int",
            Param::Float => "float64",
            Param::Bool => "bool",
            Param::Map => MapType::StringAny.name(),
            Param::Time => "time.Time",
        }
    }

    /// What Go calls a constant of the type in an error.
    fn constant_name(self) -> Option<&'static str> {
        match self {
            Param::Str => Some("string"),
            Param::Int => Some("integer"),
            Param::Float => Some("float"),
            Param::Bool => Some("bool"),
            _ => None,
        }
    }

    fn takes(self, value: &Value) -> bool {
        match (self, value) {
            (Param::Any, _)
            | (Param::Str, Value::String(_))
            | (Param::Float, Value::Float(_))
            | (Param::Bool, Value::Bool(_))
            | (Param::Time, Value::Time(_)) => true,
            (Param::Int, Value::Int(_, kind)) => kind.name() == "int",
            (Param::Map, Value::Map(map)) => map.kind() == MapType::StringAny,
            _ => false,
        }
    }

    fn can_be_nil(self) -> bool {
        matches!(self, Param::Any | Param::Map)
    }

    /// What a nil is for the parameter.
    fn zero(self) -> Value {
        match self {
            Param::Map => Value::map::<crate::Key, _>([]),
            _ => Value::Nil,
        }
    }
}
