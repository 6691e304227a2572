//! What is expected of a value: parsed from a file once, then compared with what was measured.
//! One file a family of matchers; [`names::NAMES`] is the table of all that have a name.

mod convert;
mod equal;
pub(crate) mod gjson;
mod lists;
mod logic;
mod maps;
pub mod names;
mod numbers;
mod pairing;
pub mod patterns;
mod semver;
mod sizes;
mod texts;

use std::io::Read;

use crate::node::{Body, Node};
use crate::result::{Conversion, Finding, Shown};
use crate::value::{Value, quoted};

/// Deeper matchers than this are refused: all that walks a matcher is recursive.
const DEEPEST: usize = 200;

/// What is expected.
#[derive(Clone, Debug)]
pub struct Matcher {
    written: Value,
    test: Test,
}

/// A test of a value; those with parts are in files of their families.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    /// Equal, type by type.
    Equal(Value),
    /// Above, below or at a number.
    Number(numbers::Number),
    /// A text with a beginning, an end or a part.
    Text(texts::Text),
    /// A text in which a regular expression finds something.
    Regexp(texts::Regexp),
    /// A text, a list or a map of a size.
    Length(i64),
    /// A text, a list or a map without anything in it, or with something.
    Empty(bool),
    /// A text whose lines satisfy patterns.
    Patterns(patterns::Patterns),
    /// A map with a key.
    Key(Box<Test>),
    /// A list with an element.
    Element(Box<Test>),
    /// A list with an element for each, another for each.
    Elements(Vec<Test>),
    /// As `Elements`, with nothing left over.
    ConsistOf(Vec<Test>),
    /// Versions in a range.
    Semver(semver::Semver),
    /// Not this.
    Not(Box<Test>),
    /// All of these.
    And(Vec<Test>),
    /// One of these.
    Or(Vec<Test>),
    /// A value that is converted first.
    Converted(Conversion, Box<Test>),
}

/// What a test is asked about when a failure is described.
#[derive(Clone, Copy)]
pub(crate) enum Seen<'a> {
    /// A value.
    Value(&'a Value),
    /// Nothing, since a conversion ahead of it failed.
    Nothing,
}

impl Seen<'_> {
    fn shown(self) -> Option<Shown> {
        match self {
            Seen::Value(value) => Some(Shown::plain(value.for_report())),
            Seen::Nothing => None,
        }
    }
}

/// How a comparison came out.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Whether it is as expected.
    pub success: bool,
    /// What was compared.
    pub finding: Finding,
    /// Why it could not be compared; then it is no success.
    pub error: Option<String>,
    /// What else is worth saying of a failure.
    pub hint: Option<String>,
}

impl Matcher {
    /// Reads a matcher.
    ///
    /// # Errors
    /// In goss's words, "Syntax Error: " ahead of them.
    pub fn parse(node: &Node) -> Result<Matcher, String> {
        Ok(Matcher {
            test: parse(node, 0)?,
            written: node.any(),
        })
    }

    /// Compares.
    pub fn compare(self, actual: Value) -> Verdict {
        let (success, error) = match self.test.matches(&actual) {
            Ok(success) => (success, None),
            Err(why) => (false, Some(why)),
        };
        let finding = match success {
            true => Finding::met(actual.for_report(), self.written),
            false => self.test.finding(Seen::Value(&actual), false),
        };
        Verdict {
            success,
            finding,
            error,
            hint: None,
        }
    }
}

impl Finding {
    /// Of an expectation that was met.
    fn met(actual: Value, written: Value) -> Finding {
        Finding {
            actual: Some(Shown::plain(actual)),
            message: "matches expectation".to_string(),
            expected: Some(Shown::plain(written)),
            ..Finding::default()
        }
    }

    /// Of an expectation that was not.
    fn new(seen: Seen, negated: bool, message: &str, expected: Shown) -> Finding {
        let not = if negated { "not " } else { "" };
        Finding {
            actual: seen.shown(),
            message: format!("{not}{message}"),
            expected: Some(expected),
            ..Finding::default()
        }
    }
}

