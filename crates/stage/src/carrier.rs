//! One service directory copied and read at once: each file is opened once, by descriptor, and
//! what is read of it to be copied is what is looked at.
//!
//! This is for what is plain: directories, files and links, into a scan directory that nobody
//! but this user can write to, where nothing is in the place yet. A directory that was made
//! there a moment ago is this user's, and no mode lets others write to it; so nobody has
//! changed what is in it, and it need not be looked at again. Whatever else is met is an
//! error here, and [`crate::delivery`] then does all of it the careful way, over what has been
//! made so far.

use std::ffi::{CStr, OsStr};
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use kernel::at::{self, Kind as Entry, Listing};
use kernel::fs::{self, Stat, flags};
use kernel::{credentials, errno, fd};
use layouts::Problem;
use layouts::script::{self, Known, LONGEST_START};
use layouts::service::{Directory, Found, LONGEST_VALUE, read_directory};
use layouts::view::View;

use crate::fix_attrs::Later;
use crate::protect::{self, OTHERS_WRITE, Taken};
use crate::tree::{self, DEEPEST, Kind};

/// How much of a file is read at a time. The beginning of a program is in the first.
const READ: usize = 16 * 1024;

/// Longest file that is kept as a value until the service has been read; of longer ones
/// the file is asked again.
const KEPT: usize = 256;

/// Longest target of a link (PATH_MAX), with its NUL.
const TARGET: usize = 4096;

const AS_DIR: i32 = flags::O_RDONLY | flags::O_DIRECTORY | flags::O_NONBLOCK;
const AS_FILE: i32 = flags::O_RDONLY | flags::O_NOFOLLOW | flags::O_NONBLOCK | flags::O_NOCTTY;
const AS_COPY: i32 = flags::O_WRONLY | flags::O_CREAT | flags::O_EXCL | flags::O_NOFOLLOW;

/// What carries services over, one after another.
pub(crate) struct Carrier<'a> {
    /// Where services come from, and where they go: for lines about them, and for what is
    /// looked at by its path.
    from: PathBuf,
    to: PathBuf,
    /// Whose everything is that is made here.
    owner: (u32, u32),
    /// Whether the first directory and the first file were made with the owner and the mode
    /// that were asked for; a default ACL of the scan directory or a mount may have it
    /// otherwise.
    as_asked: [Option<bool>; 2],
    known: Known,
    /// What is to be put right in each service ahead of its copy, and what was refused.
    later: &'a Later,
    refused: Vec<Problem>,
    /// What others could write to in the service that is being carried.
    taken: Taken,
    listings: Vec<Listing>,
    buffer: Vec<u8>,
    target: Vec<u8>,
}

/// Which of [`Carrier::as_asked`] it is.
const DIRS: usize = 0;
const FILES: usize = 1;

/// A service directory that has been copied, as it is read.
#[derive(Default)]
struct Carried {
    dir: PathBuf,
    listing: Listing,
    /// The content of small files.
    values: Vec<(Vec<u8>, Vec<u8>)>,
    /// `run` and `finish` that have been looked at, with what is wrong with them.
    scripts: Vec<(Vec<u8>, Option<Problem>)>,
    logger: Option<Box<Carried>>,
}

/// A service that has been carried over: what it is, or why it is none.
pub(crate) struct Service {
    pub(crate) found: Result<Found, Problem>,
    /// What is said of the copy.
    pub(crate) problems: Vec<Problem>,
}

