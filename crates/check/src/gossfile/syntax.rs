//! Which language a file is written in.

use std::path::Path;
use std::sync::Arc;

use super::json;
use super::section;
use super::yaml::{self, Document, Text};
use crate::problem::Problem;

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// YAML.
    Yaml,
    /// JSON.
    Json,
}

impl Syntax {
    /// By the ending of a file's name, which goss compares exactly.
    ///
    /// # Errors
    /// For every other ending.
    pub fn of(path: &Path) -> Result<Syntax, Problem> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let extension = name.rfind('.').and_then(|at| name.get(at..));
        match extension.unwrap_or_default() {
            ".json" => Ok(Syntax::Json),
            ".yaml" | ".yml" => Ok(Syntax::Yaml),
            other => {
                let problem = Problem::nowhere(format!("unknown file extension: {other}"));
                let shown = path.display();
                let plain = format!("what language {shown} is in is not known");
                Err(problem
                    .plain(plain)
                    .remedy("it is not called NAME.yaml, NAME.yml or NAME.json"))
            }
        }
    }

    /// By what is in it: what is JSON, else what is YAML.
    ///
    /// # Errors
    /// Where it is neither; with why it is no YAML, which most will have meant.
    pub(super) fn sniff(file: &Arc<str>, text: &str) -> Result<Syntax, Problem> {
        let text = Text {
            file,
            text,
            lines: &[],
            counts: |_| true,
        };
        if json::parse(text).is_ok() {
            return Ok(Syntax::Json);
        }
        let wrong = match yaml::parse(text) {
            Ok(mut document) => {
                if let Some(root) = &document.root {
                    section::keys(root, &mut document.problems);
                }
                document.problems.into_iter().next()
            }
            Err(problem) => Some(problem),
        };
        match wrong {
            None => Ok(Syntax::Yaml),
            Some(problem) => {
                let plain = problem.to_string();
                let problem = Problem::nowhere("unable to determine format from content");
                Err(problem.plain(plain))
            }
        }
    }

    /// Reads a text.
    ///
    /// # Errors
    /// Where it is not written in the language.
    pub(super) fn parse(self, text: Text<'_>) -> Result<Document, Problem> {
        match self {
            Syntax::Yaml => yaml::parse(text),
            Syntax::Json => json::parse(text),
        }
    }
}
