//! `validate`: measures, compares, reports.

use std::ffi::OsString;
use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use crate::gossfile::{self, Source};
use crate::output::{self, Look};
use crate::probe::System;
use crate::run;

pub(super) fn main(words: Vec<OsString>, out: &mut dyn Write) -> u8 {
    let mut source = Source {
        gossfile: "./goss.yaml".to_string(),
        ..Source::default()
    };
    let mut parser = lexopt::Parser::from_args(words);
    while let Ok(Some(word)) = parser.next() {
        if let lexopt::Arg::Short('g') | lexopt::Arg::Long("gossfile") = word {
            source.gossfile = parser
                .value()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
        }
    }
    let gossfile = match gossfile::load(&source) {
        Ok(gossfile) => gossfile,
        Err(problems) => {
            for problem in problems {
                let _ = writeln!(out, "Error: {problem}");
            }
            return 78;
        }
    };
    let begun = Instant::now();
    let look = Look::default();
    let Some(format) = output::format("rspecish") else {
        return 1;
    };
    let mut report = (format.report)(&look);
    let system = Arc::new(System::default());
    run::run(&gossfile.resources, &system, 50, |group| {
        let _ = report.take(&group, out);
    });
    report.finish(begun.elapsed(), out).unwrap_or(1)
}
