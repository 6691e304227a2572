//! From files to resources: read, template, parse, include, merge, check.
//!
//! A file's text goes through `template`, then `yaml` (with `scalar`, `timestamp` and `merge`) or
//! `json` to a tree of nodes; `section` makes resources of it, `suspicion` says what goss would
//! let pass, `load` does that for all included files, and `depends` joins the resources.

mod depends;
pub mod edit;
mod file;
mod glob;
mod json;
mod load;
mod merge;
mod outdented;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod properties;
mod quick_hash;
mod save;
mod scalar;
mod schema;
mod section;
mod suspicion;
mod syntax;
mod template;
mod timestamp;
mod vars;
pub mod write;
mod yaml;

pub use crate::problem::{Class, Problem, goss_words};
pub use schema::schema;
pub use syntax::Syntax;

use std::sync::Arc;

use crate::node::Node;
use crate::resource::Resource;

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
#[derive(Debug, Default)]
pub struct Gossfile {
    /// All resources, those of included files among them.
    pub resources: Vec<Resource>,
    /// Sections that other rooms read, by their names: `lifecycle`.
    pub others: Vec<(String, Node)>,
    /// What is to be said without stopping.
    pub warnings: Vec<Problem>,
    /// What may be meant as it is, for `lint` alone.
    pub doubts: Vec<Problem>,
}

/// Reads a gossfile and all that it includes.
///
/// # Errors
/// All problems that were found, in their order.
pub fn load(source: &Source) -> Result<Gossfile, Vec<Problem>> {
    let gossfile = load::load(source, &mut |_| ())?;
    if gossfile.resources.is_empty() && gossfile.others.is_empty() {
        let shown = load::shown(source);
        let problem = Problem::nowhere(format!("found 0 tests, source: {shown}"))
            .plain(format!("there are no tests in {shown}"));
        return Err(vec![problem]);
    }
    Ok(gossfile)
}

/// The same, where it is no error that there are none at all. Each file's text is given to `show`
/// when its templates are done, as `render --debug` prints it.
///
/// # Errors
/// As [`load`].
pub fn load_any(source: &Source, show: &mut dyn FnMut(&str)) -> Result<Gossfile, Vec<Problem>> {
    load::load(source, show)
}

/// Reads one file as it stands, so that it can be written again: its templates are text, and its
/// includes are among its resources.
///
/// # Errors
/// As [`load`].
pub fn load_alone(path: &str, strict: bool) -> Result<Gossfile, Vec<Problem>> {
    load::load_alone(path, strict)
}

/// Whether a name matches a pattern of Go's `filepath.Match`; none that is no pattern.
pub(crate) fn is_match(pattern: &str, name: &str) -> bool {
    glob::matches(pattern, name).unwrap_or(false)
}

/// What `lint` found.
#[derive(Debug, Default)]
pub struct Findings {
    /// What is wrong, or surely a mistake.
    pub problems: Vec<Problem>,
    /// What may be meant as it is.
    pub doubts: Vec<Problem>,
    /// How many resources there are.
    pub resources: usize,
}

/// Looks at a gossfile and all that it includes without measuring anything: as strictly as
/// `mainstay-check` does.
pub fn lint(source: &Source) -> Findings {
    let strict = Source {
        strict: true,
        ..source.clone()
    };
    match load(&strict) {
        Ok(gossfile) => Findings {
            problems: Vec::new(),
            doubts: [gossfile.warnings, gossfile.doubts].concat(),
            resources: gossfile.resources.len(),
        },
        Err(problems) => Findings {
            problems,
            ..Findings::default()
        },
    }
}

/// Reads one document of YAML, as it stands: no templates, no includes.
///
/// # Errors
/// Where it is none.
pub(crate) fn parse(file: &Arc<str>, text: &str) -> Result<Node, Problem> {
    let text = yaml::Text {
        file,
        text,
        lines: &[],
        counts: |_| true,
    };
    let document = yaml::parse(text)?;
    document
        .root
        .ok_or_else(|| Problem::nowhere("found 0 tests"))
}
