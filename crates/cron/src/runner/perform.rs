//! What the mind wants, done: starts, signals, words; and what jobs write, passed on.

use std::rc::Rc;

use kernel::{errno, signal};

use super::environment::Setting;
use super::output::{Read, Stream};
use super::server::Sent;
use super::{Live, Runner, child, now, token, voice};
use crate::job::Job;
use crate::mind::{Action, Asker, RunId};

impl Runner {
    /// Does everything that is to be done by now.
    pub(super) fn perform(&mut self) {
        loop {
            let actions = self.mind.actions();
            if actions.is_empty() {
                return;
            }
            for action in actions {
                match action {
                    Action::Start { run, job } => self.start(run, job),
                    Action::Term(run) => self.send(run, signal::SIGTERM),
                    Action::Kill(run) => {
                        self.send(run, signal::SIGKILL);
                        // Its first process may have been reaped: then nobody else comes.
                        if !self.mind_has(run) {
                            self.live.remove(&run);
                        }
                    }
                    Action::Say(note) => {
                        if let Some((name, text)) = voice::words(&note, self.voice.verbose) {
                            let name = name.to_string();
                            self.say(&name, &text);
                        }
                    }
                    Action::Tell(asker, end) => {
                        let answer = match end {
                            Some(end) => format!("exit\t{}\n", end.code()),
                            None => "error\tthe job is gone, or the scheduler stops: it did not \
                                     run\n"
                                .to_string(),
                        };
                        if let Some(server) = &mut self.server {
                            if let Some(fd) = server.client(asker) {
                                self.epoll.remove(fd);
                            }
                            server.answer(asker, &answer);
                        }
                    }
                    Action::Over => self.over = true,
                }
            }
        }
    }

    fn mind_has(&self, run: RunId) -> bool {
        let mut runs = self.mind.entries.iter().flat_map(|entry| &entry.runs);
        runs.any(|one| one.id == run)
    }

    /// Who asked for a run, if somebody did.
    fn asker(&self, run: RunId) -> Option<Asker> {
        let mut runs = self.mind.entries.iter().flat_map(|entry| &entry.runs);
        let found = runs.find(|one| one.id == run)?;
        found.askers.first().copied()
    }

    fn start(&mut self, run: RunId, job: Rc<Job>) {
        if let Err(why) = self.try_start(run, &job) {
            self.refuse(run, &job, &why);
        } else if self.voice.verbose {
            self.say(&job.name, "starts");
        }
    }

    /// A run could not begin: that is said to all, and to whoever asked for it.
    pub(super) fn refuse(&mut self, run: RunId, job: &Job, why: &str) {
        self.say(&job.name, why);
        if let Some(asker) = self.asker(run) {
            let line = format!("cron: {}: {why}\n", job.name);
            self.pass_on(asker, 1, line.as_bytes());
        }
        self.mind.not_started(run, now());
    }

    fn try_start(&mut self, run: RunId, job: &Rc<Job>) -> Result<(), String> {
        let setting = Setting::of(job, &self.settings.environment, self.start.as_deref())?;
        for remark in &setting.remarks {
            if self.voice.is_first(&format!("{} {remark}", job.name)) {
                self.say(&job.name, remark);
            }
        }
        let unable = |error: std::io::Error| format!("unable to start it: {}", errno::text(&error));
        let begun = child::start(job, &setting, self.open_files).map_err(unable)?;
        let prefix = format!("[{}] ", job.name);
        let mut streams = [usize::MAX; 2];
        for (to, pipe) in begun.pipes.into_iter().enumerate() {
            if let Ok(mut stream) = Stream::new(pipe, prefix.as_bytes(), to) {
                stream.asker = self.asker(run);
                streams[to] = self.listen_to(stream);
            }
        }
        let live = Live {
            pid: begun.pid,
            job: job.clone(),
            setting,
            report: begun.report,
            streams,
        };
        let _ = kernel::fd::set_nonblocking(kernel::fd::number(&live.report), true);
        self.live.insert(run, live);
        Ok(())
    }

