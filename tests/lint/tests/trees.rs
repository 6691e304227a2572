//! Every tree of the sources: what is right gives nothing, and what is wrong on purpose
//! exactly what is listed here.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fs;

use lint_tests::{Tree, image};

/// What is said of a tree with a script of the stop and every limit at its default.
const LONG_STOP: &[&str] = &["etc/cont-finish.d: warning[long-stop]"];

/// Trees with findings. All others have none.
const EXPECTED: &[(&str, &[&str])] = &[
    (
        "downstream/finish-cases",
        &[
            "etc/services.d/empty/finish: error[empty-script]",
            "etc/services.d/slow/timeout-finish:1: warning[service-cut-off]",
        ],
    ),
    (
        "downstream/ownerships",
        &[
            "etc/fix-attrs.d/01-dirs:7: error[fix-attrs-fields]",
            "etc/services.d/.hidden: warning[service-passed-over]",
        ],
    ),
    // Their drains may take longer than an engine waits: their pages say how long it is to.
    ("downstream/boot-ends", LONG_STOP),
    ("downstream/hook-paths", LONG_STOP),
    ("downstream/trapped-server", LONG_STOP),
    ("downstream/unprivileged", LONG_STOP),
    ("downstream/web", LONG_STOP),
    ("examples/nginx-app", LONG_STOP),
    ("examples/nginx-php", LONG_STOP),
    // Its services are written by the script that starts it, into a directory that the
    // tree brings empty.
    ("downstream/generated-workers", &[]),
];

#[test]
fn trees_of_the_sources_give_what_is_listed_and_nothing_else() {
    let mut trees = BTreeMap::new();
    let sources = harness::workspace();
    for (kind, dir, below) in [
        ("examples", "examples", "root"),
        ("downstream", "tests/downstream/trees", ""),
    ] {
        for entry in fs::read_dir(sources.join(dir)).expect("the directory is there") {
            let entry = entry.expect("an entry");
            let path = entry.path().join(below);
            if path.is_dir() {
                let name = format!("{kind}/{}", entry.file_name().to_string_lossy());
                trees.insert(name, path);
            }
        }
    }
    assert!(trees.len() > 20, "{trees:?}");
    let below = image();
    let mut wrong = Vec::new();
    for (name, path) in &trees {
        let tree = Tree::copy_of(path);
        let said = tree.lint(&below, &[]);
        let found: Vec<&str> = said
            .out
            .lines()
            .filter_map(|line| Some(&line[..=line.find(']')?]))
            .collect();
        let mut lists = EXPECTED.iter();
        let expected = lists
            .find(|(tree, _)| tree == name)
            .map_or(&[][..], |(_, list)| list);
        if found != expected {
            wrong.push(format!("{name}:\n{}{}", said.out, said.err));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (name, _) in EXPECTED {
        assert!(trees.contains_key(*name), "{name} is no tree any more");
    }
}
