//! ARCHITECTURE.md is a map: every place that it names is there.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Where a name of the page may lead: as it stands, below `crates/`, and with `src/` after its
/// first part.
fn places(name: &str) -> Vec<PathBuf> {
    let project = project();
    let (room, rest) = name.split_once('/').unwrap_or((name, ""));
    vec![
        project.join(name),
        project.join("crates").join(name),
        project.join("crates").join(room).join("src").join(rest),
        project.join(room).join("src").join(rest),
    ]
}

/// What stands between backticks outside of blocks of code.
fn quoted(page: &str) -> Vec<String> {
    let mut outside = String::new();
    for (number, part) in page.split("```").enumerate() {
        if number % 2 == 0 {
            outside.push_str(part);
        }
    }
    let mut found = Vec::new();
    for (number, part) in outside.split('`').enumerate() {
        if number % 2 == 1 {
            found.push(part.split_whitespace().collect());
        }
    }
    found
}

/// Whether a name is meant as a place of the project: a file of code or a room in it.
fn is_place(name: &str) -> bool {
    let first = name.split('/').next().unwrap_or_default();
    let code = [".rs", ".h", ".c", ".toml"]
        .iter()
        .any(|end| name.ends_with(end));
    let rooms = project().join("crates").join(first).is_dir() || project().join(first).is_dir();
    !name.starts_with('/') && (code || rooms && name.contains('/') && !first.is_empty())
}

#[test]
fn every_place_that_the_page_names_is_there() {
    let page = std::fs::read_to_string(project().join("ARCHITECTURE.md")).expect("the page");
    let names: Vec<String> = quoted(&page)
        .into_iter()
        .filter(|it| is_place(it))
        .collect();
    assert!(names.len() > 100, "{names:?}");
    let missing: Vec<&String> = names
        .iter()
        .filter(|name| !places(name).iter().any(|place| place.exists()))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_room_is_on_the_page() {
    let page = std::fs::read_to_string(project().join("ARCHITECTURE.md")).expect("the page");
    for folder in std::fs::read_dir(project().join("crates")).expect("rooms") {
        let name = folder.expect("a room").file_name();
        let room = format!("  {}/ ", name.to_string_lossy());
        assert!(page.contains(&room), "{room} is not on the page");
    }
}
