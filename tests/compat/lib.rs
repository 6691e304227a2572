//! Runs one shell script twice, with the original's programs and with ours in front of
//! PATH, and compares what came of it.
//!
//! Cases lie in text files, one paragraph each:
//!
//! ```text
//! # what it shows
//! differs: why ours does something else here
//! exits: 100
//! prints: a line of standard output, once for each
//! the script, one line or more
//! ```
//!
//! Without headers both must print and exit alike, and both or neither must write to
//! standard error. `differs:` tells where ours leaves the original on purpose, `alone:`
//! where there is no original to run; both need `exits:`. A `differs:` whose difference
//! has gone fails too, so that the list stays true.
#![forbid(unsafe_code)]

use std::fs;
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use harness::Scratch;

/// One case.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// File and line.
    pub place: String,
    /// Shell.
    pub script: String,
    /// What only ours does.
    pub own: Option<Own>,
}

/// What ours does where it is not compared.
#[derive(Clone, Debug)]
pub struct Own {
    /// Whether the original runs too, and must do something else.
    pub differs: bool,
    /// The exit code.
    pub exits: i32,
    /// Standard output.
    pub prints: String,
}

/// What came of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The exit code, 1000 + n for signal n, -1 when it had to be killed.
    pub exits: i32,
    /// Standard output.
    pub prints: String,
    /// Standard error.
    pub complains: String,
}

/// A directory of links to the binary under test, one for each program, that every
/// user may look into.
///
/// # Panics
/// When the binary does not list its programs.
pub fn our_programs() -> Scratch {
    let place = Scratch::new();
    let binary = harness::mainstay();
    let listed = Command::new(binary).arg("--list").output();
    let names = String::from_utf8(listed.expect("the binary runs").stdout);
    let names = names.expect("names are text");
    assert!(names.lines().count() > 100, "too few in --list: {names}");
    for name in names.lines() {
        symlink(binary, place.path().join(name)).expect("a link");
    }
    let open = fs::Permissions::from_mode(0o755);
    fs::set_permissions(place.path(), open).expect("chmod");
    place
}

/// Reads the cases of every file in `dir`.
///
/// # Panics
/// When a paragraph does not have the form.
pub fn read(dir: &Path) -> Vec<Case> {
    let mut files: Vec<PathBuf> = fs::read_dir(dir)
        .unwrap_or_else(|error| panic!("{}: {error}", dir.display()))
        .map(|entry| entry.expect("a directory entry").path())
        .collect();
    files.sort();
    files.iter().flat_map(|file| read_file(file)).collect()
}

fn read_file(file: &Path) -> Vec<Case> {
    let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let mut cases = Vec::new();
    let mut paragraph: Vec<(usize, &str)> = Vec::new();
    for (index, line) in text.lines().chain([""]).enumerate() {
        if !line.is_empty() {
            paragraph.push((index + 1, line));
        } else if !paragraph.is_empty() {
            cases.extend(case(&name, &std::mem::take(&mut paragraph)));
        }
    }
    cases
}

fn case(file: &str, lines: &[(usize, &str)]) -> Option<Case> {
    let place = format!("{file}:{}", lines[0].0);
    let (mut differs, mut exits, mut prints) = (None, None, String::new());
    let mut script = String::new();
    for (_, line) in lines {
        if !script.is_empty() {
            script.push_str(&format!("{line}\n"));
        } else if line.starts_with("# ") {
            // A title.
        } else if line.starts_with("differs: ") {
            differs = Some(true);
        } else if line.starts_with("alone: ") {
            differs = Some(false);
        } else if let Some(code) = line.strip_prefix("exits: ") {
            exits = Some(
                code.parse()
                    .unwrap_or_else(|_| panic!("{place}: exits: a number")),
            );
        } else if let Some(text) = line.strip_prefix("prints: ") {
            prints.push_str(&format!("{text}\n"));
        } else {
            script.push_str(&format!("{line}\n"));
        }
    }
    if script.is_empty() {
        return None;
    }
    let own = match (differs, exits) {
        (Some(differs), Some(exits)) => Some(Own {
            differs,
            exits,
            prints,
        }),
        (None, None) => None,
        _ => panic!("{place}: `exits:` goes with `differs:` or `alone:`"),
    };
    Some(Case { place, script, own })
}