    fn send(&self, run: RunId, signal: i32) {
        if let Some(live) = self.live.get(&run) {
            // A child that has not come to its own session yet is alone.
            let _ =
                signal::send_group(live.pid, signal).or_else(|_| signal::send(live.pid, signal));
        }
    }

    /// Takes a stream in; gives its place.
    fn listen_to(&mut self, stream: Stream) -> usize {
        let free = self.streams.iter().position(Option::is_none);
        let slot = free.unwrap_or_else(|| {
            self.streams.push(None);
            self.streams.len() - 1
        });
        let _ = self
            .epoll
            .add(stream.descriptor(), token::STREAMS + slot as u64);
        self.streams[slot] = Some(stream);
        slot
    }

    /// Passes on what a stream holds.
    pub(super) fn relay(&mut self, slot: usize) {
        let mut buffer = [0u8; 16 * 1024];
        let Some(Some(stream)) = self.streams.get_mut(slot) else {
            return;
        };
        if stream.is_held {
            return;
        }
        let (to, asker) = (stream.to, stream.asker);
        let before = self.outputs[to].buffer().len();
        let came_to = stream.read(&mut buffer, &mut self.outputs[to]);
        if came_to == Read::End {
            self.epoll.remove(stream.descriptor());
            self.streams[slot] = None;
        }
        if let Some(asker) = asker {
            let new = self.outputs[to].buffer()[before..].to_vec();
            self.pass_on(asker, to, &new);
        }
        self.outputs[to].flush();
        self.watch_output(to);
    }

    /// Lines of a run for whoever asked for it.
    fn pass_on(&mut self, asker: Asker, to: usize, lines: &[u8]) {
        let Some(server) = &mut self.server else {
            return;
        };
        let Some(fd) = server.client(asker) else {
            return;
        };
        match server.pass_on(asker, to, lines) {
            Sent::All => {}
            Sent::Some => drop(self.epoll.turn_to_output(fd, token::CLIENTS + asker)),
            Sent::Gone => {
                self.epoll.remove(fd);
                server.close(asker);
            }
        }
    }

    /// Takes a turn's worth of every stream, held or not; whether there was anything.
    pub(super) fn read_what_is_left(&mut self) -> bool {
        let mut buffer = [0u8; 16 * 1024];
        let mut is_more = false;
        for place in &mut self.streams {
            let Some(stream) = place else {
                continue;
            };
            match stream.read(&mut buffer, &mut self.outputs[stream.to]) {
                Read::More => is_more = true,
                Read::Empty => {}
                Read::End => *place = None,
            }
        }
        is_more
            || self
                .outputs
                .iter_mut()
                .any(|output| !output.buffer().is_empty())
    }

    pub(super) fn flush(&mut self) {
        for which in 0..self.outputs.len() {
            if !self.outputs[which].is_stuck {
                self.outputs[which].flush();
                self.watch_output(which);
            }
        }
    }

    /// Waits for room where there is none, and lets jobs wait meanwhile.
    pub(super) fn watch_output(&mut self, which: usize) {
        let output = &self.outputs[which];
        if output.is_stuck {
            let fd = output.descriptor();
            if self.epoll.turn_to_output(fd, token::OUTPUT[which]).is_err() {
                // Nothing tells when there is room: the next turn tries again.
                return;
            }
        }
        let full = output.is_full();
        for (slot, stream) in self.streams.iter_mut().enumerate() {
            let Some(stream) = stream.as_mut().filter(|stream| stream.to == which) else {
                continue;
            };
            if full && !stream.is_held {
                self.epoll.remove(stream.descriptor());
                stream.is_held = true;
            } else if !full && stream.is_held {
                stream.is_held = false;
                let _ = self
                    .epoll
                    .add(stream.descriptor(), token::STREAMS + slot as u64);
            }
        }
    }

    /// Says a line about a job, or, without a name, about all.
    pub(super) fn say(&mut self, name: &str, text: &str) {
        if let Some(line) = self.voice.line(name, text, now().mono) {
            self.outputs[1].say(&line);
        }
    }

    /// Files speak as much as they must: once at each reading.
    pub(super) fn say_lines(&mut self, lines: &[String]) {
        for line in lines {
            let line = format!("cron: {line}\n");
            self.outputs[1].say(&line);
        }
    }
}
