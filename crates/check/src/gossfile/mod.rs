//! From files to resources: read, template, parse, include, merge, check.

mod problem;
mod yaml;

use std::path::Path;
use std::sync::Arc;

pub use problem::Problem;
pub(crate) use yaml::parse;

use crate::node::Node;
use crate::place::Place;
use crate::resource::{self, Attribute, COMMON_FIRST, Kind, Resource};

/// Where tests come from and how they are read.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// The file; `-` for the standard input.
    pub gossfile: String,
    /// Files of variables.
    pub vars: Vec<String>,
    /// Variables in the call itself, as JSON or YAML.
    pub vars_inline: Option<String>,
    /// Whether what is surely a mistake is an error, though goss lets it pass.
    pub strict: bool,
}

/// What was read.
#[derive(Debug)]
pub struct Gossfile {
    /// All resources, those of included files among them.
    pub resources: Vec<Resource>,
    /// What is to be said without stopping.
    pub warnings: Vec<Problem>,
}

/// Reads a gossfile and all that it includes.
///
/// # Errors
/// All problems that were found, in their order.
pub fn load(source: &Source) -> Result<Gossfile, Vec<Problem>> {
    let path = Path::new(&source.gossfile);
    let text = std::fs::read_to_string(path).map_err(|error| {
        vec![Problem::nowhere(format!(
            "file error: open {}: {error}",
            path.display()
        ))]
    })?;
    let root = yaml::parse(&Arc::from(source.gossfile.as_str()), &text).map_err(|p| vec![p])?;
    let mut problems = Vec::new();
    let mut resources = Vec::new();
    for (section, body) in root.entries().unwrap_or_default() {
        let name = section.to_text().unwrap_or_default();
        let Some(kind) = resource::kind(&name) else {
            continue;
        };
        for (key, body) in body.entries().unwrap_or_default() {
            match read(kind, key, body) {
                Ok(resource) => resources.push(resource),
                Err(mut more) => problems.append(&mut more),
            }
        }
    }
    match problems.is_empty() {
        true => Ok(Gossfile {
            resources,
            warnings: Vec::new(),
        }),
        false => Err(problems),
    }
}

fn read(kind: &'static Kind, key: &Node, body: &Node) -> Result<Resource, Vec<Problem>> {
    let id = key.to_text().unwrap_or_default();
    let mut problems = Vec::new();
    let mut given = Vec::new();
    for (name, value) in body.entries().unwrap_or_default() {
        let word = name.to_text().unwrap_or_default();
        let known = COMMON_FIRST
            .iter()
            .chain(kind.attributes)
            .find(|row| is_named(row, &word));
        match known {
            Some(row) => given.push((row.name, value.clone())),
            None => problems.push(Problem::at(
                &name.place,
                format!("invalid Attribute for {}:{id}: {word}", kind.shown),
            )),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut resource = Resource {
        kind,
        key: id,
        place: Place::clone(&key.place),
        title: String::new(),
        meta: None,
        skip: false,
        eventually: None,
        depends_on: Vec::new(),
        given,
    };
    resource.title = resource.text("title");
    resource.meta = resource.given("meta").map(Node::any);
    resource.skip = resource.is_set("skip");
    Ok(resource)
}

fn is_named(row: &Attribute, word: &str) -> bool {
    row.name == word || row.alias == Some(word)
}