/// Reads a test: a bare value, a list, or a map with the name of a matcher.
fn parse(node: &Node, depth: usize) -> Result<Test, String> {
    if depth > DEEPEST {
        return Err("Syntax Error: Matchers are nested too deeply".to_string());
    }
    let converted = |conversion, test| Ok(Test::Converted(conversion, Box::new(test)));
    match &node.body {
        Body::List(items) => Ok(Test::Elements(parse_all(items, depth)?)),
        Body::Map(entries) => named(node, entries, depth),
        Body::Scalar(scalar) => match &scalar.value {
            Value::Null => Err("Syntax Error: Missing required attribute".to_string()),
            Value::Text(_) => converted(Conversion::ToString, Test::Equal(scalar.value.clone())),
            Value::Int(_) | Value::Float(_) => converted(
                Conversion::ToNumeric,
                numbers::test(numbers::Comparison::Equal, scalar.value.clone()),
            ),
            Value::Bool(_) => Ok(Test::Equal(scalar.value.clone())),
            _ => Err(invalid_argument("matcher", "map", node)),
        },
    }
}

fn parse_all(items: &[Node], depth: usize) -> Result<Vec<Test>, String> {
    let parse = |item| parse(item, depth + 1);
    items.iter().map(parse).collect()
}

fn named(node: &Node, entries: &[(Node, Node)], depth: usize) -> Result<Test, String> {
    let Value::Map(_) = node.any() else {
        return Err(invalid_argument("matcher", "map", node));
    };
    let (key, argument) = match entries {
        [(key, argument)] => (key, argument),
        [] => {
            return Err(
                "Syntax Error: Invalid matcher configuration. A map names the matcher, \
                 and this one is empty"
                    .to_string(),
            );
        }
        _ => {
            let names: Vec<Value> = entries.iter().map(|(key, _)| key.any()).collect();
            return Err(format!(
                "Syntax Error: Invalid matcher configuration. At a given nesting level, only one \
                 matcher is allowed. Found multiple matchers: {}",
                quoted::value(&Value::List(names))
            ));
        }
    };
    let name = key.any();
    let Value::Text(name) = &name else {
        return Err(invalid_argument("matcher", "map", node));
    };
    match names::NAMES
        .iter()
        .find(|row| row.name.as_bytes() == **name)
    {
        Some(row) => (row.parse)(argument, row, depth),
        None => Err(format!("Syntax Error: Unknown matcher: {name}")),
    }
}

fn invalid_argument(name: &str, wanted: &str, received: &Node) -> String {
    let received = received.any();
    format!(
        "Syntax Error: Invalid '{name}' argument. Expected {wanted} value, but received: {}: {}",
        received.go_type(),
        quoted::value(&received)
    )
}

impl Test {
    /// Whether a value is as expected.
    ///
    /// # Errors
    /// Why it cannot be compared, in goss's words.
    fn matches(&self, actual: &Value) -> Result<bool, String> {
        match self {
            Test::Equal(expected) => equal::matches(expected, actual),
            Test::Number(number) => number.matches(actual),
            Test::Text(text) => Ok(text.matches(actual)),
            Test::Regexp(regexp) => regexp.matches(actual),
            Test::Length(length) => sizes::matches(*length, actual),
            Test::Empty(wanted) => sizes::is_empty(actual).map(|is| is == *wanted),
            Test::Patterns(patterns) => patterns.matches(actual),
            Test::Key(key) => maps::matches(key, actual),
            Test::Element(test) => lists::element(test, actual),
            Test::Elements(tests) => lists::elements(tests, actual),
            Test::ConsistOf(tests) => lists::consist_of(tests, actual),
            Test::Semver(semver) => semver.matches(actual),
            Test::Not(test) => test.matches(actual).map(|success| !success),
            Test::And(tests) => logic::all(tests, actual),
            Test::Or(tests) => logic::any(tests, actual),
            Test::Converted(conversion, test) => {
                let converted = convert::apply(conversion, actual)?;
                test.matches(&converted)
            }
        }
    }

