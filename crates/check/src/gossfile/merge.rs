//! Merge keys, and keys that stand twice, as yaml.v3 treats them.

use std::collections::HashSet;
use std::collections::hash_map::Entry;

use super::quick_hash::QuickMap;
use crate::node::{Body, Node};
use crate::problem::{Class, Problem};

/// The pairs of a map as they were written.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    /// Those with keys of their own.
    pub(crate) own: Vec<(Node, Node)>,
    /// Those with `<<`.
    pub(crate) merges: Vec<(Node, Node)>,
}

/// From how many pairs on a table finds the same key faster than looking at each.
const MANY: usize = 12;

/// The pairs that count: own ones first, then merged ones that no earlier one has named. What is
/// wrong joins `problems`.
pub(crate) fn apply(pairs: Pairs, problems: &mut Vec<Problem>) -> Vec<(Node, Node)> {
    let Pairs { mut own, merges } = pairs;
    duplicates(&own, problems);
    duplicates(&merges, problems);
    if merges.is_empty() {
        return own;
    }
    let mut named: HashSet<Name<String>> = own.iter().map(|(key, _)| owned(key)).collect();
    for (_, from) in merges {
        let wrong = Problem::at(
            &from.place,
            "map merge requires map or sequence of maps as the value",
        )
        .class(Class::Yaml);
        match from.body {
            Body::Map(entries) => add(entries, &mut own, &mut named),
            Body::List(maps) => {
                for map in maps {
                    match map.body {
                        Body::Map(entries) => add(entries, &mut own, &mut named),
                        Body::Scalar(_) | Body::List(_) => problems.push(wrong.clone()),
                    }
                }
            }
            Body::Scalar(_) => problems.push(wrong),
        }
    }
    own
}

fn add(from: Vec<(Node, Node)>, to: &mut Vec<(Node, Node)>, named: &mut HashSet<Name<String>>) {
    for (key, value) in from {
        if named.insert(owned(&key)) {
            to.push((key, value));
        }
    }
}

/// What makes keys the same: yaml.v3 compares their texts, quoted or not.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Name<T> {
    Text(T),
    List,
    Map,
}

fn name(key: &Node) -> Name<&str> {
    match &key.body {
        Body::Scalar(scalar) => Name::Text(&scalar.text),
        Body::List(_) => Name::List,
        Body::Map(_) => Name::Map,
    }
}

fn owned(key: &Node) -> Name<String> {
    match name(key) {
        Name::Text(text) => Name::Text(text.to_string()),
        Name::List => Name::List,
        Name::Map => Name::Map,
    }
}

fn is_same(one: &Node, other: &Node) -> bool {
    match (&one.body, &other.body) {
        (Body::Scalar(one), Body::Scalar(other)) => one.text == other.text,
        (Body::List(_), Body::List(_)) | (Body::Map(_), Body::Map(_)) => true,
        _ => false,
    }
}

fn duplicates(pairs: &[(Node, Node)], problems: &mut Vec<Problem>) {
    let mut say = |key: &Node, first: &Node| {
        let text = match &key.body {
            Body::Scalar(scalar) => scalar.text.as_str(),
            Body::List(_) | Body::Map(_) => "",
        };
        let line = first.place.line;
        let what = format!("mapping key {text:?} already defined at line {line}");
        problems.push(Problem::at(&key.place, what).class(Class::Type));
    };
    if pairs.len() < MANY {
        for (at, (key, _)) in pairs.iter().enumerate() {
            let earlier = pairs.iter().take(at).map(|(key, _)| key);
            if let Some(first) = earlier.into_iter().find(|other| is_same(other, key)) {
                say(key, first);
            }
        }
        return;
    }
    let mut seen: QuickMap<Name<&str>, &Node> = QuickMap::default();
    for (key, _) in pairs {
        match seen.entry(name(key)) {
            Entry::Vacant(place) => {
                place.insert(key);
            }
            Entry::Occupied(first) => say(key, first.get()),
        }
    }
}
