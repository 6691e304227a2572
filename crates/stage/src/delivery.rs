//! From the image's services to those that are run: each is copied into the scan directory,
//! read, and handed on before the next is begun.
//!
//! What is plain goes the quick way ([`crate::carrier`]): one look at every file. What is not,
//! and what hooks have put into the scan directory, goes the careful way: it is merged
//! ([`crate::tree`]), taken out of the hands of others ([`crate::protect`]), and read where
//! it then is.

use std::ffi::{CStr, OsStr};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use kernel::at::{self, Kind, Listing};
use kernel::fs::{self, flags};
use kernel::{errno, mount};
use layouts::service::read_scan_entry;
use layouts::services;
use layouts::view::View;
use layouts::{Loss, Problem, trust};
use plan::Entry;

use crate::carrier::Carrier;
use crate::fix_attrs::Later;
use crate::{insist, protect, tree};

/// What has become of one entry: of the image's services, or of the scan directory.
#[derive(Debug, Default)]
pub struct Delivered {
    /// The service and its logger; nothing where it is no service.
    pub entries: Vec<Entry>,
    /// What is wrong with the copy.
    pub copying: Vec<Problem>,
    /// What is wrong with what is in the scan directory now.
    pub reading: Vec<Problem>,
}

/// The way from one directory to the other.
pub struct Delivery {
    from: PathBuf,
    scan: PathBuf,
    /// None where the image has no services.
    source: Option<(OwnedFd, Listing)>,
    target: (OwnedFd, Listing),
    /// Whether nobody else can change what is made in the scan directory.
    quick: bool,
}

const AS_DIR: i32 = flags::O_RDONLY | flags::O_DIRECTORY | flags::O_NONBLOCK;

impl Delivery {
    /// From `from` (`/var/run/s6/etc/services.d`), which need not be there, to the scan
    /// directory `scan`.
    ///
    /// # Errors
    /// When one of the two cannot be opened or listed.
    pub fn open(from: &Path, scan: &Path) -> io::Result<Delivery> {
        let list = |dir: OwnedFd| -> io::Result<(OwnedFd, Listing)> {
            let mut listing = Listing::default();
            listing.fill(&dir)?;
            Ok((dir, listing))
        };
        let source = match fs::open(from, AS_DIR, 0) {
            Err(_) if tree::is_absent_dir(from) => None,
            other => Some(list(other?)?),
        };
        let target = list(fs::open(scan, AS_DIR, 0)?)?;
        let stat = fs::stat(&target.0)?;
        // A directory that hands its group on has other rules, and programs of one that is
        // mounted noexec are run otherwise.
        let quick =
            trust::only_we_write(&stat) && stat.mode & 0o2000 == 0 && !mount::is_noexec(scan);
        Ok(Delivery {
            from: from.to_path_buf(),
            scan: scan.to_path_buf(),
            source,
            target,
            quick,
        })
    }

