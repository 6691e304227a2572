//! The stop hooks: /etc/cont-finish.d, run by a child, one after another, each with
//! its time limit. What the container's variables say is read when it is used, since
//! hooks may change them.

pub(crate) mod reach;

use std::fmt;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::path::Path;
use std::time::Duration;

use engine::StopLimits;
use kernel::process::{self, ExecVector};
use kernel::{fd, signal};
use layouts::settings::Settings;
use layouts::view::View;
use layouts::{Layout, hooks};
use places::{Paths, name};

use crate::child::environment;
use crate::child::handed;
use crate::child::hook::{self, Waited};
use crate::child::noexec;
use crate::child::origin;
use crate::child::{Inheritance, code_of};
use crate::messages;

/// Notes that a stop has begun. An engine does not say how long it waits before it kills;
/// that it has killed too early, the next run can tell.
fn note_begun(paths: &Paths) {
    if !paths.is_nowhere() {
        // A link that others could have put there is not followed (O_EXCL).
        let mut anew = std::fs::OpenOptions::new();
        let _ = anew.write(true).create_new(true).open(paths.stop_begun());
    }
}

/// Notes that it has ended.
pub(crate) fn note_over(paths: &Paths) {
    let _ = std::fs::remove_file(paths.stop_begun());
}

/// At the boot of a kept container, in a child: says that the last stop was cut off.
pub(crate) fn tell_cut_off(paths: &Paths, settings: &Settings) {
    let mark = paths.stop_begun();
    if paths.is_nowhere() || mark.symlink_metadata().is_err() {
        return;
    }
    note_over(paths);
    let profile = settings.runtime_profile.as_deref();
    let hooks = places::user_files(Path::new(places::ETC), profile).join(name::CONT_FINISH);
    let count = hooks::list(&hooks).map_or(0, |hooks| hooks.len());
    messages::report(&match settings.whole_stop(count) {
        Some(whole) => format!(
            "the last stop of this container was cut off before it had ended; it may take {} ms \
             here: {}",
            whole.as_millis(),
            Settings::more_time_for(whole)
        ),
        None => "the last stop of this container was cut off before it had ended; one of its \
                 limits is 0, which is no limit: set S6_KILL_FINISH_MAXTIME and \
                 S6_SERVICES_GRACETIME to less than what the engine waits"
            .to_string(),
    });
}

/// The child that runs the hooks, and where their report arrives.
pub(crate) struct StopHooks {
    pub(crate) pid: i32,
    report: OwnedFd,
}

/// What holds for the rest of the stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StopRules {
    pub(crate) limits: StopLimits,
    /// Whether the disks are synced (S6_SYNC_DISKS).
    pub(crate) sync: bool,
    /// Whether what is left at the end gets HUP beside TERM: images take that out of
    /// `init-stage3`.
    pub(crate) hangs_up: bool,
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
            hangs_up: true,
        }
    }

    const SIZE: usize = 18;

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
        bytes[17] = u8::from(self.hangs_up);
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
            hangs_up: bytes[17] != 0,
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
            fd::close(read.as_raw_fd());
            let _ = std::env::set_current_dir("/");
            note_begun(paths);
            let killed = run_hooks(paths, env, inheritance.group, variables);
            let (settings, problems) = variables.now(paths);
            let (_, known) = Settings::read(|name| variables.at_start(name));
            for problem in problems {
                // Said at the start already, unless a hook has brought it about since.
                if !known.contains(&problem) {
                    messages::report(&problem.to_string());
                }
            }
            let rules = StopRules {
                hangs_up: (Layout::current().hangs_up)(&View::live()),
                ..StopRules::from_settings(&settings)
            };
            let report = Report { rules, killed };
            u8::from(fd::write_all(write.as_raw_fd(), &report.encode()).is_err())
        })?;
        Ok(StopHooks { pid, report: read })
    }

    /// The hooks that an earlier program of this process has started.
    pub(crate) fn resumed(pid: i32, report: OwnedFd) -> StopHooks {
        StopHooks { pid, report }
    }

    /// Where their report arrives.
    pub(crate) fn descriptor(&self) -> RawFd {
        self.report.as_raw_fd()
    }

    /// What the child left before it ended; none when it was killed first.
    pub(crate) fn report(&self) -> Option<Report> {
        let mut bytes = [0; Report::LONGEST];
        let count = fd::read(self.report.as_raw_fd(), &mut bytes).ok()?;
        Report::decode(&bytes[..count])
    }
}

/// What PID 1 hears when the hooks are done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) rules: StopRules,
    /// The hooks that had to be killed, as the last line names them, with the reason.
    pub(crate) killed: Vec<(String, String)>,
}

impl Report {
    /// What one write puts into a pipe whole (PIPE_BUF, pipe(7)).
    const LONGEST: usize = 4096;

