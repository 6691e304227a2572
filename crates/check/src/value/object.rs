//! What a value looks like in error texts of goss: its type in Go, and the value in a form of
//! its own with the types of all that it holds.

use super::{Value, number, quoted};

const INDENT: &str = "    ";
/// A list or a map whose longest part is longer than this stands over several lines.
const LONG: usize = 20;
/// Below this nothing is shown.
const DEEPEST: usize = 10;
/// A value's form is cut after so many bytes.
const LONGEST: usize = 4000;
/// What users' tooling may look for in a cut form.
const CUT: &str = "...\n\nGomega truncated this representation as it exceeds 'format.MaxLength'.\n\
                   Consider having the object provide a custom 'GomegaStringer' representation\n\
                   or adjust the parameters in Gomega's 'format' package.\n\n\
                   Learn more here: https://onsi.github.io/gomega/#adjusting-output\n";

/// A value on a line of its own, indented by one step.
pub(crate) fn shown(value: &Value) -> String {
    let mut form = match value {
        Value::Text(text) => text.to_string().replace('\n', "\n    "),
        _ => form(value, 1),
    };
    if form.len() > LONGEST {
        let cut = (0..=LONGEST).rev().find(|at| form.is_char_boundary(*at));
        form.truncate(cut.unwrap_or(0));
        form.push_str(CUT);
    }
    format!("{INDENT}<{}>: {form}", kind(value))
}

fn kind(value: &Value) -> String {
    let name = value.go_type();
    match value {
        Value::Null => "nil".to_string(),
        // How much room was kept is known of lists of a file, where it is their length.
        Value::List(items) => format!("{name} | len:{0}, cap:{0}", items.len()),
        Value::Texts(items) => format!("{name} | len:{0}, cap:{0}", items.len()),
        Value::Map(entries) => format!("{name} | len:{}", entries.len()),
        Value::OddMap(entries) => format!("{name} | len:{}", entries.len()),
        _ => name.to_string(),
    }
}

/// A value inside a list or map whose type leaves open what it holds.
fn inner(value: &Value, depth: usize) -> String {
    match value {
        _ if depth > DEEPEST => "...".to_string(),
        Value::Null => "nil".to_string(),
        Value::Time(time) => time.go_syntax(),
        _ => format!("<{}>{}", kind(value), form(value, depth)),
    }
}

fn form(value: &Value, depth: usize) -> String {
    if depth > DEEPEST {
        return "...".to_string();
    }
    match value {
        Value::Null => "nil".to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        Value::Float(value) => number::general(*value),
        Value::Text(text) => quoted::text(text),
        Value::Time(time) => time.go_syntax(),
        Value::List(items) => {
            let parts = items.iter().map(|item| inner(item, depth + 1)).collect();
            joined('[', parts, ']', depth)
        }
        Value::Texts(items) if items.is_empty() => "nil".to_string(),
        Value::Texts(items) => {
            let parts = items.iter().map(|item| quoted::text(item)).collect();
            joined('[', parts, ']', depth)
        }
        Value::Map(entries) => {
            let one = |(key, value): (&bstr::BString, &Value)| {
                format!("{}: {}", quoted::text(key), inner(value, depth + 1))
            };
            joined('{', entries.iter().map(one).collect(), '}', depth)
        }
        Value::OddMap(entries) => {
            let one = |(key, value): &(Value, Value)| {
                format!("{}: {}", inner(key, depth + 1), inner(value, depth + 1))
            };
            joined('{', entries.iter().map(one).collect(), '}', depth)
        }
    }
}

fn joined(open: char, parts: Vec<String>, close: char, depth: usize) -> String {
    if parts.iter().all(|part| part.len() <= LONG) {
        return format!("{open}{}{close}", parts.join(", "));
    }
    let outer = INDENT.repeat(depth);
    let between = format!(",\n{outer}{INDENT}");
    format!(
        "{open}\n{outer}{INDENT}{},\n{outer}{close}",
        parts.join(&between)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: i64) -> Value {
        let mut value = Value::List(vec![Value::Int(depth)]);
        for number in (1..depth).rev() {
            value = Value::List(vec![Value::Int(number), value]);
        }
        value
    }

    #[test]
    fn values_show_the_types_of_what_they_hold() {
        let texts = Value::Texts(vec!["a".into(), "b".into()]);
        for (value, form) in [
            (Value::Null, "    <nil>: nil"),
            (Value::Int(5), "    <int>: 5"),
            (Value::from("a\nb\n"), "    <string>: a\n    b\n    "),
            (texts, "    <[]string | len:2, cap:2>: [\"a\", \"b\"]"),
            (
                Value::List(vec![Value::from("a"), Value::Null, Value::Float(1e6)]),
                "    <[]interface {} | len:3, cap:3>: [<string>\"a\", nil, <float64>1e+06]",
            ),
            (
                Value::Map([("a".into(), nested(1)), ("b".into(), Value::from("x"))].into()),
                "    <map[string]interface {} | len:2>: {\n        \"a\": <[]interface {} | len:1, \
                 cap:1>[<int>1],\n        \"b\": <string>\"x\",\n    }",
            ),
            (
                Value::OddMap(vec![(Value::Int(1), Value::Int(2))]),
                "    <map[interface {}]interface {} | len:1>: {<int>1: <int>2}",
            ),
        ] {
            assert_eq!(shown(&value), form);
        }
    }

    #[test]
    fn depth_and_length_are_bounded() {
        let deep = shown(&nested(2000));
        assert!(deep.contains("<[]interface {} | len:2, cap:2>[..., ...],\n"));
        let long = shown(&Value::from("é".repeat(4000)));
        assert!(long.ends_with("#adjusting-output\n") && long.len() < 4400);
    }
}
