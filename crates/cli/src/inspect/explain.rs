//! What `mainstay explain` prints: the boot and the stop in their order, each step with
//! what `lint` finds wrong in it.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use chain::escape;
use kernel::signal;
use layouts::Problem;
use layouts::fix_attrs::Line;
use layouts::settings::{ENGINE_PATIENCE, IfBootFails, Settings};
use plan::Readiness;

use super::arguments::Request;
use super::image::Looked;
use super::lint::rule;
use crate::install::Layout;

/// The command's operands, for its line in the table.
pub const USAGE: &str = "[--root ROOT] [--layout s6-v2|docker-base] [--env NAME=VALUE]... [--env-file FILE]... [--user USER] [--cap-drop CAP]... TREE";

/// What the command does, for its line in the table.
pub const SUMMARY: &str = "say in plain words what an image tree will do, in order";

pub(super) const HELP: &str = "\
Reads TREE, the directory that a Dockerfile copies to /, and says what a container of it
will do, in order: scripts, owners and modes, hooks, services, the command, and the stop
with its limits. What `mainstay lint` finds wrong stands where it happens.

  --root ROOT        the image below TREE. Without it TREE is taken for a whole image
  --layout NAME      s6-v2 or docker-base (the default), as for `mainstay install`
  --env NAME=VALUE   a variable of the container; may be given again
  --env-file FILE    a file with a variable on each line, as for `docker run`
  --user USER        who the container starts as: USER[:GROUP], names or numbers
  --cap-drop CAP     a capability that it does not have, or ALL; may be given again

Exit code: 0, 100 wrong words, 111 TREE or ROOT cannot be read.
";

/// The text for standard output.
pub(super) fn text(request: &Request, looked: &Looked) -> String {
    let mut teller = Teller {
        request,
        looked,
        text: String::new(),
        told: BTreeSet::new(),
        step: 0,
        docker_base: request.layout == Layout::DockerBase,
    };
    teller.tell(request);
    teller.text
}

struct Teller<'a> {
    request: &'a Request,
    looked: &'a Looked,
    text: String,
    /// Which problems stand beside what they are about.
    told: BTreeSet<usize>,
    step: u32,
    /// Whether there is a /worker.sh.
    docker_base: bool,
}

