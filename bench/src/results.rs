//! What was measured: every single value, and what is told of them.

use std::collections::BTreeMap;

/// What a value is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) measure: &'static str,
    pub(crate) services: usize,
    pub(crate) contestant: &'static str,
}

/// All values of a run.
#[derive(Default)]
pub(crate) struct Results {
    values: BTreeMap<Key, Vec<f64>>,
    /// What could not be measured, and why.
    pub(crate) failures: Vec<String>,
}

/// Median, least and most of some values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Summary {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Results {
    /// Adds a value; infinite for what did not end in time.
    pub(crate) fn add(
        &mut self,
        measure: &'static str,
        services: usize,
        contestant: &'static str,
        value: f64,
    ) {
        let key = Key {
            measure,
            services,
            contestant,
        };
        self.values.entry(key).or_default().push(value);
    }

    /// Notes what could not be measured.
    pub(crate) fn fail(&mut self, measure: &str, contestant: &str, services: usize, why: &str) {
        let line = format!("{measure}, {contestant}, N = {services}: {why}");
        eprintln!("bench: {line}");
        if !self.failures.contains(&line) {
            self.failures.push(line);
        }
    }

    /// What was measured of one contestant.
    pub(crate) fn summary(
        &self,
        measure: &'static str,
        services: usize,
        contestant: &'static str,
    ) -> Option<Summary> {
        summarize(self.values.get(&Key {
            measure,
            services,
            contestant,
        })?)
    }

    /// The numbers of services at which this was measured.
    pub(crate) fn rows(&self, measure: &'static str) -> Vec<usize> {
        let keys = self.values.keys().filter(|key| key.measure == measure);
        let mut rows: Vec<usize> = keys.map(|key| key.services).collect();
        rows.sort_unstable();
        rows.dedup();
        rows
    }
}

fn summarize(values: &[f64]) -> Option<Summary> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (min, max) = (*sorted.first()?, *sorted.last()?);
    let middle = sorted.len() / 2;
    let median = if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        (sorted[middle - 1] + sorted[middle]) / 2.0
    };
    Some(Summary { median, min, max })
}

/// Three figures that mean something.
pub(crate) fn figure(value: f64) -> String {
    if value.is_infinite() {
        return "∞".to_string();
    }
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        for (value, text) in [
            (0.123_4, "0.12"),
            (12.34, "12.3"),
            (1234.5, "1234"),
            (f64::INFINITY, "∞"),
        ] {
            assert_eq!(figure(value), text);
        }
    }

    #[test]
    fn a_summary_is_of_the_sorted_values() {
        let summary = summarize(&[3.0, 1.0, 2.0, f64::INFINITY]).unwrap();
        assert_eq!((summary.median, summary.min), (2.5, 1.0));
        assert!(summary.max.is_infinite());
        assert_eq!(summarize(&[]), None);
    }
}
