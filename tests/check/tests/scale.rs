//! Ten thousand resources, a thousand files, ten thousand patterns.
#![forbid(unsafe_code)]

use std::fmt::Write as _;
use std::time::Duration;

use check_tests::watched::Call;
use temp::Temp;

const FORMATS: &[&str] = &[
    "documentation",
    "json",
    "junit",
    "nagios",
    "prometheus",
    "rspecish",
    "silent",
    "structured",
    "tap",
];

/// 10,000 resources of all types that measure nothing but this directory and this kernel; every
/// hundredth fails.
fn ten_thousand(dir: &Temp) -> String {
    let mut text = "file:\n".to_string();
    for number in 0..4_000 {
        dir.write(&format!("f/{number}"), format!("number {number}\n"));
        let wanted = if number % 100 == 0 {
            number + 1
        } else {
            number
        };
        let _ = writeln!(
            text,
            "  f/{number}: {{exists: true, size: {}, contents: ['number {wanted}', '!/x$/']}}",
            format!("number {number}\n").len()
        );
    }
    text += "matching:\n";
    for number in 0..4_000 {
        let _ = writeln!(
            text,
            "  m{number}: {{content: [{number}, a], matches: {{contain-element: {{ge: {number}}}}}}}"
        );
    }
    text += "user:\n";
    for number in 0..500 {
        let _ = writeln!(text, "  no-user-{number}: {{exists: false}}");
    }
    text += "group:\n";
    for number in 0..500 {
        let _ = writeln!(text, "  no-group-{number}: {{exists: false}}");
    }
    text += "port:\n";
    for number in 0..450 {
        let _ = writeln!(text, "  tcp:{}: {{listening: false}}", 70_000 + number);
    }
    text += "process:\n";
    for number in 0..450 {
        let _ = writeln!(text, "  no-process-{number}: {{running: false}}");
    }
    text += "command:\n";
    for number in 0..100 {
        let _ = writeln!(
            text,
            "  'echo {number}': {{exit-status: 0, stdout: ['{number}']}}"
        );
    }
    text
}

#[test]
fn ten_thousand_resources_are_reported_in_every_format() {
    let dir = Temp::new();
    let text = ten_thousand(&dir);
    dir.write("goss.yaml", text);
    for format in FORMATS {
        let words = format!("validate --format {format} --format-options sort");
        let seen = Call::new(&dir, &words)
            .within(Duration::from_secs(20))
            .run();
        let expected = if *format == "nagios" { 2 } else { 1 };
        // structured and prometheus end with 0 under the name goss alone.
        assert_eq!(seen.exit, expected, "{format}: {}", seen.stderr);
        let lines = seen.stdout.lines().count();
        match *format {
            "rspecish" => seen.says("Count: 18100, Failed: 40, Skipped: 0"),
            "tap" => assert_eq!(lines, 18_101, "{format}"),
            "silent" => assert_eq!(lines, 0, "{format}"),
            "junit" => assert_eq!(seen.stdout.matches("<testcase ").count(), 18_100),
            "documentation" => assert!(lines > 18_100, "{format}: {lines}"),
            _ => assert!(!seen.stdout.is_empty(), "{format}"),
        }
    }
}

#[test]
fn a_thousand_files_are_included_and_named() {
    let dir = Temp::new();
    dir.write("goss.yaml", "gossfile: {'d/*.yaml': {}}\n");
    for number in 0..1_000 {
        let text = format!(
            "matching:\n  m{number}: {{content: {number}, matches: {number}}}\n  both: {{content: 1, \
             matches: 1}}\n"
        );
        dir.write(&format!("d/{number}.yaml"), text);
    }
    let seen = Call::new(&dir, "validate").run();
    assert_eq!(seen.exit, 0, "{}", seen.stdout);
    seen.says("Count: 1001, Failed: 0");
    dir.write("d/7.yaml", "matching: {m7: {content: 1, matchse: 1}}\n");
    let seen = Call::new(&dir, "validate").run();
    seen.refused("d/7.yaml:1:");
}

/// Each includes the next: deeper than goss allows is refused, as deep is read.
#[test]
fn a_chain_of_files_is_as_long_as_it_may_be() {
    for (length, exit) in [(40, 0), (60, 78)] {
        let dir = Temp::new();
        for number in 0..length {
            let text = format!(
                "gossfile: {{{}.yaml: {{}}}}\nmatching: {{m{number}: {{content: 1, matches: 1}}}}\n",
                number + 1
            );
            dir.write(&format!("{number}.yaml"), text);
        }
        dir.write(
            &format!("{length}.yaml"),
            "matching: {last: {content: 1, matches: 1}}\n",
        );
        let seen = Call::new(&dir, "-g 0.yaml validate").run();
        assert_eq!(seen.exit, exit, "{length}: {}", seen.stdout);
    }
}

#[test]
fn ten_thousand_patterns_are_sought_in_fifty_megabytes() {
    let dir = Temp::new();
    let mut text = String::with_capacity(51 << 20);
    for number in 0_u64.. {
        let _ = writeln!(text, "line {number} with word-{} in it", number % 8_000);
        if text.len() > 50 << 20 {
            break;
        }
    }
    dir.write("text", text);
    let mut gossfile = "file:\n  text:\n    exists: true\n    contents:\n".to_string();
    for number in 0..9_900 {
        let _ = writeln!(gossfile, "    - 'word-{number} '");
    }
    for number in 0..50 {
        let _ = writeln!(gossfile, "    - '/word-[0-9]+ in it{number}?$/'");
        let _ = writeln!(gossfile, "    - '!/absent{number}[a-z]+$/'");
    }
    dir.write("goss.yaml", gossfile);
    let seen = Call::new(&dir, "validate -f json").run();
    assert_eq!(seen.exit, 1, "{}", seen.stderr);
    for (word, is_missing) in [
        ("word-7999 ", false),
        ("word-8000 ", true),
        ("word-9899 ", true),
    ] {
        let list = seen.stdout.rsplit("\"missing-elements\"").next();
        let list = list
            .and_then(|rest| rest.split(']').next())
            .unwrap_or_default();
        assert_eq!(list.contains(word), is_missing, "{word}");
    }
}
