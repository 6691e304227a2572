//! What has become of an order: decided from how PID 1 described the service before it
//! and how it does now. No calls, no clock.

use std::time::Duration;

use crate::status::{Unit, span};

/// A service that does not say when it is ready counts as up once it has lived so long:
/// one that cannot run at all ends sooner.
const SETTLED: u64 = 500;

/// After this a service that is not tried yet has more than the floor of one second
/// between two starts against it.
const BACKED_OFF: Duration = Duration::from_millis(1500);

/// What was asked of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Start,
    Stop,
    Restart,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Not there yet.
    Waiting,
    /// Done, in words.
    Done(String),
    /// It will not be, or somebody should look at it.
    Failed(String),
}

/// The whole container, as far as it matters to one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Around {
    /// The container stops.
    pub(super) stopping: bool,
    /// How long ago the order was given.
    pub(super) asked: Duration,
}

/// How far `verb` is with a service that was `before` and is `now`; `None` when PID 1
/// does not know it any more.
pub(super) fn judge(verb: Verb, before: &Unit, now: Option<&Unit>, around: Around) -> Progress {
    let Some(now) = now else {
        return match verb {
            Verb::Stop => Progress::Done("gone: its directory was removed".to_string()),
            Verb::Start | Verb::Restart => {
                Progress::Failed("gone: its directory was removed".to_string())
            }
        };
    };
    match verb {
        Verb::Stop => stopped(before, now, around),
        Verb::Start | Verb::Restart => started(verb, before, now, around),
    }
}

fn stopped(before: &Unit, now: &Unit, around: Around) -> Progress {
    match now.state.as_str() {
        "down" | "failed" if before.pid.is_none() => Progress::Done("down already".to_string()),
        "down" | "failed" => Progress::Done(format!(
            "down after {}, {}",
            seconds(around.asked),
            end_of(now)
        )),
        _ if now.is_wanted() && around.asked > BACKED_OFF && !around.stopping => {
            Progress::Failed("somebody else has asked for its start meanwhile".to_string())
        }
        _ => Progress::Waiting,
    }
}

fn started(verb: Verb, before: &Unit, now: &Unit, around: Around) -> Progress {
    if around.stopping {
        return Progress::Failed("the container stops, nothing starts any more".to_string());
    }
    let same = runs(before) && now.pid == before.pid;
    let kept = same && verb == Verb::Start;
    let pid = match now.pid {
        _ if same && !kept => return Progress::Waiting,
        Some(pid) => format!(" as pid {pid}"),
        None => String::new(),
    };
    let begun = match (kept, verb, runs(before)) {
        (true, ..) => "up already",
        (false, Verb::Restart, true) => "up again",
        (false, ..) => "up",
    };
    match now.state.as_str() {
        "ready" => Progress::Done(match now.ready_ms {
            Some(ready) if !kept && now.pid.is_some() => {
                let after = Duration::from_millis(now.since_ms.saturating_sub(ready));
                format!("{begun}{pid}, ready after {}", seconds(after))
            }
            _ => format!("{begun}{pid}, ready"),
        }),
        "up" if !now.says_ready && (kept || now.since_ms >= SETTLED) => {
            Progress::Done(format!("{begun}{pid}"))
        }
        "failed" => Progress::Failed(format!(
            "it has given up: {}; see its last lines in the log",
            end_of(now)
        )),
        _ if now.ends > before.ends.saturating_add(ends_allowed(before)) => {
            Progress::Failed(format!(
                "it was started and has ended: {}; it is tried again, see its last lines in the \
                 log",
                end_of(now)
            ))
        }
        "backing off" if around.asked > BACKED_OFF => Progress::Failed(
            "it could not be started, and is tried again later; PID 1 says why in the log"
                .to_string(),
        ),
        "down" if !now.is_wanted() && around.asked > BACKED_OFF => {
            Progress::Failed("somebody else has asked for its end meanwhile".to_string())
        }
        _ => Progress::Waiting,
    }
}

