//! Expectations that can never be met, or that say less than they seem to.

use super::Told;
use crate::matcher::Matcher;
use crate::matcher::names::NAMES;
use crate::near::nearest;
use crate::node::{Body, Node, Scalar};
use crate::problem::Problem;
use crate::resource::Kind;
use crate::value::Value;

/// What properties can be, where that is known ahead: each with its section, or none for all.
const DOMAINS: &[(Option<&str>, &str, Domain)] = &[
    (None, "exists", Domain::Truth),
    (None, "installed", Domain::Truth),
    (None, "listening", Domain::Truth),
    (None, "reachable", Domain::Truth),
    (None, "resolvable", Domain::Truth),
    (None, "enabled", Domain::Truth),
    (None, "running", Domain::Truth),
    (Some("file"), "mode", Domain::Mode),
    (Some("file"), "filetype", Domain::OneOf(FILE_TYPES)),
    (Some("file"), "md5", Domain::Hex(32)),
    (Some("file"), "sha256", Domain::Hex(64)),
    (Some("file"), "sha512", Domain::Hex(128)),
];

const FILE_TYPES: &[&str] = &[
    "file",
    "directory",
    "symlink",
    "socket",
    "pipe",
    "character-device",
    "block-device",
];

/// What a property can be.
#[derive(Clone, Copy)]
enum Domain {
    /// True or false.
    Truth,
    /// Four octal digits.
    Mode,
    /// One of some words.
    OneOf(&'static [&'static str]),
    /// So many hexadecimal digits, small letters.
    Hex(usize),
}

/// An expectation of a value.
pub(super) fn of_value(kind: &Kind, attribute: &str, node: &Node, told: &mut Told) {
    syntax(node, told);
    let row = DOMAINS.iter().find(|(section, name, _)| {
        *name == attribute && section.is_none_or(|section| section == kind.section)
    });
    if let Some((_, _, domain)) = row {
        literals(node, &mut |literal, scalar| {
            if let Some((what, remedy)) = domain.refuses(scalar) {
                let what = format!("`{attribute}: {}` {what}", scalar.text);
                told.mistakes
                    .push(Problem::at(&literal.place, what).remedy(remedy));
            }
        });
    }
}

/// An expectation of a text that is read line by line.
pub(super) fn of_stream(node: &Node, told: &mut Told) {
    match node.items() {
        Some(items) => items.iter().for_each(|item| pattern(item, told)),
        None => syntax(node, told),
    }
}

/// What is no matcher.
fn syntax(node: &Node, told: &mut Told) {
    if let Some(empty) = empty_map(node) {
        let problem = Problem::at(&empty.place, "a matcher without a name");
        told.mistakes
            .push(problem.remedy("write one such as `{have-len: 3}`"));
        return;
    }
    no_expression(node, told);
    if let Err(why) = Matcher::parse(node) {
        let problem = Problem::at(&node.place, crate::plain::matcher(&why));
        let unknown = why.rsplit_once("Unknown matcher: ");
        let near = unknown.and_then(|(_, word)| {
            let names: Vec<&str> = NAMES.iter().map(|row| row.name).collect();
            nearest(word, &names)
        });
        told.mistakes.push(match near {
            Some(near) => problem.remedy(format!("did you mean `{near}`?")),
            None if unknown.is_some() => {
                let names: Vec<&str> = NAMES.iter().map(|row| row.name).collect();
                problem.remedy(format!("there are: {}", names.join(", ")))
            }
            None if why.contains("multiple matchers") => {
                problem.remedy("join them: `and: [{gt: 1}, {lt: 5}]`")
            }
            None => problem,
        });
    }
}

/// Regular expressions that are none, wherever an expectation has one.
fn no_expression(node: &Node, told: &mut Told) {
    match &node.body {
        Body::Scalar(_) => {}
        Body::List(items) => items.iter().for_each(|item| no_expression(item, told)),
        Body::Map(entries) => {
            for (name, argument) in entries {
                match (name.to_text().as_deref(), &argument.body) {
                    // It fails alone, and the rest is measured: `lint` tells it ahead.
                    (Ok("match-regexp"), Body::Scalar(scalar)) => {
                        told.doubts.extend(expression(argument, &scalar.text));
                    }
                    // What is compared as it stands.
                    (Ok("equal"), _) => {}
                    _ => no_expression(argument, told),
                }
            }
        }
    }
}

/// Why a regular expression is none. As it will be read: Go's rules are not those of the library.
fn expression(node: &Node, source: &str) -> Option<Problem> {
    let why = goregex::compile(source.as_bytes(), goregex::Lines::Many).err()?;
    let what = format!("`{source}` is no regular expression: {why}");
    Some(Problem::at(&node.place, what))
}

/// The first empty map of an expectation: goss ends with a stack trace there. A map that is
/// compared, or whose paths are looked at, may be empty.
fn empty_map(node: &Node) -> Option<&Node> {
    match &node.body {
        Body::Scalar(_) => None,
        Body::List(items) => items.iter().find_map(empty_map),
        Body::Map(entries) if entries.is_empty() => Some(node),
        Body::Map(entries) => entries
            .iter()
            .filter(|(name, _)| !matches!(name.to_text().as_deref(), Ok("equal" | "gjson")))
            .find_map(|(_, argument)| empty_map(argument)),
    }
}

