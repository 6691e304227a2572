//! The region that survives: which bytes are where.
//!
//! | bytes | content |
//! | --- | --- |
//! | 0 to 4095 | words, as [`Word`] numbers them |
//! | from 4096 | two areas of equal size, in turn: a snapshot, then the records since |
//!
//! A record is its length (4 bytes), its kind (1 byte) and its content. It counts once the
//! area's `used` says so: a crash in the middle of writing one leaves what was before.

use std::fmt;
use std::os::fd::RawFd;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use engine::UnitId;
use kernel::crash::Record;
use kernel::limits::Limit;
use kernel::memory::Region;
use kernel::signal_source::SignalSource;
use kernel::{fd, process};
use plan::bytes::Writer;

use crate::child::handed::Handed;

/// As much of the room for a record as is kept for the next one.
const SCRATCH: usize = 4096;

/// What the first word holds: a name, and the number of the format in its lowest 16 bits.
const FORMAT: u64 = NAME | VERSION;
const NAME: u64 = u64::from_be_bytes(*b"mainst\x00\x00");

/// The format's number. It changes with every change of bytes: those of the words here, of
/// events, of plan entries, of what the supervisor keeps beside them.
const VERSION: u64 = 4;

const PAGE: usize = 4096;

/// Room for a snapshot of 10,000 services and as much again of records. What is never
/// written takes no memory.
const AREA: usize = 64 * 1024 * 1024;

/// So many bytes of records, at least, before a new snapshot takes their place.
const FEW: usize = 64 * 1024;

/// The words of the first page.
#[derive(Clone, Copy)]
enum Word {
    Format,
    /// The pid of the process that the region belongs to.
    Owner,
    /// The area that counts, 0 or 1; 2: neither, a record had no room.
    Area,
    /// For each area: the length of its snapshot, and how much is used in all.
    Snapshot,
    Used = 5,
    /// Where the record stands that is being acted on, plus one; 0: none is.
    InHand = 7,
    /// The pid of the container's command; 0: there is none.
    Command,
    /// kernel::crash's own.
    Crashes,
    /// Limits that the container came with, on descriptors and on the size of files: whether
    /// it is noted, soft, hard.
    OpenFiles = 25,
    FileSize = 28,
    /// The umask that the container came with, plus one; 0: it is not known.
    Umask = 31,
    /// What the process is for that is being made, as [`Purpose`] numbers it; 0: none is.
    Purpose = 32,
    /// Its pid, as the kernel wrote it (clone(2), CLONE_PARENT_SETTID).
    Child,
    /// The signal that is being acted on, as the kernel wrote it (signalfd(2), 128 bytes);
    /// 0: none is.
    Signal = 64,
}

const NEITHER: u64 = 2;

/// The kinds of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An event for the engine.
    Event,
    /// New services.
    Add,
    /// The first of the actions in the queue was carried out.
    Done,
    /// A service's descriptors have changed.
    Files,
    /// Everything else that PID 1 knows, as it is now.
    Rest,
    /// Nothing: a record that was being acted on when PID 1 crashed.
    Void,
}

impl Kind {
    const ALL: [Kind; 6] = [
        Kind::Event,
        Kind::Add,
        Kind::Done,
        Kind::Files,
        Kind::Rest,
        Kind::Void,
    ];

    pub(crate) fn from_byte(byte: u8) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| *kind as u8 == byte)
    }
}

/// What a process is made for whose loss or doubling would show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The scripts of /run.d.
    RunD,
    /// The boot.
    Boot,
    /// The container's command.
    Command,
    /// The stop hooks.
    StopHooks,
    /// The process of this unit, or its `finish`.
    Unit(UnitId),
}

impl Purpose {
    fn number(self) -> u64 {
        match self {
            Purpose::RunD => 1,
            Purpose::Boot => 2,
            Purpose::Command => 3,
            Purpose::StopHooks => 4,
            Purpose::Unit(id) => 1 << 32 | u64::from(id.0),
        }
    }

