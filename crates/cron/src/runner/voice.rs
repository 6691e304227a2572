//! The scheduler's own lines. A job that fails every second fills no disk: each job may say a
//! few lines at once and then some a minute, and what was left out is counted.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::job::Job;
use crate::mind::{End, Note, Why};

/// Lines of one job at once, and how long until it may say another (milliseconds).
const AT_ONCE: u64 = 10;
const PAUSE: u64 = 6000;

/// More names than this are forgotten: files can change for ever.
const NAMES: usize = 4096;

#[derive(Default)]
pub(super) struct Voice {
    /// By job: until when its lines are paid for, and how many were left out.
    pub(super) spent: BTreeMap<String, (u64, u64)>,
    /// What is said once.
    pub(super) said: BTreeSet<String>,
    /// Starts are said too.
    pub(super) verbose: bool,
}

impl Voice {
    /// The line, with its end, if this job may say one more.
    pub(super) fn line(&mut self, name: &str, text: &str, now: u64) -> Option<String> {
        if self.spent.len() > NAMES {
            self.spent.clear();
        }
        let (until, left_out) = self.spent.entry(name.to_string()).or_default();
        let paid = (*until).max(now) + PAUSE;
        if paid > now + AT_ONCE * PAUSE {
            *left_out += 1;
            return None;
        }
        *until = paid;
        let more = match std::mem::take(left_out) {
            0 => String::new(),
            count => format!(" ({count} lines about it were left out before this one)"),
        };
        let colon = if name.is_empty() { "" } else { ": " };
        Some(format!("cron: {name}{colon}{text}{more}\n"))
    }

    /// Whether this was not said before.
    pub(super) fn is_first(&mut self, text: &str) -> bool {
        if self.said.len() > NAMES {
            self.said.clear();
        }
        self.said.insert(text.to_string())
    }

    /// Files were read anew: what was said once may be said once more.
    pub(super) fn forget(&mut self) {
        self.said.clear();
    }
}

/// Whom a note is about (nobody: all), and its words; none where there is nothing to say.
pub(super) fn words(note: &Note<Job>, verbose: bool) -> Option<(&str, String)> {
    Some(match note {
        Note::Ended {
            job,
            end,
            took,
            why,
            killed,
            grace,
        } => {
            let took = span(*took);
            let text = match (why, killed, end) {
                (_, _, End::NotStarted) => return None,
                (_, _, End::Lost) => {
                    format!("does not end, not even by KILL; left behind after {took}")
                }
                (Some(Why::TimeOut), false, _) => {
                    format!("timed out: ended by TERM after {took} (CRON_TIMEOUT)")
                }
                (Some(why), true, _) => format!(
                    "{}killed after {took}: it did not end within {} of TERM",
                    if *why == Why::TimeOut {
                        "timed out: "
                    } else {
                        ""
                    },
                    span(*grace)
                ),
                (Some(_), false, _) if verbose => format!("ended by the scheduler after {took}"),
                (Some(_), false, _) => return None,
                (None, _, End::Code(0)) if verbose => format!("done after {took}"),
                (None, _, End::Code(0)) => return None,
                (None, _, End::Code(code)) => format!("exit code {code} after {took}"),
                (None, _, End::Signal(signal)) => format!(
                    "ended by signal {} after {took}",
                    kernel::signal::name(i32::from(*signal))
                ),
            };
            (&job.name, text)
        }
        Note::LeftOut {
            job,
            runs_for,
            waits,
        } => {
            let why = match runs_for {
                None => "its last start still waits for its jitter".to_string(),
                Some(time) if *waits => {
                    format!("it has run for {} and another start waits", span(*time))
                }
                Some(time) => format!("it has run for {} and runs on", span(*time)),
            };
            (
                &job.name,
                format!("left out this time: {why} (CRON_OVERLAP)"),
            )
        }
        Note::Dropped { job } => (&job.name, "the start that waited is dropped".to_string()),
        Note::Missed { job, times, once } => {
            let times = count(*times);
            let text = match once {
                true => format!("missed {times}; one run makes up for it (CRON_MISSED=once)"),
                false => {
                    format!("missed {times}, left out (CRON_MISSED=once would make up for it)")
                }
            };
            (
                &job.name,
                format!("{text}: the machine slept or the clock was set"),
            )
        }
        Note::MissedByMany { jobs, times } => (
            "",
            format!(
                "{jobs} jobs missed {}: the machine slept or the clock was set; \
                 `mainstay cron status` shows which",
                count(*times)
            ),
        ),
        Note::ClockBack { by, anew } => {
            let by = span(u64::try_from(*by).unwrap_or(0) * 1000);
            let then = match anew {
                true => "more than 3 h: all times are reckoned anew",
                false => "no time is run twice, so jobs wait until it is where it was",
            };
            ("", format!("the clock was set back by {by}; {then}"))
        }
    })
}

fn count(times: u64) -> String {
    match times {
        1 => "a run".to_string(),
        100 => "100 runs or more".to_string(),
        times => kernel::words::count(times, "run"),
    }
}

/// A time for people, from milliseconds.
pub(crate) fn span(milliseconds: u64) -> String {
    kernel::words::time(Duration::from_millis(milliseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_fails_every_second_says_ten_lines_a_minute() {
        let mut voice = Voice::default();
        let lines = |voice: &mut Voice, name: &str| {
            let seconds = (0..600).filter_map(|second| voice.line(name, "x", second * 1000));
            seconds.collect::<Vec<_>>()
        };
        let said = lines(&mut voice, "a");
        assert!((100..=112).contains(&said.len()), "{}", said.len());
        assert_eq!(said[0], "cron: a: x\n");
        assert!(
            said[50].contains("(5 lines about it were left out"),
            "{}",
            said[50]
        );
        assert_eq!(voice.line("", "y", 0).as_deref(), Some("cron: y\n"));
        assert!(voice.is_first("z") && !voice.is_first("z"));
    }
}