impl<'a> Carrier<'a> {
    /// From the directory `from` to the scan directory `to`.
    pub(crate) fn new(from: &Path, to: &Path, later: &'a Later) -> Carrier<'a> {
        Carrier {
            from: from.to_path_buf(),
            to: to.to_path_buf(),
            owner: (credentials::user(), credentials::group()),
            as_asked: [None; 2],
            known: Known::default(),
            later,
            refused: Vec::new(),
            taken: Taken::default(),
            listings: Vec::new(),
            buffer: vec![0; READ],
            target: vec![0; TARGET],
        }
    }

    /// Copies the service directory `source` into the scan directory, open as `scan`, under
    /// the name `name`, and reads it.
    ///
    /// # Errors
    /// Whatever keeps it from being plain.
    pub(crate) fn carry(
        &mut self,
        source: &OwnedFd,
        name: &CStr,
        scan: &OwnedFd,
    ) -> io::Result<Service> {
        self.taken = Taken::default();
        let (stat, _) = at::stat(source)?;
        self.enter(name);
        let outcome = self.directory(source, &stat, name, scan, Kind::Service, 1);
        self.leave();
        let mut carried = outcome?;
        // What was not looked at on the way is looked up below `carried.dir`.
        let dir = carried.dir.clone();
        let mut logger = carried.logger.take();
        let log = logger.as_deref_mut().map(Ok);
        let found = read_directory(&dir, &mut carried, log);
        self.listings.push(carried.listing);
        self.listings.extend(logger.map(|log| log.listing));
        let mut problems = std::mem::take(&mut self.refused);
        problems.extend(std::mem::take(&mut self.taken).of_copy());
        Ok(Service { found, problems })
    }

    fn directory(
        &mut self,
        source: &OwnedFd,
        stat: &Stat,
        name: &CStr,
        to: &OwnedFd,
        kind: Kind,
        depth: usize,
    ) -> io::Result<Carried> {
        if depth == DEEPEST || !stat.is_dir() {
            return Err(not_plain());
        }
        let mut listing = self.listings.pop().unwrap_or_default();
        listing.fill(source)?;
        if depth == 1 {
            let has = |entry: &[u8]| listing.has(entry);
            self.refused = self.later.apply_to(name.to_bytes(), source, has);
        }
        let mode = protect::mode_of_copy(stat);
        // Until it is filled it must be this user's to write to.
        let at_once = mode & 0o7700 == 0o700;
        at::make_dir(to, name, if at_once { mode } else { 0o700 })?;
        let made = at::open(to, name, AS_DIR | flags::O_NOFOLLOW, 0)?;
        let mut carried = Carried::default();
        for (name, what) in listing.iter() {
            let supervisors = matches!(name.to_bytes(), b"supervise" | b"event");
            if kind == Kind::Service && supervisors {
                continue;
            }
            self.enter(name);
            let place = (source, name, &made);
            let outcome = match kind {
                Kind::Service => self.entry(place, what, depth, Some(&mut carried)),
                Kind::Plain | Kind::Services => self.entry(place, what, depth, None),
            };
            self.leave();
            outcome?;
        }
        self.finish(&made, source, stat, (DIRS, mode, at_once))?;
        carried.listing = listing;
        if kind == Kind::Service {
            carried.dir.clone_from(&self.to);
        }
        Ok(carried)
    }

    /// Copies one entry, of a service directory that is read from `carried`, or of one below.
    fn entry(
        &mut self,
        (from, name, to): (&OwnedFd, &CStr, &OwnedFd),
        what: Entry,
        depth: usize,
        carried: Option<&mut Carried>,
    ) -> io::Result<()> {
        let of_log = carried.is_some() && name.to_bytes() == b"log";
        let is_log = of_log && depth == 1;
        match what {
            Entry::Directory => {
                let inside = if is_log { Kind::Service } else { Kind::Plain };
                let inner = self.below(from, name, to, inside, depth)?;
                match carried.filter(|_| is_log) {
                    Some(carried) => carried.logger = Some(Box::new(inner)),
                    None => self.listings.push(inner.listing),
                }
                Ok(())
            }
            Entry::File => self.file(from, name, to, carried),
            Entry::Link if !of_log => self.link(from, name, to, carried),
            // A logger elsewhere, fifos, devices, sockets; and where the file system does not
            // say what it is.
            Entry::Link | Entry::Fifo | Entry::Other | Entry::Unknown => Err(not_plain()),
        }
    }

    fn below(
        &mut self,
        from: &OwnedFd,
        name: &CStr,
        to: &OwnedFd,
        kind: Kind,
        depth: usize,
    ) -> io::Result<Carried> {
        let source = at::open(from, name, AS_DIR | flags::O_NOFOLLOW, 0)?;
        let (stat, _) = at::stat(&source)?;
        self.directory(&source, &stat, name, to, kind, depth + 1)
    }

    fn file(
        &mut self,
        from: &OwnedFd,
        name: &CStr,
        to: &OwnedFd,
        carried: Option<&mut Carried>,
    ) -> io::Result<()> {
        let source = at::open(from, name, AS_FILE, 0)?;
        let (stat, size) = at::stat(&source)?;
        if !stat.is_file() {
            return Err(not_plain());
        }
        let mode = protect::mode_of_copy(&stat);
        let at_once = mode & 0o7000 == 0;
        let made = at::open(to, name, AS_COPY, if at_once { mode } else { 0o600 })?;
        let mut made = std::fs::File::from(made);
        let first = fd::read(source.as_raw_fd(), &mut self.buffer)?;
        let mut copied = first as u64;
        made.write_all(&self.buffer[..first])?;
        if let Some(carried) = carried {
            self.look_at(carried, name, mode, first, size);
        }
        // One that has no size of its own (below /proc) is read to its end.
        while copied < size || (size == 0 && copied > 0) {
            let count = fd::read(source.as_raw_fd(), &mut self.buffer)?;
            if count == 0 {
                break;
            }
            made.write_all(&self.buffer[..count])?;
            copied += count as u64;
        }
        self.finish(&made, &source, &stat, (FILES, mode, at_once))
    }

    /// Keeps what is asked of a file of a service directory later; the first `length` bytes of
    /// it are in the buffer.
    fn look_at(&mut self, carried: &mut Carried, name: &CStr, mode: u32, length: usize, size: u64) {
        let bytes = name.to_bytes();
        let start = &self.buffer[..length.min(LONGEST_START)];
        let enough = size <= length as u64 || length >= LONGEST_START;
        match is_script(bytes) {
            true if enough && mode & 0o111 == 0o111 => {
                let problem = self.known.diagnose(|| self.to.clone(), start);
                carried.scripts.push((bytes.to_vec(), problem));
            }
            false if enough && length <= KEPT => {
                carried.values.push((bytes.to_vec(), start.to_vec()));
            }
            _ => {}
        }
    }

    fn link(
        &mut self,
        from: &OwnedFd,
        name: &CStr,
        to: &OwnedFd,
        carried: Option<&mut Carried>,
    ) -> io::Result<()> {
        let mut buffer = std::mem::take(&mut self.target);
        let outcome = at::read_link(from, name, &mut buffer)
            .and_then(|target| self.link_to(target, name, to, carried));
        self.target = buffer;
        outcome
    }

    fn link_to(
        &mut self,
        target: &CStr,
        name: &CStr,
        to: &OwnedFd,
        carried: Option<&mut Carried>,
    ) -> io::Result<()> {
        let bytes = target.to_bytes();
        let absolute = bytes.starts_with(b"/");
        if !absolute && bytes.split(|byte| *byte == b'/').any(|part| part == b"..") {
            return Err(not_plain());
        }
        let script = carried.filter(|_| is_script(name.to_bytes()));
        if absolute && self.known.is_program(bytes) {
            at::make_link(target, to, name)?;
            if let Some(carried) = script {
                carried.scripts.push((name.to_bytes().to_vec(), None));
            }
            return Ok(());
        }
        // What cannot be executed becomes a file of its own.
        let executable = fs::is_executable(&self.from);
        if !executable && fs::open_regular_target(&self.from).is_ok() {
            return Err(not_plain());
        }
        at::make_link(target, to, name)?;
        if let Some(carried) = script.filter(|_| absolute && executable) {
            let problem = script::diagnose(&self.to);
            if problem.is_none() {
                self.known.note_program(bytes);
            }
            carried.scripts.push((name.to_bytes().to_vec(), problem));
        }
        Ok(())
    }

    /// Gives what was made the owner and the mode that it is to have, where making it has not.
    fn finish(
        &mut self,
        made: &impl AsRawFd,
        source: &OwnedFd,
        stat: &Stat,
        (which, mode, at_once): (usize, u32, bool),
    ) -> io::Result<()> {
        if stat.mode & OTHERS_WRITE != 0 {
            self.taken.note(&self.from, stat, source);
        }
        let plain = at_once && (stat.uid, stat.gid) == self.owner;
        if plain && self.as_asked[which].is_none() {
            let now = fs::stat(made)?;
            let as_asked = now.mode & 0o7777 == mode && (now.uid, now.gid) == self.owner;
            self.as_asked[which] = Some(as_asked);
        }
        match plain && self.as_asked[which] == Some(true) {
            true => Ok(()),
            false => tree::dress(made, source, stat),
        }
    }

    fn enter(&mut self, name: &CStr) {
        let name = OsStr::from_bytes(name.to_bytes());
        self.from.push(name);
        self.to.push(name);
    }

    fn leave(&mut self) {
        self.from.pop();
        self.to.pop();
    }
}

fn is_script(name: &[u8]) -> bool {
    name == b"run" || name == b"finish"
}

/// It is not plain; the careful way says what it is.
fn not_plain() -> io::Error {
    errno::from(errno::EINVAL)
}

impl Directory for &mut Carried {
    fn has(&self, file: &str) -> bool {
        self.listing.has(file.as_bytes())
    }

    fn start(&mut self, file: &str) -> io::Result<Vec<u8>> {
        let mut values = self.values.iter();
        match values.find(|(name, _)| name == file.as_bytes()) {
            Some((_, text)) => Ok(text.clone()),
            None => View::live().read_start(&self.dir.join(file), LONGEST_VALUE),
        }
    }

    fn diagnose(&mut self, file: &str) -> Option<Problem> {
        let mut scripts = self.scripts.iter();
        match scripts.find(|(name, _)| name == file.as_bytes()) {
            Some((_, problem)) => problem.clone(),
            None => script::diagnose(&self.dir.join(file)),
        }
    }
}