    fn from_number(number: u64) -> Option<Purpose> {
        Some(match number {
            1 => Purpose::RunD,
            2 => Purpose::Boot,
            3 => Purpose::Command,
            4 => Purpose::StopHooks,
            _ if number >> 32 == 1 => Purpose::Unit(UnitId(number as u32)),
            _ => return None,
        })
    }
}

/// The region, and where in it to go on.
pub(crate) struct Journal {
    /// Never unmapped: a signal handler writes to it. None where memory that survives
    /// cannot be had.
    region: Option<&'static Region>,
    used: usize,
    snapshot: usize,
    /// Reused from record to record.
    scratch: Vec<u8>,
}

/// Why a region cannot be gone on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// There is none, or it is not this process's.
    Lost,
    /// It has another format, of this number.
    Version(u64),
}

impl fmt::Display for Unusable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unusable::Lost => out.write_str("its state was lost with it"),
            Unusable::Version(version) => write!(
                out,
                "its state has format {version}, and this program reads format {VERSION}"
            ),
        }
    }
}

/// What the region holds.
pub(crate) struct Contents {
    pub(crate) snapshot: Vec<u8>,
    pub(crate) records: Vec<u8>,
    /// Where among the records the one stands that was being acted on.
    pub(crate) in_hand: Option<usize>,
}

impl Journal {
    /// An empty one. Where the kernel has no memory that survives, nothing is kept.
    pub(crate) fn new() -> Journal {
        let Ok(region) = Region::new(c"mainstay", PAGE + 2 * AREA) else {
            return Journal::none();
        };
        let region: &'static Region = Box::leak(Box::new(region));
        let journal = Journal::over(region);
        journal.set(Word::Area, NEITHER);
        journal.set(Word::Owner, process::id() as u64);
        journal.set(Word::Format, FORMAT);
        journal
    }

    /// One that keeps nothing.
    pub(crate) fn none() -> Journal {
        Journal {
            region: None,
            used: 0,
            snapshot: 0,
            scratch: Vec::new(),
        }
    }

    /// The one that an earlier program of this very process has left behind `fd`.
    ///
    /// # Errors
    /// [`Unusable`]: what has another format is never read as if it had this one.
    pub(crate) fn inherited(fd: RawFd) -> Result<Journal, Unusable> {
        let region = Region::inherited(fd).map_err(|_| Unusable::Lost)?;
        if region.length() < PAGE {
            return Err(Unusable::Lost);
        }
        let is_whole = region.length() == PAGE + 2 * AREA;
        let mut journal = Journal::over(Box::leak(Box::new(region)));
        let format = journal.get(Word::Format);
        match format {
            FORMAT if is_whole => {}
            _ if format & !0xffff == NAME && format != FORMAT => {
                return Err(Unusable::Version(format & 0xffff));
            }
            _ => return Err(Unusable::Lost),
        }
        if journal.get(Word::Owner) != process::id() as u64 {
            return Err(Unusable::Lost);
        }
        (journal.snapshot, journal.used) = journal.extent().unwrap_or_default();
        Ok(journal)
    }

    fn over(region: &'static Region) -> Journal {
        fd_noted(region.descriptor());
        Journal {
            region: Some(region),
            ..Journal::none()
        }
    }

    /// Whether anything is kept.
    pub(crate) fn keeps(&self) -> bool {
        self.region.is_some()
    }

    pub(crate) fn descriptor(&self) -> Option<RawFd> {
        self.region.map(Region::descriptor)
    }

