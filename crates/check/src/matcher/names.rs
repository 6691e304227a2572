//! The matchers that have a name: one table of all.

use crate::node::Node;
use crate::result::Conversion;
use crate::value::Value;

use super::numbers::Comparison;
use super::patterns::Patterns;
use super::{Test, invalid_argument, numbers, parse, parse_all, semver, texts};

/// A matcher that has a name.
pub struct Named {
    /// Its name in a file.
    pub name: &'static str,
    /// What it takes.
    pub argument: Argument,
    /// Whether it is ours: goss does not know it.
    pub extension: bool,
    /// What it wants, in words.
    pub about: &'static str,
    pub(super) parse: fn(&Node, &Named, usize) -> Result<Test, String>,
}

/// What a matcher takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// Any value.
    Any,
    /// A text.
    Text,
    /// A number.
    Number,
    /// True or false.
    Bool,
    /// A list of texts.
    Texts,
    /// A matcher or a bare value.
    Matcher,
    /// A matcher, a text or a number.
    Element,
    /// A list of matchers or bare values.
    Matchers,
    /// A map from paths to matchers.
    Paths,
}

impl Argument {
    /// Goss's word for it.
    fn word(self) -> &'static str {
        match self {
            Argument::Any => "any",
            Argument::Text => "string",
            Argument::Number => "numeric",
            Argument::Bool => "bool",
            Argument::Texts | Argument::Matchers => "array",
            Argument::Matcher => "matcher",
            Argument::Element => "matcher, string or numeric",
            Argument::Paths => "map",
        }
    }
}

const fn row(
    name: &'static str,
    argument: Argument,
    about: &'static str,
    parse: fn(&Node, &Named, usize) -> Result<Test, String>,
) -> Named {
    Named {
        name,
        argument,
        extension: false,
        about,
        parse,
    }
}

