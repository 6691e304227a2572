//! Single schedules whose times are known.

use super::super::{Columns, Zone, calendar, read};
use super::*;

/// The first runs after a moment, as the zone shows them without its abbreviation.
fn shown(text: &str, zone: &str, from: &str, count: usize) -> Vec<String> {
    let schedule = schedule(text, zone);
    let from = schedule.zone().moment(wall(from));
    let next = |at: &Seconds| schedule.after(*at);
    std::iter::successors(next(&from), next)
        .take(count)
        .map(|at| schedule.zone().show(at))
        .collect()
}

fn wall(text: &str) -> Seconds {
    let numbers: Vec<u32> = text
        .split(['-', ' ', ':'])
        .map(|part| part.parse().expect("digits"))
        .collect();
    let date = calendar::Date {
        year: i64::from(numbers[0]),
        month: numbers[1],
        day: numbers[2],
    };
    calendar::days(date) * calendar::DAY + i64::from(numbers[3] * 3600 + numbers[4] * 60)
}

fn check(text: &str, zone: &str, from: &str, expected: &[&str]) {
    assert_eq!(
        shown(text, zone, from, expected.len()),
        expected,
        "{text} in {zone}"
    );
}

#[test]
fn a_skipped_time_runs_at_the_end_of_the_gap() {
    let zone = "Europe/Berlin";
    let from = "2026-03-28 12:00";
    check(
        "30 2 * * *",
        zone,
        from,
        &["2026-03-29 03:00:00 CEST", "2026-03-30 02:30:00 CEST"],
    );
    // Many skipped times are made up for by one run, and one that is due then anyway is not
    // doubled.
    check(
        "*/10 2 * * *",
        zone,
        from,
        &["2026-03-29 03:00:00 CEST", "2026-03-30 02:00:00 CEST"],
    );
    check(
        "30 2,3 * * *",
        zone,
        from,
        &[
            "2026-03-29 03:00:00 CEST",
            "2026-03-29 03:30:00 CEST",
            "2026-03-30 02:30:00 CEST",
        ],
    );
    check(
        "0 2,3 * * *",
        zone,
        from,
        &["2026-03-29 03:00:00 CEST", "2026-03-30 02:00:00 CEST"],
    );
    check(
        "0 */2 * * *",
        zone,
        "2026-03-29 00:00",
        &["2026-03-29 03:00:00 CEST", "2026-03-29 04:00:00 CEST"],
    );
    // Every hour anyway: nothing to make up for.
    check(
        "30 * * * *",
        zone,
        "2026-03-29 01:00",
        &["2026-03-29 01:30:00 CET", "2026-03-29 03:30:00 CEST"],
    );
    // On a day that is not skipped.
    check("30 2 30 * *", zone, from, &["2026-03-30 02:30:00 CEST"]);
    // Half an hour, and a whole day.
    check(
        "15 2 * * *",
        "Australia/Lord_Howe",
        "2026-10-03 12:00",
        &["2026-10-04 02:30:00 +11", "2026-10-05 02:15:00 +11"],
    );
    check(
        "0 5 * * *",
        "Pacific/Apia",
        "2011-12-29 04:00",
        &[
            "2011-12-29 05:00:00 -10",
            "2011-12-31 00:00:00 +14",
            "2011-12-31 05:00:00 +14",
        ],
    );
    check(
        "0 0 * * *",
        "Asia/Beirut",
        "2026-03-28 12:00",
        &["2026-03-29 01:00:00 EEST", "2026-03-30 00:00:00 EEST"],
    );
}

