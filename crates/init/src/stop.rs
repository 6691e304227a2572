//! The stop hooks: /etc/cont-finish.d, run by a child, one after another, each with
//! its time limit. What the container's variables say is read when it is used, since
//! hooks may change them.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use engine::StopLimits;
use kernel::process::{self, ExecVector};
use kernel::{fd, signal};
use layouts::overlay2;
use layouts::settings::Settings;

use crate::child::{Inheritance, code_of};
use crate::paths::Paths;
use crate::{environment, messages};

/// The child that runs the hooks, and where the limits arrive that hold after them.
pub(crate) struct StopHooks {
    pub(crate) pid: i32,
    limits: OwnedFd,
}

/// What holds for the rest of the stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StopRules {
    pub(crate) limits: StopLimits,
    /// Whether the disks are synced (S6_SYNC_DISKS).
    pub(crate) sync: bool,
}

impl StopRules {
    /// From the container's variables.
    pub(crate) fn from_settings(settings: &Settings) -> StopRules {
        StopRules {
            limits: StopLimits {
                services: settings.services_gracetime,
                kill: Some(settings.kill_gracetime),
                whole: None,
            },
            sync: settings.sync_disks,
        }
    }

    const SIZE: usize = 17;

    fn encode(&self) -> [u8; StopRules::SIZE] {
        let nanos = |limit: Option<Duration>| {
            limit.map_or(u64::MAX, |l| {
                u64::try_from(l.as_nanos()).unwrap_or(u64::MAX)
            })
        };
        let mut bytes = [0; StopRules::SIZE];
        bytes[..8].copy_from_slice(&nanos(self.limits.services).to_ne_bytes());
        bytes[8..16].copy_from_slice(&nanos(self.limits.kill).to_ne_bytes());
        bytes[16] = u8::from(self.sync);
        bytes
    }

    fn decode(bytes: [u8; StopRules::SIZE]) -> StopRules {
        let limit = |at: usize| {
            let mut nanos = [0; 8];
            nanos.copy_from_slice(&bytes[at..at + 8]);
            match u64::from_ne_bytes(nanos) {
                u64::MAX => None,
                nanos => Some(Duration::from_nanos(nanos)),
            }
        };
        StopRules {
            limits: StopLimits {
                services: limit(0),
                kill: limit(8),
                whole: None,
            },
            sync: bytes[16] != 0,
        }
    }
}

impl StopHooks {
    /// Starts them.
    ///
    /// # Errors
    /// As fork(2) and pipe(2).
    pub(crate) fn start(
        inheritance: &Inheritance,
        paths: &Paths,
        env: &ExecVector,
        variables: &Variables,
    ) -> io::Result<StopHooks> {
        let (read, write) = fd::pipe()?;
        fd::set_nonblocking(read.as_raw_fd(), true)?;
        let pid = inheritance.fork(|| {
            let _ = std::env::set_current_dir("/");
            run_hooks(paths, env, inheritance.group, variables);
            let (settings, problems) = variables.now(paths);
            let (_, known) = Settings::read(|name| variables.at_start(name));
            for problem in problems {
                // Said at the start already, unless a hook has brought it about since.
                if !known.contains(&problem) {
                    messages::report(&problem.to_string());
                }
            }
            let rules = StopRules::from_settings(&settings);
            u8::from(fd::write_all(write.as_raw_fd(), &rules.encode()).is_err())
        })?;
        Ok(StopHooks { pid, limits: read })
    }

    /// What the child left before it ended; none when it was killed first.
    pub(crate) fn rules(&self) -> Option<StopRules> {
        let mut bytes = [0; StopRules::SIZE];
        let count = fd::read(self.limits.as_raw_fd(), &mut bytes).ok()?;
        (count == bytes.len()).then(|| StopRules::decode(bytes))
    }
}

/// Where the container's variables are.
pub(crate) struct Variables<'a> {
    /// What the container came with, as `NAME=value`.
    pub(crate) start: &'a [Vec<u8>],
    /// Whether S6_KEEP_ENV is set.
    pub(crate) keep: bool,
}

impl Variables<'_> {
    fn at_start(&self, name: &str) -> Option<Vec<u8>> {
        environment::value_in(self.start, name.as_bytes())
    }

    fn now(&self, paths: &Paths) -> (Settings, Vec<layouts::Problem>) {
        Settings::read(|name| environment::current(paths, self.start, self.keep, name.as_bytes()))
    }
}

fn run_hooks(paths: &Paths, env: &ExecVector, group: i32, variables: &Variables) {
    let dir = paths.stop_hooks();
    if !dir.is_dir() {
        return;
    }
    messages::say("[cont-finish.d] executing container finish scripts...");
    // Blocked, so that waiting for it with a time limit cannot miss it.
    signal::set_mask(&signal::Set::empty().with(signal::SIGCHLD));
    let scripts = overlay2::scripts::list(&dir).unwrap_or_else(|error| {
        messages::report(&format!(
            "{}: {}",
            dir.display(),
            kernel::errno::text(&error)
        ));
        Vec::new()
    });
    for script in scripts {
        let name = script.file_name().unwrap_or_default().display().to_string();
        let limit = variables.now(paths).0.finish_maxtime;
        messages::say(&format!("[cont-finish.d] {name}: executing... "));
        let outcome = run_with_limit(&script, env, group, limit);
        messages::say(&format!("[cont-finish.d] {name}: {outcome}."));
    }
    messages::say("[cont-finish.d] done.");
}

/// Runs one hook; says how it ended.
fn run_with_limit(script: &Path, env: &ExecVector, group: i32, limit: Option<Duration>) -> String {
    use std::os::unix::ffi::OsStrExt;
    let pid = match process::fork() {
        Err(error) => return format!("not run: {}", kernel::errno::text(&error)),
        Ok(process::Fork::Child) => {
            let _ = process::set_group(0, group);
            signal::reset_all();
            let error = process::exec(&[script.as_os_str().as_bytes()], env, b"");
            if let Some(problem) = overlay2::scripts::diagnose(script) {
                messages::report(&problem.to_string());
            }
            process::exit_now(code_of(&error))
        }
        Ok(process::Fork::Parent(pid)) => pid,
    };
    let begun = Instant::now();
    let children = signal::Set::empty().with(signal::SIGCHLD);
    loop {
        match process::try_wait(pid) {
            Err(_) => return "exited".to_string(),
            Ok(Some(status)) => return format!("exited {}", status.code()),
            Ok(None) => {}
        }
        let left = limit.map(|limit| limit.saturating_sub(begun.elapsed()));
        if left == Some(Duration::ZERO) {
            let _ = signal::send(pid, signal::SIGKILL);
            let _ = process::wait(pid);
            return format!(
                "killed after {} ms (S6_KILL_FINISH_MAXTIME)",
                begun.elapsed().as_millis()
            );
        }
        signal::wait(&children, left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_survive_the_pipe() {
        for (services, kill, sync) in [
            (None, Some(Duration::ZERO), true),
            (Some(Duration::from_millis(3000)), None, false),
        ] {
            let rules = StopRules {
                limits: StopLimits {
                    services,
                    kill,
                    whole: None,
                },
                sync,
            };
            assert_eq!(StopRules::decode(rules.encode()), rules);
        }
    }
}