impl Teller<'_> {
    fn line(&mut self, indent: usize, text: &str) {
        let _ = writeln!(self.text, "{:indent$}{text}", "");
    }

    /// Begins a step.
    fn step(&mut self, text: &str) {
        self.step += 1;
        let _ = writeln!(self.text, "\n{}. {text}", self.step);
    }

    /// A script of a step, and what is wrong with it.
    fn script(&mut self, path: &Path) {
        let shown = shown(path);
        self.line(3, &shown);
        self.remarks(5, Some(path), |problem| problem.path == path);
    }

    /// A problem in a line: its place below `base`, then as `lint` has it.
    fn remark(&self, problem: &Problem, base: Option<&Path>) -> String {
        let (id, severity) = rule(problem);
        let path = match base {
            Some(base) => problem.path.strip_prefix(base).unwrap_or(&problem.path),
            None => &problem.path,
        };
        let mut place = shown(path);
        if let Some(line) = problem.line {
            let gap = if place.is_empty() { "" } else { " " };
            let _ = write!(place, "{gap}line {line}");
        }
        if !place.is_empty() {
            place.push_str(": ");
        }
        format!(
            "! {place}{}[{id}]: {}; {}",
            severity.word(),
            escape(problem.cause.as_bytes()),
            escape(super::home::remedy(self.request, self.looked, problem).as_bytes())
        )
    }

    /// What is wrong with what stands here, by its place below `base`.
    fn remarks(&mut self, indent: usize, base: Option<&Path>, about: impl Fn(&Problem) -> bool) {
        for (number, problem) in self.looked.answer.problems.iter().enumerate() {
            if about(problem) && self.told.insert(number) {
                let remark = self.remark(problem, base);
                self.line(indent, &remark);
            }
        }
    }

    fn tell(&mut self, request: &Request) {
        let settings = &self.looked.answer.settings;
        let tree = shown(&request.tree);
        let given = match request.given.len() {
            0 => "with every variable at its default".to_string(),
            1 => "with the variable that was given".to_string(),
            count => format!("with the {count} variables that were given"),
        };
        self.line(0, &format!("What a container of {tree} does, {given}:"));
        let variable = |problem: &Problem| {
            let id = rule(problem).0;
            id.starts_with("variable-") || id == "dead-variable" && !problem.path.starts_with("/")
        };
        self.remarks(3, None, variable);
        if self.looked.answer.picture.edited {
            self.line(
                0,
                &format!(
                    "The image has edited {}: the steps up to the services are done as that script says.",
                    places::STAGE2
                ),
            );
        }
        self.run_d(settings);
        self.owners(settings);
        self.hooks(settings);
        self.services();
        self.handlers();
        self.command(settings);
        self.stop(settings);
        let rest: Vec<String> = self
            .looked
            .answer
            .problems
            .iter()
            .enumerate()
            .filter(|(number, _)| !self.told.contains(number))
            .map(|(_, problem)| self.remark(problem, None))
            .collect();
        if !rest.is_empty() {
            self.line(0, "\nBesides:");
            for line in rest {
                self.line(3, &line);
            }
        }
        if !self.looked.whole {
            self.line(
                0,
                "\nThis tree is no whole image, so nobody looked whether interpreters, programs \
                 and users exist: --root ROOT names the image below it.",
            );
        }
    }

    fn run_d(&mut self, settings: &Settings) {
        let scripts = &self.looked.answer.picture.run_d;
        if scripts.is_empty() {
            return;
        }
        self.step(
            "Before everything else, where /run.sh or /worker.sh starts the container: the scripts of \
             /run.d, one after another, each as `/bin/bash -e FILE`.",
        );
        for script in scripts {
            self.script(script);
        }
        self.line(
            3,
            "One that fails stops the container, which ends with its exit code.",
        );
        if let Some(code) = settings.build_stop {
            self.line(
                3,
                &format!(
                    "Exit code {code} (SIGNAL_BUILD_STOP) stops it with 0 and starts nothing."
                ),
            );
        }
    }

    fn owners(&mut self, settings: &Settings) {
        let files = &self.looked.answer.picture.fix_attrs;
        self.step(match settings.read_only_root {
            true => {
                "Hooks and services are copied to /var/run/s6/etc (S6_READ_ONLY_ROOT), and \
                 made executable."
            }
            false if self.looked.uid == 0 => {
                "Hooks and services are given to root and made executable."
            }
            false => "Hooks and services keep their owners and modes: who starts this is not root.",
        });
        for (file, lines) in files {
            self.line(3, &format!("Then by {}:", shown(file)));
            for (number, line) in lines {
                self.line(5, &format!("line {number}: {}", owners_of(line)));
            }
            self.remarks(5, Some(file), |problem| problem.path == *file);
        }
    }

    fn hooks(&mut self, settings: &Settings) {
        let hooks = &self.looked.answer.picture.init;
        if hooks.is_empty() {
            return;
        }
        self.step("Hooks of the start, one after another, each by its first line.");
        for hook in hooks {
            self.script(hook);
        }
        self.line(
            3,
            match settings.keep_env {
                true => "They see the container's environment (S6_KEEP_ENV).",
                false => "They see a PATH and nothing else; with-contenv gives them the container's variables.",
            },
        );
        self.line(
            3,
            match settings.if_boot_fails {
                IfBootFails::GoOn if self.docker_base => {
                    "One that fails is passed over (S6_BEHAVIOUR_IF_STAGE2_FAILS is 0; docker-base's images and `mainstay try` set 2, which stops the container)."
                }
                IfBootFails::GoOn => {
                    "One that fails is passed over (S6_BEHAVIOUR_IF_STAGE2_FAILS is 0)."
                }
                IfBootFails::Warn => {
                    "One that fails is passed over with a warning (S6_BEHAVIOUR_IF_STAGE2_FAILS is 1)."
                }
                IfBootFails::Stop => {
                    "One that fails stops the container, which ends with its exit code (S6_BEHAVIOUR_IF_STAGE2_FAILS is 2)."
                }
            },
        );
    }

    fn services(&mut self) {
        let services = &self.looked.answer.picture.services;
        if services.is_empty() {
            self.step("No service is started by the image's own files.");
        } else {
            self.step("Services, all at once. One that ends is started again, at most once a second, unless its finish exits 125.");
        }
        for service in services {
            self.service(service);
        }
        if self.docker_base {
            let user = match &self.looked.answer.settings.worker_user {
                Some(user) => format!("as {} (NOT_ROOT_USER)", escape(user)),
                None => "as the container's user (NOT_ROOT_USER is unset)".to_string(),
            };
            self.line(
                3,
                &format!("Where /worker.sh N COMMAND starts the container: N more, worker-1 and so on, run COMMAND {user}."),
            );
            self.workers_limits();
        }
        for dir in &self.looked.answer.available {
            self.line(
                3,
                &format!(
                    "{}: off, until something links {} into services.d",
                    shown(Path::new(dir.file_name().unwrap_or_default())),
                    shown(dir)
                ),
            );
            self.remarks(5, Some(dir), |problem| problem.path.starts_with(dir));
        }
        let in_services = |problem: &Problem| {
            problem
                .path
                .starts_with(places::in_etc(places::name::SERVICES))
                || problem.path.starts_with(places::IMAGE_SERVICES)
        };
        self.remarks(3, None, in_services);
    }

    /// What the variables say of workers, where they say anything.
    fn workers_limits(&mut self) {
        let settings = &self.looked.answer.settings;
        let jobs = settings.worker_max_jobs.map(|most| {
            let jobs = kernel::words::count(most, "job");
            format!("has done {jobs} (WORKER_MAX_JOBS)")
        });
        let memory = settings.worker_max_memory.map(|most| {
            let size = crate::workers::shown(most);
            format!("holds {size} of memory (WORKER_MAX_MEMORY)")
        });
        let limits: Vec<String> = jobs.into_iter().chain(memory).collect();
        let prefix = settings.worker_prefix.as_deref().map(escape);
        if !limits.is_empty() {
            let text = format!(
                "One that {} is ended in order and started again, one at a time.",
                limits.join(" or ")
            );
            self.line(5, &text);
        }
        if let Some(prefix) = prefix {
            let text = format!(
                "Each of their lines begins with `{prefix}`, %i for the number (WORKER_PREFIX)."
            );
            self.line(5, &text);
        }
    }

    fn service(&mut self, entry: &plan::Entry) {
        let unit = &entry.unit;
        let name = escape(unit.name.as_bytes());
        let start = match (unit.wanted, unit.readiness) {
            (false, _) => "stays down until it is asked for (it has a file `down`)".to_string(),
            (true, Readiness::WhenUp) => "counts as up as soon as it runs".to_string(),
            (true, Readiness::Notified) => format!(
                "counts as ready when it writes a line to descriptor {}",
                entry.program.notification_fd.unwrap_or(0)
            ),
        };
        self.line(3, &format!("{name}: {start}"));
        if let Some(logger) = &unit.logger {
            self.line(
                5,
                &format!("what it prints goes to {}", escape(logger.as_bytes())),
            );
        }
        if unit.has_finish {
            self.line(
                5,
                &match unit.finish_within {
                    Some(limit) => format!(
                        "when it has ended: finish, killed after {} ms",
                        limit.as_millis()
                    ),
                    None => "when it has ended: finish, as long as it takes".to_string(),
                },
            );
        }
        let signal = signal::name(i32::from(unit.down_signal));
        if unit.kill_after.is_some() || signal != "TERM" {
            self.line(
                5,
                &match unit.kill_after {
                    Some(limit) => format!(
                        "it is asked to end by {signal}, and killed {} ms later",
                        limit.as_millis()
                    ),
                    None => format!("it is asked to end by {signal}"),
                },
            );
        }
        if entry.program.own_pid_namespace {
            self.line(5, "it runs in a process namespace of its own");
        }
        let dir = entry.program.directory.clone();
        let log = dir.join("log");
        let is_logger = !unit.reads_from.is_empty();
        self.remarks(5, Some(&dir), |problem| {
            problem.path.starts_with(&dir) && (is_logger || !problem.path.starts_with(&log))
        });
    }

    fn handlers(&mut self) {
        let handlers = &self.looked.answer.picture.handlers;
        if handlers.is_empty() {
            return;
        }
        self.step("These signals to PID 1 run a program of the image instead of what they do, until the container stops.");
        for handler in handlers {
            self.script(handler);
        }
    }

    fn command(&mut self, settings: &Settings) {
        let when = match (settings.cmd_waits, settings.cmd_wait_maxtime) {
            (false, _) => "as soon as the services have been started".to_string(),
            (true, None) => "once every service is up, or ready where it says so".to_string(),
            (true, Some(limit)) => format!(
                "once every service is up, or ready where it says so, or after {} ms (S6_CMD_WAIT_FOR_SERVICES_MAXTIME)",
                limit.as_millis()
            ),
        };
        self.step(&format!("The container's command, if it has one, {when}."));
        if let Some(word) = &settings.cmd_arg0 {
            self.line(
                3,
                &format!("{} is put before it (S6_CMD_ARG0).", escape(word)),
            );
        }
        if settings.cmd_waits
            && settings.cmd_wait_maxtime.is_some()
            && settings.if_boot_fails == IfBootFails::Stop
        {
            self.line(3, "Running out of that time stops the container.");
        }
        self.line(
            3,
            "When it ends, the container stops with its exit code. Without one it runs until it is stopped.",
        );
    }

    fn stop(&mut self, settings: &Settings) {
        self.step(
            "The stop: by docker stop, by the command's end, or by `mainstay stop-container`.",
        );
        self.line(
            3,
            "Every service is asked to end (by TERM where nothing else is said above).",
        );
        let hooks = &self.looked.answer.picture.finish;
        let most = |limit: Option<Duration>| match limit {
            Some(limit) => format!("{} ms", limit.as_millis()),
            None => "no limit".to_string(),
        };
        if !hooks.is_empty() {
            self.line(
                3,
                &format!(
                    "Beside that the hooks of the stop, one after another, at most {} each (S6_KILL_FINISH_MAXTIME):",
                    most(settings.finish_maxtime)
                ),
            );
            for hook in hooks {
                self.script(hook);
            }
        }
        self.line(
            3,
            &format!(
                "Then services that are still up have time to end: {} (S6_SERVICES_GRACETIME).",
                most(settings.services_gracetime)
            ),
        );
        let last = match self.looked.answer.picture.hangs_up {
            true => "HUP and TERM",
            false => "TERM (the image has taken HUP out of init-stage3)",
        };
        self.line(
            3,
            &format!(
                "Then everything that is left gets {last}, and KILL after {} ms (S6_KILL_GRACETIME).",
                settings.kill_gracetime.as_millis()
            ),
        );
        let whole = settings.whole_stop(hooks.len());
        match whole {
            Some(whole) => {
                self.line(
                    3,
                    &format!(
                        "Each of these waits ends with what it waits for. All together: at most {} ms.",
                        whole.as_millis()
                    ),
                );
                if whole > ENGINE_PATIENCE {
                    self.line(
                        3,
                        &format!(
                            "docker stop kills after 10 s unless it is told otherwise: `docker stop -t {}`, or smaller limits.",
                            whole.as_millis().div_ceil(1000) + 1
                        ),
                    );
                }
            }
            None => self.line(
                3,
                "Each of these waits ends with what it waits for; one has no limit but the engine's.",
            ),
        }
    }
}

fn owners_of(line: &Line) -> String {
    let mut text = escape(&line.path);
    if line.recurse {
        text.push_str(" and all that is below it");
    }
    let _ = write!(text, ": user {}, group {}", line.owner.uid, line.owner.gid);
    if let Some(mode) = line.file_mode {
        let _ = write!(text, ", files {mode:04o}");
    }
    if let Some(mode) = line.dir_mode {
        let _ = write!(text, ", directories {mode:04o}");
    }
    text
}

fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_bytes())
}
