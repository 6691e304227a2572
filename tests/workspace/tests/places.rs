//! A path that other programs know too has one name, in `crates/places`.

use std::fs;
use std::path::Path;

/// How such paths begin.
const OURS: &[&str] = &[
    "/var/run/s6",
    "/run/s6",
    "/run/service",
    "/run/mainstay",
    "/run.d",
    "/run.sh",
    "/init.sh",
    "/worker.sh",
    "/command/",
    "/package/",
    "/etc/s6",
    "/etc/services",
    "/etc/cont-",
    "/etc/fix-attrs",
    "/usr/libexec/mainstay",
    "/usr/bin/mainstay",
    "/usr/bin:",
    "/usr/local/sbin:",
    ".s6-svscan",
];

/// Those that are such a path as they stand.
const WHOLE: &[&str] = &[
    "/init",
    "/var/run",
    "fix-attrs.d",
    "cont-init.d",
    "cont-finish.d",
    "cont-profile.d",
    "services.d",
    "container_environment",
];

/// Where they may be written out, and why.
const ELSEWHERE: &[(&str, &str)] = &[
    ("crates/places/src/", "the names are here"),
    ("/for_fuzzing.rs", "a name for messages that nobody sees"),
    (
        "crates/layouts/src/overlay2/lint.rs",
        "misspelt paths, and headings of a page",
    ),
    (
        "crates/chain/src/exec.rs",
        "the PATH of who has none is execvp's, not the image's",
    ),
    (
        "crates/init/src/child/environment.rs",
        "the same, for a command",
    ),
];

/// What stands between quotes in a line of code, where it is a path and nothing else: a
/// sentence for people has blanks.
fn literals(line: &str) -> Vec<&str> {
    let inside = line.split('"').skip(1).step_by(2);
    inside
        .filter(|text| !text.contains([' ', '!', '\\']))
        .collect()
}

fn is_ours(text: &str) -> bool {
    OURS.iter().any(|start| text.starts_with(start)) || WHOLE.contains(&text)
}

fn look(dir: &Path, root: &Path, strays: &mut Vec<String>) {
    for entry in fs::read_dir(dir).expect("a directory of ours").flatten() {
        let path = entry.path();
        if path.is_dir() {
            look(&path, root, strays);
            continue;
        }
        let name = path.strip_prefix(root).unwrap_or(&path).display();
        let name = name.to_string();
        let is_test = name.contains("/tests/") || name.ends_with("/tests.rs");
        let may = ELSEWHERE.iter().any(|(place, _)| name.contains(place));
        if !name.ends_with(".rs") || is_test || may {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source");
        let text = text.split("\n#[cfg(test)]\nmod tests").next().unwrap_or("");
        let code = |line: &&str| !line.trim_start().starts_with("//");
        for (at, line) in text.lines().enumerate().filter(|(_, line)| code(line)) {
            if literals(line).into_iter().any(is_ours) {
                strays.push(format!("{name}:{}: {}", at + 1, line.trim()));
            }
        }
    }
}

#[test]
fn a_path_is_found_where_it_is_one() {
    let found = |line| literals(line).into_iter().any(is_ours);
    assert!(found("let path = Path::new(\"/etc/s6/services\");"));
    assert!(found("dir.join(\"services.d\")"));
    assert!(!found("let path = Path::new(\"/etc/passwd\");"));
    assert!(!found("\"write them as directories of /etc/services.d\""));
}

#[test]
fn paths_have_their_names_in_one_crate() {
    let root = workspace_tests::root();
    let mut strays = Vec::new();
    look(&root.join("crates"), &root, &mut strays);
    assert!(
        strays.is_empty(),
        "use a name of crates/places, or make one there:\n{}",
        strays.join("\n")
    );
}
