//! What PID 1 writes into a service's `supervise/`: the status and the death tally, as
//! s6-svstat(8) and s6-svdt(8) read them.

use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use kernel::fs::{self, flags};
use kernel::{dir, errno, fd};
use s6wire::death_tally::{self, Death, ENTRY_SIZE};

use crate::service::files::{is_ours_alone, read_in};
use crate::service::scan_dir::ScanDir;

/// A service's `supervise/`, to write to.
pub(crate) struct Supervise(OwnedFd);

impl Supervise {
    /// Of the service in `service`.
    ///
    /// # Errors
    /// ENOENT, and ENOTDIR where it is not ours any more.
    pub(crate) fn of(scan: &ScanDir, service: &Path) -> io::Result<Supervise> {
        scan.own_dir(service, "supervise", flags::O_PATH)
            .map(Supervise)
    }

    /// Replaces the content of a file at once: readers see the old or the new one. On a
    /// full disk the bytes of a record of the same length can still be changed in place.
    ///
    /// # Errors
    /// ENOSPC, EROFS.
    pub(crate) fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let new = format!("{name}.new");
        match write_anew(&self.0, new.as_bytes(), bytes) {
            Ok(()) => dir::rename(&self.0, new.as_bytes(), &self.0, name.as_bytes()),
            Err(error) => {
                let _ = dir::remove(&self.0, new.as_bytes());
                match overwrite(&self.0, name.as_bytes(), bytes) {
                    Ok(true) => Ok(()),
                    Ok(false) | Err(_) => Err(error),
                }
            }
        }
    }

    /// Adds ends of the service to its death tally, which keeps the `most` latest. What
    /// somebody has taken out (s6-svdt-clear(8)) stays out. While there is room they are
    /// appended: a reader sees whole entries.
    ///
    /// # Errors
    /// ENOSPC, EROFS.
    pub(crate) fn add_deaths(&self, deaths: &[Death], most: usize) -> io::Result<()> {
        let new = death_tally::encode(deaths);
        match self.append(&new, most * ENTRY_SIZE) {
            Ok(true) => return Ok(()),
            // Full, or nothing of ours: it is made anew.
            Ok(false) => {}
            Err(error) if is_no_tally(&error) => {}
            Err(error) => return Err(error),
        }
        let before = read_in(&self.0, TALLY).unwrap_or_default();
        let mut all = death_tally::decode(&before).unwrap_or_default();
        all.extend(deaths);
        let surplus = all.len().saturating_sub(most);
        self.replace("death_tally", &death_tally::encode(&all[surplus..]))
    }

    /// Appends whole entries; whether they fit below `limit` bytes and the file was a tally
    /// of ours.
    fn append(&self, bytes: &[u8], limit: usize) -> io::Result<bool> {
        let open = flags::O_WRONLY | flags::O_APPEND | flags::O_NONBLOCK | flags::O_NOCTTY;
        let file = fs::open_entry(self.0.as_raw_fd(), TALLY, open)?;
        let stat = fs::stat(&file)?;
        let length = usize::try_from(stat.size).unwrap_or(usize::MAX);
        let fits = length.saturating_add(bytes.len()) <= limit;
        if !is_ours_alone(&stat) || !fits || !length.is_multiple_of(ENTRY_SIZE) {
            return Ok(false);
        }
        match fd::write(file.as_raw_fd(), bytes) {
            Ok(count) if count == bytes.len() => Ok(true),
            other => {
                // A part of an entry would make all of them unreadable.
                std::fs::File::from(file).set_len(length as u64)?;
                other.and(Err(errno::from(errno::ENOSPC)))
            }
        }
    }
}

const TALLY: &[u8] = b"death_tally";

/// Whether open(2) says so of what is missing, or of a link, a fifo, a directory.
fn is_no_tally(error: &io::Error) -> bool {
    [errno::ENOENT, errno::ELOOP, errno::ENXIO, errno::EISDIR]
        .iter()
        .any(|number| errno::is(error, *number))
}

