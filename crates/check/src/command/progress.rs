//! A line on a terminal that says how far a long run is, and goes when it is over.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::Duration;

use crate::resource::Resource;
use crate::run::Tally;

/// A run that is shorter than this says nothing of itself.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often the line is written anew.
const AGAIN: Duration = Duration::from_millis(200);
/// Letters of the line: a longer one would be broken, and could not be taken back.
const WIDEST: usize = 78;
/// To the beginning of the line, and nothing behind it.
const ERASE: &[u8] = b"\r\x1b[K";
/// How much of a report is held back, so that the line does not stand in its midst. A report
/// that is longer says itself how far it is.
const HELD: usize = 64 << 10;

/// Whether anybody would see it.
pub(super) fn is_seen() -> bool {
    // TERM=dumb and none are terminals that take nothing back.
    let takes_back = |term: std::ffi::OsString| !term.is_empty() && term != "dumb";
    io::stderr().is_terminal() && std::env::var_os("TERM").is_some_and(takes_back)
}

/// The line, while it is there.
pub(super) struct Progress<'s> {
    stop: Option<(Sender<()>, ScopedJoinHandle<'s, ()>)>,
}

impl<'s> Progress<'s> {
    /// Begins to tell of a run.
    pub(super) fn begin<'e>(
        scope: &'s Scope<'s, 'e>,
        resources: &'e [Resource],
        tally: &'e Tally,
    ) -> Progress<'s> {
        let (stop, stopped) = channel();
        let told = std::thread::Builder::new()
            .name("progress".to_string())
            .spawn_scoped(scope, move || tell(resources, tally, &stopped));
        Progress {
            // A run goes on without it.
            stop: told.ok().map(|told| (stop, told)),
        }
    }

    /// Takes the line away; it does not come again.
    pub(super) fn end(&mut self) {
        if let Some((stop, told)) = self.stop.take() {
            drop(stop);
            let _ = told.join();
        }
    }
}

fn tell(resources: &[Resource], tally: &Tally, stopped: &Receiver<()>) {
    let mut wait = PATIENCE;
    while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(wait) {
        let mut out = ERASE.to_vec();
        out.extend(line(resources, tally).into_bytes());
        let _ = io::stderr().write_all(&out);
        wait = AGAIN;
    }
    if wait == AGAIN {
        let _ = io::stderr().write_all(ERASE);
    }
}

fn line(resources: &[Resource], tally: &Tally) -> String {
    let (done, failed) = tally.counts();
    let mut line = format!("{done} of {} done", resources.len());
    if failed > 0 {
        line.push_str(&format!(", {failed} failed"));
    }
    let longest = tally.longest();
    let waiting = longest.and_then(|(at, long)| Some((resources.get(at)?, long)));
    let Some((resource, long)) = waiting else {
        return line;
    };
    let behind = format!(" ({} s)", long.as_secs());
    line.push_str("; waiting for ");
    let name = format!("{}:{}", resource.kind.section, resource.key);
    let room = WIDEST.saturating_sub(line.chars().count() + behind.len());
    let shown = |letter: char| if letter.is_control() { ' ' } else { letter };
    let more = name.chars().count() > room;
    let room = if more { room.saturating_sub(1) } else { room };
    line.extend(name.chars().take(room).map(shown));
    if more {
        line.push('…');
    }
    line + &behind
}

/// A report on the terminal that the line stands on: it is held back until the line is gone.
pub(super) struct Held<'a, 's> {
    out: &'a mut dyn Write,
    progress: Progress<'s>,
    held: Vec<u8>,
    /// Whether it goes to a terminal and the line is still there.
    holds: bool,
}

impl<'a, 's> Held<'a, 's> {
    pub(super) fn new(out: &'a mut dyn Write, progress: Progress<'s>) -> Held<'a, 's> {
        let holds = progress.stop.is_some() && io::stdout().is_terminal();
        Held {
            out,
            progress,
            held: Vec::new(),
            holds,
        }
    }

    /// Takes the line away, and lets go of what was held.
    pub(super) fn end(&mut self) -> io::Result<()> {
        self.progress.end();
        self.holds = false;
        self.out.write_all(&std::mem::take(&mut self.held))
    }
}

impl Write for Held<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.holds {
            return self.out.write(bytes);
        }
        self.held.extend_from_slice(bytes);
        if self.held.len() > HELD {
            self.end()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.holds {
            true => Ok(()),
            false => self.out.flush(),
        }
    }
}
