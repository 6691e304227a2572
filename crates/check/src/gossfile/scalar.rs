//! What a YAML scalar means, by yaml.v3's rules: YAML 1.2 with the octal numbers and the
//! underscores of 1.1.

use bstr::BString;

use super::timestamp;
use crate::value::Value;

/// A scalar as it stands in a document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written<'a> {
    /// Its text, quotes and escapes undone.
    pub(crate) text: &'a str,
    /// Whether it is neither quoted nor a block.
    pub(crate) plain: bool,
    /// Its tag in short form, such as `!!int` or `!mine`; none for `!`.
    pub(crate) tag: Option<&'a str>,
}

/// What a scalar means: its value, and its text where a tag changes that.
#[derive(Debug, PartialEq)]
pub(crate) struct Meaning {
    pub(crate) value: Value,
    pub(crate) text: Option<BString>,
}

/// What a scalar means.
///
/// # Errors
/// In yaml.v3's words, where it does not fit its tag.
pub(crate) fn meaning(written: Written<'_>) -> Result<Meaning, String> {
    let Written { text, plain, tag } = written;
    let value = match tag {
        None if plain => resolve(text),
        None | Some("!!str") => Value::from(text),
        Some("!!binary") => {
            let bytes = base64(text).ok_or("!!binary value contains invalid base64 data")?;
            return Ok(Meaning {
                value: Value::Text(bytes.clone().into()),
                text: Some(bytes.into()),
            });
        }
        Some("!!timestamp") => timestamp::parse(text).map_or_else(|| resolve(text), Value::Time),
        // A tag that asks for no date: what looks like one is a text.
        Some("!!bool" | "!!int" | "!!float" | "!!null") => match resolve(text) {
            Value::Time(_) => Value::from(text),
            value => value,
        },
        Some(_) => Value::from(text),
    };
    let value = match (tag, value) {
        (Some("!!float"), Value::Int(number)) => Value::Float(number as f64),
        (Some("!!float"), Value::Uint(number)) => Value::Float(number as f64),
        (_, value) => value,
    };
    let standard = ["!!bool", "!!int", "!!float", "!!null", "!!timestamp"];
    match tag {
        Some(tag) if standard.contains(&tag) && tag != tag_of(&value) => Err(format!(
            "cannot decode {} `{text}` as a {tag}",
            tag_of(&value)
        )),
        _ => Ok(Meaning { value, text: None }),
    }
}

/// The tag of a value, as yaml.v3 names it in errors.
pub(crate) fn tag_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "!!null",
        Value::Bool(_) => "!!bool",
        Value::Int(_) | Value::Uint(_) => "!!int",
        Value::Float(_) => "!!float",
        Value::Text(_) => "!!str",
        Value::Time(_) => "!!timestamp",
        Value::List(_) | Value::Texts(_) => "!!seq",
        Value::Map(_) | Value::OddMap(_) => "!!map",
    }
}

/// What a plain scalar without a tag means.
pub(crate) fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Value::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Value::Float(f64::NEG_INFINITY),
        _ => number(text).unwrap_or_else(|| Value::from(text)),
    }
}

fn number(text: &str) -> Option<Value> {
    match text.as_bytes().first()? {
        // Go's own reading of a float: underscores stand between digits.
        b'.' => {
            let bytes = text.as_bytes();
            let between = |at: usize| {
                let digit = |at: Option<usize>| {
                    at.and_then(|at| bytes.get(at))
                        .is_some_and(u8::is_ascii_digit)
                };
                digit(at.checked_sub(1)) && digit(at.checked_add(1))
            };
            let tidy = memchr::memchr_iter(b'_', bytes).all(between);
            tidy.then(|| float(&text.replace('_', ""))).flatten()
        }
        b'0'..=b'9' | b'+' | b'-' => {
            if let Some(time) = timestamp::parse(text) {
                return Some(Value::Time(time));
            }
            if text.contains('_') {
                whole_or_float(&text.replace('_', ""))
            } else {
                whole_or_float(text)
            }
        }
        _ => None,
    }
}

fn whole_or_float(text: &str) -> Option<Value> {
    whole(text).or_else(|| float(text))
}

/// A whole number in any of Go's notations.
fn whole(text: &str) -> Option<Value> {
    let (negative, unsigned) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    let (radix, digits) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, unsigned.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, unsigned.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, unsigned.get(2..)?),
        [b'0', _, ..] => (8, unsigned.get(1..)?),
        _ => (10, unsigned),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let size = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        return 0_i64.checked_sub_unsigned(size).map(Value::Int);
    }
    // Go reads no sign ahead of what only an unsigned number holds.
    match i64::try_from(size) {
        Ok(number) => Some(Value::Int(number)),
        Err(_) if text.starts_with('+') => None,
        Err(_) => Some(Value::Uint(size)),
    }
}

