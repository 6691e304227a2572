//! The order in which keys are written.

use std::cmp::Ordering;

use crate::value::Value;

/// Sorts by key as yaml.v3 does. Its rule is no order for all keys at once (`a` may come ahead
/// of `b`, `b` of `c` and `c` of `a`), so that a library's sort might refuse it: this one merges.
pub(super) fn sort<T>(entries: &mut Vec<(Value, T)>) {
    if entries.len() < 2 {
        return;
    }
    let mut right = entries.split_off(entries.len() / 2);
    sort(entries);
    sort(&mut right);
    let left = std::mem::take(entries);
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    loop {
        let from_right = match (left.peek(), right.peek()) {
            (Some((one, _)), Some((other, _))) => natural(other, one) == Ordering::Less,
            (None, Some(_)) => true,
            (Some(_), None) => false,
            (None, None) => return,
        };
        entries.extend(if from_right {
            right.next()
        } else {
            left.next()
        });
    }
}

/// By bytes, as encoding/json does.
pub(super) fn bytes(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::Text(one), Value::Text(other)) => one.cmp(other),
        (Value::Text(_), _) => Ordering::Greater,
        (_, Value::Text(_)) => Ordering::Less,
        _ => Ordering::Equal,
    }
}

/// Truths and numbers by their value, then nothing, then texts, then times.
fn natural(one: &Value, other: &Value) -> Ordering {
    if let (Value::Text(one), Value::Text(other)) = (one, other) {
        return texts(&one.to_string(), &other.to_string());
    }
    if let (Some(one), Some(other)) = (number(one), number(other)) {
        return one.partial_cmp(&other).unwrap_or(Ordering::Equal);
    }
    rank(one).cmp(&rank(other))
}

/// A number, and a rank among kinds of the same value.
fn number(value: &Value) -> Option<(f64, u8)> {
    match value {
        Value::Bool(value) => Some((f64::from(u8::from(*value)), 0)),
        Value::Int(value) => Some((*value as f64, 1)),
        Value::Uint(value) => Some((*value as f64, 2)),
        Value::Float(value) => Some((*value, 3)),
        _ => None,
    }
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Float(_) => 0,
        Value::Null => 1,
        Value::Text(_) => 2,
        _ => 3,
    }
}

/// Texts as people count: at the first difference letters by their code point and behind what is
/// none, unless a digit stands ahead; numbers by their size.
fn texts(one: &str, other: &str) -> Ordering {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let pairs = one.iter().zip(&other);
    let Some(at) = pairs.clone().position(|(a, b)| a != b) else {
        return one.len().cmp(&other.len());
    };
    let (Some(a), Some(b)) = (one.get(at), other.get(at)) else {
        return Ordering::Equal;
    };
    let common = one.get(..at).unwrap_or_default();
    let behind_digit = common.last().is_some_and(|c| is_digit(*c));
    match (a.is_alphabetic(), b.is_alphabetic()) {
        (true, true) => a.cmp(b),
        (true, false) if behind_digit => Ordering::Less,
        (true, false) => Ordering::Greater,
        (false, true) if behind_digit => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => {
            // A zero behind a number's beginning is a digit of it; one at a number's own
            // beginning is nothing.
            let digits = common.iter().rev().take_while(|c| is_digit(**c));
            let zero = *a == '0' || *b == '0';
            let within = zero && digits.into_iter().any(|c| *c != '0');
            let begin = u64::from(within);
            let one = run(one.get(at..).unwrap_or_default(), begin);
            let other = run(other.get(at..).unwrap_or_default(), begin);
            one.cmp(&other).then(a.cmp(b))
        }
    }
}

fn is_digit(letter: char) -> bool {
    letter.is_ascii_digit()
}

/// A run of digits: its number, that goes on from `begin`, and its length.
fn run(letters: &[char], begin: u64) -> (u64, usize) {
    let digits = letters.iter().take_while(|c| is_digit(**c));
    digits.fold((begin, 0), |(number, length), letter| {
        let digit = u64::from(letter.to_digit(10).unwrap_or(0));
        (number.saturating_mul(10).saturating_add(digit), length + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order in which goss 0.4.10 wrote these.
    #[test]
    fn as_yaml_v3_sorts() {
        let sorted = [
            "", "%", "-1", "/etc", "/etc/", "/etc/a", "/etc/a2", "/etc/a10", "/x", "_x", "~", "0",
            "00", "1", "1a", "2a", "02", "02b", "9", "10", "10a", "A", "B", "Z", "a", "a b", "a-1",
            "a-2", "a-10", "a-b", "a.b", "a_b", "a1", "a1b", "a1b2", "a1b10", "a01", "a001", "a2",
            "a2b", "a10", "a10b", "aB", "ab", "foo", "foo-1", "foo.1", "foo/", "foo1", "fooA",
            "tcp:80", "tcp:443", "tcp6:80", "udp:53", "z", "é", "é2", "é10", "日",
        ];
        let mut mixed: Vec<(Value, ())> = sorted.iter().map(|t| (Value::from(*t), ())).collect();
        mixed.reverse();
        sort(&mut mixed);
        let mixed: Vec<Value> = mixed.into_iter().map(|(key, ())| key).collect();
        assert_eq!(mixed, sorted.map(Value::from));
    }

    #[test]
    fn kinds() {
        let sorted = [
            Value::Int(-3),
            Value::Bool(false),
            Value::Bool(true),
            Value::Int(1),
            Value::Float(1.5),
            Value::Int(10),
            Value::Uint(u64::MAX),
            Value::Null,
            Value::from(""),
            Value::from("a"),
        ];
        let mut mixed: Vec<(Value, ())> = sorted.iter().rev().map(|v| (v.clone(), ())).collect();
        sort(&mut mixed);
        let mixed: Vec<Value> = mixed.into_iter().map(|(key, ())| key).collect();
        assert_eq!(mixed, sorted);
    }
}
