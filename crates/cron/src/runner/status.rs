//! What the scheduler tells: what it has read, what it knows of its jobs, what becomes of an
//! order. The client's side is `command/status.rs` and `command/ask.rs`.

use cli::similar;

use super::{Runner, now};
use crate::job::Job;
use crate::mind::{Answer, Refusal};

impl Runner {
    /// One line at the start: how many jobs, and which comes first.
    pub(super) fn say_what_there_is(&mut self) {
        let count = self.mind.entries.len();
        let due = self.mind.entries.iter();
        let due = due.filter_map(|entry| Some((entry.next?, &entry.job)));
        let text = match due.min_by_key(|(next, _)| *next) {
            Some((next, job)) => format!(
                "{}; the next is {} at {}",
                jobs(count),
                job.name,
                job.schedule.zone().show(next)
            ),
            None if count == 0 => {
                "there are no jobs yet; the files are read anew when they change".into()
            }
            None => format!("{}; none is due any more", jobs(count)),
        };
        self.say("", &text);
    }

    pub(super) fn say_unwatched(&mut self, error: &std::io::Error) {
        let text = format!(
            "changes of the files are not heard of here ({}): send HUP after one",
            kernel::errno::text(error)
        );
        self.say("", &text);
    }

    /// Reads the files anew.
    pub(super) fn reload(&mut self) {
        if self.mind.stopping {
            return;
        }
        self.voice.forget();
        let content = self.settings.files.read(&self.settings.environment);
        self.say_lines(&content.lines);
        let mut all = content.jobs;
        for path in &content.lost {
            let entries = self.mind.entries.iter().filter(|entry| !entry.gone);
            let kept = entries.filter(|entry| entry.job.place.0.starts_with(path));
            let kept: Vec<Job> = kept.map(|entry| Job::clone(&entry.job)).collect();
            if !kept.is_empty() {
                let path = kernel::escape_path(path);
                let go = if kept.len() == 1 { "goes" } else { "go" };
                let text = format!("{path}: its {} {go} on as before", jobs(kept.len()));
                self.say("", &text);
            }
            all.extend(kept);
        }
        let changes = self.mind.reload(all, now());
        let mut text = format!("read anew: {}", jobs(changes.jobs));
        for (count, what) in [(changes.new, "new"), (changes.gone, "gone")] {
            if count > 0 {
                text.push_str(&format!(", {count} {what}"));
            }
        }
        self.say("", &text);
        // What has been replaced is watched under its name again.
        if let Some(watch) = &self.watch
            && let Err(error) = self.settings.files.watch(watch)
            && self.voice.is_first("unwatched")
        {
            self.say_unwatched(&error);
        }
    }

    /// A client's request is whole.
    pub(super) fn asked(&mut self, asker: u64, words: &[Vec<u8>]) {
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let answer = match words[..] {
            [b"status"] => self.status(),
            [b"run", name] => {
                let name = String::from_utf8_lossy(name).into_owned();
                match self.mind.ask(&name, asker, now()) {
                    // What it writes follows, and its exit code.
                    Ok(Answer::Begun | Answer::Waits) => return,
                    Err(refusal) => format!("error\t{}\n", self.refused(&name, refusal)),
                }
            }
            _ => "error\tthis scheduler does not know what to do with that; it may be of another \
                  release\n"
                .to_string(),
        };
        if let Some(server) = &mut self.server {
            server.answer(asker, &answer);
        }
    }

    fn refused(&self, name: &str, refusal: Refusal) -> String {
        let shown = kernel::escape(name.as_bytes());
        match refusal {
            Refusal::Unknown => {
                let known = self.mind.entries.iter().filter(|entry| !entry.gone);
                let known = known.map(|entry| entry.job.name.as_str());
                let hint = similar::hint(name.as_bytes(), known);
                format!("there is no job {shown}{hint}")
            }
            Refusal::Runs(time) => format!(
                "{shown} has run for {}, and does not run twice at once (CRON_OVERLAP=skip)",
                super::voice::span(time)
            ),
            Refusal::Waits => format!("{shown} runs, and another start of it waits already"),
            Refusal::Many => format!("{shown} runs as often at once as it may"),
            Refusal::Stopping => "the scheduler stops: nothing starts any more".to_string(),
        }
    }

    fn status(&self) -> String {
        let mut text = format!(
            "ok\nscheduler\t{}\t{}\t{}\n",
            kernel::process::id(),
            kernel::credentials::user(),
            if self.mind.stopping { "stopping" } else { "up" }
        );
        for path in self.settings.files.paths() {
            text.push_str(&format!("file\t{}\n", kernel::escape_path(path)));
        }
        let time = |job: &Job, at: Option<i64>| match at {
            Some(at) => format!("{at}\t{}", job.schedule.zone().show(at)),
            None => "-\t-".to_string(),
        };
        for entry in &self.mind.entries {
            let (job, tally) = (&entry.job, &entry.tally);
            let end = match tally.last_end {
                Some((end, took)) => format!("{took}\t{}", end.code()),
                None => "-\t-".to_string(),
            };
            let pids = entry.runs.iter().filter_map(|run| self.live.get(&run.id));
            let pids: Vec<String> = pids.map(|live| live.pid.to_string()).collect();
            text.push_str(&format!(
                "job\t{}\t{}:{}\t{}\t{}\t{end}\t{}\t{}\t{}\t{}\t{}\t{}\n",
                kernel::escape(job.name.as_bytes()),
                kernel::escape_path(&job.place.0),
                job.place.1,
                time(job, entry.next),
                time(job, tally.last_start),
                tally.runs,
                tally.failures,
                tally.skipped,
                tally.missed,
                pids.join(" "),
                match (entry.gone, job.schedule.is_at_start()) {
                    (true, _) => "gone",
                    (false, true) => "at-start",
                    (false, false) => "-",
                },
            ));
        }
        text
    }
}

fn jobs(count: usize) -> String {
    kernel::words::count(count, "job")
}