    fn word(&self, word: Word) -> Option<&'static AtomicU64> {
        Some(self.region?.word(word as usize))
    }

    fn set(&self, word: Word, value: u64) {
        if let Some(word) = self.word(word) {
            word.store(value, Relaxed);
        }
    }

    fn get(&self, word: Word) -> u64 {
        self.word(word).map_or(0, |word| word.load(Relaxed))
    }

    /// The word of `which` that belongs to `area`.
    fn of_area(&self, which: Word, area: u64) -> Option<&'static AtomicU64> {
        Some(self.region?.word(which as usize + area as usize))
    }

    /// Where kernel::crash writes.
    pub(crate) fn crash_words(&self) -> Option<(&'static Region, Record)> {
        Some((self.region?, RECORD))
    }

    /// The moments of the last crashes.
    pub(crate) fn crashes(&self) -> Vec<Duration> {
        self.region
            .map_or(Vec::new(), |region| RECORD.moments(region))
    }

    /// What the last crash was: a signal, or 0.
    pub(crate) fn last_cause(&self) -> i32 {
        self.region.map_or(0, |region| RECORD.cause(region))
    }

    /// The next signal that waits. It is in hand until [`Journal::signal_done`].
    pub(crate) fn next_signal(&self, signals: &SignalSource) -> Option<i32> {
        match self.region {
            Some(region) => signals.next_in(region, Word::Signal as usize),
            None => signals.next(),
        }
    }

    /// The signal that was taken in and not yet acted on.
    pub(crate) fn signal_in_hand(&self) -> Option<i32> {
        // Its number is the first four bytes (struct signalfd_siginfo).
        let bytes = self.get(Word::Signal).to_ne_bytes();
        let number = i32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        (number != 0).then_some(number)
    }

    /// The signal was acted on.
    pub(crate) fn signal_done(&self) {
        self.set(Word::Signal, 0);
    }

    /// Where the kernel writes the pid of each child.
    pub(crate) fn latest_child(&self) -> Option<&'static AtomicU64> {
        self.word(Word::Child)
    }

    /// A process is about to be made for this.
    pub(crate) fn begin_child(&self, purpose: Purpose) {
        self.set(Word::Child, 0);
        self.set(Word::Purpose, purpose.number());
    }

    /// It was made, and is known; or it could not be made.
    pub(crate) fn end_child(&self) {
        self.set(Word::Purpose, 0);
    }

    /// What a process was being made for, and its pid if there is one.
    pub(crate) fn child_in_hand(&self) -> Option<(Purpose, Option<i32>)> {
        let purpose = Purpose::from_number(self.get(Word::Purpose))?;
        let pid = i32::from_ne_bytes((self.get(Word::Child) as u32).to_ne_bytes());
        Some((
            purpose,
            Some(pid).filter(|pid| process::is_unreaped_child(*pid)),
        ))
    }

    /// Notes the command's pid, for the last resort.
    pub(crate) fn note_command(&self, pid: Option<i32>) {
        self.set(Word::Command, pid.map_or(0, |pid| pid as u64));
    }

    /// The command's pid.
    pub(crate) fn command(&self) -> Option<i32> {
        i32::try_from(self.get(Word::Command))
            .ok()
            .filter(|pid| *pid > 0)
    }

    /// Notes the limit on descriptors that the container came with, for the last resort.
    pub(crate) fn note_open_files(&self, limit: Option<Limit>) {
        self.note_limit(Word::OpenFiles, limit);
    }

    /// The limit on descriptors that the container came with, where that was noted.
    pub(crate) fn open_files(&self) -> Option<Limit> {
        self.limit(Word::OpenFiles)
    }

    /// Notes what the container came with.
    pub(crate) fn note_handed(&self, handed: Handed) {
        self.note_limit(Word::FileSize, handed.file_size);
        self.set(
            Word::Umask,
            handed.umask.map_or(0, |mask| u64::from(mask) + 1),
        );
    }

    /// What the container came with, where that was noted.
    pub(crate) fn handed(&self) -> Option<Handed> {
        let mask = self.get(Word::Umask).checked_sub(1)?;
        Some(Handed {
            umask: u32::try_from(mask).ok(),
            file_size: self.limit(Word::FileSize),
        })
    }

    fn note_limit(&self, which: Word, limit: Option<Limit>) {
        if let (Some(limit), Some(region)) = (limit, self.region) {
            let [known, soft, hard] = [0, 1, 2].map(|at| region.word(which as usize + at));
            soft.store(limit.soft, Relaxed);
            hard.store(limit.hard, Relaxed);
            known.store(1, Relaxed);
        }
    }

    fn limit(&self, which: Word) -> Option<Limit> {
        let [known, soft, hard] =
            [0, 1, 2].map(|at| self.region.map(|region| region.word(which as usize + at)));
        (known?.load(Relaxed) == 1).then_some(Limit {
            soft: soft?.load(Relaxed),
            hard: hard?.load(Relaxed),
        })
    }

    /// Whether a snapshot is due: there is none, or the records have outgrown it.
    pub(crate) fn wants_snapshot(&self) -> bool {
        self.keeps()
            && (self.get(Word::Area) == NEITHER
                || self.used - self.snapshot > FEW.max(self.snapshot))
    }

    /// Replaces everything by `bytes`.
    pub(crate) fn replace(&mut self, bytes: &[u8]) {
        let Some(region) = self.region else { return };
        let old = self.get(Word::Area);
        let area = u64::from(old == 0);
        let at = start(area);
        if bytes.len() > AREA || !region.write(at, bytes) {
            self.set(Word::Area, NEITHER);
            return;
        }
        for which in [Word::Snapshot, Word::Used] {
            if let Some(word) = self.of_area(which, area) {
                word.store(bytes.len() as u64, Relaxed);
            }
        }
        self.set(Word::InHand, 0);
        self.set(Word::Area, area);
        if old != NEITHER {
            region.clear(start(old), self.used.next_multiple_of(PAGE));
        }
        (self.snapshot, self.used) = (bytes.len(), bytes.len());
    }

    /// Adds a record.
    pub(crate) fn record(&mut self, kind: Kind, write: impl FnOnce(&mut Writer)) {
        let _ = self.append(kind, write);
    }

    /// Adds a record that is about to be acted on.
    pub(crate) fn begin(&mut self, kind: Kind, write: impl FnOnce(&mut Writer)) {
        if let Some(at) = self.append(kind, write) {
            self.set(Word::InHand, at as u64 + 1);
        }
    }

    /// The record in hand was acted on.
    pub(crate) fn end(&mut self) {
        self.set(Word::InHand, 0);
    }

    fn append(&mut self, kind: Kind, write: impl FnOnce(&mut Writer)) -> Option<usize> {
        let region = self.region?;
        let area = self.get(Word::Area);
        if area == NEITHER {
            return None;
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        scratch.extend_from_slice(&[0, 0, 0, 0, kind as u8]);
        let mut out = Writer::after(scratch);
        write(&mut out);
        self.scratch = out.into_bytes();
        let length = self.scratch.len();
        self.scratch[..4].copy_from_slice(&(length as u32).to_le_bytes());
        let at = self.used;
        if at + length > AREA || !region.write(start(area) + at, &self.scratch) {
            self.set(Word::Area, NEITHER);
            return None;
        }
        self.used += length;
        // The record of a thousand services is large, and the last of its kind.
        self.scratch.truncate(0);
        self.scratch.shrink_to(SCRATCH);
        if let Some(word) = self.of_area(Word::Used, area) {
            word.store(self.used as u64, Relaxed);
        }
        Some(at - self.snapshot)
    }

    /// The record that was being acted on counts no longer: it is met again under a
    /// number of its own, or left out for good.
    pub(crate) fn void_in_hand(&mut self) {
        let area = self.get(Word::Area);
        if let Some(region) = self.region
            && let Some(at) = self.get(Word::InHand).checked_sub(1)
            && area < NEITHER
        {
            let kind = start(area) + self.snapshot + at as usize + 4;
            region.write(kind, &[Kind::Void as u8]);
        }
        self.set(Word::InHand, 0);
    }

    /// How long the snapshot is, and how much is used in all.
    fn extent(&self) -> Option<(usize, usize)> {
        let area = self.get(Word::Area);
        if area >= NEITHER {
            return None;
        }
        let length = |which| Some(self.of_area(which, area)?.load(Relaxed) as usize);
        Some((length(Word::Snapshot)?, length(Word::Used)?))
    }

    /// Reads what is there.
    pub(crate) fn contents(&self) -> Option<Contents> {
        let region = self.region?;
        let (snapshot, used) = self.extent()?;
        let at = start(self.get(Word::Area));
        let in_hand = self.get(Word::InHand);
        Some(Contents {
            snapshot: region.read(at, snapshot)?,
            records: region.read(at + snapshot, used.checked_sub(snapshot)?)?,
            in_hand: in_hand.checked_sub(1).map(|at| at as usize),
        })
    }
}