fn write_anew(dir: &OwnedFd, name: &[u8], bytes: &[u8]) -> io::Result<()> {
    let mut file = match dir::create(dir, name, 0o644) {
        Err(error) if errno::is(&error, errno::EEXIST) => {
            dir::remove(dir, name)?;
            dir::create(dir, name, 0o644)?
        }
        other => other?,
    };
    file.write_all(bytes)
}

/// Changes the bytes of a file of ours that has this length already; whether there was
/// one.
fn overwrite(dir: &OwnedFd, name: &[u8], bytes: &[u8]) -> io::Result<bool> {
    let open = flags::O_WRONLY | flags::O_NONBLOCK | flags::O_NOCTTY;
    let file = fs::open_entry(dir.as_raw_fd(), name, open)?;
    let stat = fs::stat(&file)?;
    if !is_ours_alone(&stat) || stat.size != bytes.len() as u64 {
        return Ok(false);
    }
    std::fs::File::from(file).write_all(bytes)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use s6wire::{Ending, Tai64n};
    use std::path::PathBuf;
    use temp::Temp;

    fn supervise(temp: &Temp) -> Supervise {
        temp.dir("supervise");
        Supervise::of(&ScanDir::default(), temp.path()).expect("opens")
    }

    fn tally(temp: &Temp) -> PathBuf {
        temp.at("supervise/death_tally")
    }

    fn codes(temp: &Temp) -> Vec<u8> {
        let bytes = std::fs::read(tally(temp)).expect("reads");
        let deaths = death_tally::decode(&bytes).expect("a tally");
        let code = |death: &Death| match death.ending {
            Ending::Exited(code) => code,
            Ending::Killed(signal) => 128 + signal,
        };
        deaths.iter().map(code).collect()
    }

    fn death(code: u8) -> Death {
        Death {
            stamp: Tai64n::from_wall(std::time::Duration::from_secs(9)),
            ending: Ending::Exited(code),
        }
    }

    #[test]
    fn a_tally_grows_to_its_limit_and_keeps_the_latest() {
        let temp = Temp::new();
        let supervise = supervise(&temp);
        supervise.add_deaths(&[death(1)], 3).expect("makes one");
        std::fs::write(tally(&temp), "").expect("cleared");
        for code in 2..=4 {
            supervise.add_deaths(&[death(code)], 3).expect("appends");
        }
        assert_eq!(codes(&temp), [2, 3, 4]);
        supervise
            .add_deaths(&[death(5), death(6)], 3)
            .expect("replaces");
        assert_eq!(codes(&temp), [4, 5, 6]);
        supervise.add_deaths(&[death(7)], 2).expect("a lower limit");
        assert_eq!(codes(&temp), [6, 7]);
    }

    #[test]
    fn a_tally_that_is_none_or_another_file_is_made_anew_and_the_other_stays() {
        let temp = Temp::new();
        let other = temp.at("other");
        let supervise = supervise(&temp);
        std::fs::write(&other, [0; 14]).expect("a file");
        std::fs::write(tally(&temp), "half an entry").expect("a file");
        supervise.add_deaths(&[death(1)], 9).expect("makes anew");
        assert_eq!(codes(&temp), [1]);
        std::fs::remove_file(tally(&temp)).expect("removes");
        std::os::unix::fs::symlink(&other, tally(&temp)).expect("a link");
        supervise.add_deaths(&[death(2)], 9).expect("makes anew");
        assert_eq!(codes(&temp), [2]);
        std::fs::remove_file(tally(&temp)).expect("removes");
        std::fs::hard_link(&other, tally(&temp)).expect("a second name");
        supervise.add_deaths(&[death(3)], 9).expect("makes anew");
        assert_eq!(codes(&temp), [3]);
        assert_eq!(std::fs::read(&other).expect("reads"), [0; 14]);
    }
}
