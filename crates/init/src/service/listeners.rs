//! Telling what happens to a service to whoever listens in its `event/` (s6's fifodirs).
//!
//! Members of that directory's group can make as many entries there as they like. So
//! the loop looks at a limited number of them in one turn, whatever there are, and goes
//! on in later turns.

use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;

use kernel::dir::{self, Entries, Entry};
use kernel::fs::{self, flags};
use kernel::{errno, fd};

use crate::service::scan_dir::ScanDir;

/// Most entries that are looked at in one turn of the loop, of all services together:
/// a millisecond or two.
pub(crate) const ENTRIES_A_TURN: u32 = 256;

/// Most letters that wait for listeners of one service while earlier ones are still
/// being told. A service that restarts every second has minutes of them.
const MOST_WAITING: usize = 512;

/// What one service's listeners have not heard yet.
#[derive(Default)]
pub(crate) struct Listeners {
    /// What is on its way.
    round: Option<Box<Round>>,
    /// Letters of the next round.
    waiting: Vec<u8>,
}

/// Letters on their way to those who listen, and where they are.
struct Round {
    letters: Vec<u8>,
    entries: Entries,
}

impl Listeners {
    /// Keeps `letter` for the next round.
    pub(crate) fn tell(&mut self, letter: u8) {
        if self.waiting.len() < MOST_WAITING {
            self.waiting.push(letter);
        }
    }

    /// Whether there is nothing to tell.
    pub(crate) fn have_heard(&self) -> bool {
        self.round.is_none() && self.waiting.is_empty()
    }

    /// Tells what is to be told to the listeners of the service in `service`, looking at
    /// no more than `budget` entries, which are taken from it. Gives whether all of them
    /// have heard everything.
    pub(crate) fn go_on(&mut self, scan: &ScanDir, service: &Path, budget: &mut u32) -> bool {
        loop {
            if self.round.is_none() {
                if self.waiting.is_empty() {
                    return true;
                }
                let letters = std::mem::take(&mut self.waiting);
                if !scan.may_listen(service) {
                    return true;
                }
                // Nobody can listen where there is no such directory.
                let Ok(entries) = begin(scan, service) else {
                    continue;
                };
                self.round = Some(Box::new(Round { letters, entries }));
            }
            let Some(round) = &mut self.round else {
                return true;
            };
            loop {
                if *budget == 0 {
                    return false;
                }
                match round.entries.next() {
                    Ok(Some(entry)) => {
                        *budget -= 1;
                        tell_one(&round.entries, &entry, &round.letters);
                    }
                    Ok(None) | Err(_) => break,
                }
            }
            self.round = None;
        }
    }
}

fn begin(scan: &ScanDir, service: &Path) -> io::Result<Entries> {
    scan.own_dir(service, "event", flags::O_RDONLY)
        .map(Entries::read)
}

/// Writes to one listener's fifo, or removes it when nobody reads it. What is no fifo
/// is not opened: a link may lead to any file of the machine.
fn tell_one(entries: &Entries, entry: &Entry, letters: &[u8]) {
    if !entry.maybe_fifo || !s6wire::event::is_fifo_name(&entry.name) {
        return;
    }
    let write = flags::O_WRONLY | flags::O_NONBLOCK | flags::O_NOCTTY;
    match fs::open_entry(entries.as_raw_fd(), &entry.name, write) {
        Ok(listener) => {
            if fs::stat(&listener).is_ok_and(|stat| stat.is_fifo()) {
                let _ = fd::write(listener.as_raw_fd(), letters);
            }
        }
        Err(error) if errno::is(&error, errno::ENXIO) => {
            let _ = dir::remove(entries, &entry.name);
        }
        Err(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;
    use temp::Temp;

    fn lab() -> Temp {
        let temp = Temp::new();
        temp.dir("event");
        temp
    }

    fn listener(temp: &Temp, number: u32) -> PathBuf {
        let stamp = s6wire::Tai64n::from_wall(std::time::Duration::from_secs(9));
        let bytes = number.to_be_bytes();
        let unique = [0, bytes[3] >> 4, bytes[3] & 15, bytes[2], 0, 0];
        let name = s6wire::event::fifo_name(stamp, unique);
        let path = temp.at("event").join(name);
        fs::make_fifo(&path, 0o600).expect("a fifo");
        path
    }

    fn heard(fifo: &std::os::fd::OwnedFd) -> Vec<u8> {
        let mut buffer = [0; 64];
        let count = fd::read(fifo.as_raw_fd(), &mut buffer).unwrap_or(0);
        buffer[..count].to_vec()
    }

    #[test]
    fn a_round_takes_as_many_turns_as_it_needs_and_letters_keep_their_order() {
        let temp = lab();
        let living: Vec<_> = (0..10)
            .map(|number| fs::open_fifo_reader(&listener(&temp, number)).expect("opens"))
            .collect();
        for number in 10..100 {
            listener(&temp, number);
        }
        let mut listeners = Listeners::default();
        listeners.tell(b'd');
        let mut turns = 1;
        while !listeners.go_on(&ScanDir::default(), temp.path(), &mut 16) {
            if turns == 2 {
                listeners.tell(b'D');
                listeners.tell(b'u');
            }
            turns += 1;
        }
        assert!(turns > 6, "{turns} turns for a hundred entries");
        for fifo in &living {
            assert_eq!(heard(fifo), b"dDu");
        }
        let left = std::fs::read_dir(temp.at("event")).expect("lists").count();
        assert_eq!(left, 10, "those that nobody reads are removed");
    }

    #[test]
    fn what_is_no_fifo_is_neither_written_to_nor_removed() {
        let temp = lab();
        let secret = temp.at("secret");
        std::fs::write(&secret, "kept").expect("a file");
        let name = "ftrig1:@400000006b04d20019689633:d9STgX";
        let link = temp.at("event").join(name);
        std::os::unix::fs::symlink(&secret, &link).expect("a link");
        let file = temp.at("event").join(name.replace("STg", "STh"));
        std::fs::write(&file, "kept").expect("a file");
        let mut listeners = Listeners::default();
        listeners.tell(b'u');
        assert!(listeners.go_on(&ScanDir::default(), temp.path(), &mut 100));
        for path in [&secret, &link, &file] {
            assert_eq!(std::fs::read(path).expect("reads"), b"kept");
        }
    }

    #[test]
    fn letters_that_nobody_hears_do_not_pile_up() {
        let temp = lab();
        let fifo = fs::open_fifo_reader(&listener(&temp, 1)).expect("opens");
        let mut listeners = Listeners::default();
        for _ in 0..100_000 {
            listeners.tell(b'u');
        }
        assert!(listeners.waiting.len() <= MOST_WAITING);
        assert!(listeners.go_on(&ScanDir::default(), temp.path(), &mut 100));
        assert!(!heard(&fifo).is_empty());
        std::fs::remove_dir_all(temp.at("event")).expect("removes");
        listeners.tell(b'u');
        assert!(
            listeners.go_on(&ScanDir::default(), temp.path(), &mut 100),
            "nobody can listen"
        );
    }
}