#[test]
fn a_repeated_time_runs_once_and_an_interval_goes_on() {
    let zone = "Europe/Berlin";
    let from = "2026-10-24 12:00";
    check(
        "30 2 * * *",
        zone,
        from,
        &["2026-10-25 02:30:00 CEST", "2026-10-26 02:30:00 CET"],
    );
    check(
        "0 2-3 * * *",
        zone,
        from,
        &[
            "2026-10-25 02:00:00 CEST",
            "2026-10-25 03:00:00 CET",
            "2026-10-26 02:00:00 CET",
        ],
    );
    check(
        "30 * * * *",
        zone,
        "2026-10-25 01:00",
        &[
            "2026-10-25 01:30:00 CEST",
            "2026-10-25 02:30:00 CEST",
            "2026-10-25 02:30:00 CET",
            "2026-10-25 03:30:00 CET",
        ],
    );
    check(
        "*/30 2 * * *",
        zone,
        from,
        &[
            "2026-10-25 02:00:00 CEST",
            "2026-10-25 02:30:00 CEST",
            "2026-10-25 02:00:00 CET",
            "2026-10-25 02:30:00 CET",
            "2026-10-26 02:00:00 CET",
        ],
    );
}

#[test]
fn intervals_know_no_clock() {
    check(
        "@every 90m",
        "Europe/Berlin",
        "2026-03-29 00:00",
        &[
            "2026-03-29 01:00:00 CET",
            "2026-03-29 03:30:00 CEST",
            "2026-03-29 05:00:00 CEST",
        ],
    );
    let every = schedule("@every 1h30m", "UTC");
    assert_eq!(every.after(0), Some(5400));
    assert_eq!(every.after(5399), Some(5400));
    assert_eq!(every.after(-1), Some(0));
    assert_eq!(every.after(Seconds::MAX), None);
}

#[test]
fn days_are_as_crontab_and_quartz_have_them() {
    for (text, from, expected) in [
        // Either of two fields of days; both where one begins with a star.
        (
            "0 0 13 * fri",
            "2026-11-01 00:00",
            &["2026-11-06", "2026-11-13", "2026-11-20"][..],
        ),
        (
            "0 0 */2 * mon",
            "2026-11-01 00:00",
            &["2026-11-09", "2026-11-23", "2026-12-07"],
        ),
        (
            "0 0 1-7 * */7",
            "2026-11-01 00:00",
            &["2026-12-06", "2027-01-03"],
        ),
        ("0 0 ? * 1", "2026-11-01 00:00", &["2026-11-02"]),
        ("0 0 * * 7", "2026-11-02 00:00", &["2026-11-08"]),
        (
            "0 0 * * 5-7",
            "2026-11-02 00:00",
            &["2026-11-06", "2026-11-07", "2026-11-08"],
        ),
        (
            "0 0 * * Fri-Sun",
            "2026-11-02 00:00",
            &["2026-11-06", "2026-11-07", "2026-11-08"],
        ),
        (
            "0 0 29 2 *",
            "2026-11-01 00:00",
            &["2028-02-29", "2032-02-29"],
        ),
        (
            "0 0 29 feb */7",
            "2080-03-01 00:00",
            &["2088-02-29", "2128-02-29"],
        ),
        (
            "0 0 31 * *",
            "2026-01-31 00:00",
            &["2026-03-31", "2026-05-31"],
        ),
        (
            "0 0 L * *",
            "2028-01-31 00:00",
            &["2028-02-29", "2028-03-31"],
        ),
        (
            "0 0 L-1 * *",
            "2027-01-31 00:00",
            &["2027-02-27", "2027-03-30"],
        ),
        (
            "0 0 LW * *",
            "2026-01-01 00:00",
            &["2026-01-30", "2026-02-27", "2026-03-31"],
        ),
        (
            "0 0 15W * *",
            "2026-08-01 00:00",
            &["2026-08-14", "2026-09-15", "2026-10-15", "2026-11-16"],
        ),
        (
            "0 0 1W * *",
            "2026-08-01 00:00",
            &["2026-08-03", "2026-09-01"],
        ),
        ("0 0 31W 5 *", "2026-01-01 00:00", &["2026-05-29"]),
        (
            "0 0 * * fri#2",
            "2026-11-01 00:00",
            &["2026-11-13", "2026-12-11"],
        ),
        (
            "0 0 * * 5L",
            "2026-11-01 00:00",
            &["2026-11-27", "2026-12-25"],
        ),
        (
            "0 0 * * 1#5",
            "2026-11-01 00:00",
            &["2026-11-30", "2027-03-29"],
        ),
        (
            "0 0 1 JAN,jul *",
            "2026-11-01 00:00",
            &["2027-01-01", "2027-07-01"],
        ),
        (
            "0 0 1 january-march/2 *",
            "2026-11-01 00:00",
            &["2027-01-01", "2027-03-01"],
        ),
    ] {
        let days: Vec<String> = shown(text, "UTC", from, expected.len())
            .into_iter()
            .map(|day| {
                day.strip_suffix(" 00:00:00 UTC")
                    .expect("midnight")
                    .to_string()
            })
            .collect();
        assert_eq!(days, expected, "{text}");
    }
}

