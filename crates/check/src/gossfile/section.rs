//! A section of a file to resources: what stands in it has the types that goss wants there, and
//! the names that the table has.

use super::scalar::tag_of;
use crate::near::nearest;
use crate::node::{Body, Node};
use crate::problem::MOST_TOLD;
use crate::problem::{Class, Problem};
use crate::resource::{Attribute, COMMON_FIRST, EXTENSIONS, Form, Kind, Resource};
use crate::value::Value;

/// How many letters of a value are told.
const LONGEST_QUOTED: usize = 60;

/// Sections that other rooms read.
pub(super) const OTHERS: &[&str] = &["lifecycle"];

/// Reads the resources of a section; what is wrong with it joins `problems`. `json` says whether
/// the document is JSON.
pub(super) fn read(
    kind: &'static Kind,
    body: Node,
    json: bool,
    problems: &mut Vec<Problem>,
) -> Vec<Resource> {
    let mut reader = Reader {
        kind,
        json,
        problems,
    };
    reader.section(body)
}

/// Reads a section.
struct Reader<'a> {
    kind: &'static Kind,
    json: bool,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn section(&mut self, body: Node) -> Vec<Resource> {
        let before = self.problems.len();
        self.map(&body, "map[string]map[string]interface {}", "");
        let Body::Map(entries) = body.body else {
            return Vec::new();
        };
        // goss reads all of a section as maps first, and looks into them when that went well.
        for (key, body) in &entries {
            self.text(key, "");
            let attributes = self.map(body, "map[string]interface {}", "");
            if attributes.is_none() && !body.is_null() {
                self.misplaced(key);
            }
            for (name, _) in attributes.unwrap_or_default() {
                self.text(name, "");
            }
        }
        let is_sound = self.problems.len() == before;
        // The nodes are taken out of the tree: files have thousands, and a copy of each would
        // double what a run holds.
        let mut resources: Vec<Resource> = Vec::new();
        for (key, body) in entries.into_iter().filter(|(key, _)| !key.is_null()) {
            let Ok(id) = key.to_text() else { continue };
            if body.is_null() {
                let what = format!("Could not parse resource {}:{id}", self.kind.shown);
                let plain = format!("nothing stands below the {} `{id}`", self.kind.section);
                let remedy = "indent its attributes further than its name";
                let problem = Problem::at(&key.place, what).plain(plain);
                self.problems.push(problem.remedy(remedy));
                continue;
            }
            let Body::Map(attributes) = body.body else {
                continue;
            };
            let resource = self.resource(&key, &id, attributes, is_sound);
            // A key that stands twice is a problem of its own.
            resources.push(resource);
        }
        resources
    }

    fn resource(
        &mut self,
        key: &Node,
        id: &str,
        attributes: Vec<(Node, Node)>,
        is_sound: bool,
    ) -> Resource {
        let mut given: Vec<(&'static str, Node)> = Vec::new();
        for (name, value) in attributes.into_iter().filter(|(name, _)| !name.is_null()) {
            let Ok(word) = name.to_text() else { continue };
            let Some(row) = row(self.kind, &word) else {
                // Nobody reads as many suggestions, and they take their time.
                let hinted = self.problems.len() < MOST_TOLD;
                self.problems
                    .push(unknown(self.kind, id, &name, &word, hinted));
                continue;
            };
            if is_sound {
                self.check(row, &value);
            }
            // Of a name and the one that it had, the name counts.
            let known = given.iter_mut().find(|(known, _)| *known == row.name);
            match known {
                Some(entry) if row.name == word => entry.1 = value,
                Some(_) => {}
                None => given.push((row.name, value)),
            }
        }
        let mut resource = Resource {
            kind: self.kind,
            key: id.to_string(),
            place: key.place.clone(),
            title: String::new(),
            meta: None,
            skip: false,
            eventually: None,
            depends_on: Vec::new(),
            given,
        };
        resource.title = resource.text("title");
        resource.meta = resource.given("meta").map(meta);
        resource.skip = resource.is_set("skip");
        resource
    }

    /// Whether a value has the type of its attribute.
    fn check(&mut self, row: &Attribute, value: &Node) {
        if row.name == "meta" {
            self.map(value, "resource.meta", row.name);
            return;
        }
        match row.form {
            Form::Text => self.text(value, row.name),
            Form::Bool if value.to_bool().is_err() => {
                self.wrong(value, "bool", row.name, "");
            }
            Form::Integer(_) if value.to_integer().is_err() => {
                let remedy = match row.name {
                    "timeout" => "it is a number of milliseconds, such as 5000",
                    _ => "",
                };
                self.wrong(value, "int", row.name, remedy);
            }
            Form::Texts => match value.items() {
                Some(items) => items.iter().for_each(|item| self.text(item, row.name)),
                None if value.is_null() => {}
                None => self.wrong(value, "[]string", row.name, ""),
            },
            Form::Any | Form::Matcher { .. } | Form::Stream => keys(value, self.problems),
            Form::Bool | Form::Integer(_) => {}
        }
    }

    /// What has no attributes may be one that is not indented enough.
    fn misplaced(&mut self, key: &Node) {
        let name = key.to_text().unwrap_or_default();
        if let (Some(row), Some(problem)) = (row(self.kind, &name), self.problems.last_mut()) {
            let section = self.kind.section;
            let plain = format!("`{}` stands where the name of a {section} does", row.name);
            let remedy = format!("indent it further than the name of its {section}");
            *problem = problem.clone().plain(plain).remedy(remedy);
        }
    }

    fn text(&mut self, node: &Node, attribute: &str) {
        if node.to_text().is_err() {
            self.wrong(node, "string", attribute, "");
        }
    }

    /// The entries of a map; none where there is nothing, or something else, which is a problem.
    fn map<'a>(&mut self, node: &'a Node, go: &str, attribute: &str) -> Option<&'a [(Node, Node)]> {
        if node.entries().is_none() && !node.is_null() {
            self.wrong(node, go, attribute, "");
        }
        node.entries()
    }

    fn wrong(&mut self, node: &Node, go: &str, attribute: &str, remedy: &str) {
        let dot = if attribute.is_empty() { "" } else { "." };
        let section = self.kind.section;
        let into = format!("Go struct field GossConfig.{section}{dot}{attribute}");
        let mut problem = wrong_type(node, go, &into, self.json);
        if !attribute.is_empty() {
            let words = (wanted(go), found(node));
            problem = problem.plain(format!("`{attribute}` is {}, not {}", words.0, words.1));
        }
        self.problems.push(problem.remedy(remedy));
    }
}

