//! A document's tree: every node with its place. What a scalar means depends on who asks for it
//! (yaml.v3 converts by the type of its target), so a scalar keeps its text and its value.

use std::collections::HashMap;

use crate::place::Place;
use crate::value::Value;

/// A node of a YAML or JSON document.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it begins.
    pub place: Place,
    /// What it is.
    pub body: Body,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Body {
    /// Text, a number, a truth, a time, nothing.
    Scalar(Scalar),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in the file's order, merge keys applied.
    Map(Vec<(Node, Node)>),
}

/// A scalar.
#[derive(Clone, Debug)]
pub struct Scalar {
    /// As it is written, quotes and escapes undone.
    pub text: String,
    /// Where any type will do.
    pub value: Value,
    /// Whether it is plain: neither quoted nor a block.
    pub plain: bool,
    /// Whether it stands in a JSON document, where nothing is converted.
    pub json: bool,
}

/// What a node should have been: `expected` in words, such as "a text".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongType {
    /// What was wanted.
    pub expected: &'static str,
}

/// The pairs of a map in which not all keys are text: `1` and `0x1` are the same, and the later
/// one counts.
fn odd(entries: &[(Node, Node)]) -> Vec<(Value, Value)> {
    let mut pairs: Vec<(Value, Value)> = Vec::with_capacity(entries.len());
    let mut named: HashMap<String, usize> = HashMap::new();
    for (key, value) in entries {
        let (key, value) = (key.any(), value.any());
        let known = named.get(&format!("{key:?}"));
        match known.and_then(|at| pairs.get_mut(*at)) {
            Some(pair) => pair.1 = value,
            None => {
                named.insert(format!("{key:?}"), pairs.len());
                pairs.push((key, value));
            }
        }
    }
    pairs
}

impl Node {
    /// The node as a value of any type.
    pub fn any(&self) -> Value {
        match &self.body {
            Body::Scalar(scalar) => scalar.value.clone(),
            Body::List(items) => Value::List(items.iter().map(Node::any).collect()),
            Body::Map(entries) => {
                let named = entries.iter().map(|(key, value)| match key.any() {
                    Value::Text(name) => Some((name, value.any())),
                    _ => None,
                });
                match named.collect() {
                    Some(map) => Value::Map(map),
                    None => Value::OddMap(odd(entries)),
                }
            }
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(
            &self.body,
            Body::Scalar(Scalar {
                value: Value::Null,
                ..
            })
        )
    }

    /// The entries of a map.
    pub fn entries(&self) -> Option<&[(Node, Node)]> {
        match &self.body {
            Body::Map(entries) => Some(entries),
            Body::Scalar(_) | Body::List(_) => None,
        }
    }

    /// The items of a list.
    pub fn items(&self) -> Option<&[Node]> {
        match &self.body {
            Body::List(items) => Some(items),
            Body::Scalar(_) | Body::Map(_) => None,
        }
    }

    /// A text attribute: the scalar's source text, nothing for null.
    ///
    /// # Errors
    /// For lists and maps, and in JSON for all that is no string.
    pub fn to_text(&self) -> Result<String, WrongType> {
        let wrong = WrongType { expected: "a text" };
        match &self.body {
            Body::Scalar(Scalar {
                value: Value::Null, ..
            }) => Ok(String::new()),
            Body::Scalar(Scalar {
                json: true, value, ..
            }) if !matches!(value, Value::Text(_)) => Err(wrong),
            Body::Scalar(scalar) => Ok(scalar.text.clone()),
            Body::List(_) | Body::Map(_) => Err(wrong),
        }
    }

    /// A list of texts; none for null. yaml.v3 leaves nulls out, encoding/json makes them empty.
    ///
    /// # Errors
    /// For what is no list, and where one of its items is no text.
    pub fn to_texts(&self) -> Result<Vec<String>, WrongType> {
        let wrong = WrongType {
            expected: "a list of texts",
        };
        let items = match &self.body {
            Body::List(items) => items,
            Body::Scalar(Scalar {
                value: Value::Null, ..
            }) => return Ok(Vec::new()),
            Body::Scalar(_) | Body::Map(_) => return Err(wrong),
        };
        let is_kept = |item: &&Node| !item.is_null() || item.is_json();
        items.iter().filter(is_kept).map(Node::to_text).collect()
    }

    /// A truth attribute: yaml.v3 takes the words of YAML 1.1 here too, quoted or not.
    ///
    /// # Errors
    /// For all that yaml.v3 does not convert to one.
    pub fn to_bool(&self) -> Result<bool, WrongType> {
        let wrong = WrongType {
            expected: "true or false",
        };
        let Body::Scalar(scalar) = &self.body else {
            return Err(wrong);
        };
        match (&scalar.value, scalar.text.as_str()) {
            (Value::Null, _) => Ok(false),
            (Value::Bool(value), _) => Ok(*value),
            (Value::Text(_), _) if scalar.json => Err(wrong),
            (Value::Text(_), "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON") => Ok(true),
            (Value::Text(_), "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF") => Ok(false),
            _ => Err(wrong),
        }
    }

    /// A whole number: yaml.v3 cuts what follows a point, encoding/json wants digits alone.
    ///
    /// # Errors
    /// For all that is not converted to one.
    pub fn to_integer(&self) -> Result<i64, WrongType> {
        let wrong = WrongType {
            expected: "a whole number",
        };
        let Body::Scalar(scalar) = &self.body else {
            return Err(wrong);
        };
        match scalar.value {
            Value::Null => Ok(0),
            Value::Int(value) => Ok(value),
            Value::Float(_) if scalar.json => scalar.text.parse().map_err(|_| wrong),
            // Also for less than the least number, which becomes that one.
            Value::Float(value) if value <= i64::MAX as f64 => Ok(value as i64),
            _ => Err(wrong),
        }
    }

    /// Whether it is a scalar of a JSON document.
    fn is_json(&self) -> bool {
        matches!(&self.body, Body::Scalar(Scalar { json: true, .. }))
    }
}