/// Where kernel::crash writes.
const RECORD: Record = Record {
    first: Word::Crashes as usize,
};

fn start(area: u64) -> usize {
    PAGE + area as usize * AREA
}

/// A descriptor that the next program of this process needs.
pub(crate) fn fd_noted(number: RawFd) {
    kernel::crash::note_descriptor(number);
    let _ = fd::set_close_on_exec(number, true);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_follow_the_snapshot_until_the_next() {
        let mut journal = Journal::new();
        assert!(journal.wants_snapshot());
        journal.record(Kind::Done, |_| {});
        journal.replace(b"first");
        assert!(!journal.wants_snapshot());
        journal.record(Kind::Rest, |out| out.u8(7));
        journal.begin(Kind::Event, |out| out.u8(8));
        let contents = journal.contents().expect("there");
        assert_eq!(contents.snapshot, b"first");
        assert_eq!(contents.records, [6, 0, 0, 0, 4, 7, 6, 0, 0, 0, 0, 8]);
        assert_eq!(contents.in_hand, Some(6));
        journal.end();
        assert_eq!(journal.contents().expect("there").in_hand, None);
        journal.replace(b"second");
        let contents = journal.contents().expect("there");
        assert_eq!(contents.snapshot, b"second");
        assert_eq!(contents.records, b"");
    }

    #[test]
    fn a_new_snapshot_is_due_when_the_records_outgrow_it() {
        let mut journal = Journal::new();
        journal.replace(&vec![0; 3 * FEW]);
        let mut records = 0;
        while !journal.wants_snapshot() {
            journal.record(Kind::Rest, |out| out.bytes(&[0; 1000]));
            records += 1;
        }
        assert_eq!(records, 3 * FEW / 1005 + 1);
    }

    #[test]
    fn what_has_no_room_is_not_half_there() {
        let mut journal = Journal::new();
        journal.replace(b"first");
        journal.record(Kind::Rest, |out| out.bytes(&vec![0; AREA]));
        assert!(journal.contents().is_none());
        assert!(journal.wants_snapshot());
        journal.replace(b"second");
        assert_eq!(journal.contents().expect("there").snapshot, b"second");
        journal.replace(&vec![0; AREA + 1]);
        assert!(journal.contents().is_none());
    }

    #[test]
    fn another_process_s_region_is_not_taken() {
        let journal = Journal::new();
        journal.set(Word::Owner, 1 << 40);
        let fd = fd::copy_above(journal.descriptor().expect("kept"), 3).expect("copied");
        let number = std::os::fd::IntoRawFd::into_raw_fd(fd);
        assert_eq!(Journal::inherited(number).err(), Some(Unusable::Lost));
    }

    #[test]
    fn another_format_is_refused_by_its_number() {
        for version in [0, VERSION - 1, VERSION + 1] {
            let journal = Journal::new();
            journal.set(Word::Format, NAME | version);
            let fd = fd::copy_above(journal.descriptor().expect("kept"), 3).expect("copied");
            let number = std::os::fd::IntoRawFd::into_raw_fd(fd);
            let refused = Journal::inherited(number).err();
            assert_eq!(refused, Some(Unusable::Version(version)));
        }
    }
}