/// How often the service may end between the order and its start: what ran before ends.
fn ends_allowed(before: &Unit) -> u64 {
    u64::from(runs(before))
}

/// Whether the process of a unit is its own, not that of its `finish`.
fn runs(unit: &Unit) -> bool {
    unit.pid.is_some() && unit.state != "finishing"
}

/// What to say when the time is over.
pub(super) fn late(verb: Verb, before: &Unit, now: &Unit, limit: Duration) -> String {
    let name = &now.name;
    let limit = seconds(limit);
    let kill = format!("`mainstay signal {name} KILL` ends it at once");
    let pid = now.pid.map_or(String::new(), |pid| format!("pid {pid} "));
    match now.state.as_str() {
        "finishing" => format!(
            "finishing after {limit}: its finish script {pid}runs; see its last lines in the log"
        ),
        "waiting" => format!("waiting after {limit}: something that it needs is not ready"),
        "starting" => format!("starting after {limit}: its program is not executed yet"),
        "up" if verb == Verb::Start || now.pid != before.pid => format!(
            "up after {limit} {}, but it has not said that it is ready; see its last lines in the \
             log",
            now.pid.map_or(String::new(), |pid| format!("as pid {pid}"))
        ),
        "up" | "ready" | "stopping" => format!(
            "{} after {limit}: {pid}was asked to end and still runs; {kill}{}",
            match now.state.as_str() {
                "stopping" => "stopping",
                _ => "not ended",
            },
            match verb {
                Verb::Stop => "",
                Verb::Start | Verb::Restart => ", and it is started again",
            }
        ),
        other => format!("{other} after {limit}; see its last lines in the log"),
    }
}

/// How a service ended, for a sentence.
pub(super) fn end_of(unit: &Unit) -> &str {
    unit.last_end
        .as_deref()
        .unwrap_or("without an end of its own")
}

