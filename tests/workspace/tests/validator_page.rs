//! docs/mainstay-check.md: every command, flag and variable, from the program's own help.

use std::fmt::Write;

const HEAD: &str = "\
# mainstay-check: commands, flags, variables

Written from the program's own help; edits are lost. Flags may stand before and after the command.
How it is used: [testing an image](testing-an-image.md).
";

/// The variables that only the container's side reads (`container`, `dgoss`, `dcgoss`).
const VARIABLES: &[(&str, &str, &str)] = &[
    (
        "CONTAINER_RUNTIME",
        "docker",
        "the engine: docker or podman",
    ),
    (
        "GOSS_PATH",
        "this program",
        "the program that is copied into the container",
    ),
    ("GOSS_FILES_PATH", ".", "where the files of tests are"),
    ("GOSS_FILE", "goss.yaml", "the file of tests"),
    (
        "GOSS_VARS",
        "",
        "its file of variables, below GOSS_FILES_PATH",
    ),
    (
        "GOSS_OPTS",
        "--color --format documentation",
        "words behind `validate`; as mainstay-check colours are for terminals alone",
    ),
    (
        "GOSS_WAIT_OPTS",
        "-r 30s -s 1s > /dev/null",
        "words behind `validate` for goss_wait.yaml",
    ),
    (
        "GOSS_SLEEP",
        "0.2",
        "seconds ahead of the tests, as sleep(1) takes them",
    ),
    (
        "GOSS_FILES_STRATEGY",
        "mount",
        "how files come into the container: mount or cp",
    ),
    (
        "GOSS_ADDITIONAL_COPY_PATH",
        "",
        "more directories to copy, with colons between them",
    ),
    (
        "CONTAINER_LOG_OUTPUT",
        "",
        "where a copy of the container's log is left",
    ),
    (
        "DGOSS_TEMP_DIR",
        "/tmp",
        "where the directory for the container is made",
    ),
    (
        "DEBUG",
        "",
        "anything: shows the engine's calls, and keeps that directory",
    ),
];

#[test]
fn the_page_says_what_the_program_says() {
    let (all, commands) = check::command::helps();
    let mut text = HEAD.to_string();
    let _ = write!(text, "\n```\n{all}```\n");
    for (name, help) in commands {
        let _ = write!(text, "\n## {name}\n\n```\n{help}```\n");
    }
    text.push_str("\n## Variables of container, dgoss and dcgoss\n\n| variable | default | what it is |\n|---|---|---|\n");
    let source = std::fs::read_to_string(
        workspace_tests::root().join("crates/check/src/container/settings.rs"),
    );
    let source = source.expect("where they are read");
    for (name, default, about) in VARIABLES {
        assert!(
            source.contains(&format!("\"{name}\"")),
            "{name} is not read"
        );
        let default = if default.is_empty() {
            String::new()
        } else {
            format!("`{default}`")
        };
        let _ = writeln!(text, "| `{name}` | {default} | {about} |");
    }
    workspace_tests::page("mainstay-check.md", &text);
}
