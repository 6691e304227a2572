//! `after` against a walk from minute to minute that reads the fields' text anew at each.

use proptest::prelude::*;

use super::super::calendar;
use super::*;

/// Zones with changes of an hour, of half an hour, of two, at midnight, and twice in a
/// month.
const ZONES: [&str; 9] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Africa/Casablanca",
    "Asia/Beirut",
    "America/Havana",
    "Asia/Kathmandu",
];

/// A field as people write it.
fn field(low: u32, high: u32) -> impl Strategy<Value = String> {
    let item = prop_oneof![
        4 => Just("*".to_string()),
        2 => (low..=high).prop_map(|value| value.to_string()),
        1 => (1..=high).prop_map(|step| format!("*/{step}")),
        1 => (low..=high, low..=high).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
        1 => (low..=high, low..=high, 1..9u32)
            .prop_map(|(a, b, step)| format!("{}-{}/{step}", a.min(b), a.max(b))),
    ];
    prop_oneof![
        4 => item.clone(),
        1 => (item.clone(), item).prop_map(|(a, b)| format!("{a},{b}")),
    ]
}

fn means(text: &str, low: u32, high: u32, value: u32) -> bool {
    text.split(',').any(|item| {
        let (range, step) = item.split_once('/').unwrap_or((item, "1"));
        let (first, last) = match range {
            "*" => (low, high),
            range => {
                let (first, last) = range.split_once('-').unwrap_or((range, range));
                (
                    first.parse().expect("digits"),
                    last.parse().expect("digits"),
                )
            }
        };
        let step: u32 = step.parse().expect("digits");
        value >= first && value <= last && (value - first).is_multiple_of(step)
    })
}

struct Slow {
    fields: [String; 5],
}

impl Slow {
    fn matches(&self, wall: Seconds) -> bool {
        let [minute, hour, day, month, weekday] = &self.fields;
        let days = wall.div_euclid(86_400);
        let second = wall.rem_euclid(86_400) as u32;
        let date = calendar::date(days);
        let of_week = calendar::weekday(days);
        let by_day = means(day, 1, 31, date.day);
        // 0-7, where both ends are Sunday.
        let by_weekday = means(weekday, 0, 7, of_week) || (of_week == 0 && means(weekday, 0, 7, 7));
        let days_match = match day.starts_with('*') || weekday.starts_with('*') {
            true => by_day && by_weekday,
            false => by_day || by_weekday,
        };
        second.is_multiple_of(60)
            && means(minute, 0, 59, second / 60 % 60)
            && means(hour, 0, 23, second / 3600)
            && means(month, 1, 12, date.month)
            && days_match
    }

    fn runs(&self, zone: &Zone, from: Seconds, until: Seconds) -> Vec<Seconds> {
        let [minute, hour, ..] = &self.fields;
        let every_hour = (0..24).all(|value| means(hour, 0, 23, value));
        let interval = minute.starts_with('*') || hour.starts_with('*') || every_hour;
        let mut found = Vec::new();
        // Two days and more before the beginning, so that what was shown there is known.
        let begin = from - 3 * 86_400;
        let mut highest = begin + offset(zone, begin);
        for at in (begin + 60..until).step_by(60) {
            let wall = at + offset(zone, at);
            let skipped = (highest + 60..wall)
                .step_by(60)
                .any(|wall| self.matches(wall));
            let here = self.matches(wall) && (interval || wall > highest);
            if at > from && (here || (skipped && !every_hour)) {
                found.push(at);
            }
            highest = highest.max(wall);
        }
        found
    }
}

/// Asked of the zone's own text, not of its spans.
fn offset(zone: &Zone, at: Seconds) -> i64 {
    zone.offset_for_test(at)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        if std::env::var_os("MAINSTAY_TEST_NIGHTLY").is_some() { 20_000 } else { 400 }
    ))]

    #[test]
    fn a_walk_from_minute_to_minute_finds_the_same_runs(
        minute in field(0, 59),
        hour in prop_oneof![field(0, 23), field(0, 3)],
        day in field(1, 31),
        month in prop_oneof![4 => Just("*".to_string()), 1 => field(1, 12)],
        weekday in field(0, 7),
        zone in 0..ZONES.len(),
        year in 1975..2040i64,
        change in 0..4usize,
        before in 0..2000i64,
    ) {
        let zone = Zone::named(ZONES[zone].as_bytes()).expect("tests need the package tzdata");
        let january = calendar::days(calendar::Date { year, month: 1, day: 1 }) * 86_400;
        // Around a change of the clock in that year, if there is one.
        let changes: Vec<Seconds> = std::iter::successors(Some(january), |at| {
            Some(zone.span(*at).end).filter(|end| *end < january + 400 * 86_400)
        }).collect();
        let around = changes[change % changes.len()];
        let from = (around - before * 60).div_euclid(60) * 60;
        let until = from + 3 * 86_400;
        let text = format!("{minute} {hour} {day} {month} {weekday} x");
        let quick = match read(text.as_bytes(), &zone, Columns::Five) {
            Ok(written) => written.schedule,
            Err(fault) => return Err(TestCaseError::fail(format!("{text}: {}", fault.text))),
        };
        let slow = Slow { fields: [minute, hour, day, month, weekday] };
        prop_assert_eq!(runs(&quick, from, until), slow.runs(&zone, from, until), "{} in {} from {}", text, zone.name(), from);
    }
}
