//! What our program does inside of the container, started there by the engine: it sees its
//! processes and asks its PID 1, and needs neither a shell nor any tool of the image.
//!
//! An answer is one line, and an exit code.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::probe::mainstay::status::{self, Status, Unit};

/// It is so.
pub(super) const YES: u8 = 0;
/// It is not so within the time: the line says why.
pub(super) const NO: u8 = 1;
/// Mainstay does not run here.
pub(super) const ELSEWHERE: u8 = 2;
/// It cannot be: no such service or process.
pub(super) const NEVER: u8 = 3;

/// Whoever asks may not: another user, more capabilities are needed.
pub(super) const DENIED: u8 = 4;

/// How often it is looked.
const PAUSE: Duration = Duration::from_millis(20);

/// How long a program that is not known as Mainstay may take to become it: /run.sh under a shell.
const MOMENT: Duration = Duration::from_secs(1);

/// Does what the words say: `ready MS`, or `kill service|process NAME SIGNAL MS`.
pub(super) fn main(words: &[String]) -> u8 {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (code, line) = match words.as_slice() {
        ["ready", time] => ready(span(time)),
        ["kill", "service", name, signal, time] => kill_service(name, number(signal), span(time)),
        ["kill", "process", name, signal, time] => kill_process(name, number(signal), span(time)),
        _ => (NEVER, "no such words".to_string()),
    };
    let _ = writeln!(std::io::stdout(), "{line}");
    code
}

fn span(text: &str) -> Duration {
    Duration::from_millis(text.parse().unwrap_or(0))
}

fn number(text: &str) -> i32 {
    text.parse().unwrap_or(0)
}

/// Asks again and again until `answer` gives something, or the time is over; then the last
/// reason counts.
fn until<T>(
    time: Duration,
    mut answer: impl FnMut(Duration) -> Result<T, String>,
) -> Result<T, String> {
    let begun = Instant::now();
    loop {
        match answer(begun.elapsed()) {
            Ok(found) => return Ok(found),
            Err(why) if begun.elapsed() >= time => return Err(why),
            Err(_) => std::thread::sleep(PAUSE),
        }
    }
}

/// Waits until Mainstay says that all is ready.
fn ready(time: Duration) -> (u8, String) {
    let mut reached = false;
    let result = until(time, |elapsed| match status::ask() {
        Ok(status) if status.ready => Ok((YES, "ready".to_string())),
        Ok(status) => {
            reached = true;
            Err(not_ready(&status))
        }
        Err(why) if is_denied(&why) => Ok((DENIED, why)),
        Err(why) if !reached && elapsed > MOMENT && !looks_like_mainstay() => Ok((ELSEWHERE, why)),
        Err(why) => Err(why),
    });
    result.unwrap_or_else(|why| (NO, why))
}

fn not_ready(status: &Status) -> String {
    match status.why.is_empty() {
        true => format!("the container is {}", status.phase),
        false => status.why.join("; "),
    }
}

/// Whether some process may be Mainstay before it has a socket: by the name of its program.
fn looks_like_mainstay() -> bool {
    pids().into_iter().any(|pid| {
        let program = fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
        let name = program.file_name().and_then(|name| name.to_str());
        matches!(name, Some("mainstay" | "init")) || program == Path::new(places::INIT)
    })
}

fn kill_service(name: &str, signal: i32, time: Duration) -> (u8, String) {
    let old = match status::ask() {
        Err(why) if is_denied(&why) => return (DENIED, why),
        Err(why) => return (ELSEWHERE, why),
        Ok(status) => match status.unit(name) {
            None => return (NEVER, absent(&status, name)),
            Some(Unit {
                pid: None, state, ..
            }) => {
                return (NEVER, format!("{name} has no process: it is {state}"));
            }
            Some(Unit { pid: Some(pid), .. }) => *pid,
        },
    };
    if let Err(refused) = send(old, signal) {
        return refused;
    }
    let begun = Instant::now();
    let result = until(time, |_| {
        let status = status::ask()?;
        let unit = status.unit(name).ok_or_else(|| absent(&status, name))?;
        match unit.pid {
            Some(pid) if pid == old => Err(format!("{name} still runs as process {old}")),
            Some(_) if unit.serves() => Ok(()),
            _ => Err(format!("{name} is {}", unit.state)),
        }
    });
    back(result, begun.elapsed())
}