/// The row of an attribute.
pub(super) fn row(kind: &Kind, word: &str) -> Option<&'static Attribute> {
    all(kind).find(|row| row.name == word || row.alias == Some(word))
}

/// All attributes of a type.
pub(super) fn all(kind: &Kind) -> impl Iterator<Item = &'static Attribute> + use<> {
    let own = kind.attributes.iter();
    COMMON_FIRST.iter().chain(own).chain(EXTENSIONS)
}

fn unknown(kind: &Kind, id: &str, name: &Node, word: &str, hinted: bool) -> Problem {
    let what = format!("invalid Attribute for {}:{id}: {word}", kind.shown);
    let plain = format!("a {} has no attribute `{word}`", kind.section);
    let problem = Problem::at(&name.place, what).plain(plain);
    if !hinted {
        return problem;
    }
    let names: Vec<&str> = all(kind).map(|row| row.name).collect();
    match nearest(word, &names) {
        Some(near) => problem.remedy(format!("did you mean `{near}`?")),
        None => {
            let names: Vec<&str> = kind.attributes.iter().map(|row| row.name).collect();
            problem.remedy(format!("a {} has: {}", kind.section, names.join(", ")))
        }
    }
}

/// A key of a map that any type will do for is no list and no map itself.
pub(super) fn keys(value: &Node, problems: &mut Vec<Problem>) {
    match &value.body {
        Body::Scalar(_) => {}
        Body::List(items) => items.iter().for_each(|item| keys(item, problems)),
        Body::Map(entries) => {
            for (key, value) in entries {
                let what = match key.body {
                    Body::Scalar(_) => None,
                    Body::List(_) => Some("invalid map key: []interface {}"),
                    Body::Map(_) => Some("invalid map key: map[string]interface {}"),
                };
                if let Some(what) = what {
                    problems.push(
                        Problem::at(&key.place, what)
                            .class(Class::Yaml)
                            .plain("a name is a text here, not a list or a map"),
                    );
                }
                keys(value, problems);
            }
        }
    }
}

/// The free words of a resource: a map with text keys, whatever they look like.
fn meta(node: &Node) -> Value {
    let entries = node.entries().unwrap_or_default().iter();
    let named = entries.filter(|(key, _)| !key.is_null());
    Value::Map(
        named
            .map(|(key, value)| (key.to_text().unwrap_or_default().into(), value.any()))
            .collect(),
    )
}

/// What is wrong with a value of a wrong type. `go` is the type in Go's words; `into` is what
/// encoding/json names ahead of it.
pub(super) fn wrong_type(node: &Node, go: &str, into: &str, json: bool) -> Problem {
    let plain = format!("here should be {}, not {}", wanted(go), found(node));
    if json {
        let what = match &node.body {
            Body::List(_) => "array".to_string(),
            Body::Map(_) => "object".to_string(),
            Body::Scalar(scalar) => match scalar.value {
                Value::Bool(_) => "bool".to_string(),
                // encoding/json names the number where one of another kind was wanted.
                Value::Float(_) if go == "int" => format!("number {}", scalar.text),
                Value::Float(_) => "number".to_string(),
                _ => "string".to_string(),
            },
        };
        let what = format!("json: cannot unmarshal {what} into {into} of type {go}");
        return Problem::at(&node.place, what).plain(plain);
    }
    let what = match &node.body {
        Body::List(_) => "!!seq".to_string(),
        Body::Map(_) => "!!map".to_string(),
        Body::Scalar(scalar) => {
            let text = match scalar.text.char_indices().nth(10) {
                Some(_) => {
                    let short: String = scalar.text.chars().take(7).collect();
                    format!("{short}...")
                }
                None => scalar.text.clone(),
            };
            format!("{} `{text}`", tag_of(&scalar.value))
        }
    };
    let what = format!("cannot unmarshal {what} into {go}");
    Problem::at(&node.place, what)
        .class(Class::Type)
        .plain(plain)
}

/// A type of Go in words.
fn wanted(go: &str) -> &'static str {
    match go {
        "string" => "a text",
        "bool" => "true or false",
        "int" => "a whole number",
        "[]string" => "a list of texts",
        "map[string]map[string]interface {}" => "a map of names, each with its attributes below it",
        "goss.GossConfig" => "a map of sections",
        _ => "a map, lines of `name: value`",
    }
}

/// What stands there, in words.
fn found(node: &Node) -> String {
    match &node.body {
        Body::List(_) => "a list".to_string(),
        Body::Map(_) => "a map".to_string(),
        Body::Scalar(scalar) => {
            let text: String = scalar.text.chars().take(LONGEST_QUOTED).collect();
            let more = if text.len() < scalar.text.len() {
                "…"
            } else {
                ""
            };
            match scalar.value {
                Value::Null => "nothing".to_string(),
                Value::Text(_) => format!("the text `{text}{more}`"),
                _ => format!("`{text}{more}`"),
            }
        }
    }
}
