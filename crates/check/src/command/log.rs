//! What is said on standard error beside a report.

use std::fmt::Display;
use std::time::SystemTime;

use crate::clock;

/// How grave a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Every result.
    Trace,
    /// What commands print.
    Debug,
    /// What is done.
    Info,
    /// What may be a mistake.
    Warn,
    /// What could not be done.
    Error,
}

const LEVELS: &[(&str, Level)] = &[
    ("TRACE", Level::Trace),
    ("DEBUG", Level::Debug),
    ("INFO", Level::Info),
    ("WARN", Level::Warn),
    ("ERROR", Level::Error),
];

/// Says lines from a level on.
#[derive(Clone, Copy, Debug)]
pub struct Log {
    from: Level,
}

impl Default for Log {
    fn default() -> Log {
        Log { from: Level::Info }
    }
}

impl Log {
    /// From the level of a name, in any case of letters.
    pub fn from_name(name: &str) -> Option<Log> {
        let found = LEVELS
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, from)| Log { from: *from })
    }

    /// Whether lines of a level are said.
    pub fn says(self, level: Level) -> bool {
        level >= self.from
    }

    /// Says a line.
    pub fn line(self, level: Level, text: impl Display) {
        let name = LEVELS
            .iter()
            .find(|(_, known)| *known == level)
            .map_or("", |(name, _)| name);
        if self.says(level) {
            eprintln!("{} [{name}] {text}", clock::utc(SystemTime::now()));
        }
    }
}

/// Says a line that passes every level, as goss says the errors of commands.
pub fn fatal(text: impl Display) {
    eprintln!("{} {text}", clock::utc(SystemTime::now()));
}
