//! Listening to a directory of events: a fifo of one's own in it.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use kernel::{clock, errno, fd, fs, process};
use s6wire::{Tai64n, event};

/// The listener alone reads; whoever may see the name may write, so a supervisor that
/// is neither root nor the listener can tell it too (s6 documentation, "fifodirs").
const FIFO_MODE: u32 = 0o622;

/// A fifo in a directory of events, removed when this value goes.
pub(super) struct Listener {
    path: PathBuf,
    read: OwnedFd,
    // With a writer of our own the fifo has no end that would make poll(2) spin.
    _write: OwnedFd,
}

impl Listener {
    /// Begins to listen to `directory`: whatever is told from now on is kept until
    /// it is read.
    ///
    /// # Errors
    /// ENOENT without such a directory, EACCES where this user may not listen.
    pub(super) fn subscribe(directory: &Path) -> io::Result<Listener> {
        loop {
            match Listener::attempt(directory) {
                Err(error) if errno::is(&error, errno::EEXIST) => {}
                other => return other,
            }
        }
    }

    fn attempt(directory: &Path) -> io::Result<Listener> {
        let name = event::fifo_name(Tai64n::from_wall(clock::wall()), unique());
        let hidden = directory.join(event::hidden_fifo_name(&name));
        let path = directory.join(&name);
        let mask = process::set_umask(0);
        let made = fs::make_fifo(&hidden, FIFO_MODE);
        process::set_umask(mask);
        made?;
        let opened = fs::open_fifo_reader(&hidden)
            .and_then(|read| Ok((read, fs::open_fifo_writer(&hidden)?)))
            .and_then(|ends| std::fs::rename(&hidden, &path).map(|()| ends));
        match opened {
            Ok((read, write)) => Ok(Listener {
                path,
                read,
                _write: write,
            }),
            Err(error) => {
                let _ = std::fs::remove_file(&hidden);
                Err(error)
            }
        }
    }

    /// The descriptor that becomes readable when something is told.
    pub(super) fn descriptor(&self) -> RawFd {
        self.read.as_raw_fd()
    }

    /// What was told since the last call; nothing when there is no news.
    ///
    /// # Errors
    /// As read(2).
    pub(super) fn news(&self) -> io::Result<Vec<u8>> {
        let mut buffer = [0u8; 256];
        match errno::retry(|| fd::read(self.descriptor(), &mut buffer)) {
            Ok(count) => Ok(buffer[..count].to_vec()),
            Err(error) if errno::is(&error, errno::EAGAIN) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Bytes that differ between the listeners of a moment. Nothing depends on their
/// being secret: a name that is taken is not used, and the directory is sticky.
fn unique() -> [u8; 6] {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    let seed = u64::from(process::id().unsigned_abs()) << 32 ^ u64::from(call);
    // One step of splitmix64 spreads neighbouring pids over all letters.
    let mut mixed =
        (seed ^ clock::monotonic().as_nanos() as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let [a, b, c, d, e, f, ..] = (mixed ^ (mixed >> 31)).to_be_bytes();
    [a, b, c, d, e, f]
}

/// Tells every listener of `directory` these events, and removes the fifos that
/// nobody reads any more.
///
/// # Errors
/// When the directory cannot be read.
pub(super) fn notify(directory: &Path, events: &[u8]) -> io::Result<()> {
    for_each_fifo(directory, |path| {
        match fs::open_fifo_writer(path) {
            Ok(fifo) => {
                // A listener whose fifo is full, or who leaves just now, misses it.
                let _ = fd::write(fifo.as_raw_fd(), events);
            }
            Err(error) if errno::is(&error, errno::ENXIO) => {
                let _ = std::fs::remove_file(path);
            }
            Err(_) => {}
        }
    })
}

/// Removes the fifos of `directory` that nobody reads.
///
/// # Errors
/// When the directory cannot be read.
pub(super) fn clean(directory: &Path) -> io::Result<()> {
    notify(directory, b"")
}

fn for_each_fifo(directory: &Path, mut each: impl FnMut(&Path)) -> io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        if event::is_fifo_name(name.as_encoded_bytes()) {
            each(&entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_reach_every_listener_and_fifos_go_with_them() {
        let dir = std::env::temp_dir().join(format!("listener-{}", process::id()));
        std::fs::create_dir(&dir).unwrap();
        let first = Listener::subscribe(&dir).unwrap();
        let second = Listener::subscribe(&dir).unwrap();
        notify(&dir, b"ud").unwrap();
        assert_eq!(first.news().unwrap(), b"ud");
        assert_eq!(second.news().unwrap(), b"ud");
        assert_eq!(first.news().unwrap(), b"");
        let stale = dir.join("ftrig1:@400000006b04d20019689633:d9STgX");
        fs::make_fifo(&stale, 0o600).unwrap();
        clean(&dir).unwrap();
        assert!(!stale.exists());
        assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 2);
        drop((first, second));
        assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 0);
        std::fs::remove_dir(&dir).unwrap();
    }
}
