//! Conversions of a value ahead of its comparison.

use std::borrow::Cow;

use bstr::ByteSlice;

use crate::result::{Conversion, Finding, Shown};
use crate::value::{Value, go, number, object, quoted};

use super::{Seen, Test, gjson};

/// How many bytes of a text that is no number are shown.
const MOST_QUOTED: usize = 64 << 10;
/// A text of more lines takes too much memory as a list.
const MOST_LINES: usize = 1_000_000;

/// Converts; borrowed where nothing changes.
///
/// # Errors
/// In goss's words.
pub(super) fn apply<'a>(
    conversion: &Conversion,
    actual: &'a Value,
) -> Result<Cow<'a, Value>, String> {
    match conversion {
        Conversion::ToString => Ok(match actual {
            Value::Text(_) => Cow::Borrowed(actual),
            _ => Cow::Owned(Value::Text(go::to_text(actual))),
        }),
        Conversion::ToNumeric => to_numeric(actual),
        Conversion::ToArray => Ok(match actual {
            Value::Text(text) if memchr::memchr_iter(b'\n', text).count() > MOST_LINES => {
                return Err(format!("a text of more than {MOST_LINES} lines is no list"));
            }
            Value::Text(text) => {
                let lines = text.split_str("\n").map(Into::into).collect();
                Cow::Owned(Value::Texts(lines))
            }
            _ => Cow::Borrowed(actual),
        }),
        Conversion::Gjson { path } => {
            let failed = |why: String| {
                let path = quoted::text(path.as_bytes());
                format!("matchers.Gjson{{Path:{path}}}: {why}")
            };
            let Value::Text(text) = actual else {
                let shown = object::shown(actual);
                return Err(failed(format!("Expected string, Got:{shown}")));
            };
            gjson::get(text, path.as_bytes())
                .map(Cow::Owned)
                .map_err(failed)
        }
    }
}

fn to_numeric(actual: &Value) -> Result<Cow<'_, Value>, String> {
    let text = match actual {
        Value::Int(_) | Value::Float(_) => return Ok(Cow::Borrowed(actual)),
        Value::Text(_) | Value::Texts(_) => go::to_text(actual),
        _ => {
            let shown = object::shown(actual);
            return Err(format!(
                "matchers.ToNumeric{{}}: Expected numeric, Got:{shown}"
            ));
        }
    };
    let text = text.trim_with(char::is_whitespace);
    match number::parse(text) {
        Ok(number) => Ok(Cow::Owned(Value::Float(number))),
        Err(why) => Err(format!(
            "matchers.ToNumeric{{}}: strconv.ParseFloat: parsing {}: {why}",
            quoted::text(text.get(..MOST_QUOTED).unwrap_or(text))
        )),
    }
}

/// What stands for a text that is no number: zero, or without an end where it is beyond a float.
fn beyond(actual: &Value) -> f64 {
    let text = go::to_text(actual);
    let text = text.trim_with(char::is_whitespace);
    match (number::parse(text), text.first()) {
        (Err(number::NotANumber::Range), Some(b'-')) => f64::NEG_INFINITY,
        (Err(number::NotANumber::Range), _) => f64::INFINITY,
        _ => 0.0,
    }
}

/// What the test has to say of the converted value; the chain of conversions is said by the first
/// of those that follow each other directly.
pub(super) fn finding(conversion: &Conversion, test: &Test, seen: Seen, negated: bool) -> Finding {
    let Seen::Value(actual) = seen else {
        return Finding {
            untransformed: None,
            ..test.finding(seen, negated)
        };
    };
    let converted = apply(conversion, actual);
    let changed = match &converted {
        Ok(Cow::Borrowed(value)) => {
            // A number that is none never equals itself.
            matches!(value, Value::Float(number) if number.is_nan())
        }
        Ok(Cow::Owned(value)) => value != actual,
        // What stands for it then is nothing.
        Err(_) => !matches!(actual, Value::Null) || *conversion == Conversion::ToNumeric,
    };
    let zero = Value::Float(beyond(actual));
    let inner = match (&converted, conversion) {
        (Ok(value), _) => Seen::Value(value),
        (Err(_), Conversion::ToNumeric) => Seen::Value(&zero),
        (Err(_), _) => Seen::Nothing,
    };
    let mut finding = test.finding(inner, negated);
    let mut chain = Vec::new();
    if changed {
        chain.push(conversion.clone());
    }
    if let Test::Converted(..) = test {
        chain.append(&mut finding.chain);
    }
    finding.chain = chain;
    finding.untransformed = Some(Shown::plain(actual.for_report()));
    finding
}
