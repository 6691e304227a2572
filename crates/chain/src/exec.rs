//! Becoming a program: the one place that words its failure and gives its exit code.

use std::io;

use kernel::process::{self, ExecVector};
use kernel::{errno, fd};

use crate::{Exec, escape, failure::exit};

/// Where programs are looked up when PATH is not set.
pub const DEFAULT_PATH: &[u8] = b"/usr/bin:/bin";

/// Becomes `next`. Comes back only when it cannot, with the exit code to end with:
/// 127 when nothing of that name was found, 126 when it cannot be executed. The
/// message is written and the report is made here.
pub fn exec(name: &str, next: Exec) -> u8 {
    let error = attempt(&next);
    if let Some(fallback) = next.fallback {
        return exec(
            name,
            Exec {
                report: next.report,
                ..*fallback
            },
        );
    }
    let code = if errno::is(&error, errno::ENOENT) {
        exit::NOT_FOUND
    } else {
        exit::NOT_EXECUTABLE
    };
    match next.report {
        // The side that waits words its own message.
        Some(report) => report.failed(&error),
        None => {
            let line = format!(
                "{name}: fatal: unable to exec {}: {}\n",
                escape(next.word()),
                errno::text(&error)
            );
            let _ = fd::write_all(2, line.as_bytes());
        }
    }
    code
}

fn attempt(next: &Exec) -> io::Error {
    let envp = match ExecVector::new(next.env.entries()) {
        Ok(envp) => envp,
        Err(error) => return error,
    };
    match &next.zeroth {
        None => process::exec(&next.argv, &envp, &next.path),
        Some(zeroth) => {
            let mut shown = next.argv.clone();
            if let Some(first) = shown.first_mut() {
                first.clone_from(zeroth);
            }
            process::exec_as(next.word(), &shown, &envp, &next.path)
        }
    }
}
