//! Metrics in Prometheus's text format.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use super::{Look, Report};
use crate::result::{Outcome, TestResult};
use crate::run::Group;
use crate::value::number;

/// The labels of a metric in their order: outcome, resource, type.
type Labels = (&'static str, String, String);

struct Prometheus {
    look: Look,
    /// How many, and their milliseconds.
    results: BTreeMap<Labels, (u64, u64)>,
    run: &'static str,
    failed: bool,
}

pub(super) fn report(look: &Look) -> Box<dyn Report> {
    Box::new(Prometheus {
        look: look.clone(),
        results: BTreeMap::new(),
        run: UNKNOWN,
        failed: false,
    })
}

const UNKNOWN: &str = "unknown";

fn word(result: &TestResult) -> &'static str {
    match result.outcome {
        Outcome::Pass => "pass",
        Outcome::Fail => "fail",
        Outcome::Skip => "skip",
    }
}

/// Of two outcomes, the one that a run has when it has both.
fn worse(a: &'static str, b: &'static str) -> &'static str {
    const ORDER: [&str; 4] = ["fail", UNKNOWN, "pass", "skip"];
    let both = [a, b];
    ORDER
        .into_iter()
        .find(|outcome| both.contains(outcome))
        .unwrap_or(UNKNOWN)
}

impl Report for Prometheus {
    fn take(&mut self, group: &Group, _out: &mut dyn Write) -> io::Result<()> {
        let mut of_group = None;
        for result in group {
            let outcome = word(result);
            let id = match self.look.verbose {
                true => escaped(&result.subject.id),
                false => String::new(),
            };
            let kind = result.subject.kind.shown.to_lowercase();
            let (count, time) = self.results.entry((outcome, id, kind)).or_default();
            *count += 1;
            let took = u64::try_from(result.took.as_millis()).unwrap_or(u64::MAX);
            *time = time.saturating_add(took);
            of_group = Some(of_group.map_or(outcome, |so_far| worse(so_far, outcome)));
            self.failed |= result.outcome == Outcome::Fail;
        }
        if let Some(outcome) = of_group {
            // Goss forgets the others: the last resource decides.
            self.run = match self.look.places && self.run != UNKNOWN {
                true => worse(self.run, outcome),
                false => outcome,
            };
        }
        Ok(())
    }

    fn finish(&mut self, total: Duration, out: &mut dyn Write) -> io::Result<u8> {
        let mut families = Vec::new();
        if !self.results.is_empty() {
            let of = |pick: fn(&(u64, u64)) -> u64| {
                let lines = self.results.iter().map(|((outcome, id, kind), value)| {
                    let id = match self.look.verbose {
                        true => format!("resource_id=\"{id}\","),
                        false => String::new(),
                    };
                    let labels = format!("outcome=\"{outcome}\",{id}type=\"{kind}\"");
                    (labels, pick(value))
                });
                lines.collect::<Vec<_>>()
            };
            families.push((
                "goss_tests_outcomes_duration_milliseconds",
                "The duration of tests from this run. Note; tests run concurrently.",
                of(|value| value.1),
            ));
            families.push((
                "goss_tests_outcomes_total",
                "The number of test-outcomes from this run.",
                of(|value| value.0),
            ));
        }
        let run = format!("outcome=\"{}\"", self.run);
        let total = u64::try_from(total.as_millis()).unwrap_or(u64::MAX);
        families.push((
            "goss_tests_run_duration_milliseconds",
            "The end-to-end duration of this run.",
            vec![(run.clone(), total)],
        ));
        families.push((
            "goss_tests_run_outcomes_total",
            "The outcomes of this run as a whole.",
            vec![(run, 1)],
        ));
        for (name, help, lines) in families {
            writeln!(out, "# HELP {name} {help}\n# TYPE {name} counter")?;
            for (labels, value) in lines {
                let value = number::general(value as f64);
                writeln!(out, "{name}{{{labels}}} {value}")?;
            }
        }
        // Goss says that all is well, whatever came out.
        Ok(u8::from(self.look.places && self.failed))
    }
}

fn escaped(label: &str) -> String {
    label
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worse_of_two_outcomes_counts() {
        for (a, b, both) in [
            ("pass", "skip", "pass"),
            ("skip", "skip", "skip"),
            ("skip", "fail", "fail"),
            ("unknown", "pass", "unknown"),
            ("unknown", "fail", "fail"),
        ] {
            assert_eq!(worse(a, b), both);
            assert_eq!(worse(b, a), both);
        }
    }
}