/// A time as people say it.
fn seconds(time: Duration) -> String {
    match time.as_millis() {
        millis if millis < 95 => format!("0.{:02} s", (millis + 5) / 10),
        millis if millis < 60_000 => {
            let tenths = (millis + 50) / 100;
            format!("{}.{} s", tenths / 10, tenths % 10)
        }
        millis => span(u64::try_from(millis).unwrap_or(u64::MAX)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(state: &str, pid: Option<u32>, since_ms: u64, deaths: u64) -> Unit {
        Unit {
            name: "web".to_string(),
            kind: "service".to_string(),
            state: state.to_string(),
            pid,
            since_ms,
            ready_ms: (state == "ready").then_some(100),
            wanted: "up".to_string(),
            restarts: 0,
            why: None,
            ends: deaths,
            last_end: (deaths > 0).then(|| "exit 3".to_string()),
            says_ready: false,
        }
    }

    const EARLY: Around = Around {
        stopping: false,
        asked: Duration::from_millis(200),
    };

    const LATER: Around = Around {
        stopping: false,
        asked: Duration::from_secs(3),
    };

    fn done(text: &str) -> Progress {
        Progress::Done(text.to_string())
    }

    #[track_caller]
    fn fails(progress: Progress, part: &str) {
        match progress {
            Progress::Failed(text) => assert!(text.contains(part), "{text}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_start_is_done_once_the_service_has_lived_a_moment_or_says_that_it_is_ready() {
        let down = unit("down", None, 9, 0);
        let start = |now: &Unit, around| judge(Verb::Start, &down, Some(now), around);
        assert_eq!(
            start(&unit("starting", Some(7), 3, 0), EARLY),
            Progress::Waiting
        );
        assert_eq!(
            start(&unit("up", Some(7), 300, 0), EARLY),
            Progress::Waiting
        );
        assert_eq!(
            start(&unit("up", Some(7), 500, 0), EARLY),
            done("up as pid 7")
        );
        let mut says = unit("up", Some(7), 5000, 0);
        says.says_ready = true;
        assert_eq!(start(&says, LATER), Progress::Waiting);
        assert_eq!(
            start(&unit("ready", Some(7), 400, 0), EARLY),
            done("up as pid 7, ready after 0.3 s")
        );
        let was = unit("up", Some(7), 9000, 2);
        assert_eq!(
            judge(Verb::Start, &was, Some(&was), EARLY),
            done("up already as pid 7")
        );
    }

    #[test]
    fn a_start_fails_when_the_service_ends_gives_up_or_is_not_tried() {
        let down = unit("down", None, 9, 0);
        let start = |now: &Unit, around| judge(Verb::Start, &down, Some(now), around);
        fails(
            start(&unit("backing off", None, 3, 1), EARLY),
            "has ended: exit 3",
        );
        fails(
            start(&unit("failed", None, 3, 1), EARLY),
            "given up: exit 3",
        );
        assert_eq!(
            start(&unit("backing off", None, 3, 0), EARLY),
            Progress::Waiting
        );
        fails(
            start(&unit("backing off", None, 3, 0), LATER),
            "could not be started",
        );
        let stopping = Around {
            stopping: true,
            ..EARLY
        };
        fails(
            start(&unit("down", None, 3, 0), stopping),
            "container stops",
        );
        fails(judge(Verb::Start, &down, None, EARLY), "gone");
    }

    #[test]
    fn a_restart_is_done_when_the_pid_is_another() {
        let was = unit("up", Some(42), 9000, 1);
        let restart = |now: &Unit| judge(Verb::Restart, &was, Some(now), EARLY);
        assert_eq!(restart(&was), Progress::Waiting);
        assert_eq!(
            restart(&unit("finishing", Some(43), 5, 2)),
            Progress::Waiting
        );
        assert_eq!(restart(&unit("backing off", None, 5, 2)), Progress::Waiting);
        assert_eq!(
            restart(&unit("up", Some(44), 600, 2)),
            done("up again as pid 44")
        );
        fails(
            restart(&unit("backing off", None, 5, 3)),
            "has ended: exit 3",
        );
        let down = unit("down", None, 9, 1);
        assert_eq!(
            judge(
                Verb::Restart,
                &down,
                Some(&unit("up", Some(5), 600, 1)),
                EARLY
            ),
            done("up as pid 5")
        );
    }

    #[test]
    fn a_stop_is_done_when_the_service_is_down() {
        let was = unit("up", Some(42), 9000, 0);
        let stop = |now: &Unit| judge(Verb::Stop, &was, Some(now), EARLY);
        let mut stopping = unit("stopping", Some(42), 9000, 0);
        stopping.wanted = "down".to_string();
        assert_eq!(stop(&stopping), Progress::Waiting);
        assert_eq!(
            stop(&unit("down", None, 3, 1)),
            done("down after 0.2 s, exit 3")
        );
        let down = unit("down", None, 3, 0);
        assert_eq!(
            judge(Verb::Stop, &down, Some(&down), EARLY),
            done("down already")
        );
        assert!(matches!(
            judge(Verb::Stop, &was, None, EARLY),
            Progress::Done(_)
        ));
    }

    #[test]
    fn what_is_late_says_where_it_is_and_what_to_do() {
        let limit = Duration::from_secs(10);
        let was = unit("up", Some(42), 9000, 0);
        for (verb, now, parts) in [
            (
                Verb::Stop,
                unit("stopping", Some(42), 9000, 0),
                ["pid 42 was asked to end", "signal web KILL` ends it"],
            ),
            (
                Verb::Restart,
                unit("up", Some(42), 9000, 0),
                ["still runs", "and it is started again"],
            ),
            (
                Verb::Start,
                unit("up", Some(43), 9000, 0),
                ["up after 10.0 s as pid 43", "not said that it is ready"],
            ),
            (
                Verb::Stop,
                unit("finishing", Some(43), 9000, 1),
                ["its finish script", "pid 43"],
            ),
        ] {
            let text = late(verb, &was, &now, limit);
            for part in parts {
                assert!(text.contains(part), "{text}");
            }
        }
    }
}
