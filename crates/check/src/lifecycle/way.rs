//! The ways in which a scenario is repeated: what engines can ask of a container.

use super::fields::Reader;
use crate::node::{Body, Node};

/// A way to start the container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Way {
    /// Its name in results; empty for the plain one.
    pub(super) name: String,
    /// The options that it adds.
    pub(super) options: Vec<String>,
}

/// Ways that need no value, by name.
const PLAIN: &[(&str, &[&str])] = &[
    ("read-only", &["--read-only"]),
    ("init", &["--init"]),
    ("cap-drop-all", &["--cap-drop", "ALL"]),
    (
        "no-new-privileges",
        &["--security-opt", "no-new-privileges"],
    ),
];

/// Ways with a value: an option each.
const VALUED: &[(&str, &str)] = &[
    ("user", "--user"),
    ("tmpfs", "--tmpfs"),
    ("memory", "--memory"),
];

/// More options as they stand.
const OPTIONS: &str = "options";

/// Reads the list below `with`: words, and maps where values are needed. Several keys of one
/// map make one way.
pub(super) fn read(reader: &mut Reader, node: &Node, what: &str) -> Vec<Way> {
    let items: &[Node] = match &node.body {
        Body::List(items) => items,
        Body::Scalar(_) | Body::Map(_) => std::slice::from_ref(node),
    };
    let ways = items.iter().map(|item| one(reader, item, what));
    ways.filter(|way| !way.options.is_empty()).collect()
}

fn known() -> Vec<&'static str> {
    let plain = PLAIN.iter().map(|(name, _)| *name);
    let valued = VALUED.iter().map(|(name, _)| *name);
    plain.chain(valued).chain([OPTIONS]).collect()
}

fn one(reader: &mut Reader, item: &Node, what: &str) -> Way {
    let known = known();
    let mut names = Vec::new();
    let mut options: Vec<String> = Vec::new();
    if item.entries().is_none() {
        let word = reader.text(item, what).unwrap_or_default();
        match PLAIN.iter().find(|(name, _)| *name == word) {
            Some((name, more)) => {
                names.push((*name).to_string());
                options.extend(more.iter().map(|word| (*word).to_string()));
            }
            None if VALUED.iter().any(|(name, _)| *name == word) => {
                reader.wrong(item, format!("{what}: {word} needs a value: {{{word}: …}}"));
            }
            None if word.is_empty() => {}
            None => reader.unknown(item, what, &word, &known),
        }
    }
    for (key, value) in match item.entries() {
        Some(_) => reader.fields(item, what, &known),
        None => Vec::new(),
    } {
        let plain = PLAIN.iter().find(|(name, _)| *name == key);
        let valued = VALUED.iter().find(|(name, _)| *name == key);
        if let Some((name, more)) = plain {
            if reader.truth(value, what) {
                names.push((*name).to_string());
                options.extend(more.iter().map(|word| (*word).to_string()));
            }
        } else if let Some((name, option)) = valued {
            for value in reader.texts(value, what) {
                names.push(format!("{name} {value}"));
                options.extend([(*option).to_string(), value]);
            }
        } else {
            let more = reader.texts(value, what);
            names.push(more.join(" "));
            options.extend(more);
        }
    }
    Way {
        name: names.join(", "),
        options,
    }
}
