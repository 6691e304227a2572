//! What is left to do when going on does not help: reap, pass signals on, stop in order.
//! Nothing is started any more, and nothing that was known is trusted.

use std::time::Duration;

use kernel::process::{self, Waited};
use kernel::{clock, signal};

use super::journal::Journal;
use crate::child::environment::Base;
use crate::child::{Inheritance, REAPED_A_TURN};
use crate::launch::Launch;
use crate::messages;
use crate::signals::{self, Response, When};
use crate::stop::reach::{self, Reach};
use crate::stop::{self, StopHooks, StopRules, Variables};
use layouts::settings::Settings;
use places::Paths;

/// How long what got KILL may be unreapable.
const AFTER_KILL: Duration = Duration::from_secs(1);

/// How far the stop is.
enum Stage {
    /// Nobody has asked for it.
    Up,
    /// The stop hooks run, beside services that take their time.
    Hooks(StopHooks),
    /// The hooks are done; what was asked to end has until then.
    Services(Duration),
    /// Everything got HUP and TERM; KILL is due then.
    Terminate(Duration),
    /// Everything got KILL; the end is due then.
    Kill(Duration),
}

struct LastResort<'a> {
    launch: &'a Launch,
    settings: Settings,
    rules: StopRules,
    inheritance: Inheritance,
    command: Option<i32>,
    /// Who was asked to end when the stop began: PID 1's children but the command. The
    /// services are among them.
    asked: Vec<i32>,
    reach: Reach,
    stage: Stage,
    /// The last interrupt that counted.
    interrupted: Option<Duration>,
    code: u8,
    /// There may be more children that have ended than one turn has time for.
    more_to_reap: bool,
}

/// Serves until the container ends; gives its exit code.
pub(crate) fn serve(launch: &Launch, journal: &Journal, why: &str) -> u8 {
    messages::report(&format!(
        "PID 1 crashed and cannot go on as before ({why}): it reaps, passes signals on to the \
         command and stops in order, but starts nothing any more; restart the container, and \
         please report this"
    ));
    let received = signals::received();
    let (settings, _) = Settings::read(|name| launch.variable(name.as_bytes()).map(<[u8]>::to_vec));
    let mut last = LastResort {
        launch,
        rules: StopRules::from_settings(&settings),
        settings,
        inheritance: Inheritance {
            open_files: journal.open_files(),
            group: process::group_of(0).unwrap_or(0),
            noted: None,
        },
        command: journal
            .command()
            .filter(|pid| process::is_unreaped_child(*pid)),
        asked: Vec::new(),
        reach: Reach::default(),
        stage: Stage::Up,
        interrupted: None,
        code: 0,
        more_to_reap: false,
    };
    loop {
        if last.reap() {
            return last.over();
        }
        let now = clock::monotonic();
        let left = last.deadline().map(|at| at.saturating_sub(now));
        if left == Some(Duration::ZERO) {
            if last.time_is_over() {
                return last.over();
            }
            continue;
        }
        let left = match last.more_to_reap {
            true => Some(Duration::ZERO),
            false => left,
        };
        if let Some(number) = signal::wait(&received, left) {
            last.received(number);
        }
    }
}

