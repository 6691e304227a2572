//! Every edge of every zone: what each change of a clock from 1970 to 2040 does to jobs.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::super::{calendar, zone};
use super::*;

const FIRST: Seconds = 0;
const LAST: Seconds = 2_240_524_800;

/// Zones that are looked at in every run: those with odd changes, and each 25th.
const ODD: [&str; 16] = [
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/Lisbon",
    "America/New_York",
    "America/Havana",
    "America/Scoresbysund",
    "America/Sao_Paulo",
    "Asia/Beirut",
    "Asia/Gaza",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Monrovia",
    "Antarctica/Troll",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kwajalein",
];

fn is_night() -> bool {
    std::env::var_os("MAINSTAY_TEST_NIGHTLY").is_some()
}

fn zones() -> Vec<String> {
    let all = zone::all_names(std::path::Path::new("/usr/share/zoneinfo"));
    assert!(all.len() > 300, "tests need the package tzdata");
    let every = if is_night() { 1 } else { 25 };
    let mut zones: Vec<String> = all.into_iter().step_by(every).collect();
    zones.extend(ODD.map(str::to_string));
    zones.retain(|name| Zone::named(name.as_bytes()).is_ok());
    zones.sort();
    zones.dedup();
    zones
}

/// Where the clock of a zone is set, and by how much.
fn changes(zone: &Zone) -> Vec<(Seconds, i64)> {
    let mut found = Vec::new();
    let mut span = zone.span(FIRST);
    while span.end < LAST {
        let next = zone.span(span.end);
        if next.offset != span.offset {
            found.push((span.end, next.offset - span.offset));
        }
        span = next;
    }
    found
}

/// The moment of a time on the wall by jiff's own arithmetic: the first of two, and the
/// change where it is skipped.
fn moment(rules: &TimeZone, wall: Seconds) -> Seconds {
    let stamp = jiff::Timestamp::from_second(wall).expect("a year that there is");
    let civil: DateTime = TimeZone::UTC.to_datetime(stamp);
    let found = rules.to_ambiguous_timestamp(civil);
    match found.offset() {
        AmbiguousOffset::Gap { before, .. } => {
            // Just before the gap's end by the old offset lies behind the change.
            let behind = wall - i64::from(before.seconds());
            let stamp = jiff::Timestamp::from_second(behind + 1).expect("a year that there is");
            let change = rules.preceding(stamp).next().expect("there is a gap");
            change.timestamp().as_second()
        }
        _ => found.earlier().expect("a moment").as_second(),
    }
}

#[test]
fn no_daily_job_is_doubled_or_left_out_at_any_edge() {
    let zones = zones();
    let (mut edges, mut jobs) = (0, 0);
    for name in &zones {
        let zone = Zone::named(name.as_bytes()).expect(name);
        let rules = zone.rules_for_test();
        for (at, _) in changes(&zone) {
            edges += 1;
            let around = (at + zone.span(at).offset).div_euclid(calendar::DAY);
            // The times that the change touches, and some that it does not.
            let touched = [at - 1 + zone.span(at - 1).offset, at + zone.span(at).offset];
            let mut times: Vec<i64> = touched
                .iter()
                .flat_map(|wall| [-3600, -1800, -60, 0, 60, 1800, 3600].map(|near| wall + near))
                .map(|wall| wall.rem_euclid(calendar::DAY) / 60)
                .chain([0, 150, 720, 1439])
                .collect();
            times.sort_unstable();
            times.dedup();
            if !is_night() {
                let step = 1 + edges % 3;
                times = times.into_iter().step_by(step).collect();
            }
            for time in times {
                jobs += 1;
                let job = schedule(&format!("{} {} * * *", time % 60, time / 60), name);
                let day = |day: i64| moment(rules, day * calendar::DAY + time * 60);
                let mut expected: Vec<Seconds> = (around - 2..=around + 2).map(day).collect();
                expected.dedup();
                let found = runs(&job, day(around - 2) - 1, day(around + 2) + 1);
                assert_eq!(
                    found, expected,
                    "{name}, {time} minutes past midnight, change at {at}"
                );
            }
        }
    }
    println!("{edges} edges of {} zones, {jobs} daily jobs", zones.len());
    assert!(edges > 1000);
}

#[test]
fn intervals_keep_their_distance_through_every_edge() {
    let zones = zones();
    let mut edges = 0;
    for name in &zones {
        let zone = Zone::named(name.as_bytes()).expect(name);
        for (at, change) in changes(&zone) {
            edges += 1;
            for (text, length) in [
                ("7 * * * *", 3600),
                ("*/10 * * * *", 600),
                ("@every 20m", 1200),
            ] {
                let found = runs(&schedule(text, name), at - 4 * 3600, at + 4 * 3600);
                let distances = found.windows(2).map(|pair| pair[1] - pair[0]);
                for distance in distances {
                    let whole = change % length == 0 || text.starts_with('@');
                    // Where half an hour is skipped, an hourly job is late by half an hour.
                    let fine = distance == length || (!whole && distance <= 2 * length);
                    assert!(
                        fine,
                        "{name}, {text}: {distance} s at a change by {change} at {at}"
                    );
                }
                assert!(
                    found.len() as i64 >= 8 * 3600 / length - 2,
                    "{name}, {text}"
                );
            }
        }
    }
    println!("{edges} edges of {} zones", zones.len());
}
