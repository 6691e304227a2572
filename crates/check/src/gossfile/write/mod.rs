//! Resources to a file, as goss writes them: sections and attributes in the order of the table,
//! what was not given left out unless it is always there.

mod json;
mod order;
mod yaml;

use super::{Gossfile, Syntax};
use crate::resource::{Attribute, COMMON_FIRST, EXTENSIONS, Form, Resource, SECTIONS_WRITTEN};
use crate::value::Value;

/// What is written: values with maps in the order in which they are.
#[derive(Debug, Clone)]
enum Tree {
    /// Anything that holds nothing.
    Leaf(Value),
    /// A list.
    List(Vec<Tree>),
    /// A map in its order.
    Map(Vec<(Value, Tree)>),
}

/// The order of keys that people chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// As people count: `a2` ahead of `a10`.
    Natural,
    /// By their bytes.
    Bytes,
}

/// Resources as YAML, with a line end behind the last line. Includes are written too, where the
/// list has some.
pub fn yaml(resources: &[Resource]) -> String {
    yaml::document(&document(resources, Order::Natural))
}

/// Resources as JSON, with no line end behind the last brace.
pub fn json(resources: &[Resource]) -> String {
    json::document(&document(resources, Order::Bytes))
}

/// A file as it is written in its language: its resources, and the sections of other rooms, which
/// goss does not have and would drop.
pub fn file(gossfile: &Gossfile, syntax: Syntax) -> String {
    let order = match syntax {
        Syntax::Yaml => Order::Natural,
        Syntax::Json => Order::Bytes,
    };
    let mut all = document(&gossfile.resources, order);
    if let Tree::Map(sections) = &mut all {
        let others = gossfile.others.iter().map(|(name, body)| {
            let body = tree(&body.any(), order);
            (Value::from(name.as_str()), body)
        });
        sections.extend(others);
    }
    match syntax {
        Syntax::Yaml => yaml::document(&all),
        Syntax::Json => json::document(&all),
    }
}

/// One resource without its section in a file's language, as `add` shows it.
pub fn shown(resource: &Resource, syntax: Syntax) -> String {
    match syntax {
        Syntax::Yaml => yaml_fragment(resource),
        Syntax::Json => json_fragment(resource),
    }
}

/// One resource as YAML without its section, as `add` shows it.
pub fn yaml_fragment(resource: &Resource) -> String {
    yaml::document(&fragment(resource, Order::Natural))
}

/// One resource as JSON without its section, as `add` shows it.
pub fn json_fragment(resource: &Resource) -> String {
    json::document(&fragment(resource, Order::Bytes))
}

fn fragment(resource: &Resource, order: Order) -> Tree {
    let key = Value::from(resource.key.as_str());
    Tree::Map(vec![(key, attributes(resource, order))])
}

fn document(resources: &[Resource], order: Order) -> Tree {
    let mut sections = Vec::new();
    for section in sections_of(resources) {
        let of_section = resources.iter().filter(|r| r.kind.section == section);
        let mut entries: Vec<(Value, Tree)> = of_section
            .map(|resource| {
                let key = Value::from(resource.key.as_str());
                (key, attributes(resource, order))
            })
            .collect();
        sort(&mut entries, order);
        if !entries.is_empty() {
            sections.push((Value::from(section), Tree::Map(entries)));
        }
    }
    Tree::Map(sections)
}

/// The sections in their order; those that only we have come last.
fn sections_of(resources: &[Resource]) -> Vec<&'static str> {
    let mut sections = SECTIONS_WRITTEN.to_vec();
    for resource in resources {
        if !sections.contains(&resource.kind.section) {
            sections.push(resource.kind.section);
        }
    }
    sections
}

fn attributes(resource: &Resource, order: Order) -> Tree {
    let rows = COMMON_FIRST.iter().chain(resource.kind.attributes);
    let written = rows.chain(EXTENSIONS).filter_map(|row| {
        let tree = attribute(resource, row, order)?;
        Some((Value::from(row.name), tree))
    });
    Tree::Map(written.collect())
}

/// An attribute as it is written; none where it is left out.
fn attribute(resource: &Resource, row: &Attribute, order: Order) -> Option<Tree> {
    let given = resource.given(row.name);
    if row.name == "meta" {
        return match &resource.meta {
            Some(Value::Map(meta)) if meta.is_empty() => None,
            Some(meta) => Some(tree(meta, order)),
            None => None,
        };
    }
    let empty = match row.form {
        Form::Text => Value::from(""),
        Form::Bool => Value::Bool(false),
        Form::Integer(_) => Value::Int(0),
        Form::Texts | Form::Any | Form::Matcher { .. } | Form::Stream => Value::Null,
    };
    let value = given.map(|node| match row.form {
        Form::Text => Value::from(node.to_text().unwrap_or_default()),
        Form::Bool => Value::Bool(node.to_bool().unwrap_or_default()),
        Form::Integer(_) => Value::Int(node.to_integer().unwrap_or_default()),
        Form::Texts => match node.to_texts().unwrap_or_default() {
            texts if texts.is_empty() => Value::Null,
            texts => Value::Texts(texts.into_iter().map(Into::into).collect()),
        },
        Form::Any | Form::Matcher { .. } | Form::Stream => node.any(),
    });
    match value {
        Some(value) if value != empty => Some(tree(&value, order)),
        _ if row.always_written => Some(Tree::Leaf(empty)),
        _ => None,
    }
}

fn tree(value: &Value, order: Order) -> Tree {
    match value {
        Value::List(items) => Tree::List(items.iter().map(|item| tree(item, order)).collect()),
        // Go's nil: a list in YAML, nothing in JSON.
        Value::Texts(texts) if texts.is_empty() && order == Order::Bytes => Tree::Leaf(Value::Null),
        Value::Texts(texts) => {
            let texts = texts.iter().map(|text| Value::Text(text.clone()));
            Tree::List(texts.map(Tree::Leaf).collect())
        }
        Value::Map(map) => {
            let entries = map.iter().map(|(key, value)| {
                let key = Value::Text(key.clone());
                (key, tree(value, order))
            });
            let mut entries: Vec<(Value, Tree)> = entries.collect();
            sort(&mut entries, order);
            Tree::Map(entries)
        }
        Value::OddMap(map) => {
            let entries = map.iter();
            let entries = entries.map(|(key, value)| (key.clone(), tree(value, order)));
            let mut entries: Vec<(Value, Tree)> = entries.collect();
            sort(&mut entries, order);
            Tree::Map(entries)
        }
        leaf => Tree::Leaf(leaf.clone()),
    }
}

fn sort(entries: &mut Vec<(Value, Tree)>, order: Order) {
    match order {
        Order::Natural => order::sort(entries),
        Order::Bytes => entries.sort_by(|(one, _), (other, _)| order::bytes(one, other)),
    }
}