fn back(result: Result<(), String>, took: Duration) -> (u8, String) {
    match result {
        Ok(()) => (YES, took.as_millis().to_string()),
        Err(why) => (NO, why),
    }
}

fn absent(status: &Status, name: &str) -> String {
    let names: Vec<&str> = status.units.iter().map(|unit| unit.name.as_str()).collect();
    match crate::near::nearest(name, &names) {
        Some(near) => format!("there is no service {name}; did you mean {near}?"),
        None => format!("there is no service {name}; there are {}", names.join(", ")),
    }
}

fn send(pid: u32, signal: i32) -> Result<(), (u8, String)> {
    let pid = i32::try_from(pid).map_err(|error| (NEVER, error.to_string()))?;
    kernel::signal::send(pid, signal).map_err(|error| {
        let code = match error.kind() {
            std::io::ErrorKind::PermissionDenied => DENIED,
            _ => NEVER,
        };
        (code, format!("cannot signal process {pid}: {error}"))
    })
}

/// Whether words of an error mean that somebody else could.
fn is_denied(words: &str) -> bool {
    words.contains("(os error 13)") || words.contains("(os error 1)")
}

/// Kills the oldest process of a name; PID 1 is never it.
fn kill_process(name: &str, signal: i32, time: Duration) -> (u8, String) {
    let before = named(name);
    let Some(oldest) = before.iter().min_by_key(|(_, started)| *started) else {
        return (
            NEVER,
            format!("there is no process {name} but perhaps PID 1"),
        );
    };
    if let Err(refused) = send(oldest.0, signal) {
        return refused;
    }
    let begun = Instant::now();
    let result = until(time, |_| {
        let now = named(name);
        if now.contains(oldest) {
            return Err(format!("{name} still runs as process {}", oldest.0));
        }
        match now.iter().any(|one| !before.contains(one)) {
            true => Ok(()),
            false => Err(format!("no new process {name}")),
        }
    });
    back(result, begun.elapsed())
}

/// The processes of a name (its first 15 bytes count), each with the time of its start.
fn named(name: &str) -> Vec<(u32, u64)> {
    let name = name.get(..15).unwrap_or(name);
    let own = std::process::id();
    let found = pids().into_iter().filter_map(|pid| {
        let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
        let stat = String::from_utf8_lossy(&stat);
        let (head, rest) = stat.rsplit_once(')')?;
        let (_, command) = head.split_once('(')?;
        let mut fields = rest.split_whitespace();
        let state = fields.next()?;
        let started = fields.nth(18)?.parse().ok()?;
        (command == name && state != "Z" && pid != 1 && pid != own).then_some((pid, started))
    });
    found.collect()
}

fn pids() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_not_there_is_told() {
        let (code, words) = kill_process("no such process", 15, Duration::ZERO);
        assert_eq!((code, words.contains("no such process")), (NEVER, true));
        let (code, _) = kill_service("web", 15, Duration::ZERO);
        assert!(matches!(code, ELSEWHERE | NEVER));
        assert_eq!(main(&["what".to_string()]), NEVER);
    }

    #[test]
    fn a_process_that_comes_back_is_seen() {
        // A name that no other process has.
        let dir = temp::Temp::new();
        let name = format!("k{}", std::process::id());
        let program = dir.path().join(&name);
        fs::copy("/bin/sleep", &program).unwrap();
        let start = move || {
            std::process::Command::new(&program)
                .arg("1000")
                .spawn()
                .unwrap()
        };
        let mut first = start();
        while named(&name).is_empty() {
            std::thread::sleep(PAUSE);
        }
        let watcher = std::thread::spawn(move || {
            first.wait().unwrap();
            std::thread::sleep(Duration::from_millis(50));
            start()
        });
        let (code, words) = kill_process(&name, kernel::signal::SIGKILL, Duration::from_secs(10));
        let mut second = watcher.join().unwrap();
        second.kill().unwrap();
        second.wait().unwrap();
        assert_eq!(code, YES, "{words}");
    }
}
