//! Every format prints the same list of results as its golden file has it
//! (`crates/check/tests/golden`). `MAINSTAY_WRITE_GOLDEN=1` writes the files anew.

use std::fs;
use std::time::Duration;

use bstr::{BString, ByteSlice};
use regex::bytes::Regex;

use super::*;
use crate::run::Group;

const GOLDEN_DIR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

/// A golden file, its format, its look, and the exit code. Options by their names; `colour` and
/// `places` are not such, but belong to how the program was called.
const GOLDEN: &[(&str, &str, &[&str], u8)] = &[
    ("documentation", "documentation", &[], 1),
    ("documentation-colour", "documentation", &["colour"], 1),
    ("documentation-places", "documentation", &["places"], 1),
    ("documentation-sort", "documentation", &["sort"], 1),
    ("json", "json", &[], 1),
    ("json-colour", "json", &["colour", "sort"], 1),
    ("json-places", "json", &["places", "pretty"], 1),
    ("json-pretty", "json", &["pretty", "exclude_raw"], 1),
    ("json-unholdable", "json", &["pretty", "unholdable"], 1),
    ("junit", "junit", &["colour"], 1),
    ("junit-places", "junit", &["places", "sort"], 1),
    ("nagios", "nagios", &[], 2),
    (
        "nagios-all",
        "nagios",
        &["perfdata", "verbose", "colour"],
        2,
    ),
    ("nagios-places", "nagios", &["verbose", "places"], 2),
    ("prometheus", "prometheus", &[], 0),
    ("prometheus-places", "prometheus", &["places"], 1),
    ("prometheus-verbose", "prometheus", &["verbose"], 0),
    ("rspecish", "rspecish", &[], 1),
    ("rspecish-colour", "rspecish", &["colour", "sort"], 1),
    ("rspecish-places", "rspecish", &["places", "unholdable"], 1),
    ("rspecish-raw", "rspecish", &["exclude_raw"], 1),
    ("silent", "silent", &["verbose"], 1),
    ("structured", "structured", &["sort"], 0),
    ("structured-colour", "structured", &["colour"], 0),
    (
        "structured-places",
        "structured",
        &["places", "pretty", "unholdable"],
        1,
    ),
    ("structured-pretty", "structured", &["pretty"], 0),
    ("structured-unholdable", "structured", &["unholdable"], 0),
    ("tap", "tap", &[], 1),
    ("tap-colour", "tap", &["colour", "sort"], 1),
    ("tap-places", "tap", &["places"], 1),
];

fn look(options: &[&str]) -> Look {
    let has = |name| options.contains(&name);
    Look {
        colour: has("colour"),
        perfdata: has("perfdata"),
        verbose: has("verbose"),
        pretty: has("pretty"),
        sort: has("sort"),
        exclude_raw: has("exclude_raw"),
        places: has("places"),
    }
}

fn print(format_name: &str, look: &Look, groups: &[Group]) -> (BString, u8) {
    let mut out = Vec::new();
    let mut report = (format(format_name).expect("a format").report)(look);
    for group in groups {
        report.take(group, &mut out).expect("memory");
    }
    let code = report.finish(Duration::from_millis(7_654), &mut out);
    (out.into(), code.expect("memory"))
}

/// Points in time depend on the machine's zone.
fn without_times(text: &[u8]) -> BString {
    let time = Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)");
    let time = time.expect("a regex");
    BString::from(time.replace_all(text, &b"TIME"[..]).into_owned())
}

#[test]
fn every_format_prints_what_its_golden_files_have() {
    let dir = temp::sources(GOLDEN_DIR);
    let mut wrong = Vec::new();
    for (name, format_name, options, code) in GOLDEN {
        let groups = match options.contains(&"unholdable") {
            true => samples::all_groups(),
            false => samples::groups(),
        };
        let (printed, exit) = print(format_name, &look(options), &groups);
        assert_eq!(exit, *code, "{name}");
        let printed = without_times(&printed);
        let file = dir.join(format!("{name}.txt"));
        if std::env::var_os("MAINSTAY_WRITE_GOLDEN").is_some() {
            fs::write(&file, &printed).expect("the golden file is written");
        }
        if fs::read(&file).ok().as_deref() != Some(printed.as_bytes()) {
            wrong.push(format!("{}:\n{printed}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn formats_are_sorted_and_found() {
    assert!(FORMATS.is_sorted_by(|a, b| a.name < b.name));
    assert!(FORMATS.iter().all(|row| format(row.name).is_some()));
    assert!(format("RSPECISH").is_none());
}

#[test]
fn every_format_has_a_golden_file_and_every_file_a_test() {
    for format in FORMATS {
        assert!(
            GOLDEN.iter().any(|row| row.1 == format.name),
            "{}",
            format.name
        );
    }
    let dir = temp::sources(GOLDEN_DIR);
    let files = fs::read_dir(dir).expect("the golden files").count();
    assert_eq!(files, GOLDEN.len());
}

#[test]
fn a_run_without_results_has_a_report_and_no_failure() {
    for (name, end) in [
        ("documentation", "Count: 0, Failed: 0, Skipped: 0\n"),
        ("json", "\"test-count\":0,\"total-duration\":7654000000}}\n"),
        ("junit", "</testsuite>\n"),
        ("nagios", "Skipped: 0, Duration: 7.654s\n"),
        (
            "prometheus",
            "goss_tests_run_outcomes_total{outcome=\"unknown\"} 1\n",
        ),
        ("silent", ""),
        ("tap", "1..0\n"),
    ] {
        for places in [false, true] {
            let look = Look {
                places,
                ..Look::default()
            };
            let (printed, code) = print(name, &look, &[]);
            assert!(printed.ends_with(end.as_bytes()), "{name}: {printed}");
            assert_eq!(code, 0, "{name}");
        }
    }
}
