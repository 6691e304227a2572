//! Files whose contents never end, never come, or cannot be read.

use std::os::unix::net::UnixListener;
use std::process::Command;

use super::with;
use check_tests::watched::{Call, Seen};
use temp::Temp;

const SHA512: &str = concat!(
    "sha512: cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce",
    "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
);

/// Validates attributes of a file beside one that is as expected.
fn validate_file(dir: &Temp, path: &str, expected: &str) -> Seen {
    dir.write(
        "goss.yaml",
        format!(
            "file:\n  bad:\n    path: {path}\n    exists: true\n    {expected}\n\
             \x20 /etc/passwd: {{exists: true}}\n"
        ),
    );
    Call::new(dir, "validate").run()
}

#[test]
fn contents_that_never_come_are_errors() {
    let dir = with("");
    let made = Command::new("mkfifo").arg(dir.at("fifo")).status();
    assert!(made.expect("mkfifo").success());
    dir.link("fifo", "link");
    let _listening = UnixListener::bind(dir.at("socket")).expect("a socket");
    dir.dir("dir");
    for name in ["fifo", "link", "socket", "dir"] {
        let path = dir.at(name).display().to_string();
        for expected in [
            "contents: [a]",
            "contents: a",
            "md5: d41d8cd98f00b204e9800998ecf8427f",
            "sha256: 0000000000000000000000000000000000000000000000000000000000000000",
            SHA512,
        ] {
            let seen = validate_file(&dir, &path, expected);
            seen.failed(name, "Count: 3");
        }
    }
}

#[test]
fn devices_without_end_are_bounded() {
    let dir = with("");
    for path in ["/dev/zero", "/dev/urandom", "/dev/full"] {
        for expected in [
            "contents: [absent-from-it]",
            "contents: ['!/^absent-from-it$/']",
            "contents: a",
            "contents: {contain-substring: absent-from-it}",
            SHA512,
        ] {
            let seen = validate_file(&dir, path, expected);
            seen.failed(path, "Count: 3");
        }
    }
}

#[test]
fn devices_and_files_that_wait_are_not_waited_for() {
    let dir = with("");
    for path in [
        "/dev/tty",
        "/dev/ptmx",
        "/dev/null",
        "/proc/kmsg",
        "/dev/kmsg",
        "/dev/stdin",
    ] {
        if !std::path::Path::new(path).exists() {
            continue;
        }
        for expected in [
            "contents: [absent-from-it]",
            "md5: d41d8cd98f00b204e9800998ecf8427f",
        ] {
            let seen = validate_file(&dir, path, expected);
            seen.failed(path, "Count: 3");
        }
    }
}

#[test]
fn files_of_proc_are_read_though_they_say_to_be_empty() {
    let dir = with("");
    let seen = validate_file(&dir, "/proc/self/status", "contents: ['Name:']");
    assert_eq!(seen.exit, 0, "{seen:?}");
    let seen = validate_file(&dir, "/proc/self/mem", "contents: ['a']");
    seen.failed("/proc/self/mem", "Count: 3");
}

#[test]
fn what_cannot_be_looked_at_is_an_error_of_its_own() {
    let dir = with("");
    dir.link("loop", "loop");
    let long = "x".repeat(300);
    for path in [
        dir.at("loop/below").display().to_string(),
        format!("{}/below", dir.at("goss.yaml").display()),
        format!("/{long}"),
        format!("/{}", "d/".repeat(480)) + &"e".repeat(300),
        "'~nobody-of-this-name/x'".to_string(),
    ] {
        validate_file(&dir, &path, "contents: [a]").failed("exists", "Count: 3");
    }
}

#[test]
fn bytes_that_are_no_text_are_searched_and_shown() {
    let dir = with("");
    dir.write("bytes", b"\xff\xfe\0\x1b[31m\x80\n\xc3\x28 here\n");
    let path = dir.at("bytes").display().to_string();
    let seen = validate_file(&dir, &path, "contents: [here]");
    assert_eq!(seen.exit, 0, "{seen:?}");
    for format in [
        "rspecish",
        "json",
        "junit",
        "tap",
        "documentation",
        "nagios",
    ] {
        validate_file(&dir, &path, "contents: {contain-substring: absent}").failed("absent", "3");
        let seen = Call::new(&dir, &format!("validate -f {format}")).run();
        assert!(matches!(seen.exit, 1 | 2), "{format}: {seen:?}");
    }
}

/// A line may have 1,048,575 bytes, as with the original's reader.
#[test]
fn lines_without_end_are_errors_in_bounded_memory() {
    let dir = with("");
    dir.write("long", "x".repeat(64 << 20));
    let path = dir.at("long").display().to_string();
    validate_file(&dir, &path, "contents: [absent]").failed("too long", "Count: 3");
    validate_file(&dir, &path, "contents: ['/absent/']").failed("too long", "Count: 3");
    validate_file(&dir, &path, "contents: {contain-substring: absent}").failed("long", "Count: 3");
}
