//! Reports: one file a format, one table of all.

pub mod colour;
mod diff;
mod documentation;
mod encode;
mod failures;
mod json;
mod junit;
mod nagios;
mod order;
mod prometheus;
mod rspecish;
mod silent;
mod structured;
mod tally;
mod tap;
mod text;

use std::io::{self, Write};
use std::time::Duration;

use crate::run::Group;

/// How a report is to look.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// With colours.
    pub colour: bool,
    /// `perfdata`: with numbers for a monitoring system.
    pub perfdata: bool,
    /// `verbose`: with more.
    pub verbose: bool,
    /// `pretty`: JSON over several lines.
    pub pretty: bool,
    /// `sort`: in the order of types and names, not in that of their ends.
    pub sort: bool,
    /// `exclude_raw`: without the values before their conversion.
    pub exclude_raw: bool,
    /// With file, line and hints: what goss does not print. Where goss says something wrong,
    /// what is right.
    pub places: bool,
}

/// A format.
pub struct Format {
    /// Its name.
    pub name: &'static str,
    /// Makes a report.
    pub report: fn(&Look) -> Box<dyn Report>,
}

/// A report that is being made.
pub trait Report {
    /// Takes what came of one resource.
    ///
    /// # Errors
    /// As `out` has them.
    fn take(&mut self, group: &Group, out: &mut dyn Write) -> io::Result<()>;

    /// Ends it, and says the exit code.
    ///
    /// # Errors
    /// As `out` has them.
    fn finish(&mut self, total: Duration, out: &mut dyn Write) -> io::Result<u8>;
}

/// All formats, by name.
pub const FORMATS: &[Format] = &[
    Format {
        name: "documentation",
        report: documentation::report,
    },
    Format {
        name: "json",
        report: json::report,
    },
    Format {
        name: "junit",
        report: junit::report,
    },
    Format {
        name: "nagios",
        report: nagios::report,
    },
    Format {
        name: "prometheus",
        report: prometheus::report,
    },
    Format {
        name: "rspecish",
        report: rspecish::report,
    },
    Format {
        name: "silent",
        report: silent::report,
    },
    Format {
        name: "structured",
        report: structured::report,
    },
    Format {
        name: "tap",
        report: tap::report,
    },
];

/// The format of a name.
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

#[cfg(test)]
mod tests;