impl LastResort<'_> {
    /// The container is over: its exit code.
    fn over(&self) -> u8 {
        let variable = |name: &str| self.launch.variable(name.as_bytes()).map(<[u8]>::to_vec);
        stop::note_over(&Paths::find(variable));
        self.code
    }

    fn deadline(&self) -> Option<Duration> {
        match self.stage {
            Stage::Up | Stage::Hooks(_) => None,
            Stage::Services(until) | Stage::Terminate(until) | Stage::Kill(until) => Some(until),
        }
    }

    /// Reaps whoever has ended, up to a number; whether the container is over.
    fn reap(&mut self) -> bool {
        self.more_to_reap = false;
        for _ in 0..REAPED_A_TURN {
            match process::try_wait_any() {
                Waited::Reaped(reaped) if self.command == Some(reaped.pid) => {
                    self.command = None;
                    if matches!(self.stage, Stage::Up) {
                        self.code = reaped.status.code();
                        self.stop();
                    }
                }
                Waited::Reaped(reaped) => {
                    self.asked.retain(|pid| *pid != reaped.pid);
                    if let Stage::Hooks(hooks) = &self.stage
                        && hooks.pid == reaped.pid
                    {
                        self.rules = hooks.report().map_or(self.rules, |report| report.rules);
                        self.stage = Stage::Services(after(self.rules.limits.services));
                    }
                    if matches!(self.stage, Stage::Services(_)) && self.asked.is_empty() {
                        self.terminate();
                    }
                }
                Waited::NoneYet => return false,
                Waited::NoChildren => {
                    return !matches!(self.stage, Stage::Up | Stage::Hooks(_));
                }
            }
        }
        self.more_to_reap = true;
        false
    }

    fn received(&mut self, number: i32) {
        let Some(rule) = signals::rule(number) else {
            return;
        };
        match rule.response(When::UpWithCommand) {
            Response::Stop => {
                if let Stage::Up = self.stage {
                    self.stop();
                }
            }
            Response::Interrupt => {
                let further = self.is_further_interrupt();
                match self.stage {
                    Stage::Up => self.stop(),
                    Stage::Hooks(_) | Stage::Services(_) if further => self.terminate(),
                    Stage::Terminate(_) if further => self.kill(),
                    Stage::Hooks(_) | Stage::Services(_) | Stage::Terminate(_) | Stage::Kill(_) => {
                    }
                }
            }
            Response::Rescan | Response::Nothing => {
                if let Some(command) = self.command {
                    let _ = signal::send(command, number);
                }
            }
        }
    }

    /// As the engine has it: whether an interrupt is a further one, and not the echo of the
    /// last.
    fn is_further_interrupt(&mut self) -> bool {
        let now = clock::monotonic();
        let last = self.interrupted;
        if last.is_some_and(|last| now.saturating_sub(last) < engine::AGAIN) {
            return false;
        }
        self.interrupted = Some(now);
        last.is_some()
    }

    fn stop(&mut self) {
        messages::speak_beside_hooks();
        self.asked = reach::children();
        self.asked.retain(|pid| Some(*pid) != self.command);
        for pid in &self.asked {
            let _ = signal::send(*pid, signal::SIGTERM);
            let _ = signal::send(*pid, signal::SIGCONT);
        }
        let variable = |name: &str| self.launch.variable(name.as_bytes()).map(<[u8]>::to_vec);
        let paths = Paths::find(variable);
        let base = Base::new(
            &self.launch.environment,
            self.settings.keep_env,
            paths.told(),
        );
        let variables = Variables {
            start: &self.launch.environment,
            keep: self.settings.keep_env,
        };
        match StopHooks::start(&self.inheritance, &paths, &base.vector(), &variables) {
            Ok(hooks) => self.stage = Stage::Hooks(hooks),
            Err(_) => self.terminate(),
        }
    }

    fn terminate(&mut self) {
        if self.rules.hangs_up {
            self.reach.signal_all(signal::SIGHUP);
        }
        for number in [signal::SIGTERM, signal::SIGCONT] {
            self.reach.signal_all(number);
        }
        self.stage = Stage::Terminate(after(self.rules.limits.kill));
    }

    fn kill(&mut self) {
        self.reach.signal_all(signal::SIGKILL);
        self.stage = Stage::Kill(clock::monotonic() + AFTER_KILL);
    }

    /// The time of a stage is over; whether the container is.
    fn time_is_over(&mut self) -> bool {
        match self.stage {
            Stage::Up | Stage::Hooks(_) => false,
            Stage::Services(_) => {
                self.terminate();
                false
            }
            Stage::Terminate(_) => {
                self.kill();
                false
            }
            Stage::Kill(_) => true,
        }
    }
}

/// The moment after a limit; without one, never.
fn after(limit: Option<Duration>) -> Duration {
    clock::monotonic().saturating_add(limit.unwrap_or(Duration::MAX))
}
