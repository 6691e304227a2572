//! Schedules against slow and simple readings of the same rules.

mod edges;
mod oracle;
mod rules;

use super::{Columns, Schedule, Seconds, Zone, read};

/// A schedule that is written well.
fn schedule(text: &str, zone: &str) -> Schedule {
    let zone = Zone::named(zone.as_bytes()).expect("tests need the package tzdata");
    match read(text.as_bytes(), &zone, Columns::Told) {
        Ok(written) => written.schedule,
        Err(fault) => panic!("{text}: {}", fault.text),
    }
}

/// All runs after `from` and before `until`.
fn runs(schedule: &Schedule, from: Seconds, until: Seconds) -> Vec<Seconds> {
    let next = |at: &Seconds| schedule.after(*at).filter(|next| *next < until);
    std::iter::successors(next(&from), next).collect()
}