    /// What is to be said when a value is not as expected, or when, `negated`, it is.
    fn finding(&self, seen: Seen, negated: bool) -> Finding {
        let plain =
            |message, expected: Value| Finding::new(seen, negated, message, Shown::plain(expected));
        match self {
            Test::Equal(expected) => plain("to equal", expected.clone()),
            Test::Number(number) => plain(number.message(), number.bound.clone()),
            Test::Text(text) => plain(text.message(), text.part.clone().into()),
            Test::Regexp(regexp) => {
                plain("to match regular expression", regexp.source.clone().into())
            }
            Test::Length(length) => plain("to have length", Value::Int(*length)),
            Test::Empty(wanted) => plain("to be empty", Value::Bool(*wanted)),
            Test::Patterns(patterns) => patterns.finding(seen, negated),
            Test::Key(key) => {
                let expected = Shown::tree(key.tree());
                Finding::new(seen, negated, "to have key matching", expected)
            }
            Test::Element(test) => {
                let expected = Shown::tree(test.tree());
                Finding::new(seen, negated, "to contain element matching", expected)
            }
            Test::Elements(tests) => lists::elements_finding(tests, seen, negated),
            Test::ConsistOf(tests) => lists::consist_of_finding(tests, seen, negated),
            Test::Semver(semver) => {
                plain("to satisfy semver constraint", semver.source.clone().into())
            }
            Test::Not(test) => test.finding(seen, !negated),
            Test::And(tests) => logic::all_finding(tests, seen, negated),
            Test::Or(tests) => logic::any_finding(tests, seen, negated),
            Test::Converted(conversion, test) => convert::finding(conversion, test, seen, negated),
        }
    }

    /// The test as a value: its name and its argument, literals bare.
    fn tree(&self) -> Value {
        let map = |name: &str, argument| Value::Map([(name.into(), argument)].into());
        match self {
            Test::Equal(expected) => expected.clone(),
            Test::Number(number) => map(number.name(), number.bound.clone()),
            Test::Text(text) => map(text.name(), text.part.clone().into()),
            Test::Regexp(regexp) => map("match-regexp", regexp.source.clone().into()),
            Test::Length(length) => map("have-len", Value::Int(*length)),
            Test::Empty(wanted) => map("be-empty", Value::Bool(*wanted)),
            Test::Patterns(patterns) => map("have-patterns", patterns.written.clone()),
            Test::Key(key) => map("have-key", key.tree()),
            Test::Element(test) => map("contain-element", test.tree()),
            Test::Elements(tests) => map("contain-elements", trees(tests)),
            Test::ConsistOf(tests) => map("consist-of", trees(tests)),
            Test::Semver(semver) => map("semver-constraint", semver.source.clone().into()),
            Test::Not(test) => map("not", test.tree()),
            Test::And(tests) => match &tests[..] {
                [test] => test.tree(),
                _ => map("and", trees(tests)),
            },
            Test::Or(tests) => map("or", trees(tests)),
            Test::Converted(_, test) => test.tree(),
        }
    }
}

/// Compares a text that is read as it comes with a list of patterns, and stops reading once all
/// is decided.
pub fn compare_stream(list: &Node, placeholder: &str, text: &mut dyn Read) -> Verdict {
    patterns::Patterns::new(list.any()).compare_stream(placeholder, text)
}

/// A list of tests as a value; nothing for an empty one, as goss shows it.
fn trees(tests: &[Test]) -> Value {
    match tests {
        [] => Value::Null,
        _ => Value::List(tests.iter().map(Test::tree).collect()),
    }
}

#[cfg(test)]
mod tests;
