//! Calls a program as a case says, and compares what it did.

use std::fs;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use regex::Regex;
use temp::Temp;

use crate::case::{Case, Expected};

/// What a call did.
#[derive(Clone, Debug)]
pub struct Done {
    /// The exit code, -1 where a signal ended it.
    pub exit: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// What the files hold that the case speaks of; nothing where they are not there.
    pub wrote: Vec<(String, String)>,
}

/// Calls `program` under `name` with the words `args`.
///
/// # Panics
/// When the case's directory cannot be prepared or the program not be started.
pub fn call(case: &Case, program: &Path, name: &str, args: &str) -> Done {
    let dir = Temp::new();
    for (file, text) in &case.files {
        dir.write(
            file,
            text.replace("{DIR}", &dir.path().display().to_string()),
        );
    }
    let vars = case
        .env
        .iter()
        .map(|(name, value)| (name, dir_in(value, dir.path())));
    for line in &case.exec {
        let status = Command::new("sh")
            .args(["-ec", line])
            .current_dir(dir.path())
            .status();
        assert!(status.expect("sh runs").success(), "exec: {line}");
    }
    let words = shell_words(&dir_in(args, dir.path()));
    let mut command = Command::new(program);
    command
        .arg0(name)
        .args(words)
        .current_dir(dir.path())
        .env_clear();
    command
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("TZ", "UTC");
    command.envs(vars);
    command.stdin(if case.stdin.is_some() {
        Stdio::piped()
    } else {
        Stdio::null()
    });
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .unwrap_or_else(|e| panic!("{}: {e}", program.display()));
    if let (Some(text), Some(mut stdin)) = (&case.stdin, child.stdin.take()) {
        // Who does not read it ends first: that is no fault of the case.
        let _ = stdin.write_all(text.as_bytes());
    }
    let output = child.wait_with_output().expect("it ends");
    let named = case.original.wrote.iter().chain(&case.ours.wrote);
    let wrote = named.map(|(name, _)| {
        let bytes = fs::read(dir.path().join(name)).unwrap_or_default();
        (name.clone(), normal(&bytes, dir.path()))
    });
    Done {
        wrote: wrote.collect(),
        exit: output.status.code().unwrap_or(-1),
        stdout: normal(&output.stdout, dir.path()),
        stderr: normal(&output.stderr, dir.path()),
    }
}

fn dir_in(text: &str, dir: &Path) -> String {
    text.replace("{DIR}", &dir.display().to_string())
}

/// Splits words as a shell does: blanks, '…', "…" and \.
fn shell_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, ' ') => words.extend(word.take()),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (Some(open), c) if open == c => quote = None,
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(chars.next()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// What differs from run to run in a fixed form.
fn normal(bytes: &[u8], dir: &Path) -> String {
    static RULES: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        let rule = |regex, with| (Regex::new(regex).expect("a regex"), with);
        vec![
            rule(r"\d+\.\d{3}s\b", "0.000s"),
            rule(r#"("(?:total-)?duration": ?)\d+"#, "${1}0"),
            rule(r#"\btime="\d+\.\d{3}""#, r#"time="0.000""#),
            // Not those that files bring, which are older.
            rule(
                r"20[2-9]\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)",
                "TIME",
            ),
            rule(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d", "TIME"),
            rule(r"(goss_tests_\w*duration_milliseconds\S*) \d+", "${1} 0"),
        ]
    });
    let text = String::from_utf8_lossy(bytes).replace(&dir.display().to_string(), "{DIR}");
    RULES.iter().fold(text, |text, (regex, with)| {
        regex.replace_all(&text, *with).into_owned()
    })
}

/// What is not as expected, in words; empty where all is.
pub fn compare(who: &str, expected: &Expected, done: &Done) -> String {
    let mut wrong = String::new();
    if expected.exit.is_some_and(|exit| exit != done.exit) {
        wrong += &format!(
            "{who}: exit {:?} expected, got {}\n",
            expected.exit, done.exit
        );
    }
    let streams = [
        ("stdout", &expected.stdout, &done.stdout),
        ("stderr", &expected.stderr, &done.stderr),
    ];
    for (name, expected, got) in streams {
        if expected.as_ref().is_some_and(|text| text != got) {
            let expected = expected.as_deref().unwrap_or_default();
            wrong += &format!("{who}: {name} expected:\n{expected}---- got:\n{got}----\n");
        }
    }
    for (name, expected) in &expected.wrote {
        let got = done.wrote.iter().find(|(known, _)| known == name);
        let got = got.map_or("", |(_, text)| text);
        if got != expected {
            wrong += &format!("{who}: {name} expected:\n{expected}---- got:\n{got}----\n");
        }
    }
    wrong
}

/// Writes what the original did into a case's file, below its other lines.
///
/// # Panics
/// When the file cannot be written.
pub fn complete(case: &Case, done: &Done) {
    let text = fs::read_to_string(&case.file).expect("the file of the case");
    let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
    let rest = &lines[case.line..];
    let length = rest.iter().position(|line| {
        line.starts_with("=== ") || line.starts_with("differs:") || line.starts_with("ours ")
    });
    let mut at = case.line + length.unwrap_or(rest.len());
    while at > case.line && lines[at - 1].trim().is_empty() {
        at -= 1;
    }
    let mut new = Vec::new();
    if case.original.exit.is_none() {
        new.push(format!("exit: {}", done.exit));
    }
    if case.original.stdout.is_none() {
        let bare = !done.stdout.is_empty() && !done.stdout.ends_with('\n');
        new.push(format!(
            "stdout{}:",
            if bare { " (no line end)" } else { "" }
        ));
        new.extend(done.stdout.lines().map(|line| format!("    {line}")));
    }
    lines.splice(at..at, new);
    fs::write(&case.file, lines.join("\n") + "\n").expect("the file of the case is written");
}
