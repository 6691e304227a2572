//! Values in reports: JSON in a line.

use crate::result::{Conversion, Shown};
use crate::value::Value;
use crate::value::json::{self, Style};

/// A value as result texts show it; the reason where JSON has no such value.
pub(super) fn shown(shown: Option<&Shown>) -> Vec<u8> {
    encode(shown, Style::default()).unwrap_or_else(|why| why.into_bytes())
}

/// A value, or nothing, as JSON.
///
/// # Errors
/// In Go's words, where JSON has no such value.
pub(super) fn encode(shown: Option<&Shown>, style: Style) -> Result<Vec<u8>, String> {
    let Some(Shown { value, tree }) = shown else {
        return Ok(b"null".to_vec());
    };
    if !tree {
        return json::encode(value, style);
    }
    let failed =
        |why| format!("json: error calling MarshalJSON for type matchers.GossMatcher: {why}");
    match value {
        Value::List(items) => {
            let mut out = vec![b'['];
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                json::write(item, inner(item, style), &mut out).map_err(failed)?;
            }
            out.push(b']');
            Ok(out)
        }
        _ => json::encode(value, inner(value, style)),
    }
}

/// Matchers encode themselves and escape `<`, `>` and `&` then, except for a constraint on
/// versions that stands in no other.
fn inner(value: &Value, style: Style) -> Style {
    let bare = match value {
        Value::Map(entries) => entries.contains_key(b"semver-constraint".as_slice()),
        _ => false,
    };
    Style {
        html: style.html || !bare,
        ..style
    }
}

/// A chain of conversions as a list; nothing for an empty one.
pub(super) fn chain(chain: &[Conversion]) -> Option<Shown> {
    let map = |name: &str, inner| Value::Map([(name.into(), Value::Map(inner))].into());
    let items = chain.iter().map(|conversion| match conversion {
        Conversion::ToString => map("to-string", [].into()),
        Conversion::ToNumeric => map("to-numeric", [].into()),
        Conversion::ToArray => map("to-array", [].into()),
        Conversion::Gjson { path } => map(
            "gjson",
            [("Path".into(), Value::from(path.as_str()))].into(),
        ),
    });
    match chain.is_empty() {
        true => None,
        false => Some(Shown::tree(Value::List(items.collect()))),
    }
}
