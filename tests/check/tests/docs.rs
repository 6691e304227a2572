//! The examples of the pages work as they are typed.
#![forbid(unsafe_code)]

use std::path::Path;
use std::process::Command;

use check_tests::program;
use temp::Temp;

/// The pages with goss files in them.
const PAGES: [&str; 3] = ["docs/testing-an-image.md", "docs/lifecycle.md", "README.md"];

/// The examples of a page in a language.
fn examples(page: &str, language: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(root.join(page)).expect("a page");
    let fence = format!("```{language}\n");
    let parts = text.split(&fence).skip(1);
    parts
        .map(|part| part.split("```").next().unwrap_or_default().to_string())
        .collect()
}

/// A directory with the files that the page speaks of.
fn directory() -> Temp {
    let dir = Temp::new();
    dir.write("versions.yaml", "nginx: 1.22.1\n");
    dir.write("goss.base.yaml", "file:\n  /:\n    exists: true\n");
    dir.write(
        "goss.yaml",
        "file:\n  /:\n    filetype: directory\n    exists: true\n",
    );
    dir
}

#[test]
fn nothing_is_wrong_with_the_files() {
    let mut count = 0;
    for page in PAGES {
        for example in examples(page, "yaml") {
            let dir = directory();
            // It stands at the root of the image.
            dir.write(
                "goss.yaml",
                example.replace("/goss.base.yaml", "goss.base.yaml"),
            );
            let done = Command::new(program())
                .args(["--vars", "versions.yaml", "lint"])
                .current_dir(dir.path())
                .output()
                .expect("it runs");
            let said = String::from_utf8_lossy(&done.stdout);
            assert!(
                done.status.success() && said.is_empty(),
                "{page}: {said}{example}"
            );
            count += 1;
        }
    }
    assert!(count >= 8, "{count} examples");
}

#[test]
fn the_calls_do_what_they_say() {
    let mut count = 0;
    for example in examples("docs/testing-an-image.md", "sh") {
        let calls = example
            .lines()
            .filter(|line| line.starts_with("mainstay-check "));
        // What needs an engine is tried with one.
        for call in calls.filter(|call| !call.contains(" container ")) {
            let dir = directory();
            let script = call.replacen("mainstay-check", "\"$PROGRAM\"", 1);
            let done = Command::new("sh")
                .args(["-c", &script])
                .env("PROGRAM", program())
                .current_dir(dir.path())
                .output()
                .expect("it runs");
            assert!(done.status.success(), "{call}: {done:?}");
            count += 1;
        }
    }
    assert!(count >= 5, "{count} calls");
}
