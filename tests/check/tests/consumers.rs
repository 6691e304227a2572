//! Reports are read by programs that we did not write: each format by one that is in use.
#![forbid(unsafe_code)]

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use check_tests::program;
use temp::Temp;

/// Under both names: what goss writes, and what ours has beside it.
const NAMES: [&str; 2] = ["goss", "mainstay-check"];

/// Failures of each kind, something skipped, something that passed; marks of every format in ids
/// and values.
const TESTS: &str = r#"command:
  "printf 'a|b\\377<&>'; false # TODO":
    title: "a <title> & \"more\""
    exit-status: 0
    stdout: [a, "/b.<&>/", nothing]
file:
  /nonexistent:
    exists: true
    mode: "0644"
matching:
  "marks # SKIP \\ <![CDATA[ ]]> 'é' {x=\"y\"}":
    content: [1, "<x>\t\u0001"]
    matches: {consist-of: ["<y>", {gt: 5}]}
  infinite:
    content: .inf
    matches: 3
  passes:
    meta: {list: [1, x], none: null}
    content: 1
    matches: 1
  skipped:
    skip: true
    content: 1
    matches: 2
"#;

/// Results of these tests: all, failures, skips.
const COUNTS: [usize; 3] = [8, 5, 2];

/// A report in a file `report` of its own directory.
fn report(name: &str, arguments: &[&str]) -> Temp {
    let dir = Temp::new();
    dir.write("goss.yaml", TESTS);
    let output = Command::new(program())
        .arg0(name)
        .args(["-g", "goss.yaml", "validate", "--format"])
        .args(arguments)
        .current_dir(dir.path())
        .env_remove("NO_COLOR")
        .output()
        .expect("ours runs");
    assert!(!output.stdout.is_empty(), "{output:?}");
    dir.write("report", output.stdout);
    dir
}

/// Calls a consumer; `package` has it.
fn consume(dir: &Path, package: &str, words: &[&str]) -> Output {
    let (program, arguments) = words.split_first().expect("a program");
    let file = std::fs::File::open(dir.join("report")).expect("the report");
    let done = Command::new(program)
        .args(arguments)
        .current_dir(dir)
        .stdin(Stdio::from(file))
        .output();
    done.unwrap_or_else(|error| {
        panic!("{program}: {error}: the Debian package {package} has it; tests/setup installs it")
    })
}

/// What it said, where it is content.
fn content(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let beside = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{beside}");
    said
}

#[test]
fn junit_is_valid_and_says_what_was_counted() {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/consumers/junit.xsd");
    const COUNT: &str = "
import sys, xml.etree.ElementTree as tree
suite = tree.parse(sys.stdin).getroot()
cases = suite.findall('testcase')
count = lambda tag: sum(case.find(tag) is not None for case in cases)
assert [suite.get(name) for name in ('tests', 'failures', 'skipped')] == \\
    [str(number) for number in (len(cases), count('failure'), count('skipped'))]
print(len(cases), count('failure'), count('skipped'))
print([case.get('name') for case in cases if 'marks' in case.get('name')][0])
";
    for name in NAMES {
        let dir = report(name, &["junit"]);
        let lint = ["xmllint", "--noout", "--schema", schema, "report"];
        content(&consume(dir.path(), "libxml2-utils", &lint));
        let said = content(&consume(dir.path(), "python3", &["python3", "-c", COUNT]));
        let [all, failed, skipped] = COUNTS;
        assert_eq!(
            said,
            format!(
                "{all} {failed} {skipped}\n\
                 Matching marks # SKIP \\ <![CDATA[ ]]> 'é' {{x=\"y\"}} matches\n"
            )
        );
    }
}

#[test]
fn metrics_are_in_the_exposition_format() {
    // Its code for metrics that can be read and whose names are not as it would have them: they
    // are goss's.
    const STYLE: i32 = 3;
    for name in NAMES {
        for options in ["verbose", "sort"] {
            let dir = report(name, &["prometheus", "-o", options]);
            let check = ["promtool", "check", "metrics"];
            let output = consume(dir.path(), "prometheus", &check);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(
                matches!(output.status.code(), Some(0 | STYLE)),
                "{name} {options}: {said}"
            );
            let named = |line: &str| {
                line.contains("duration_milliseconds")
                    && (line.contains("use base unit") || line.contains("\"_total\" suffix"))
            };
            let other: Vec<&str> = said.lines().filter(|line| !named(line)).collect();
            assert!(other.is_empty(), "{name} {options}: {said}");
        }
    }
}

#[test]
fn tap_is_read_with_each_failure() {
    // Under goss's name a text with # TODO is a failure that counts as expected, as with goss.
    let dir = report("mainstay-check", &["tap"]);
    let prove = ["prove", "--verbose", "--exec", "cat", "report"];
    let output = consume(dir.path(), "perl", &prove);
    let said = String::from_utf8_lossy(&output.stdout);
    let [all, failed, _] = COUNTS;
    assert!(!output.status.success(), "{said}");
    assert!(
        said.contains(&format!("Failed {failed}/{all} subtests")),
        "{said}"
    );
    assert!(!said.contains("Parse errors"), "{said}");
}

#[test]
fn json_is_read_with_every_field() {
    let [all, failed, skipped] = COUNTS;
    let every = format!(
        "(.results | length) == {all} and .summary[\"test-count\"] == {all}
         and .summary[\"failed-count\"] == {failed}
         and ([.results[] | select(.skipped)] | length) == {skipped}
         and ([.results[] | select(.result == 1)] | length) == {failed}
         and ([.results[] | select(.successful | not)] | length) == {failed}
         and all(.results[]; .file == \"goss.yaml\" and .line > 0 and .column > 0
             and has(\"hint\") and (.[\"start-time\"] | length) > 19)"
    );
    for format in ["json", "structured"] {
        for options in ["sort", "pretty"] {
            let dir = report("mainstay-check", &[format, "-o", options]);
            content(&consume(dir.path(), "jq", &["jq", "-e", &every]));
        }
    }
    // goss leaves out most of what is infinite.
    let dir = report("goss", &["json", "-o", "sort"]);
    let failures = format!(
        "([.results[] | select(.successful | not)] | length) == {failed}
         and ([.results[] | select(has(\"result\") | not)] | length) == 1"
    );
    content(&consume(dir.path(), "jq", &["jq", "-e", &failures]));
}