/// The longest a script may take; none takes a tenth of it.
const PATIENCE: Duration = Duration::from_secs(30);

/// What every script may call: `./show` prints its words, `x` runs a script without
/// parameters, `p` one with.
pub const PRELUDE: &str =
    "x() { execlineb -Pc \"$1\"; }\np() { s=$1; shift; execlineb -c \"$s\" \"$@\"; }\n";

/// The program `./show`.
const SHOW: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases/show");

/// Runs a script in a directory of its own with `programs` in front of PATH.
pub fn run(case: &Case, programs: &Path) -> Ended {
    let place = Scratch::new();
    let mut command = Command::new("/bin/sh");
    // The shell copies it, not this process: a child of another thread here could hold it
    // open for writing, and then nobody may execute it.
    command
        .arg("-c")
        .arg(format!("cp {SHOW} show\n{PRELUDE}{}", case.script))
        .current_dir(place.path())
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", programs.display()))
        .env("HOME", "/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let mut child = command.spawn().expect("/bin/sh runs");
    let output = gather(child.stdout.take().expect("stdout is a pipe"));
    let errors = gather(child.stderr.take().expect("stderr is a pipe"));
    let exits = wait(&mut child);
    let text = |thread: std::thread::JoinHandle<Vec<u8>>| {
        let bytes = thread.join().expect("the reader ends");
        let lines = bytes.split(|byte| *byte == b'\n');
        let lines: Vec<String> = lines.map(|line| line.escape_ascii().to_string()).collect();
        lines.join("\n")
    };
    Ended {
        exits,
        prints: text(output),
        complains: text(errors),
    }
}

fn gather(mut from: impl Read + Send + 'static) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        bytes
    })
}

/// Waits for the end; then kills what the script left running in its group.
fn wait(child: &mut Child) -> i32 {
    let begun = Instant::now();
    let mut exits = -1;
    while begun.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().expect("the child is ours") {
            exits = status
                .code()
                .unwrap_or_else(|| 1000 + status.signal().unwrap_or(0));
            break;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let group = format!("-{}", child.id());
    let _ = Command::new("/bin/kill")
        .args(["-KILL", "--", &group])
        .stderr(Stdio::null())
        .status();
    let _ = child.wait();
    exits
}

/// Runs all `cases`, several at once, and gives a line for each that is not as it
/// should be.
pub fn compare(cases: &[Case], original: &Path, ours: &Path) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(2, usize::from) * 2;
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Some(line) = compare_one(case, original, ours) {
                        wrong.lock().expect("no worker panics").push(line);
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().expect("no worker panics");
    wrong.sort();
    wrong
}

fn compare_one(case: &Case, original: &Path, ours: &Path) -> Option<String> {
    let got = run(case, ours);
    let told = |what: &str, other: &dyn std::fmt::Debug| {
        Some(format!(
            "{}: {what}\n{}  ours: {got:?}\n  theirs: {other:?}",
            case.place, case.script
        ))
    };
    match &case.own {
        Some(own) => {
            if (got.exits, &got.prints) != (own.exits, &own.prints) {
                return told("not what the case says", own);
            }
            if own.exits >= 100 && got.complains.is_empty() {
                return told("fails without a word", own);
            }
            if own.differs {
                let theirs = run(case, original);
                if alike(&got, &theirs) {
                    return told("`differs:` and does not", &theirs);
                }
            }
            None
        }
        None => {
            let theirs = run(case, original);
            if alike(&got, &theirs) {
                None
            } else {
                told("differs", &theirs)
            }
        }
    }
}

/// Whether two ends are the same as far as cases go.
pub fn alike(one: &Ended, other: &Ended) -> bool {
    one.exits == other.exits
        && one.prints == other.prints
        && one.complains.is_empty() == other.complains.is_empty()
}

/// What the scripts about supervision call.
pub const LAB: &str = include_str!("cases/s6-lab.sh");

/// The case in a pid and mount namespace of its own: whatever it supervises ends with
/// it, and its accounts are nobody else's.
pub fn enclosed(case: Case) -> Case {
    let quoted = case.script.replace('\'', r"'\''");
    Case {
        script: format!(
            "chmod 755 .; exec unshare -p -f -m --mount-proc --kill-child sh -c '{quoted}'\n"
        ),
        ..case
    }
}
