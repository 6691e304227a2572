//! The line that says how far a long run is: on a terminal, and nowhere else.
#![forbid(unsafe_code)]

use std::process::{Command, Output, Stdio};

use check_tests::program;
use temp::Temp;

const TESTS: &str = "command:\n  sleep 2:\n    exit-status: 0\n  'false':\n    exit-status: 0\n";

/// What a call leaves on a terminal that `script` (bsdutils) makes for it.
fn on_a_terminal(words: &str) -> String {
    let dir = Temp::new();
    dir.write("goss.yaml", TESTS);
    let call = format!("{} {words}", program().display());
    let done: Output = Command::new("script")
        .args(["-qec", &call, "/dev/null"])
        .current_dir(dir.path())
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .expect("script, of the Debian package bsdutils");
    String::from_utf8_lossy(&done.stdout).into_owned()
}

#[test]
fn a_long_run_says_how_far_it_is_and_takes_the_line_away() {
    let said = on_a_terminal("validate");
    let (line, report) = said.rsplit_once("\r\x1b[K").expect("a line that goes");
    assert!(
        line.contains("\r\x1b[K1 of 2 done, 1 failed; waiting for command:sleep 2 (1 s)"),
        "{said:?}"
    );
    assert!(report.starts_with(".F"), "{report:?}");
    assert!(report.contains("Count: 2, Failed: 1"), "{report:?}");
}

#[test]
fn nobody_else_sees_it() {
    for words in ["validate 2>err", "--compat validate"] {
        let said = on_a_terminal(words);
        assert!(!said.contains("done"), "{said:?}");
    }
    let dir = Temp::new();
    dir.write("goss.yaml", TESTS);
    let done = Command::new(program())
        .arg("validate")
        .current_dir(dir.path())
        .output()
        .expect("it runs");
    assert_eq!(done.stderr, b"", "{done:?}");
}
