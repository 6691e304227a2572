//! Asking a shell of this machine whether it can read a script. The shell gets a copy of the
//! text on its standard input and `-n`: it reads, and runs nothing. No file of the tree
//! is executed, opened or named to it.

use std::io::Read;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kernel::{output, poll};
use layouts::script::syntax::Verdict;

/// How long one script may take to be read, and all together.
const ONE: Duration = Duration::from_secs(2);
const ALL: u64 = 10_000;

/// How much of what a shell says is kept.
const MOST: u64 = 16 * 1024;

/// Milliseconds that shells have taken so far.
static TAKEN: AtomicU64 = AtomicU64::new(0);

/// Whether the shell `name` can read `text`.
pub(super) fn check(name: &str, text: &[u8]) -> Verdict {
    let Some((program, applet)) = place(name) else {
        return Verdict::Unknown;
    };
    if TAKEN.load(Ordering::Relaxed) > ALL {
        return Verdict::Unknown;
    }
    let begun = Instant::now();
    let verdict = ask(program, applet, text).unwrap_or(Verdict::Unknown);
    let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(ALL);
    TAKEN.fetch_add(millis, Ordering::Relaxed);
    verdict
}

/// Where this machine has a shell, and the word that makes a program of many that shell.
fn place(name: &str) -> Option<(&'static Path, Option<&'static str>)> {
    let (places, applet): (&[&str], _) = match name {
        "bash" => (&["/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash"], None),
        "dash" => (&["/bin/dash", "/usr/bin/dash"], None),
        "busybox" => (&["/bin/busybox", "/usr/bin/busybox"], Some("sh")),
        "zsh" => (&["/bin/zsh", "/usr/bin/zsh"], None),
        "ksh" => (&["/bin/ksh", "/usr/bin/ksh"], None),
        "mksh" => (&["/bin/mksh", "/usr/bin/mksh"], None),
        _ => return None,
    };
    let found = places.iter().map(Path::new).find(|path| path.exists())?;
    Some((found, applet))
}

fn ask(program: &Path, applet: Option<&str>, text: &[u8]) -> std::io::Result<Verdict> {
    let mut child = Command::new(program)
        .args(applet)
        .arg("-n")
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let input = child.stdin.take();
    let errors = child.stderr.take();
    let (text, until) = (text.to_vec(), Instant::now() + ONE);
    let writer = std::thread::spawn(move || {
        let Some(input) = input else { return };
        let mut rest = &text[..];
        // A shell that has found a fault reads no further.
        while let Ok(count @ 1..) = output::write_quietly(input.as_raw_fd(), rest) {
            rest = &rest[count..];
        }
    });
    let mut said = Vec::new();
    if let Some(mut errors) = errors {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let ready = poll::poll_readable(&[errors.as_raw_fd()], Some(left));
            if left.is_zero() || !ready.is_ok_and(|ready| !ready.is_empty()) {
                break;
            }
            let mut part = [0; 4096];
            match errors.read(&mut part) {
                Ok(count @ 1..) if said.len() as u64 <= MOST => {
                    said.extend_from_slice(&part[..count]);
                }
                Ok(1..) => {}
                Ok(0) | Err(_) => break,
            }
        }
    }
    let status = end(&mut child, until)?;
    let _ = writer.join();
    Ok(match status {
        Some(0) => Verdict::Fits,
        Some(code) if code < 126 => wrong(&said),
        _ => Verdict::Unknown,
    })
}

/// The exit code of a shell, which is killed when its time is over.
fn end(child: &mut Child, until: Instant) -> std::io::Result<Option<i32>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.code());
        }
        if Instant::now() >= until {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The first line that a shell has said: `NAME: line 3: WHAT` or `NAME: 3: WHAT`.
fn wrong(said: &[u8]) -> Verdict {
    let text = String::from_utf8_lossy(said);
    let first = text.lines().next().unwrap_or_default();
    let mut parts = first.splitn(3, ": ");
    let (_, place, what) = (parts.next(), parts.next(), parts.next());
    let number = |place: &str| place.strip_prefix("line ").unwrap_or(place).parse().ok();
    match (place.and_then(number), what) {
        (Some(line), Some(what)) => Verdict::Wrong {
            line: Some(line),
            what: what.to_string(),
        },
        _ => Verdict::Wrong {
            line: None,
            what: first.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_and_runs_nothing() {
        let trace = std::env::temp_dir().join(format!("shells-{}", std::process::id()));
        let trace = trace.display();
        for name in ["dash", "bash"] {
            let text = format!("#!/bin/sh\ntouch {trace}\nx=$(touch {trace})\nexit 3\n");
            assert_eq!(check(name, text.as_bytes()), Verdict::Fits, "{name}");
            let text = format!("touch {trace}\nif true; then\n");
            assert!(matches!(
                check(name, text.as_bytes()),
                Verdict::Wrong { .. }
            ));
        }
        assert!(!Path::new(&trace.to_string()).exists());
        assert_eq!(check("no-such-shell", b""), Verdict::Unknown);
    }

    #[test]
    fn its_words_are_read() {
        for (said, line, what) in [
            (
                "bash: line 4: syntax error: unexpected end of file\n",
                Some(4),
                "syntax error: unexpected end of file",
            ),
            (
                "/bin/dash: 2: Syntax error: \"(\" unexpected\n",
                Some(2),
                "Syntax error: \"(\" unexpected",
            ),
            ("something else\nmore\n", None, "something else"),
            ("", None, ""),
        ] {
            let expected = Verdict::Wrong {
                line,
                what: what.to_string(),
            };
            assert_eq!(wrong(said.as_bytes()), expected);
        }
    }

    #[test]
    fn a_large_text_is_read_to_its_end() {
        let text = "true\n".repeat(40_000);
        assert_eq!(check("dash", text.as_bytes()), Verdict::Fits);
        let text = format!(")\n{text}");
        assert!(matches!(
            check("dash", text.as_bytes()),
            Verdict::Wrong { .. }
        ));
    }
}
