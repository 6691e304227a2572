//! Paths into JSON documents, as github.com/tidwall/gjson has them: keys, indices, wildcards,
//! queries, modifiers, several paths at once. A part of a document is its bytes, and what a path
//! makes anew is bytes as well, so that both are read alike.

mod glob;
mod modifiers;
mod path;
mod query;
mod scan;
mod valid;
mod walk;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::value::{Value, number};

use scan::Kind;

/// More levels than this, in a document or a path, are refused: what walks them is recursive.
const DEEPEST: usize = 500;
/// What modifiers and several paths may make anew, all in all: they can double a document again
/// and again.
const MOST_MADE: usize = 64 << 20;

/// A part of a document; none where there is nothing at a path.
type Part<'a> = Option<Cow<'a, [u8]>>;

/// Why a path was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TooMuch {
    Depth,
    Size,
}

/// What a path may still use.
struct Budget {
    depth: usize,
    bytes: usize,
}

impl Budget {
    /// One level deeper in what `run` does.
    fn deeper<T>(
        &mut self,
        run: impl FnOnce(&mut Budget) -> Result<T, TooMuch>,
    ) -> Result<T, TooMuch> {
        self.depth = self.depth.checked_sub(1).ok_or(TooMuch::Depth)?;
        let done = run(self);
        self.depth += 1;
        done
    }

    fn make(&mut self, bytes: usize) -> Result<(), TooMuch> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or(TooMuch::Size)?;
        Ok(())
    }
}

/// What stands at a path.
///
/// # Errors
/// In goss's words: that it is no JSON, or that nothing is there.
pub(crate) fn get(json: &[u8], path: &[u8]) -> Result<Value, String> {
    if !valid::is_valid(json) {
        return Err("Invalid json".to_string());
    }
    let mut budget = Budget {
        depth: DEEPEST,
        bytes: MOST_MADE,
    };
    let found = walk::get(json, path, &mut budget).and_then(|part| match part {
        Some(part) => value(&part, &mut budget).map(Some),
        None => Ok(None),
    });
    match found {
        Ok(Some(value)) => Ok(value),
        Ok(None) => Err(format!("Path not found: {}", String::from_utf8_lossy(path))),
        Err(TooMuch::Depth) => Err(format!("more than {DEEPEST} levels")),
        Err(TooMuch::Size) => Err(format!("the path makes more than {MOST_MADE} bytes")),
    }
}

/// A part as a value. Of keys that are there twice, the first counts.
fn value(part: &[u8], budget: &mut Budget) -> Result<Value, TooMuch> {
    Ok(match Kind::of(part) {
        Kind::Null => Value::Null,
        Kind::False => Value::Bool(false),
        Kind::True => Value::Bool(true),
        Kind::Number => Value::Float(float(part)),
        Kind::Text => Value::text(scan::text(part).into_owned()),
        Kind::List => budget.deeper(|budget| {
            let items = scan::elements(part).map(|item| value(item, budget));
            Ok(Value::List(items.collect::<Result<_, _>>()?))
        })?,
        Kind::Map => budget.deeper(|budget| {
            let mut map = BTreeMap::new();
            for (key, item) in scan::members(part) {
                let key = scan::text(key).into_owned().into();
                if let std::collections::btree_map::Entry::Vacant(vacant) = map.entry(key) {
                    vacant.insert(value(item, budget)?);
                }
            }
            Ok(Value::Map(map))
        })?,
    })
}

/// A number; beyond what a float holds it is infinite, and what is none is zero.
fn float(text: &[u8]) -> f64 {
    match number::parse(text) {
        Ok(number) => number,
        Err(number::NotANumber::Range) if text.starts_with(b"-") => f64::NEG_INFINITY,
        Err(number::NotANumber::Range) => f64::INFINITY,
        Err(number::NotANumber::Syntax) => 0.0,
    }
}

#[cfg(test)]
mod tests;
