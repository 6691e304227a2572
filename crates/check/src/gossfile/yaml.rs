//! YAML to nodes. The parser is a library; what a scalar means is ours, since goss reads
//! files with yaml.v3 and those files depend on it.

use std::collections::HashMap;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::Problem;
use crate::node::{Body, Node, Scalar};
use crate::place::Place;
use crate::value::Value;

/// Reads the first document of a text.
///
/// # Errors
/// Where it is no YAML.
pub(crate) fn parse(file: &Arc<str>, text: &str) -> Result<Node, Problem> {
    let mut open: Vec<(Node, usize)> = Vec::new();
    let mut anchors: HashMap<usize, Node> = HashMap::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let mark = error.marker();
            let place = Place {
                file: file.clone(),
                line: mark.line() as u32,
                column: mark.col() as u32 + 1,
            };
            Problem::at(&place, error.info())
        })?;
        let place = place(file, span);
        let (node, anchor) = match event {
            Event::Scalar(text, style, anchor, _) => {
                let plain = style == ScalarStyle::Plain;
                let value = match plain {
                    true => plain_value(&text),
                    false => Value::from(&*text),
                };
                let scalar = Scalar {
                    text: text.into_owned(),
                    value,
                    plain,
                    json: false,
                };
                (
                    Node {
                        place,
                        body: Body::Scalar(scalar),
                    },
                    anchor,
                )
            }
            Event::Alias(anchor) => match anchors.get(&anchor) {
                Some(node) => (node.clone(), 0),
                None => return Err(Problem::at(&place, "unknown anchor")),
            },
            Event::SequenceStart(anchor, _) => {
                open.push((
                    Node {
                        place,
                        body: Body::List(Vec::new()),
                    },
                    anchor,
                ));
                continue;
            }
            Event::MappingStart(anchor, _) => {
                open.push((
                    Node {
                        place,
                        body: Body::Map(Vec::new()),
                    },
                    anchor,
                ));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some((node, anchor)) => (merged(node), anchor),
                None => continue,
            },
            _ => continue,
        };
        if anchor != 0 {
            anchors.insert(anchor, node.clone());
        }
        match open.last_mut() {
            Some((
                Node {
                    body: Body::List(items),
                    ..
                },
                _,
            )) => items.push(node),
            Some((
                Node {
                    body: Body::Map(entries),
                    ..
                },
                _,
            )) => match entries.last_mut() {
                // A key whose value has not come yet stands for both.
                Some((key, value)) if is_hole(value) && !is_hole(key) => *value = node,
                _ => {
                    let hole = Node {
                        place: node.place.clone(),
                        body: Body::List(Vec::new()),
                    };
                    entries.push((node, hole));
                }
            },
            _ => return Ok(node),
        }
    }
    Err(Problem::nowhere("found 0 tests"))
}

fn is_hole(node: &Node) -> bool {
    matches!(&node.body, Body::List(items) if items.is_empty())
}

fn place(file: &Arc<str>, span: Span) -> Place {
    Place {
        file: file.clone(),
        line: span.start.line() as u32,
        column: span.start.col() as u32 + 1,
    }
}

fn plain_value(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => match text.parse() {
            Ok(number) => Value::Int(number),
            Err(_) => Value::from(text),
        },
    }
}

/// Applies merge keys: own keys win.
fn merged(node: Node) -> Node {
    let Body::Map(entries) = node.body else {
        return node;
    };
    let is_merge = |key: &Node| matches!(&key.body, Body::Scalar(s) if s.plain && s.text == "<<");
    let (merges, mut own): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(k, _)| is_merge(k));
    for (_, from) in merges {
        for (key, value) in from.entries().unwrap_or_default() {
            if !own.iter().any(|(k, _)| k.to_text() == key.to_text()) {
                own.push((key.clone(), value.clone()));
            }
        }
    }
    Node {
        place: node.place,
        body: Body::Map(own),
    }
}
