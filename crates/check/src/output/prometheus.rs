//! `prometheus`: counters in the text exposition format
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use super::{Look, Report};
use crate::result::{Outcome, TestResult};
use crate::value::number;

/// A sum of whole milliseconds and how many there were.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    milliseconds: u64,
    count: u64,
}

impl Sum {
    fn add(&mut self, time: Duration) {
        let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.milliseconds = self.milliseconds.saturating_add(milliseconds);
        self.count = self.count.saturating_add(1);
    }
}

/// Counters over all runs of a process.
#[derive(Debug)]
pub(crate) struct Counters {
    look: Look,
    /// By outcome, id (where ids are shown) and type: the order of the lines.
    tests: BTreeMap<(&'static str, Option<String>, String), Sum>,
    runs: BTreeMap<&'static str, Sum>,
    /// What the run that is being counted came to so far; none where nothing was tested.
    run: Option<Outcome>,
    failed: bool,
}

impl Counters {
    pub(crate) fn new(look: &Look) -> Counters {
        Counters {
            look: look.clone(),
            tests: BTreeMap::new(),
            runs: BTreeMap::new(),
            run: None,
            failed: false,
        }
    }

    /// Counts the results of a resource.
    pub(crate) fn count(&mut self, group: &[TestResult]) {
        let mut worst = None;
        for result in group {
            let id = self.look.verbose.then(|| result.subject.id.clone());
            let kind = result.subject.kind.shown.to_lowercase();
            let label = (word(Some(result.outcome)), id, kind);
            self.tests.entry(label).or_default().add(result.took);
            worst = worse(worst, Some(result.outcome));
            self.failed |= result.outcome == Outcome::Fail;
        }
        if worst.is_none() {
            return;
        }
        self.run = match self.look.places {
            true => worse(self.run, worst),
            // In goss the run is what the last resource was.
            false => worst,
        };
    }

    /// Counts the run itself, and says whether anything in it failed.
    pub(crate) fn end(&mut self, total: Duration) -> bool {
        let outcome = word(self.run.take());
        self.runs.entry(outcome).or_default().add(total);
        std::mem::take(&mut self.failed)
    }

    /// Writes all counters.
    pub(crate) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let tests = || {
            self.tests.iter().map(|((outcome, id, kind), sum)| {
                let id = id.as_deref().map_or(String::new(), |id| {
                    format!("resource_id=\"{}\",", escaped(id))
                });
                (format!("outcome=\"{outcome}\",{id}type=\"{kind}\""), sum)
            })
        };
        let runs = || {
            let runs = self.runs.iter();
            runs.map(|(outcome, sum)| (format!("outcome=\"{outcome}\""), sum))
        };
        family(
            "goss_tests_outcomes_duration_milliseconds",
            "The duration of tests from this run. Note; tests run concurrently.",
            tests().map(|(labels, sum)| (labels, sum.milliseconds)),
            out,
        )?;
        family(
            "goss_tests_outcomes_total",
            "The number of test-outcomes from this run.",
            tests().map(|(labels, sum)| (labels, sum.count)),
            out,
        )?;
        family(
            "goss_tests_run_duration_milliseconds",
            "The end-to-end duration of this run.",
            runs().map(|(labels, sum)| (labels, sum.milliseconds)),
            out,
        )?;
        family(
            "goss_tests_run_outcomes_total",
            "The outcomes of this run as a whole.",
            runs().map(|(labels, sum)| (labels, sum.count)),
            out,
        )
    }
}

pub(super) fn report(look: &Look) -> Box<dyn Report> {
    Box::new(Counters::new(look))
}

impl Report for Counters {
    fn take(&mut self, group: &[TestResult], _out: &mut dyn Write) -> io::Result<()> {
        self.count(group);
        Ok(())
    }

    fn finish(&mut self, total: Duration, out: &mut dyn Write) -> io::Result<u8> {
        let failed = self.end(total);
        self.write(out)?;
        // In goss whoever runs it has to read the counters.
        Ok(u8::from(failed && self.look.places))
    }
}

fn word(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        Some(Outcome::Pass) => "pass",
        Some(Outcome::Fail) => "fail",
        Some(Outcome::Skip) => "skip",
        None => "unknown",
    }
}

/// The one that says more of a whole: a failure, then a pass, then a skip.
fn worse(one: Option<Outcome>, other: Option<Outcome>) -> Option<Outcome> {
    let rank = |outcome: &Option<Outcome>| match outcome {
        Some(Outcome::Fail) => 3,
        Some(Outcome::Pass) => 2,
        Some(Outcome::Skip) => 1,
        None => 0,
    };
    [one, other].into_iter().max_by_key(rank).flatten()
}

fn family(
    name: &str,
    help: &str,
    lines: impl Iterator<Item = (String, u64)>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (at, (labels, value)) in lines.enumerate() {
        if at == 0 {
            writeln!(out, "# HELP {name} {help}\n# TYPE {name} counter")?;
        }
        // All numbers are floats there.
        let value = number::general(value as f64);
        writeln!(out, "{name}{{{labels}}} {value}")?;
    }
    Ok(())
}

/// The value of a label.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('\n', "\\n")
        .replace('"', "\\\"")
}
