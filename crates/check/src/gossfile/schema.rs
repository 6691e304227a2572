//! A JSON Schema (2020-12) of gossfiles, made from the tables that the loader reads with.

use std::fmt::Write as _;

use super::section;
use super::section::OTHERS;
use crate::matcher::names::{Argument, NAMES};
use crate::resource::{Attribute, Form, INCLUDE, KINDS, Kind};

/// The schema, as JSON.
pub fn schema() -> String {
    let mut text = String::new();
    write(&root(), 0, &mut text);
    text
}

/// A piece of JSON.
enum Json {
    Text(String),
    Bool(bool),
    Number(u32),
    List(Vec<Json>),
    Map(Vec<(String, Json)>),
}

fn text(text: impl Into<String>) -> Json {
    Json::Text(text.into())
}

fn map<const N: usize>(entries: [(&str, Json); N]) -> Json {
    let named = entries.into_iter();
    Json::Map(
        named
            .map(|(name, value)| (name.to_string(), value))
            .collect(),
    )
}

fn list(items: impl IntoIterator<Item = Json>) -> Json {
    Json::List(items.into_iter().collect())
}

fn texts(items: &[&str]) -> Json {
    list(items.iter().map(|item| text(*item)))
}

fn reference(name: &str) -> Json {
    map([("$ref", text(format!("#/$defs/{name}")))])
}

fn typed(names: &[&str]) -> Json {
    match names {
        [one] => map([("type", text(*one))]),
        many => map([("type", texts(many))]),
    }
}

fn root() -> Json {
    let mut sections: Vec<(String, Json)> = Vec::new();
    let mut definitions: Vec<(String, Json)> = Vec::new();
    for kind in KINDS.iter().copied().chain([INCLUDE]) {
        let of_section = map([
            ("type", texts(&["object", "null"])),
            ("additionalProperties", reference(kind.section)),
        ]);
        sections.push((kind.section.to_string(), of_section));
        definitions.push((kind.section.to_string(), resource(kind)));
    }
    for other in OTHERS {
        sections.push((other.to_string(), scenarios()));
    }
    definitions.push(("matcher".to_string(), matcher()));
    definitions.push(("named".to_string(), named()));
    definitions.push(("stream".to_string(), stream()));
    definitions.push(("patterns".to_string(), patterns()));
    map([
        (
            "$schema",
            text("https://json-schema.org/draft/2020-12/schema"),
        ),
        ("title", text("A gossfile, as mainstay-check reads it")),
        ("type", texts(&["object", "null"])),
        ("properties", Json::Map(sections)),
        (
            "patternProperties",
            // An author's own section, for anchors.
            Json::Map(vec![("^x-".to_string(), Json::Map(Vec::new()))]),
        ),
        ("additionalProperties", Json::Bool(false)),
        ("$defs", Json::Map(definitions)),
    ])
}

/// The section of containers' lives: its scenarios' keys.
fn scenarios() -> Json {
    let keys = crate::lifecycle::scenario::KEYS.iter();
    let properties = keys.map(|key| (key.to_string(), Json::Map(Vec::new())));
    let scenario = map([
        ("type", texts(&["object", "null"])),
        ("properties", Json::Map(properties.collect())),
        ("additionalProperties", Json::Bool(false)),
    ]);
    map([
        ("type", texts(&["object", "null"])),
        ("additionalProperties", scenario),
    ])
}

fn resource(kind: &Kind) -> Json {
    let mut properties: Vec<(String, Json)> = Vec::new();
    for row in section::all(kind) {
        properties.push((row.name.to_string(), attribute(row)));
        if let Some(alias) = row.alias {
            properties.push((alias.to_string(), attribute(row)));
        }
    }
    map([
        ("type", text("object")),
        ("properties", Json::Map(properties)),
        ("additionalProperties", Json::Bool(false)),
    ])
}

fn attribute(row: &Attribute) -> Json {
    match form(row) {
        Json::Map(mut entries) => {
            entries.push(("description".to_string(), text(row.about)));
            Json::Map(entries)
        }
        other => other,
    }
}

fn form(row: &Attribute) -> Json {
    match row.form {
        _ if row.name == "meta" => typed(&["object", "null"]),
        // Any scalar's source is a text.
        Form::Text => typed(&["string", "number", "boolean", "null"]),
        Form::Texts => map([
            ("type", texts(&["array", "null"])),
            ("items", typed(&["string", "number", "boolean", "null"])),
        ]),
        Form::Bool => map([(
            "enum",
            list(
                ["yes", "no", "on", "off", "y", "n"]
                    .map(text)
                    .into_iter()
                    .chain([Json::Bool(true), Json::Bool(false)]),
            ),
        )]),
        Form::Integer(_) => typed(&["number", "null"]),
        Form::Any => Json::Map(Vec::new()),
        Form::Matcher { .. } => reference("matcher"),
        Form::Stream => reference("stream"),
    }
}

/// What is expected of a value.
fn matcher() -> Json {
    map([(
        "anyOf",
        list([
            typed(&["string", "number", "boolean", "null"]),
            map([("type", text("array")), ("items", reference("matcher"))]),
            reference("named"),
        ]),
    )])
}

/// One matcher by its name.
fn named() -> Json {
    let properties = NAMES.iter().map(|row| {
        let takes = match row.argument {
            Argument::Any => Json::Map(Vec::new()),
            Argument::Text => typed(&["string"]),
            Argument::Number => typed(&["number"]),
            Argument::Bool => typed(&["boolean"]),
            Argument::Texts => reference("patterns"),
            Argument::Matcher | Argument::Element => reference("matcher"),
            Argument::Matchers => map([("type", text("array")), ("items", reference("matcher"))]),
            Argument::Paths => map([
                ("type", text("object")),
                ("additionalProperties", reference("matcher")),
            ]),
        };
        (row.name.to_string(), takes)
    });
    Json::Map(vec![
        ("type".to_string(), text("object")),
        ("properties".to_string(), Json::Map(properties.collect())),
        ("additionalProperties".to_string(), Json::Bool(false)),
        ("minProperties".to_string(), Json::Number(1)),
        ("maxProperties".to_string(), Json::Number(1)),
    ])
}

/// What is expected of a text that is read line by line.
fn stream() -> Json {
    map([(
        "anyOf",
        list([
            typed(&["string", "number", "boolean", "null"]),
            reference("patterns"),
            reference("named"),
        ]),
    )])
}

fn patterns() -> Json {
    map([("type", text("array")), ("items", typed(&["string"]))])
}

fn write(json: &Json, level: usize, out: &mut String) {
    let line = |level: usize, out: &mut String| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", level));
    };
    match json {
        Json::Text(text) => {
            let _ = write!(out, "{text:?}");
        }
        Json::Bool(value) => {
            let _ = write!(out, "{value}");
        }
        Json::Number(value) => {
            let _ = write!(out, "{value}");
        }
        Json::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                write(item, level + 1, out);
            }
            out.push(']');
        }
        Json::Map(entries) if entries.is_empty() => out.push_str("{}"),
        Json::Map(entries) => {
            out.push('{');
            for (at, (name, value)) in entries.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                line(level + 1, out);
                let _ = write!(out, "{name:?}: ");
                write(value, level + 1, out);
            }
            line(level, out);
            out.push('}');
        }
    }
}