    /// Does it, in the order of the names, and gives each to `take` as it is done. What
    /// `later` asks for is done ahead of each copy.
    ///
    /// # Errors
    /// The first that `take` has.
    pub fn run(
        &self,
        later: &Later,
        mut take: impl FnMut(Delivered) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut carrier = Carrier::new(&self.from, &self.scan, later);
        let none = Listing::default();
        let source = self.source.as_ref().map_or(&none, |(_, listing)| listing);
        let target = &self.target.1;
        let (mut here, mut there) = (0, 0);
        loop {
            let (image, scan) = (source.get(here), target.get(there));
            let order = match (image, scan) {
                (None, None) => return Ok(()),
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some((image, _)), Some((scan, _))) => image.cmp(scan),
            };
            here += usize::from(order.is_le());
            there += usize::from(order.is_ge());
            let delivered = match (image, scan) {
                (Some((name, kind)), scan) if order.is_le() && is_service(name, kind) => {
                    let met = scan.is_some() && order.is_eq();
                    match self.quickly(&mut carrier, name, met) {
                        Some(delivered) => delivered,
                        None => self.carefully(name, Some(later)),
                    }
                }
                (_, Some((name, _))) if order.is_ge() => self.carefully(name, None),
                _ => continue,
            };
            take(delivered)?;
        }
    }

    /// The quick way; none where it does not lead there.
    fn quickly(&self, carrier: &mut Carrier, name: &CStr, met: bool) -> Option<Delivered> {
        let (source, _) = self.source.as_ref()?;
        if met || !self.quick {
            return None;
        }
        let service = at::open(source, name, AS_DIR, 0).ok()?;
        let service = carrier.carry(&service, name, &self.target.0).ok()?;
        let mut delivered = Delivered {
            copying: service.problems,
            ..Delivered::default()
        };
        match service.found {
            Ok(mut found) => {
                delivered.reading.append(&mut found.problems);
                delivered.entries = found.into_entries();
            }
            Err(problem) => delivered.reading.push(problem),
        }
        // What the kernel refuses at one moment it may give at the next.
        let lost = delivered
            .reading
            .iter()
            .any(|one| one.loses > Loss::Nothing);
        (!lost).then_some(delivered)
    }

    /// The careful way; with `later`, of the image's service of this name.
    fn carefully(&self, name: &CStr, later: Option<&Later>) -> Delivered {
        let copy = || match (later, &self.source) {
            (Some(later), Some((source, _))) => {
                let service = at::open(source, name, flags::O_PATH | flags::O_DIRECTORY, 0);
                let refused = service.map(|dir| later.apply_to(name.to_bytes(), &dir, |_| true));
                let mut problems = refused.unwrap_or_default();
                problems.append(&mut self.copy(name.to_bytes()));
                problems
            }
            _ => Vec::new(),
        };
        let copying = insist(copy, |problems| is_refused(problems));
        let name = name.to_bytes();
        let held = protect::hold_entry(&self.target.0, &self.scan, name);
        if name.starts_with(b".") {
            return Delivered {
                copying,
                reading: held,
                entries: Vec::new(),
            };
        }
        let read = || read_scan_entry(&self.scan, name);
        let (entries, problems) = insist(read, |(_, problems)| is_refused(problems));
        Delivered {
            entries,
            copying,
            reading: held.into_iter().chain(problems).collect(),
        }
    }

    /// Copies one service over what is there. What is no directory is no service.
    pub(crate) fn copy(&self, name: &[u8]) -> Vec<Problem> {
        let path = self.from.join(OsStr::from_bytes(name));
        let error = match tree::open_dir(&path) {
            Ok(service) => return tree::copy_service(&service, &path, name, &self.target.0),
            Err(error) => error,
        };
        match () {
            // What is one for stat(2) is one.
            () if errno::is(&error, errno::ENOTDIR) && !path.is_dir() => Vec::new(),
            () if errno::is(&error, errno::ENOENT) && !path.exists() => {
                let dead = services::dead_link(&View::live(), &path);
                dead.into_iter().collect()
            }
            () => {
                let remedy = "this service is not started";
                let problem = Problem::refused(&path, "open it", &error, remedy);
                vec![problem.that_loses(Loss::Whole)]
            }
        }
    }

    /// Copies all of them, and reads none.
    pub(crate) fn copy_all(&self) -> Vec<Problem> {
        let Some((_, listing)) = &self.source else {
            return Vec::new();
        };
        let services = listing
            .iter()
            .filter(|(name, kind)| is_service(name, *kind));
        services
            .flat_map(|(name, _)| self.copy(name.to_bytes()))
            .collect()
    }
}

/// Whether an entry of the image's services may be one.
fn is_service(name: &CStr, kind: Kind) -> bool {
    let can_be = matches!(kind, Kind::Directory | Kind::Link | Kind::Unknown);
    can_be && !name.to_bytes().starts_with(b".")
}

fn is_refused(problems: &[Problem]) -> bool {
    problems.iter().any(|one| one.loses > Loss::Nothing)
}
