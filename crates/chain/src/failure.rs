//! What goes wrong in a program, in one grammar: `NAME: fatal: unable to VERB OBJECT:
//! why`, with the exit codes that scripts of this family test for.

use std::io;

use kernel::errno;

use crate::escape;

/// Exit codes.
pub mod exit {
    /// The words of the call do not fit.
    pub const USAGE: u8 = 100;
    /// A defect of the program itself.
    pub const INTERNAL: u8 = 101;
    /// The system refused something.
    pub const SYSTEM: u8 = 111;
    /// A program to become exists but cannot be executed.
    pub const NOT_EXECUTABLE: u8 = 126;
    /// A program to become was not found.
    pub const NOT_FOUND: u8 = 127;
}

/// Why a program ends without doing what it was called for.
#[derive(Debug)]
pub enum Failure {
    /// The words do not fit; holds the name and usage.
    Usage(String),
    /// A wrong word, said in a sentence; exit code 100.
    Invalid(String),
    /// The system refused: `unable to WHAT: why`; exit code 111.
    System {
        /// Verb and object: `open /etc/x`.
        what: String,
        /// Why.
        error: io::Error,
    },
    /// Anything else, with its own exit code.
    Other {
        /// The exit code.
        code: u8,
        /// What, in a sentence.
        text: String,
    },
    /// As the one before, but its line has been said at an earlier try.
    Told(Box<Failure>),
}

/// A result whose error ends the program.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            Failure::Usage(_) | Failure::Invalid(_) => exit::USAGE,
            Failure::System { .. } => exit::SYSTEM,
            Failure::Other { code, .. } => *code,
            Failure::Told(failure) => failure.code(),
        }
    }

    /// The line for standard error, without the newline.
    pub fn line(&self, name: &str) -> String {
        match self {
            Failure::Usage(usage) => format!("{name}: usage: {usage}"),
            Failure::Invalid(text) => format!("{name}: fatal: {text}"),
            Failure::System { what, error } => {
                format!("{name}: fatal: unable to {what}: {}", errno::text(error))
            }
            Failure::Other { text, .. } => format!("{name}: fatal: {text}"),
            Failure::Told(failure) => failure.line(name),
        }
    }

    /// Whether its line has been said at an earlier try.
    pub fn is_told(&self) -> bool {
        matches!(self, Failure::Told(_))
    }
}

/// Turns a system error into a failure that says what could not be done.
pub trait Unable<T> {
    /// `verb` and `object` as in "unable to VERB OBJECT".
    ///
    /// # Errors
    /// The system's refusal.
    fn unable(self, verb: &str, object: &[u8]) -> Result<T>;
}

impl<T> Unable<T> for io::Result<T> {
    fn unable(self, verb: &str, object: &[u8]) -> Result<T> {
        self.map_err(|error| Failure::System {
            what: if object.is_empty() {
                verb.to_string()
            } else {
                format!("{verb} {}", escape(object))
            },
            error,
        })
    }
}

/// Writes `NAME: warning: TEXT` to standard error.
pub fn warn(name: &str, text: &str) {
    let _ = kernel::fd::write_all(2, format!("{name}: warning: {text}\n").as_bytes());
}