    /// The rules, then a line for each hook: its path, a tab, the reason.
    fn encode(&self) -> Vec<u8> {
        let mut bytes = self.rules.encode().to_vec();
        for (what, why) in &self.killed {
            let line = format!("{what}\t{why}\n");
            if bytes.len() + line.len() > Report::LONGEST {
                break;
            }
            bytes.extend_from_slice(line.as_bytes());
        }
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Report> {
        let (rules, lines) = bytes.split_first_chunk::<{ StopRules::SIZE }>()?;
        let lines = String::from_utf8_lossy(lines);
        let killed = lines
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .map(|(what, why)| (what.to_string(), why.to_string()))
            .collect();
        Some(Report {
            rules: StopRules::decode(*rules),
            killed,
        })
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

/// Runs them; gives those that had to be killed, with the reason.
fn run_hooks(
    paths: &Paths,
    env: &ExecVector,
    group: i32,
    variables: &Variables,
) -> Vec<(String, String)> {
    let mut killed = Vec::new();
    let dir = paths.stop_hooks();
    if !dir.is_dir() {
        return killed;
    }
    messages::say("[cont-finish.d] executing container finish scripts...");
    hook::hold();
    let scripts = hooks::list(&dir).unwrap_or_else(|error| {
        messages::report(&format!(
            "{}: {}",
            kernel::escape_path(&dir),
            kernel::errno::text(&error)
        ));
        Vec::new()
    });
    for script in scripts {
        let name = kernel::escape_path(script.file_name().unwrap_or_default());
        let limit = variables.now(paths).0.finish_maxtime;
        messages::say(&format!("[cont-finish.d] {name}: executing... "));
        let outcome = run_with_limit(paths, &script, env, group, limit);
        messages::say(&format!("[cont-finish.d] {name}: {outcome}."));
        if let Outcome::Killed(after) = outcome {
            let written = origin::of(paths, &script);
            let shown = kernel::escape(written.as_os_str().as_encoded_bytes());
            let why = format!("still running after {after} ms (S6_KILL_FINISH_MAXTIME)");
            killed.push((shown, why));
        }
    }
    messages::say("[cont-finish.d] done.");
    killed
}

/// How a hook ended.
enum Outcome {
    Exited(u8),
    /// Somebody else has seen its end.
    Gone,
    /// After so many milliseconds.
    Killed(u128),
    /// Why it could not be begun.
    NotRun(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Exited(code) => write!(f, "exited {code}"),
            Outcome::Gone => f.write_str("exited"),
            Outcome::Killed(after) => {
                write!(f, "killed after {after} ms (S6_KILL_FINISH_MAXTIME)")
            }
            Outcome::NotRun(why) => write!(f, "not run: {why}"),
        }
    }
}

/// Runs one hook; says how it ended.
fn run_with_limit(
    paths: &Paths,
    script: &Path,
    env: &ExecVector,
    group: i32,
    limit: Option<Duration>,
) -> Outcome {
    use std::os::unix::ffi::OsStrExt;
    let pid = match process::fork() {
        Err(error) => return Outcome::NotRun(kernel::errno::text(&error)),
        Ok(process::Fork::Child) => {
            let _ = process::set_group(0, group);
            signal::reset_all();
            handed::give_back();
            let words = [script.as_os_str().as_bytes().to_vec()];
            let error = noexec::exec(script, &words, env, || {
                noexec::sources_of_hook(paths, script)
            });
            messages::report(&origin::why_not(paths, script, &error));
            process::exit_now(code_of(&error))
        }
        Ok(process::Fork::Parent(pid)) => pid,
    };
    match hook::wait(paths, script, pid, hook::Waits::Stop(limit)) {
        Waited::Ended(status) => Outcome::Exited(status.code()),
        Waited::Gone => Outcome::Gone,
        Waited::Killed(after) => Outcome::Killed(after.as_millis()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_survives_the_pipe_and_never_outgrows_it() {
        let rules = StopRules {
            limits: StopLimits {
                services: None,
                kill: Some(Duration::from_millis(3000)),
                whole: None,
            },
            sync: false,
            hangs_up: false,
        };
        let one = ("/etc/cont-finish.d/1".to_string(), "late".to_string());
        let mut report = Report {
            rules,
            killed: vec![one.clone()],
        };
        assert_eq!(Report::decode(&report.encode()), Some(report.clone()));
        assert_eq!(Report::decode(&[0; 16]), None);
        report.killed = vec![one; 1000];
        let bytes = report.encode();
        assert!(bytes.len() <= Report::LONGEST);
        assert!(Report::decode(&bytes).unwrap().killed.len() > 100);
    }

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
                hangs_up: !sync,
            };
            assert_eq!(StopRules::decode(rules.encode()), rules);
        }
    }
}
