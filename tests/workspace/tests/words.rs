//! What the program says to people, where a rule can be seen in the sources.

use std::fs;
use std::path::{Path, PathBuf};

/// Nouns that are counted in lines for people.
const COUNTED: &[&str] = &[
    "client",
    "command",
    "day",
    "descriptor",
    "end",
    "error",
    "file",
    "finding",
    "folder",
    "hook",
    "hour",
    "line",
    "link",
    "minute",
    "name",
    "path",
    "place",
    "problem",
    "restart",
    "script",
    "second",
    "service",
    "step",
    "time",
    "unit",
    "variable",
    "warning",
    "word",
    "worker",
];

/// Of these there are always several.
const SEVERAL: &[&str] = &[
    "it has {names} names, and others",
    "{recent} times within {} s",
];

/// Whose form is the original's: `s6-svstat` says `1 seconds`.
const AS_THE_ORIGINAL: &[&str] = &["crates/tools/src/s6/svstat.rs"];

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a directory of ours").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// Whether a line of a program puts a number before a plural: `1 services` would come of it.
/// An arm of a match has its own words for one.
fn counts_wrongly(line: &str) -> bool {
    let is_fine = line.trim_start().starts_with("count => ");
    let is_fine = is_fine || SEVERAL.iter().any(|words| line.contains(words));
    // A limit of the code is more than one.
    let is_limit = |before: &str| {
        let name = before.rsplit('{').next().unwrap_or_default();
        !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
    };
    let parts: Vec<&str> = line.split('}').collect();
    let pairs = parts.iter().zip(parts.iter().skip(1));
    let after = pairs
        .filter(|(before, _)| !is_limit(before))
        .map(|(_, rest)| *rest);
    let plural = |rest: &str| {
        COUNTED.iter().any(|noun| {
            let rest = rest
                .strip_prefix(' ')
                .map(|rest| rest.strip_prefix("more ").unwrap_or(rest));
            let rest = rest.and_then(|rest| rest.strip_prefix(noun));
            let rest = rest.and_then(|rest| rest.strip_prefix('s'));
            rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
        })
    };
    !is_fine && line.contains('"') && after.into_iter().any(plural)
}

#[test]
fn one_is_no_plural() {
    assert!(counts_wrongly("format!(\"{count} services of\""));
    assert!(counts_wrongly("\"{} more paths could not be changed\","));
    assert!(!counts_wrongly("\"{name} timestamps\","));
    assert!(!counts_wrongly("format!(\"more than {MOST} files\")"));
    assert!(!counts_wrongly(
        "count => format!(\"{count} lines from here\"),"
    ));
    let root = workspace_tests::root();
    let mut found = Vec::new();
    sources(&root.join("crates"), &mut found);
    let mut wrong = Vec::new();
    for path in found {
        let name = path.strip_prefix(&root).unwrap_or(&path);
        let name = name.display().to_string();
        let is_test = name.contains("/tests/") || name.ends_with("/tests.rs");
        if is_test || AS_THE_ORIGINAL.contains(&name.as_str()) {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source");
        for (at, line) in text.lines().enumerate() {
            if counts_wrongly(line) {
                wrong.push(format!("{name}:{}: {}", at + 1, line.trim()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "of 1 this is wrong; write it with kernel::words::count:\n{}",
        wrong.join("\n")
    );
}
