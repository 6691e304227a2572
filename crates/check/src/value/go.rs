//! Go's `%v`: what conversions to text, titles' meta lines and templates show.

use std::cmp::Ordering;

use bstr::{BString, ByteVec};

use super::{Value, number};

/// A value as Go's `%v` prints it.
pub fn format(value: &Value) -> BString {
    let mut out = Vec::new();
    write(value, &mut out);
    out.into()
}

/// As [`format`], lists by lines: goss's conversion to a text.
pub fn to_text(value: &Value) -> BString {
    let mut out = Vec::new();
    match value {
        Value::List(items) => separated(items, b"\n", write, &mut out),
        Value::Texts(items) => separated(items, b"\n", |text, out| out.push_str(text), &mut out),
        _ => write(value, &mut out),
    }
    out.into()
}

fn separated<T>(items: &[T], between: &[u8], one: impl Fn(&T, &mut Vec<u8>), out: &mut Vec<u8>) {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push_str(between);
        }
        one(item, out);
    }
}

fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push_str("<nil>"),
        Value::Bool(value) => out.push_str(value.to_string()),
        Value::Int(value) => out.push_str(value.to_string()),
        Value::Uint(value) => out.push_str(value.to_string()),
        Value::Float(value) => out.push_str(number::general(*value)),
        Value::Text(text) => out.push_str(text),
        Value::Time(time) => out.push_str(time.to_string()),
        Value::List(items) => {
            out.push(b'[');
            separated(items, b" ", write, out);
            out.push(b']');
        }
        Value::Texts(items) => {
            out.push(b'[');
            separated(items, b" ", |text, out| out.push_str(text), out);
            out.push(b']');
        }
        Value::Map(map) => {
            out.push_str("map[");
            for (at, (key, value)) in map.iter().enumerate() {
                if at > 0 {
                    out.push(b' ');
                }
                out.push_str(key);
                out.push(b':');
                write(value, out);
            }
            out.push(b']');
        }
        Value::OddMap(entries) => {
            out.push_str("map[");
            for (at, (key, value)) in sorted(entries).into_iter().enumerate() {
                if at > 0 {
                    out.push(b' ');
                }
                write(key, out);
                out.push(b':');
                write(value, out);
            }
            out.push(b']');
        }
    }
}

/// The entries in the order in which Go prints them: by the types of their keys, then the keys.
/// The order of the types is that of goss's release binary.
pub(super) fn sorted(entries: &[(Value, Value)]) -> Vec<(&Value, &Value)> {
    let rank = |value: &Value| match value {
        Value::Null => 0,
        Value::Text(_) => 1,
        Value::Uint(_) => 2,
        Value::Int(_) => 3,
        Value::Float(_) => 4,
        Value::Bool(_) => 5,
        Value::Time(_) => 6,
        Value::List(_) | Value::Texts(_) | Value::Map(_) | Value::OddMap(_) => 7,
    };
    let mut sorted: Vec<_> = entries.iter().map(|(key, value)| (key, value)).collect();
    sorted.sort_by(|(a, _), (b, _)| match (a, b) {
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Uint(a), Value::Uint(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Float(a), Value::Float(b)) => match (a.is_nan(), b.is_nan()) {
            (false, false) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
            (a, b) => b.cmp(&a),
        },
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b)) => {
            (a.seconds, a.nanoseconds).cmp(&(b.seconds, b.nanoseconds))
        }
        (a, b) => rank(a).cmp(&rank(b)),
    });
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Timestamp;

    #[test]
    fn values_print_as_go_prints_them() {
        let list = Value::List(vec![
            Value::Null,
            Value::Int(-1),
            Value::Float(1e6),
            Value::Texts(vec!["a".into(), "b".into()]),
            Value::Map([("k".into(), Value::Bool(true))].into()),
        ]);
        assert_eq!(format(&list), "[<nil> -1 1e+06 [a b] map[k:true]]");
        assert_eq!(to_text(&list), "<nil>\n-1\n1e+06\n[a b]\nmap[k:true]");
    }

    #[test]
    fn odd_maps_print_by_the_types_of_their_keys() {
        let time = Timestamp {
            seconds: 981_158_400,
            nanoseconds: 0,
            offset: 0,
        };
        let entry = |key, value: &str| (key, Value::from(value));
        let map = Value::OddMap(vec![
            entry(Value::Int(1), "a"),
            entry(Value::Float(1.5), "b"),
            entry(Value::Bool(true), "c"),
            entry(Value::from("z"), "d"),
            entry(Value::Time(time), "e"),
            entry(Value::Uint(u64::MAX), "f"),
            entry(Value::Float(f64::NAN), "g"),
            entry(Value::from("a"), "i"),
            entry(Value::Int(-1), "k"),
            entry(Value::Bool(false), "l"),
        ]);
        assert_eq!(
            format(&map),
            "map[a:i z:d 18446744073709551615:f -1:k 1:a NaN:g 1.5:b false:l true:c \
             2001-02-03 00:00:00 +0000 UTC:e]"
        );
    }
}
