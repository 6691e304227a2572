//! Random units. A unit of a name may need, and log to, names of lower numbers only, so
//! that no circle arises, whatever is removed and added.

use std::time::Duration;

use plan::{Backoff, Criticality, Kind, Limit, OnLimit, Readiness, Restart, Unit, When};

use crate::random::Random;

pub(crate) fn name(number: u64) -> String {
    format!("unit-{number}")
}

fn span(random: &mut Random, longest_ms: u64) -> Duration {
    Duration::from_millis(random.below(longest_ms + 1))
}

fn maybe_span(random: &mut Random, percent: u64, longest_ms: u64) -> Option<Duration> {
    random.chance(percent).then(|| span(random, longest_ms))
}

/// A unit called by this number. Every fourth is a service, whatever happens: only these
/// are logged to.
pub(crate) fn unit(number: u64, random: &mut Random) -> Unit {
    let may_be_logger = number.is_multiple_of(4);
    let kind = match !may_be_logger && random.chance(20) {
        true => Kind::OneShot,
        false => Kind::Service,
    };
    let mut needs = Vec::new();
    if number > 0 {
        for _ in 0..random.below(3) {
            needs.push(name(random.below(number)));
        }
    }
    let logger = (kind == Kind::Service && random.chance(30))
        .then(|| name(random.below(number.div_ceil(4).max(1)) * 4))
        .filter(|logger| *logger != name(number));
    Unit {
        name: name(number),
        kind,
        needs,
        wanted: random.chance(90),
        readiness: match random.chance(40) {
            true => Readiness::Notified,
            false => Readiness::WhenUp,
        },
        restart: restart(kind, random),
        criticality: match random.chance(3) {
            true => Criticality::Critical,
            false => Criticality::Ordinary,
        },
        down_signal: random.pick(&[15, 15, 15, 2, 3, 9]),
        kill_after: maybe_span(random, 40, 3000),
        start_within: maybe_span(random, 30, 3000),
        has_finish: random.chance(50),
        finish_within: maybe_span(random, 80, 3000),
        logger,
        // Whether its units name it too is not what its machine looks at.
        reads_from: match may_be_logger && random.chance(30) {
            true => vec![name(number + 1)],
            false => Vec::new(),
        },
    }
}

fn restart(kind: Kind, random: &mut Random) -> Restart {
    if random.chance(40) {
        return match kind {
            Kind::Service => Restart::S6,
            Kind::OneShot => Restart::NEVER,
        };
    }
    Restart {
        when: random.pick(&[When::Never, When::OnFailure, When::Always, When::Always]),
        backoff: Backoff {
            floor: span(random, 1500),
            first: span(random, 1000),
            factor: random.below(4) as u32,
            max: span(random, 10_000),
            reset_after: span(random, 5000),
        },
        limit: random.chance(30).then(|| Limit {
            starts: random.below(5) as u32,
            within: span(random, 20_000),
            then: match random.chance(10) {
                true => OnLimit::StopContainer,
                false => OnLimit::GiveUp,
            },
        }),
    }
}
