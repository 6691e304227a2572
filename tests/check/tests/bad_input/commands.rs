//! Commands that print without end, do not listen, or leave something behind.

use std::time::{Duration, Instant};

use super::{validate, with};
use check_tests::watched::{Call, scaled};

/// One that is as expected, whatever becomes of the others.
const REST: &str = "  good: {exec: 'true', exit-status: 0}\n";
/// What is said of it.
const GOOD: &str = "Count: ";

fn validate_command(command: &str, expected: &str) -> check_tests::watched::Seen {
    let text = format!(
        "command:\n{REST}  bad:\n    exec: {}\n    exit-status: 0\n    {expected}\n",
        quoted(command)
    );
    validate(text)
}

/// As a scalar of YAML.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The processes of which `mark` is a word.
fn marked(mark: &str) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").expect("/proc");
    let named = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let pids = named.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
    pids.filter(|pid| {
        let words = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        words
            .split(|byte| *byte == 0)
            .any(|word| word == mark.as_bytes())
    })
    .collect()
}

/// A word that no other process has.
fn mark(number: u32) -> String {
    format!("9{number}{}", std::process::id())
}

fn nothing_is_left(mark: &str) {
    // What is killed is gone a moment later.
    let until = Instant::now() + scaled(Duration::from_secs(2));
    loop {
        let left = marked(mark);
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < until, "{mark} is left: {left:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_gibibyte_of_output_is_searched_to_its_end() {
    let command = "yes 0123456789012345678901234567890123456789012345678901234567890 \
                   | head -c 1073741824; echo; echo last";
    let seen = validate_command(command, "timeout: 60000\n    stdout: [last, '!absent']");
    assert_eq!(seen.exit, 0, "{seen:?}");
    let seen = validate_command(command, "timeout: 60000\n    stdout: [absent]");
    seen.failed("absent", GOOD);
}

#[test]
fn a_gibibyte_without_a_line_end_is_an_error() {
    let seen = validate_command(
        "head -c 1073741824 /dev/zero",
        "timeout: 60000\n    stdout: [absent]",
    );
    seen.failed("too long", GOOD);
}

#[test]
fn a_gibibyte_that_is_compared_as_a_whole_is_an_error() {
    for expected in [
        "{contain-substring: absent}",
        "words",
        "{gt: 3}",
        "{have-len: 3}",
    ] {
        let seen = validate_command(
            "head -c 1073741824 /dev/zero",
            &format!("timeout: 60000\n    stdout: {expected}"),
        );
        seen.failed("bad: stdout", GOOD);
    }
}

#[test]
fn endless_output_ends_with_the_time() {
    for command in ["yes", "cat /dev/zero", "yes >&2"] {
        let seen = validate_command(command, "timeout: 300\n    stdout: [absent]");
        seen.failed("timed out (300ms)", GOOD);
    }
}

#[test]
fn what_ignores_term_is_killed() {
    let mark = mark(1);
    let command = format!("trap '' TERM INT HUP; while :; do sleep {mark}; done");
    let seen = validate_command(&command, "timeout: 200");
    seen.failed("timed out (200ms)", GOOD);
    nothing_is_left(&mark);
}

#[test]
fn children_end_with_the_time_of_their_command() {
    let mark = mark(2);
    for command in [
        format!("sleep {mark} & sleep {mark} & wait"),
        format!("(sleep {mark} &); sleep {mark}"),
        format!("setsid sleep {mark} & sleep {mark}"),
        format!("(setsid sh -c 'trap \"\" TERM; sleep {mark}; sleep {mark}' &); sleep {mark}"),
        format!("sleep {mark} | sleep {mark}"),
        // The command is done, but the pipe is held.
        format!("sleep {mark} & echo done"),
        format!("(setsid sleep {mark} &) ; echo done"),
        // It has closed its outputs and goes on.
        format!("exec >&- 2>&-; sleep {mark}"),
    ] {
        let seen = validate_command(&command, "timeout: 200");
        seen.failed("timed out (200ms)", GOOD);
        assert!(
            seen.took < scaled(Duration::from_secs(3)),
            "{command}: {seen:?}"
        );
        nothing_is_left(&mark);
    }
}

#[test]
fn many_that_take_too_long_do_so_side_by_side() {
    let mark = mark(3);
    let mut text = "command:\n".to_string() + REST;
    for number in 0..20 {
        text += &format!("  c{number}: {{exec: 'sleep {mark}', exit-status: 0, timeout: 500}}\n");
    }
    let seen = validate(text);
    seen.failed("timed out (500ms)", "Count: 21, Failed: 20");
    nothing_is_left(&mark);
}

#[test]
fn a_command_gets_no_input_and_no_terminal() {
    let seen = validate_command("cat; read x; read y </dev/tty; exit 0", "timeout: 3000");
    assert!(matches!(seen.exit, 0 | 1), "{seen:?}");
    seen.says("Count: 2");
}

#[test]
fn what_cannot_be_run_is_a_failure_of_its_own() {
    for command in [
        "/nothing/here",
        "exit 77",
        "kill -9 $$",
        "kill -STOP $$",
        "ulimit -v 1; exec ls",
        "(((",
        "'",
    ] {
        let seen = validate_command(command, "timeout: 500");
        seen.failed("bad: exit-status", GOOD);
    }
    let long = format!("echo {}", "x".repeat(200_000));
    validate_command(&long, "stdout: [x]").failed("bad: exit-status", GOOD);
}

#[test]
fn without_a_shell_commands_are_errors_and_the_rest_is_tested() {
    let text = format!("command:\n{REST}file:\n  /etc/passwd: {{exists: true}}\n");
    let seen = Call::new(&with(text), "validate")
        .env("PATH", "/nothing")
        .run();
    seen.failed("executable file not found in $PATH", "Count: 2, Failed: 1");
}

/// As many as there are: none of them is waited for with less than its own time.
#[test]
fn times_out_of_range_are_bounded() {
    for timeout in [
        "-1",
        "0",
        "9223372036854775807",
        "-9223372036854775808",
        "1",
    ] {
        let seen = validate_command("true", &format!("timeout: {timeout}"));
        assert!(matches!(seen.exit, 0 | 1), "{timeout}: {seen:?}");
        seen.says("Count: 2");
    }
}
