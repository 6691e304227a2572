//! The pages show a change that has been built.
#![forbid(unsafe_code)]

use migration_tests::{Page, images};
use std::fs;

/// Each page, and what stands in a line that it takes away.
const PAGES: &[(&str, &str)] = &[
    ("docker-base", "behance/docker-base:"),
    ("s6-overlay-v2", "S6_OVERLAY_VERSION=v2.2.0.3"),
    ("supervisord", "supervisord.conf"),
    ("tini", "ENTRYPOINT [\"tini\""),
];

#[test]
fn every_page_shows_a_change_that_the_tested_image_has() {
    for (name, taken) in PAGES {
        let page = Page::coming_from(name);
        let file = images().join(name).join("Dockerfile");
        let file = fs::read_to_string(file).expect("a Dockerfile");
        let mut lines = file.lines();
        let change = page.block("diff");
        let (added, removed): (Vec<&str>, Vec<&str>) = change
            .iter()
            .copied()
            .filter(|line| line.starts_with(['+', '-']))
            .partition(|line| line.starts_with('+'));
        assert!(!added.is_empty(), "{}: adds nothing", page.name);
        for line in added {
            let line = line[1..].trim_end();
            let found = lines.any(|tested| tested.trim_end() == line);
            assert!(
                found,
                "{}: not in the tested Dockerfile, or not here: {line}",
                page.name
            );
        }
        assert!(
            removed.iter().any(|line| line.contains(taken)),
            "{}: nothing taken away has {taken}",
            page.name
        );
        for line in removed {
            let line = line[1..].trim();
            assert!(
                !file.lines().any(|tested| tested.trim() == line),
                "{}: {line}",
                page.name
            );
        }
    }
}

#[test]
fn the_page_on_s6_overlay_shows_what_lint_says_of_its_tree() {
    let page = Page::coming_from("s6-overlay-v2");
    let words = ["lint", "--layout", "s6-v2", "root"];
    let mut lint = std::process::Command::new(harness::mainstay());
    let image = images().join("s6-overlay-v2");
    let output = lint.args(words).current_dir(image).output();
    let output = output.expect("mainstay can be started");
    let said = String::from_utf8_lossy(&output.stdout);
    for line in page.block("text") {
        assert!(said.lines().any(|one| one == line), "{line}\n{said}");
    }
}

#[test]
fn every_page_has_the_same_parts() {
    let parts = [
        "\n## The change\n",
        "\n## The first start\n",
        "\n## The same\n",
        "\n## Better\n",
        "\n## Different\n",
        "\n## Going back\n",
    ];
    for (name, _) in PAGES {
        let page = Page::coming_from(name);
        let mut at = 0;
        for part in parts {
            let found = page.text[at..].find(part);
            at += found.unwrap_or_else(|| panic!("{}: no part{part}", page.name));
        }
    }
}

#[test]
fn every_file_that_the_page_on_supervisord_shows_is_one_that_ran() {
    let page = Page::coming_from("supervisord");
    let keys = images().join("supervisord-keys/root");
    let mut shown = 0;
    let mut rest = page.text.as_str();
    // A file is shown as its path in backticks, a colon, and a block.
    while let Some(at) = rest.find("`etc/services") {
        rest = &rest[at + 1..];
        let path = rest.split('`').next().unwrap_or_default();
        let Some(block) = rest[path.len()..].strip_prefix("`:\n\n```sh\n") else {
            continue;
        };
        let text = block.split("```").next().unwrap_or_default();
        let file = keys.join(path);
        assert_eq!(text, fs::read_to_string(&file).expect("a file"), "{path}");
        shown += 1;
    }
    assert!(shown == 6, "{shown} files are shown");
}