/// All of them.
pub const NAMES: &[Named] = &[
    row(
        "equal",
        Argument::Any,
        "the same value of the same type",
        |node, _, _| Ok(Test::Equal(node.any())),
    ),
    row(
        "have-prefix",
        Argument::Text,
        "a text that begins with it",
        |node, row, _| text_test(node, row, texts::Part::Prefix),
    ),
    row(
        "have-suffix",
        Argument::Text,
        "a text that ends with it",
        |node, row, _| text_test(node, row, texts::Part::Suffix),
    ),
    row(
        "contain-substring",
        Argument::Text,
        "a text that holds it",
        |node, row, _| text_test(node, row, texts::Part::Substring),
    ),
    row(
        "match-regexp",
        Argument::Text,
        "a text in which the regex finds something",
        |node, row, _| {
            let source = text(node, row)?;
            Ok(as_text(Test::Regexp(texts::Regexp::new(source))))
        },
    ),
    row(
        "have-len",
        Argument::Number,
        "so many bytes of a text, elements of a list, entries of a map",
        |node, row, _| {
            match node.any() {
                Value::Int(length) => Ok(Test::Length(length)),
                // The fraction is cut, as a conversion in Go does.
                Value::Float(length) => Ok(Test::Length(length as i64)),
                _ => Err(invalid(node, row)),
            }
        },
    ),
    row(
        "have-patterns",
        Argument::Texts,
        "a text whose lines meet these patterns",
        |node, row, _| {
            items(node, row)?;
            Ok(as_text(Test::Patterns(Patterns::new(node.any()))))
        },
    ),
    row(
        "have-key",
        Argument::Matcher,
        "a map with such a key",
        |node, _, depth| Ok(Test::Key(Box::new(parse(node, depth + 1)?))),
    ),
    row(
        "contain-element",
        Argument::Element,
        "a list, or a text by its lines, with such an element",
        |node, row, depth| {
            if !matches!(
                node.any(),
                Value::Text(_) | Value::Int(_) | Value::Float(_) | Value::Map(_)
            ) {
                return Err(invalid(node, row));
            }
            let test = Test::Element(Box::new(parse(node, depth + 1)?));
            Ok(Test::Converted(Conversion::ToArray, Box::new(test)))
        },
    ),
    row(
        "contain-elements",
        Argument::Matchers,
        "a list, or a text by its lines, with an element for each",
        |node, row, depth| {
            let Some(items) = node.items() else {
                // Goss misspells its own name, and that only here.
                return Err(invalid_argument(
                    "contains-elements",
                    row.argument.word(),
                    node,
                ));
            };
            let test = Test::Elements(parse_all(items, depth)?);
            Ok(Test::Converted(Conversion::ToArray, Box::new(test)))
        },
    ),
    row(
        "consist-of",
        Argument::Matchers,
        "a list with an element for each and no other",
        |node, row, depth| Ok(Test::ConsistOf(parse_all(items(node, row)?, depth)?)),
    ),
    row(
        "not",
        Argument::Matcher,
        "what the matcher does not want",
        |node, _, depth| Ok(Test::Not(Box::new(parse(node, depth + 1)?))),
    ),
    row(
        "and",
        Argument::Matchers,
        "what all of them want",
        |node, row, depth| Ok(Test::And(parse_all(items(node, row)?, depth)?)),
    ),
    row(
        "or",
        Argument::Matchers,
        "what any of them wants",
        |node, row, depth| Ok(Test::Or(parse_all(items(node, row)?, depth)?)),
    ),
    row("gt", Argument::Number, "a number above it", |node, _, _| {
        Ok(number(Comparison::Above, node))
    }),
    row(
        "ge",
        Argument::Number,
        "a number of at least it",
        |node, _, _| Ok(number(Comparison::AtLeast, node)),
    ),
    row("lt", Argument::Number, "a number below it", |node, _, _| {
        Ok(number(Comparison::Below, node))
    }),
    row(
        "le",
        Argument::Number,
        "a number of at most it",
        |node, _, _| Ok(number(Comparison::AtMost, node)),
    ),
    row(
        "semver-constraint",
        Argument::Text,
        "a version, or versions, within the range: `>=1.0.0 <2.0.0`",
        |node, row, _| Ok(Test::Semver(semver::Semver::new(text(node, row)?))),
    ),
    row(
        "gjson",
        Argument::Paths,
        "a JSON text in which each path has what its matcher wants",
        |node, row, depth| {
            let (Some(entries), Value::Map(_)) = (node.entries(), node.any()) else {
                return Err(invalid(node, row));
            };
            let tests = entries.iter().map(|(path, wanted)| {
                let path = match path.any() {
                    Value::Text(path) => path.to_string(),
                    _ => String::new(),
                };
                let test = parse(wanted, depth + 1)?;
                Ok(Test::Converted(Conversion::Gjson { path }, Box::new(test)))
            });
            Ok(Test::And(tests.collect::<Result<_, String>>()?))
        },
    ),
    Named {
        name: "be-empty",
        argument: Argument::Bool,
        extension: true,
        about: "nothing: no text, no element; with false something",
        parse: |node, row, _| match node.any() {
            Value::Bool(wanted) => Ok(Test::Empty(wanted)),
            _ => Err(invalid(node, row)),
        },
    },
];

fn invalid(node: &Node, row: &Named) -> String {
    invalid_argument(row.name, row.argument.word(), node)
}

fn text(node: &Node, row: &Named) -> Result<bstr::BString, String> {
    match node.any() {
        Value::Text(text) => Ok(text),
        _ => Err(invalid(node, row)),
    }
}

fn items<'a>(node: &'a Node, row: &Named) -> Result<&'a [Node], String> {
    node.items().ok_or_else(|| invalid(node, row))
}

fn as_text(test: Test) -> Test {
    Test::Converted(Conversion::ToString, Box::new(test))
}

fn text_test(node: &Node, row: &Named, kind: texts::Part) -> Result<Test, String> {
    let part = text(node, row)?;
    Ok(as_text(Test::Text(texts::Text { kind, part })))
}

/// A bound that is no number is found out only in the comparison, as goss does.
fn number(comparison: Comparison, node: &Node) -> Test {
    let test = numbers::test(comparison, node.any());
    Test::Converted(Conversion::ToNumeric, Box::new(test))
}
