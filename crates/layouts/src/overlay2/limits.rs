//! The limits of a stop, beside each other and beside what engines allow.

use std::path::{Path, PathBuf};
use std::time::Duration;

use places::name;

use super::picture::Picture;
use crate::settings::{self, Settings};
use crate::view::View;
use crate::{Problem, Rule};

/// What can be wrong with the limits of a stop.
pub(super) const RULES: &[&Rule] = &[&LONG_STOP, &CUT_OFF];

const LONG_STOP: Rule = Rule::warning(
    "long-stop",
    "The limits of the stop add up to more than the 10 s that `docker stop`, `podman stop`, Compose and Swarm wait: each script of `cont-finish.d` has `S6_KILL_FINISH_MAXTIME` (5000 ms), then services have `S6_SERVICES_GRACETIME` (3000 ms), then everything has `S6_KILL_GRACETIME` (3000 ms). With one script these are 11 s. A stop that takes as long as it may is cut off by the engine's KILL. Each wait ends with what it waits for, so most stops are far shorter.",
    "Give the container more time (`docker run --stop-timeout`, `stop_grace_period`, `terminationGracePeriodSeconds`), or lower the variables.",
);
const CUT_OFF: Rule = Rule::warning(
    "service-cut-off",
    "A service may take longer by its `timeout-kill` or `timeout-finish` than `S6_SERVICES_GRACETIME` (3000 ms): when the container stops, that is how long all services and their `finish` have to end. What still runs then gets HUP and TERM, and KILL after `S6_KILL_GRACETIME`. s6-overlay v2.2.0.3 waits there without a limit, until the engine kills the container.",
    "Set `S6_SERVICES_GRACETIME` to what the slowest service and its `finish` may take, and give the container more time than all limits together.",
);

/// The limits of the image whose hooks and services lie in `from`.
pub(super) fn check(
    view: &View,
    picture: &Picture,
    settings: &Settings,
    from: &Path,
) -> Vec<Problem> {
    let mut problems: Vec<Problem> = long_stop(picture, settings, from).into_iter().collect();
    problems.extend(cut_off(view, picture, settings));
    problems
}

/// Services that are given more time than the stop has for all of them.
fn cut_off(view: &View, picture: &Picture, settings: &Settings) -> Vec<Problem> {
    let Some(grace) = settings.services_gracetime else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    for entry in &picture.services {
        let finish = entry.unit.has_finish.then_some(entry.unit.finish_within);
        let limits = [
            ("timeout-kill", entry.unit.kill_after),
            ("timeout-finish", finish.flatten()),
        ];
        for (file, limit) in limits {
            let path = entry.program.directory.join(file);
            // Without the file its default counts, which nobody has asked for.
            let Some(limit) = limit.filter(|limit| *limit > grace && view.exists(&path)) else {
                continue;
            };
            let cause = format!(
                "{} ms, but when the container stops all services have {} ms (S6_SERVICES_GRACETIME)",
                limit.as_millis(),
                grace.as_millis()
            );
            let remedy = format!("set S6_SERVICES_GRACETIME={} or more", limit.as_millis());
            problems.push(Problem::at(&path, 1, cause, remedy).of(&CUT_OFF));
        }
    }
    problems
}

/// A stop that may take longer than engines wait unless they are told otherwise.
fn long_stop(picture: &Picture, settings: &Settings, from: &Path) -> Option<Problem> {
    let hooks = picture.finish.len();
    let whole = settings.whole_stop(hooks)?;
    if whole <= settings::ENGINE_PATIENCE {
        return None;
    }
    let given = |name: &str, time: Duration| format!("{name}={}", time.as_millis());
    let (kill, services) = (settings.kill_gracetime, settings.services_gracetime?);
    let path = match hooks {
        0 if kill >= services => PathBuf::from(given("S6_KILL_GRACETIME", kill)),
        0 => PathBuf::from(given("S6_SERVICES_GRACETIME", services)),
        _ => from.join(name::CONT_FINISH),
    };
    let scripts = kernel::words::count(hooks, "script");
    let cause = format!(
        "the stop may take {} ms ({scripts} of cont-finish.d, then services, then the rest), \
         and engines kill after {} s unless they are told otherwise",
        whole.as_millis(),
        settings::ENGINE_PATIENCE.as_secs()
    );
    Some(Problem::new(&path, cause, Settings::more_time_for(whole)).of(&LONG_STOP))
}