/// A decimal float. One beyond the largest is a text, as Go's error makes it.
fn float(text: &str) -> Option<Value> {
    let shape = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    if !text.bytes().all(shape) {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    number.is_finite().then_some(Value::Float(number))
}

/// Base64 with its padding; line ends do not count.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut quad: Vec<u8> = Vec::with_capacity(4);
    let mut ended = false;
    for byte in text.bytes().filter(|byte| !b"\r\n".contains(byte)) {
        if ended {
            return None;
        }
        quad.push(match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => 64,
            _ => return None,
        });
        if let [a, b, c, d] = quad[..] {
            let data = match (c, d) {
                (64, 64) => 1,
                (64, _) => return None,
                (_, 64) => 2,
                _ => 3,
            };
            if a == 64 || b == 64 {
                return None;
            }
            let (c, d) = (c & 63, d & 63);
            let three = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d];
            bytes.extend(three.iter().take(data));
            ended = data < 3;
            quad.clear();
        }
    }
    quad.is_empty().then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Value {
        Value::Time(timestamp::parse(text).expect("a timestamp"))
    }

    /// The table of what plain scalars are where any type will do; each row was seen on goss
    /// 0.4.10 (yaml.v3).
    #[test]
    fn plain_scalars() {
        let int = Value::Int;
        let float = Value::Float;
        let rows: Vec<(&str, Value)> = vec![
            ("", Value::Null),
            ("~", Value::Null),
            ("null", Value::Null),
            ("Null", Value::Null),
            ("NULL", Value::Null),
            ("true", true.into()),
            ("True", true.into()),
            ("TRUE", true.into()),
            ("false", false.into()),
            ("False", false.into()),
            ("FALSE", false.into()),
            ("0", int(0)),
            ("-0", int(0)),
            ("+5", int(5)),
            ("-5", int(-5)),
            ("1_000", int(1000)),
            ("1_", int(1)),
            ("0644", int(420)),
            ("0o644", int(420)),
            ("0O644", int(420)),
            ("-0644", int(-420)),
            ("0x1F", int(31)),
            ("0X1f", int(31)),
            ("-0x1F", int(-31)),
            ("0b11", int(3)),
            ("+0b11", int(3)),
            ("9223372036854775807", int(i64::MAX)),
            ("-9223372036854775808", int(i64::MIN)),
            ("9223372036854775808", Value::Uint(1 << 63)),
            ("18446744073709551615", Value::Uint(u64::MAX)),
            ("18446744073709551616", float(18446744073709551616.0)),
            ("1.5", float(1.5)),
            (".5", float(0.5)),
            ("5.", float(5.0)),
            ("1e3", float(1000.0)),
            ("1E+3", float(1000.0)),
            ("685.230_15e+03", float(685230.15)),
            ("08", float(8.0)),
            ("089", float(89.0)),
            (".inf", float(f64::INFINITY)),
            ("-.Inf", float(f64::NEG_INFINITY)),
            ("+.INF", float(f64::INFINITY)),
            ("2001-02-03", time("2001-02-03")),
            ("2001-02-03 10:10:10", time("2001-02-03 10:10:10")),
        ];
        for (text, value) in rows {
            assert_eq!(resolve(text), value, "{text}");
        }
        for text in [".nan", ".NaN", ".NAN"] {
            assert!(matches!(resolve(text), Value::Float(number) if number.is_nan()));
        }
        for text in [
            "yes",
            "no",
            "on",
            "off",
            "y",
            "n",
            "tRUE",
            "nULL",
            "0o8",
            "0b2",
            "0x",
            "1e400",
            "12:30:45",
            "1:20",
            "_1",
            ".e1",
            "1.5e",
            "INF",
            "nan",
            "inf",
            "1.2.3",
            "-",
            "+",
            ".",
            "--5",
            "0x-5",
            "+18446744073709551615",
            "infinity",
            "1e",
            "._5",
        ] {
            let expected = match text {
                // Beyond an int and signed: a float.
                "+18446744073709551615" => float(18446744073709551615.0),
                text => Value::from(text),
            };
            assert_eq!(resolve(text), expected, "{text}");
        }
    }

    #[test]
    fn tags() {
        let mean = |tag, text, plain| {
            let tag = Some(tag);
            meaning(Written { text, plain, tag }).map(|meaning| meaning.value)
        };
        assert_eq!(mean("!!str", "5", true), Ok("5".into()));
        assert_eq!(mean("!!int", "5", false), Ok(Value::Int(5)));
        assert_eq!(mean("!!float", "2", true), Ok(Value::Float(2.0)));
        assert_eq!(mean("!!binary", "aGk=", true), Ok("hi".into()));
        assert_eq!(mean("!!null", "", false), Ok(Value::Null));
        assert_eq!(mean("!foo", "5", true), Ok("5".into()));
        assert_eq!(mean("!!foo", "5", true), Ok("5".into()));
        assert_eq!(
            mean("!!timestamp", "2001-02-03", false),
            Ok(time("2001-02-03"))
        );
        for (tag, text, why) in [
            ("!!int", "foo", "cannot decode !!str `foo` as a !!int"),
            ("!!int", "1.5", "cannot decode !!float `1.5` as a !!int"),
            ("!!bool", "yes", "cannot decode !!str `yes` as a !!bool"),
            ("!!null", "x", "cannot decode !!str `x` as a !!null"),
            (
                "!!timestamp",
                "x",
                "cannot decode !!str `x` as a !!timestamp",
            ),
            (
                "!!binary",
                "%%%%",
                "!!binary value contains invalid base64 data",
            ),
            (
                "!!binary",
                "aGk",
                "!!binary value contains invalid base64 data",
            ),
        ] {
            assert_eq!(mean(tag, text, true), Err(why.to_string()));
        }
    }
}
