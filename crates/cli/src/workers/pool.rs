//! The pool of this container, and who may change it when.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;

use chain::{Failure, Result, Unable};
use kernel::{errno, fs};
use places::{Paths, name};

use crate::places::variable;
use crate::status::{self, Report, Unit};
use crate::target::{REFUSED, Target};

/// The workers that there are.
pub(super) struct Pool {
    pub(super) paths: Paths,
    /// Their numbers, in order; never none.
    pub(super) numbers: Vec<u32>,
    /// All that PID 1 supervises.
    pub(super) report: Report,
}

impl Pool {
    /// The pool of this container.
    ///
    /// # Errors
    /// There is none, or PID 1 cannot be reached.
    pub(super) fn find() -> Result<Pool> {
        let paths = Paths::find(variable);
        let report = status::of(&Target::Here)?;
        let numbers = match paths.is_nowhere() {
            true => Vec::new(),
            false => stage::workers::numbers(&paths.services)
                .unable("list", paths.services.as_os_str().as_encoded_bytes())?,
        };
        if numbers.is_empty() {
            return Err(refusal(
                "this container has no workers: it was not started by /worker.sh; start one as \
                 `docker run IMAGE /worker.sh 3 COMMAND...`",
            ));
        }
        Ok(Pool {
            paths,
            numbers,
            report,
        })
    }

    /// The pool, for who changes it: nobody else does as long as the file is open.
    ///
    /// # Errors
    /// There is none, it cannot be changed now, or somebody else changes it.
    pub(super) fn find_to_change() -> Result<(Pool, File)> {
        let pool = Pool::find()?;
        if let Some(boots) = pool.report.boots() {
            return Err(refusal(&format!(
                "{boots}; ask again when its services are up"
            )));
        }
        if pool.report.phase == "stopping" {
            return Err(refusal(
                "the container stops: its workers end, and nothing starts any more",
            ));
        }
        let path = pool.paths.services.join(name::WORKER_LOCK);
        let bytes = path.as_os_str().as_encoded_bytes();
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .mode(0o600)
            .custom_flags(fs::flags::O_NOFOLLOW)
            .open(&path)
            .unable("lock", bytes)?;
        // Of the kind whose holder the keeper can ask for without a lock of its own.
        match fs::try_process_lock(&lock, true) {
            Err(error) if errno::is(&error, errno::EAGAIN) || errno::is(&error, errno::EACCES) => {
                let holder = match fs::lock_holder(&lock) {
                    Ok(Some(pid)) if pid > 0 => format!("process {pid}"),
                    _ => "another `mainstay workers`".to_string(),
                };
                return Err(refusal(&format!(
                    "{holder} scales or restarts them already; wait for its end"
                )));
            }
            other => other.unable("lock", bytes)?,
        }
        // Somebody may have changed it until a moment ago.
        Ok((Pool::find()?, lock))
    }

    /// A worker as PID 1 has it; none where it has not taken it in.
    pub(super) fn unit(&self, number: u32) -> Option<&Unit> {
        self.report.unit(&unit_name(number))
    }
}

/// The name of a worker's service.
pub(super) fn unit_name(number: u32) -> String {
    format!("worker-{number}")
}

/// A refusal, in a sentence.
pub(super) fn refusal(text: &str) -> Failure {
    Failure::Other {
        code: REFUSED,
        text: text.to_string(),
    }
}

/// `worker-1`, `worker-1 and worker-2`, `worker-2 to worker-9 (8 of them)`.
pub(super) fn names_of(numbers: &[u32]) -> String {
    match numbers {
        [] => String::new(),
        [one] => unit_name(*one),
        [one, other] => format!("{} and {}", unit_name(*one), unit_name(*other)),
        [first, .., last] => format!(
            "{} to {} ({} of them)",
            unit_name(*first),
            unit_name(*last),
            numbers.len()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_names_are_a_range() {
        assert_eq!(names_of(&[]), "");
        assert_eq!(names_of(&[3]), "worker-3");
        assert_eq!(names_of(&[3, 4]), "worker-3 and worker-4");
        assert_eq!(names_of(&[3, 4, 5]), "worker-3 to worker-5 (3 of them)");
    }
}
