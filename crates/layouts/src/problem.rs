//! What is wrong with a file of the image: where, what, and what to do about it.

use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use kernel::escape;

/// How much a problem matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It will not work.
    Error,
    /// It works, but may not do what was meant.
    Warning,
}

impl Severity {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// A kind of problem, under the name by which people look it up. Each stands beside the
/// reader that finds it; the documentation is written from them.
#[derive(Debug)]
pub struct Rule {
    /// Its stable short name.
    pub id: &'static str,
    /// Whether it is an error.
    pub severity: Severity,
    /// Whether it can be told only with the whole image at hand: interpreters,
    /// programs and users come from the layers below.
    pub needs_image: bool,
    /// What is wrong, and what comes of it; in sentences.
    pub cause: &'static str,
    /// What to do; in sentences.
    pub remedy: &'static str,
}

impl Rule {
    /// A rule whose finding will not work.
    pub const fn error(id: &'static str, cause: &'static str, remedy: &'static str) -> Rule {
        Rule {
            id,
            severity: Severity::Error,
            needs_image: false,
            cause,
            remedy,
        }
    }

    /// A rule whose finding may not do what was meant.
    pub const fn warning(id: &'static str, cause: &'static str, remedy: &'static str) -> Rule {
        Rule {
            severity: Severity::Warning,
            ..Rule::error(id, cause, remedy)
        }
    }

    /// The same, told only with the whole image at hand.
    pub const fn with_the_image(self) -> Rule {
        Rule {
            needs_image: true,
            ..self
        }
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Rule) -> bool {
        self.id == other.id
    }
}

impl Eq for Rule {}

/// Something wrong with one file (or variable) of the image. `Display` is one line,
/// `PATH:LINE: CAUSE; REMEDY`, whatever the names hold.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The file, or `NAME=value` for a variable.
    pub path: PathBuf,
    /// The line in it, from 1, where there is one.
    pub line: Option<u32>,
    /// What is wrong.
    pub cause: String,
    /// What to do, or what is done instead.
    pub remedy: String,
    /// Which kind of problem it is; none for what only the boot can meet.
    pub rule: Option<&'static Rule>,
    /// What is missing for it.
    pub loses: Loss,
}

/// What is missing since the kernel has refused something. Another time it may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loss {
    /// Nothing that runs.
    Nothing,
    /// A file beside what runs.
    Part,
    /// A hook or a service.
    Whole,
}

/// Two are equal that say the same: of which rule they are does not cross the pipe to
/// PID 1.
impl PartialEq for Problem {
    fn eq(&self, other: &Problem) -> bool {
        let says = |problem: &Problem| {
            let Problem {
                path,
                line,
                cause,
                remedy,
                rule: _,
                loses: _,
            } = problem.clone();
            (path, line, cause, remedy)
        };
        says(self) == says(other)
    }
}

impl Eq for Problem {}

impl Problem {
    /// A problem of a whole file.
    pub fn new(path: &Path, cause: impl Into<String>, remedy: impl Into<String>) -> Problem {
        Problem {
            path: path.to_path_buf(),
            line: None,
            cause: cause.into(),
            remedy: remedy.into(),
            rule: None,
            loses: Loss::Nothing,
        }
    }

    /// One for which so much is missing of what the image brings.
    pub fn that_loses(self, loss: Loss) -> Problem {
        Problem {
            loses: loss,
            ..self
        }
    }

    /// The same, as one of this kind.
    pub fn of(self, rule: &'static Rule) -> Problem {
        Problem {
            rule: Some(rule),
            ..self
        }
    }

    /// A problem of one line, counted from 1.
    pub fn at(
        path: &Path,
        line: u32,
        cause: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Problem {
        Problem {
            line: Some(line),
            ..Problem::new(path, cause, remedy)
        }
    }

    /// The same problem, said of another path of the same file; a remedy that names the
    /// file names the other one too.
    #[must_use]
    pub fn moved_to(self, path: &Path) -> Problem {
        let (from, to) = (
            escape(self.path.as_os_str().as_bytes()),
            escape(path.as_os_str().as_bytes()),
        );
        Problem {
            path: path.to_path_buf(),
            remedy: self.remedy.replace(&from, &to),
            ..self
        }
    }

    /// The system's refusal to `verb` the file: "cannot VERB: why".
    pub fn refused(
        path: &Path,
        verb: &str,
        error: &std::io::Error,
        remedy: impl Into<String>,
    ) -> Problem {
        let why = kernel::errno::text(error);
        Problem::new(path, format!("cannot {verb}: {why}"), remedy)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escape(self.path.as_os_str().as_bytes()))?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", escape(self.cause.as_bytes()))?;
        if !self.remedy.is_empty() {
            write!(f, "; {}", escape(self.remedy.as_bytes()))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_one_line_whatever_the_names_hold() {
        let problem = Problem::at(Path::new("/etc/a\nb"), 3, "bad\x1b[0m", "do this");
        assert_eq!(problem.to_string(), "/etc/a\\nb:3: bad\\x1b[0m; do this");
        let remedied = Problem::new(Path::new("/copy/x"), "bad", "chmod 0755 /copy/x");
        assert_eq!(
            remedied.moved_to(Path::new("/x")).to_string(),
            "/x: bad; chmod 0755 /x"
        );
        let bare = Problem::new(Path::new("/x"), "gone", "");
        assert_eq!(bare.to_string(), "/x: gone");
    }
}
