//! The page's beginning: what a reader takes away, in five lines of the run's own figures.

use crate::measure::{boot, orphans, restart};
use crate::results::{Results, figure};

/// Ours, and the peers that the lines name: the best bare supervisor, and the most used one.
const OURS: &str = "mainstay";
const PEERS: [(&str, &str); 2] = [("s6", "s6"), ("supervisor", "supervisord")];

/// Services in the container that the lines speak of.
const SERVICES: usize = 100;

/// The lines that the run has figures for.
pub(crate) fn lines(results: &Results) -> Vec<String> {
    [
        times(
            results,
            boot::LAST,
            SERVICES,
            "100 services boot, the last one's first instruction",
            "ms",
        ),
        times(
            results,
            boot::STOP,
            SERVICES,
            "100 services that end at once are stopped",
            "ms",
        ),
        times(
            results,
            restart::RESTART,
            1,
            "a killed service runs again",
            "ms",
        ),
        times(
            results,
            boot::ANONYMOUS,
            SERVICES,
            "memory of its own, with 100 services",
            "kB",
        ),
        times(
            results,
            orphans::PEAK,
            orphans::MANY,
            "20,000 orphans stream in, most that wait to be reaped",
            "",
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// `WHAT: OURS UNIT; s6 THEIRS, supervisord THEIRS`.
fn times(
    results: &Results,
    measure: &'static str,
    services: usize,
    what: &str,
    unit: &str,
) -> Option<String> {
    let of = |contestant| {
        let summary = results.summary(measure, services, contestant)?;
        Some(
            format!("{} {unit}", figure(summary.median))
                .trim_end()
                .to_string(),
        )
    };
    let ours = of(OURS)?;
    let peers: Vec<String> = PEERS
        .iter()
        .filter_map(|(contestant, name)| Some(format!("{name} {}", of(contestant)?)))
        .collect();
    Some(match peers.is_empty() {
        true => format!("{what}: **{ours}**."),
        false => format!("{what}: **{ours}**; {}.", peers.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_run_s_own_medians_and_none_is_made_up() {
        let mut results = Results::default();
        assert!(lines(&results).is_empty());
        results.add(boot::STOP, SERVICES, OURS, 6.5);
        results.add(boot::STOP, SERVICES, "s6", 25.0);
        results.add(boot::STOP, SERVICES, "supervisor", f64::INFINITY);
        assert_eq!(
            lines(&results),
            [
                "100 services that end at once are stopped: **6.50 ms**; s6 25.0 ms, supervisord ∞ ms."
            ]
        );
    }
}
