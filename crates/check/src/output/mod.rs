//! Reports: one file a format, one table of all.

pub mod colour;
mod counts;
mod diff;
mod documentation;
mod failures;
mod group;
mod json;
mod junit;
mod nagios;
pub(crate) mod prometheus;
mod record;
mod rspecish;
mod silent;
mod structured;
mod tap;
mod text;
mod time;

use std::io::{self, Write};
use std::time::Duration;

use bstr::ByteSlice;

use crate::result::TestResult;

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
    /// With file, line and hints, and without what goss does wrong in reports: what goss does not
    /// print.
    pub places: bool,
}

/// A format.
#[derive(Debug)]
pub struct Format {
    /// Its name.
    pub name: &'static str,
    /// Makes a report.
    pub report: fn(&Look) -> Box<dyn Report>,
}

/// A report that is being made.
pub trait Report: Send {
    /// Takes what came of one resource.
    ///
    /// # Errors
    /// As `out` has them.
    fn take(&mut self, group: &[TestResult], out: &mut dyn Write) -> io::Result<()>;

    /// Ends it, and says the exit code.
    ///
    /// # Errors
    /// As `out` has them.
    fn finish(&mut self, total: Duration, out: &mut dyn Write) -> io::Result<u8>;
}

const fn row(name: &'static str, report: fn(&Look) -> Box<dyn Report>) -> Format {
    Format { name, report }
}

/// All formats, by name.
pub const FORMATS: &[Format] = &[
    row("documentation", documentation::report),
    row("json", json::report),
    row("junit", junit::report),
    row("nagios", nagios::report),
    row("prometheus", prometheus::report),
    row("rspecish", rspecish::report),
    row("silent", silent::report),
    row("structured", structured::report),
    row("tap", tap::report),
];

/// The format of a name.
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// A text with its line breaks as `\n`, for formats that have one line for each result.
fn one_line(text: &[u8]) -> Vec<u8> {
    text.replace(b"\r", b"\\r").replace(b"\n", b"\\n")
}

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
