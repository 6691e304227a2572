//! Whether an element is as a query asks.

use super::path::Query;
use super::scan::{self, Kind};
use super::{float, glob};

/// What is asked about: none where the element has nothing at the query's path.
pub(super) fn is_met(query: &Query, found: Option<&[u8]>) -> bool {
    let (found, wanted): (Option<&[u8]>, &[u8]) = match query.value.strip_prefix(b"~") {
        Some(kind) => (as_truth(kind, found), b"true"),
        None => (found, &query.value),
    };
    let Some(found) = found else {
        return false;
    };
    let operator = query.operator;
    if operator.is_empty() {
        return true;
    }
    match Kind::of(found) {
        Kind::Text => {
            let text = scan::text(found);
            match operator {
                b"%" => glob::matches(&text, wanted),
                b"!%" => !glob::matches(&text, wanted),
                _ => compares(operator, &*text, wanted),
            }
        }
        Kind::Number => compares(operator, float(found), float(wanted)),
        Kind::True => match operator {
            b"=" => wanted == b"true",
            b"!=" => wanted != b"true",
            b">" => wanted == b"false",
            b">=" => true,
            _ => false,
        },
        Kind::False => match operator {
            b"=" => wanted == b"false",
            b"!=" => wanted != b"false",
            b"<" => wanted == b"true",
            b"<=" => true,
            _ => false,
        },
        Kind::Null | Kind::List | Kind::Map => false,
    }
}

fn compares<T: PartialOrd>(operator: &[u8], found: T, wanted: T) -> bool {
    match operator {
        b"=" => found == wanted,
        b"!=" => found != wanted,
        b"<" => found < wanted,
        b"<=" => found <= wanted,
        b">" => found > wanted,
        b">=" => found >= wanted,
        _ => false,
    }
}

/// `~true` and the like: what counts as such, as a truth. None for a word that is none.
fn as_truth(kind: &[u8], found: Option<&[u8]>) -> Option<&'static [u8]> {
    let is = match kind {
        b"*" => found.is_some(),
        b"null" => found.is_none_or(|found| Kind::of(found) == Kind::Null),
        b"true" => found.is_some_and(|found| truth(found) == Some(true)),
        b"false" => {
            found.is_none_or(|found| truth(found) == Some(false) || Kind::of(found) == Kind::Null)
        }
        _ => return None,
    };
    Some(if is { b"true" } else { b"false" })
}

fn truth(found: &[u8]) -> Option<bool> {
    match Kind::of(found) {
        Kind::True => Some(true),
        Kind::False => Some(false),
        Kind::Number => Some(float(found) != 0.0),
        Kind::Text => match scan::text(found).to_ascii_lowercase().as_slice() {
            b"1" | b"t" | b"true" => Some(true),
            b"0" | b"f" | b"false" => Some(false),
            _ => None,
        },
        Kind::Null | Kind::List | Kind::Map => None,
    }
}