/// All literals that a value is compared with: bare ones, also below what joins expectations.
fn literals(node: &Node, take: &mut impl FnMut(&Node, &Scalar)) {
    match &node.body {
        Body::Scalar(scalar) => take(node, scalar),
        Body::List(_) => {}
        Body::Map(entries) => {
            for (name, argument) in entries {
                match name.to_text().as_deref() {
                    Ok("equal" | "not") => literals(argument, take),
                    Ok("and" | "or") => {
                        let items = argument.items().unwrap_or_default();
                        items.iter().for_each(|item| literals(item, take));
                    }
                    _ => {}
                }
            }
        }
    }
}

impl Domain {
    /// Why a literal is never met, and what to do.
    fn refuses(self, literal: &Scalar) -> Option<(String, String)> {
        let text = literal.text.as_str();
        match self {
            Domain::Truth => {
                let is_truth = match &literal.value {
                    Value::Bool(_) => true,
                    Value::Text(_) => text == "true" || text == "false",
                    _ => false,
                };
                (!is_truth).then(|| {
                    let what = "is never so: it is measured as true or false".to_string();
                    (what, "write true or false".to_string())
                })
            }
            Domain::Mode => match &literal.value {
                Value::Int(number) if !literal.json && is_octal(text) => {
                    let what = format!("is the number {number}, not a mode");
                    let digits = text.trim_start_matches(['0', 'o', 'O']);
                    Some((what, format!("write \"{digits:0>4}\"")))
                }
                Value::Text(_) if text.len() != 4 && octal_digits(text) => {
                    let what = "is never so: a mode has four digits".to_string();
                    let digits = text.trim_start_matches('0');
                    let remedy = match digits.len() {
                        ..=4 => format!("write \"{digits:0>4}\""),
                        _ => String::new(),
                    };
                    Some((what, remedy))
                }
                _ => None,
            },
            Domain::OneOf(words) => {
                let known = matches!(&literal.value, Value::Text(_)) && words.contains(&text);
                (!known).then(|| {
                    let remedy = match nearest(text, words) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("it is one of: {}", words.join(", ")),
                    };
                    ("is never so".to_string(), remedy)
                })
            }
            Domain::Hex(length) => {
                let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
                let fits = text.len() == length && text.bytes().all(is_hex);
                // All digits are a number, which is compared as one.
                (!fits && matches!(&literal.value, Value::Text(_))).then(|| {
                    let what = format!("is never so: it has {length} digits, 0 to 9 and a to f");
                    (what, String::new())
                })
            }
        }
    }
}

/// Whether a number was written as people write modes.
fn is_octal(text: &str) -> bool {
    let digits = text.strip_prefix("0o").or_else(|| text.strip_prefix("0O"));
    match digits.or_else(|| text.strip_prefix('0')) {
        Some(digits) => octal_digits(digits),
        None => false,
    }
}

fn octal_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| (b'0'..=b'7').contains(&byte))
}

/// A pattern of a line.
fn pattern(item: &Node, told: &mut Told) {
    let Body::Scalar(scalar) = &item.body else {
        let what = "a pattern is a text; matchers stand in no list here";
        told.mistakes.push(Problem::at(&item.place, what));
        return;
    };
    let text = scalar.text.as_str();
    if !matches!(scalar.value, Value::Text(_)) {
        let what = format!("a pattern is a text, and `{text}` is none");
        let problem = Problem::at(&item.place, what);
        told.mistakes
            .push(problem.remedy(format!("write \"{text}\"")));
        return;
    }
    if text.is_empty() && scalar.plain {
        // Nothing would be null: something with a `!` ahead is a tag to YAML.
        let problem = Problem::at(&item.place, "without quotes, `!` begins a tag of YAML");
        told.mistakes
            .push(problem.remedy("put the pattern in quotes: \"!text\""));
        return;
    }
    let positive = text.strip_prefix('!').unwrap_or(text);
    let inner = positive
        .strip_prefix('/')
        .and_then(|rest| rest.strip_suffix('/'));
    if positive == "/" {
        let problem = Problem::at(&item.place, format!("`{text}` is no pattern"));
        told.mistakes
            .push(problem.remedy("a slash alone is written `/[/]/`"));
    } else if let Some(source) = inner {
        told.mistakes.extend(expression(item, source));
    } else if text.contains('\n') {
        let what = "a pattern is sought in each line, and this one has several";
        told.mistakes.push(Problem::at(&item.place, what));
    } else if flagged(positive) {
        let what = format!("`{text}` is sought as it stands, without its first slash");
        let remedy = "flags stand inside: `/(?i)words/`";
        told.doubts
            .push(Problem::at(&item.place, what).remedy(remedy));
    } else if positive.starts_with('/') && positive.contains(EXPRESSIVE) {
        let what = format!("`{text}` is sought without its first slash");
        let remedy = "a regular expression ends with a slash: `/[/]etc[/]x/`";
        told.doubts
            .push(Problem::at(&item.place, what).remedy(remedy));
    }
}

/// Marks that paths seldom have and regular expressions often.
const EXPRESSIVE: [char; 10] = ['\\', '[', '(', '|', '*', '+', '?', '^', '$', '{'];

/// Whether it looks like a regular expression with flags behind it: `/words/i`.
fn flagged(text: &str) -> bool {
    let Some((inner, flags)) = text
        .strip_prefix('/')
        .and_then(|rest| rest.rsplit_once('/'))
    else {
        return false;
    };
    let is_flag = |byte: u8| b"imsUx".contains(&byte);
    !inner.is_empty() && !flags.is_empty() && flags.bytes().all(is_flag)
}