#[test]
fn names_of_schedules_stand_for_fields() {
    for (text, fields) in [
        ("@yearly", "0 0 1 1 *"),
        ("@Annually", "0 0 1 1 *"),
        ("@monthly", "0 0 1 * *"),
        ("@weekly", "0 0 * * 0"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@hourly", "0 * * * *"),
    ] {
        assert_eq!(
            schedule(text, "UTC").fields(),
            schedule(fields, "UTC").fields(),
            "{text}"
        );
    }
    assert!(schedule("@reboot", "UTC").is_at_start());
    assert_eq!(schedule("@reboot", "UTC").after(0), None);
}

#[test]
fn what_never_comes_ends_soon() {
    let begun = std::time::Instant::now();
    for text in ["0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 29 2 */7"] {
        let schedule = schedule(text, "America/New_York");
        for year in 0..100 {
            let next = schedule.after(year * 366 * 86_400);
            assert_eq!(next.is_some(), text == "0 0 29 2 */7", "{text}");
        }
    }
    // Unoptimized and on a busy machine; each takes far less than a millisecond.
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    for at in [Seconds::MIN, Seconds::MAX, calendar::FIRST, calendar::LAST] {
        for zone in ["UTC", "Europe/Berlin"] {
            let next = schedule("0 5 * * *", zone).after(at);
            assert!(next.is_none_or(|next| next > at));
        }
    }
}

#[test]
fn six_fields_are_told_by_their_looks() {
    for (text, columns) in [
        ("*/5 * * * * * cmd", 6),
        ("*/5 * * * * * * cmd", 6),
        ("0 0 5 * * mon-fri cmd", 6),
        ("0 0 5 * * 5L cmd", 6),
        ("0 0 5 * * cmd", 5),
        ("0 0 5 * * 7z x", 5),
        ("0 5 * * 1 sun", 5),
        ("0 5 * * * ./sat x", 5),
        ("@daily * * * * * x", 0),
    ] {
        let written = read(text.as_bytes(), &Zone::utc(), Columns::Told).expect(text);
        assert_eq!(written.columns, columns, "{text}");
    }
    let six = read(b"*/20 30 5 * * *", &Zone::utc(), Columns::Six)
        .expect("six")
        .schedule;
    assert_eq!(runs(&six, 0, 86_400), [19_800, 19_820, 19_840]);
}

#[test]
fn what_is_wrong_is_told_with_its_column() {
    for (text, column, part) in [
        ("61 * * * * x", 0, "61 is no minute (0-59)"),
        ("0 24 * * * x", 2, "24 is no hour (0-23)"),
        ("0 0 0 * * x", 4, "0 is no day of the month (1-31)"),
        ("0 0 1 13 * x", 6, "13 is no month"),
        ("0 0 * * 8 x", 8, "8 is no day of the week"),
        ("0 5 * * mondy x", 8, "did you mean mon?"),
        ("0 5 * febuary * x", 6, "did you mean feb?"),
        ("0 22-2 * * * x", 2, "write 22-23,0-2"),
        ("0 0 * * sat-mon x", 8, "write 6,0-1"),
        ("1,,2 * * * * x", 2, "a comma"),
        ("1,2, * * * * x", 4, "a comma"),
        ("*/0 * * * * x", 0, "is 0"),
        ("*/x * * * * x", 0, "no number"),
        ("5- * * * * x", 0, "both sides"),
        ("1-5,70 * * * * x", 4, "70 is no minute"),
        ("? * * * * x", 0, "write *"),
        ("0~59 * * * * x", 0, "CRON_JITTER"),
        ("H * * * * x", 0, "Jenkins"),
        ("0 0 32W * * x", 4, "1W to 31W"),
        ("0 0 L-31 * * x", 4, "L-1 to L-30"),
        ("0 0 * * L x", 8, "friL"),
        ("0 0 * * 1#6 x", 8, "1 to 5"),
        ("0 0 * L * x", 6, "days only"),
        ("0 5 * * /bin/x", 8, "in front of the command"),
        ("0 5 * *", 7, "five fields"),
        ("", 0, "no schedule"),
        ("@dayly x", 0, "did you mean @daily?"),
        ("@sometimes x", 0, "there are @yearly"),
        ("@every", 6, "missing"),
        ("@every 0s x", 7, "least is @every 1s"),
        ("@every 5x x", 7, "no unit x"),
        ("0 5 * * * * 2030 x", 12, "a year"),
        ("99999999999999999999 * * * * x", 0, "is no minute"),
    ] {
        let fault = read(text.as_bytes(), &Zone::utc(), Columns::Told).expect_err(text);
        assert_eq!(fault.column, column, "{text}: {}", fault.text);
        assert!(fault.text.contains(part), "{text}: {}", fault.text);
    }
}

#[test]
fn what_may_not_be_meant_is_noted() {
    for (text, name) in [
        ("*/45 * * * * x", Some("uneven-step")),
        ("*/15 * * * * x", None),
        ("0 */5 * * * x", Some("uneven-step")),
        ("5/10 * * * * x", Some("step-of-one")),
        ("* * */2 * * x", None),
    ] {
        let written = read(text.as_bytes(), &Zone::utc(), Columns::Told).expect(text);
        let names: Vec<&str> = written.notes.iter().map(|note| note.name).collect();
        assert_eq!(names, name.into_iter().collect::<Vec<_>>(), "{text}");
    }
}

#[test]
fn zones_are_found_and_mistyped_ones_are_told() {
    for (name, part) in [
        ("Europe/Berln", "did you mean Europe/Berlin?"),
        ("Berlin", "did you mean Europe/Berlin?"),
        ("new york", "is no name of a time zone"),
        ("Mars/Olympus", "there is no time zone Mars/Olympus"),
        ("../../etc/passwd", "is no name"),
        ("/etc/passwd", "is no name"),
        ("", "is no name"),
        ("Europe", "there is no time zone Europe"),
    ] {
        let said = Zone::named(name.as_bytes()).expect_err(name);
        assert!(said.contains(part), "{name}: {said}");
    }
    for (tz, name) in [
        ("", "UTC"),
        (":Europe/Berlin", "Europe/Berlin"),
        ("/usr/share/zoneinfo/Asia/Tokyo", "Asia/Tokyo"),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "CET-1CEST,M3.5.0,M10.5.0/3"),
    ] {
        let zone = Zone::of_container(Some(tz.as_bytes())).expect(tz);
        assert_eq!(zone.name(), name);
    }
    let zone = Zone::of_container(Some(b"CET-1CEST,M3.5.0,M10.5.0/3")).expect("a rule");
    assert_eq!(zone.show(1_774_745_999), "2026-03-29 01:59:59 CET");
    assert_eq!(zone.show(1_774_746_000), "2026-03-29 03:00:00 CEST");
    assert!(Zone::of_container(Some(b"/etc/passwd")).is_err());
    assert!(Zone::of_container(None).is_ok());
}
