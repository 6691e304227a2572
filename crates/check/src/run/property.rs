//! One resource: its properties in their order, and the rule by which the first closes the
//! gate to the rest.

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bstr::ByteSlice;

use super::Group;
use crate::matcher::patterns::Patterns;
use crate::matcher::{Matcher, Verdict};
use crate::node::{Body, Node, Scalar};
use crate::probe::{self, Probe, Reading, System};
use crate::resource::{Attribute, Form, Resource};
use crate::result::{Finding, Outcome, Subject, TestResult};
use crate::value::Value;

/// Measures and compares one resource.
pub(super) fn validate(resource: &Resource, system: &Arc<System>) -> Group {
    let subject = subject(resource);
    let mut probe = probe::of(resource, system);
    let mut skip = resource.skip;
    let mut group = Vec::new();
    for (at, (attribute, property)) in resource.kind.properties.iter().enumerate() {
        let Some((row, expected)) = expectation(resource, attribute) else {
            continue;
        };
        let started = SystemTime::now();
        let begun = Instant::now();
        let (outcome, verdict, closes) = if skip {
            (Outcome::Skip, Verdict::nothing(), false)
        } else {
            let spelled = expected.and_then(|node| match row.form {
                Form::Stream => as_texts(node),
                _ if row.spelled => spelled(resource, attribute, node),
                _ => None,
            });
            compare(spelled.as_ref().or(expected), probe.as_mut(), attribute)
        };
        if at == 0 && resource.kind.gated {
            skip |= closes;
        }
        group.push(TestResult {
            subject: Arc::clone(&subject),
            property,
            place: expected.map(|node| node.place.clone()),
            outcome,
            finding: verdict.finding,
            error: match system.strict {
                true => verdict.error.as_deref().map(crate::plain::comparison),
                false => verdict.error,
            },
            hint: verdict.hint,
            started,
            took: begun.elapsed(),
        });
    }
    group
}

/// All properties of a resource that is not looked at, with the reason.
pub(super) fn skipped(resource: &Resource, why: &str) -> Group {
    let subject = subject(resource);
    let named = resource.kind.properties.iter();
    let expected = named.filter_map(|named| Some((named.1, expectation(resource, named.0)?.1)));
    let results = expected.map(|(property, expected)| TestResult {
        subject: Arc::clone(&subject),
        property,
        place: expected.map(|node| node.place.clone()),
        outcome: Outcome::Skip,
        finding: Finding::default(),
        error: None,
        hint: Some(why.to_string()),
        started: SystemTime::now(),
        took: Duration::ZERO,
    });
    results.collect()
}

fn subject(resource: &Resource) -> Arc<Subject> {
    Arc::new(Subject {
        kind: resource.kind,
        id: resource.id(),
        title: resource.title.clone(),
        meta: resource.meta.clone(),
    })
}

/// The row of a property, and what is expected of it: none where nothing is, and a none within
/// where something must be and is not.
fn expectation<'a>(
    resource: &'a Resource,
    attribute: &str,
) -> Option<(&'static Attribute, Option<&'a Node>)> {
    let row = resource
        .kind
        .attributes
        .iter()
        .find(|row| row.name == attribute)?;
    let given = resource.given(attribute);
    match row.form {
        Form::Matcher { required: true } => Some((row, given)),
        // Nothing is asserted by an empty list.
        Form::Stream if given?.items().is_some_and(<[Node]>::is_empty) => None,
        _ => given.map(|node| (row, Some(node))),
    }
}

