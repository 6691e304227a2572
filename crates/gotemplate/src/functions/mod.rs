//! The functions that a template can call: one table a family, and one list of the tables.
//!
//! Where two families had a function of the same name, the one that goss uses is listed:
//! Sprig's `slice` and not Go's, goss's `regexMatch` and not Sprig's.

mod builtins;
mod constraint;
mod dates;
mod decimal;
mod defaults;
mod dicts;
mod encoding;
mod flow;
mod goss;
mod hashes;
mod lists;
mod numbers;
mod paths;
mod random;
mod reflection;
mod regexes;
mod semver;
mod strings;
mod unsupported;
mod urls;
mod words;

pub use semver::Version;

use crate::call::Context;
use crate::value::Value;

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Param {
    Any,
    Str,
    Int,
    Float,
    Bool,
    Map,
    Time,
}

/// How a function is run.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// With all its arguments; the error is the message.
    Call(fn(&mut Context<'_>, &[Value]) -> Result<Value, String>),
    /// The interpreter stops at the first false argument.
    And,
    /// The interpreter stops at the first true argument.
    Or,
}

/// A function.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) params: &'static [Param],
    /// Whether the last parameter repeats.
    pub(crate) variadic: bool,
    pub(crate) kind: Kind,
}

type Call = fn(&mut Context<'_>, &[Value]) -> Result<Value, String>;

/// A function with as many arguments as parameters.
const fn fixed(name: &'static str, params: &'static [Param], call: Call) -> Function {
    Function {
        name,
        params,
        variadic: false,
        kind: Kind::Call(call),
    }
}

/// A function whose last parameter repeats, also never.
const fn variadic(name: &'static str, params: &'static [Param], call: Call) -> Function {
    Function {
        name,
        params,
        variadic: true,
        kind: Kind::Call(call),
    }
}

/// Every family.
const FAMILIES: &[&[Function]] = &[
    builtins::FUNCTIONS,
    dates::FUNCTIONS,
    defaults::FUNCTIONS,
    dicts::FUNCTIONS,
    encoding::FUNCTIONS,
    flow::FUNCTIONS,
    goss::FUNCTIONS,
    hashes::FUNCTIONS,
    lists::FUNCTIONS,
    numbers::FUNCTIONS,
    paths::FUNCTIONS,
    random::FUNCTIONS,
    reflection::FUNCTIONS,
    regexes::FUNCTIONS,
    semver::FUNCTIONS,
    strings::FUNCTIONS,
    unsupported::FUNCTIONS,
    urls::FUNCTIONS,
    words::FUNCTIONS,
];

/// The function of a name.
pub(crate) fn find(name: &str) -> Option<&'static Function> {
    FAMILIES.iter().find_map(|family| {
        let index = family.binary_search_by(|f| f.name.cmp(name)).ok()?;
        family.get(index)
    })
}

/// The names of all functions, family by family.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    FAMILIES
        .iter()
        .flat_map(|family| family.iter())
        .map(|f| f.name)
}

/// The steps that compiling a function's pattern takes, which depend on the pattern and not
/// on the text: a repetition by number is written out.
pub(crate) fn pattern_steps(name: &str, args: &[Value]) -> u64 {
    let has_pattern = name.to_ascii_lowercase().contains("regex") || name == "findStringSubmatch";
    if !has_pattern {
        return 0;
    }
    let pattern = text(args, 0);
    let large = pattern.contains('{') || pattern.contains("\\p") || pattern.contains("\\P");
    let each = if large { 500 } else { 5 };
    (pattern.len() as u64 + 10).saturating_mul(each)
}

/// The text of an argument that the table says is one.
fn text(args: &[Value], index: usize) -> &str {
    args.get(index).and_then(Value::as_str).unwrap_or("")
}

/// The number of an argument that the table says is one.
fn int(args: &[Value], index: usize) -> i64 {
    match args.get(index) {
        Some(Value::Int(number, _)) => *number,
        _ => 0,
    }
}

/// An argument, nil where it is missing.
fn any(args: &[Value], index: usize) -> &Value {
    args.get(index).unwrap_or(&Value::Nil)
}

/// Sprig's text of any value.
fn strval(context: &Context<'_>, value: &Value) -> Result<String, String> {
    crate::print::display(value, context.room()).map_err(|error| error.to_string())
}

/// A count as an int.
fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_each_family_is_sorted() {
        for family in FAMILIES {
            for pair in family.windows(2) {
                assert!(
                    pair[0].name < pair[1].name,
                    "{} {}",
                    pair[0].name,
                    pair[1].name
                );
            }
        }
        let mut all: Vec<_> = names().collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count, "a name stands in two families");
        assert!(all.iter().all(|name| find(name).is_some()));
    }

    #[test]
    fn a_variadic_function_has_a_parameter_to_repeat() {
        let families = FAMILIES.iter().flat_map(|family| family.iter());
        assert!(
            families
                .filter(|f| f.variadic)
                .all(|f| !f.params.is_empty())
        );
    }
}
