//! range, and the variables that it sets.

use super::{Done, Interpreter, Operated, Stop};
use crate::tree::{Branch, Pipe};
use crate::types::{ListType, MapType};
use crate::value::{Key, Value};
use std::rc::Rc;

impl<'s> Interpreter<'s, '_> {
    pub(super) fn range(&mut self, dot: &Operated, branch: &'s Branch<'s>) -> Done<()> {
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
                let interface = list.kind() == ListType::Any;
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

    pub(super) fn assign(&mut self, name: &str, value: Operated) -> Done<()> {
        match self.variables.iter_mut().rev().find(|slot| slot.0 == name) {
            Some(slot) => {
                slot.1 = value;
                Ok(())
            }
            None => self.error(format!("undefined variable: {name}")),
        }
    }
}