/// The number that a text spells, for an attribute that takes one so; it is said that it should
/// not, as goss says it.
fn spelled(resource: &Resource, attribute: &str, node: &Node) -> Option<Node> {
    let kind = resource.kind;
    let Body::Scalar(scalar) = &node.body else {
        return None;
    };
    let Value::Text(text) = &scalar.value else {
        return None;
    };
    let number: i64 = text.to_str().ok()?.parse().ok()?;
    let named = match kind.section {
        // Goss names a user by this attribute alone.
        "user" => resource.text("username"),
        _ => resource.id(),
    };
    eprintln!(
        "DEPRECATION WARNING: {named}: {}.{attribute} should be an integer not a string",
        kind.section
    );
    Some(Node {
        place: node.place.clone(),
        body: Body::Scalar(Scalar {
            value: Value::Int(number),
            plain: true,
            ..scalar.clone()
        }),
    })
}

/// Patterns of which some are no texts, as texts: goss v0.3 read them so, and files of that time
/// hold `- 1993`. The loader has warned of it, or has refused it.
fn as_texts(node: &Node) -> Option<Node> {
    let is_odd = |item: &Node| match &item.body {
        Body::Scalar(scalar) => !matches!(scalar.value, Value::Text(_) | Value::Null),
        Body::List(_) | Body::Map(_) => false,
    };
    let items = node.items().filter(|items| items.iter().any(is_odd))?;
    let spelled = items.iter().map(|item| match &item.body {
        Body::Scalar(scalar) if is_odd(item) => Node {
            place: item.place.clone(),
            body: Body::Scalar(Scalar {
                value: Value::from(scalar.text.as_str()),
                ..scalar.clone()
            }),
        },
        _ => item.clone(),
    });
    Some(Node {
        place: node.place.clone(),
        body: Body::List(spelled.collect()),
    })
}

/// Measures, compares, and says whether the gate closes: what follows is not looked at.
fn compare(
    expected: Option<&Node>,
    probe: &mut dyn Probe,
    attribute: &str,
) -> (Outcome, Verdict, bool) {
    let Some(expected) = expected else {
        let why = "Syntax Error: Missing required attribute".to_string();
        return (Outcome::Fail, Verdict::error(why), true);
    };
    let reading = probe.read(attribute);
    let is_false = matches!(reading, Reading::Value(Value::Bool(false)));
    let verdict = verdict(expected, reading).unwrap_or_else(Verdict::error);
    let outcome = match verdict.success {
        true => Outcome::Pass,
        false => Outcome::Fail,
    };
    (outcome, verdict, is_false || outcome == Outcome::Fail)
}

fn verdict(expected: &Node, reading: Reading) -> Result<Verdict, String> {
    match reading {
        Reading::Error(why) => Err(why),
        Reading::Value(actual) => Ok(Matcher::parse(expected)?.compare(actual)),
        Reading::Stream(mut stream) => {
            let placeholder = stream.placeholder();
            let mut text = stream.open().map_err(|error| error.to_string())?;
            if expected.items().is_some() {
                let patterns = Patterns::new(expected.any());
                let mut verdict = patterns.compare_stream(placeholder, &mut *text);
                if let (false, Ok(mut again)) = (verdict.success, stream.open()) {
                    verdict.hint = patterns.hint(&verdict, &mut *again);
                }
                return Ok(verdict);
            }
            let matcher = Matcher::parse(expected)?;
            Ok(matcher.compare(read_all(&mut *text)?))
        }
    }
}

/// A longer text is not read into memory.
const LONGEST: u64 = 32 << 20;

fn read_all(text: &mut dyn Read) -> Result<Value, String> {
    let mut bytes = Vec::new();
    text.take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    match bytes.len() as u64 > LONGEST {
        true => Err(format!(
            "a text of more than {} MiB can only be compared with a list of patterns",
            LONGEST >> 20
        )),
        false => Ok(Value::text(bytes)),
    }
}

impl Verdict {
    /// Of what was not compared.
    pub fn nothing() -> Verdict {
        Verdict {
            success: false,
            finding: Finding::default(),
            error: None,
            hint: None,
        }
    }

    /// Of what could not be compared.
    pub fn error(why: String) -> Verdict {
        Verdict {
            error: Some(why),
            ..Verdict::nothing()
        }
    }
}
