//! Making the files of a service that has none yet, where nobody else can write: then nothing
//! has to be asked about, and half the calls do (see docs/benchmarks.md). Everything else, and
//! whatever fails here, is [`files::open`]'s.

use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use kernel::dir;
use kernel::fs::{self, flags};

use crate::service::files::{CONTROL_MODE, SUPERVISE_MODE};
use crate::service::scan_dir::{OWN, Ours};

/// The directories and files of a service, by their paths below the scan directory.
pub(crate) struct Anew<'a> {
    ours: Ours<'a>,
}

impl<'a> Anew<'a> {
    /// Makes `event/` and `supervise/` with the tally and the status in it.
    ///
    /// # Errors
    /// EEXIST: there is something already. What has been made so far stays.
    pub(crate) fn make(ours: Ours<'a>, status: &[u8]) -> io::Result<Anew<'a>> {
        let anew = Anew { ours };
        let mode = s6wire::event::DIRECTORY_MODE;
        dir::make(anew.ours.scan, &anew.path("event"), mode)?;
        // mkdir(2) leaves the set-group-ID bit out.
        dir::set_mode(anew.ours.scan, &anew.path("event"), mode)?;
        dir::make(anew.ours.scan, &anew.path("supervise"), SUPERVISE_MODE)?;
        dir::make_file(anew.ours.scan, &anew.path("supervise/death_tally"), 0o644)?;
        // Nobody has looked for one here yet: it need not be exchanged.
        dir::create(anew.ours.scan, &anew.path("supervise/status"), 0o644)?.write_all(status)?;
        Ok(anew)
    }

    /// Makes the control fifo and opens it.
    ///
    /// # Errors
    /// As mknod(2) and open(2).
    pub(crate) fn control(&self) -> io::Result<OwnedFd> {
        let path = self.path("supervise/control");
        dir::make_fifo(self.ours.scan, &path, CONTROL_MODE)?;
        let both = flags::O_RDWR | flags::O_NONBLOCK | flags::O_NOCTTY;
        fs::open_entry(std::os::fd::AsRawFd::as_raw_fd(self.ours.scan), &path, both)
    }

    /// Gives the scan directory's lock a further name in `supervise/`.
    ///
    /// # Errors
    /// EXDEV, EMLINK.
    pub(crate) fn lock(&self) -> io::Result<()> {
        let lock = Path::new(OWN).join("lock");
        let (scan, path) = (self.ours.scan, self.path("supervise/lock"));
        dir::hard_link(scan, lock.as_os_str().as_bytes(), scan, &path)
    }

    fn path(&self, name: &str) -> Vec<u8> {
        [&self.ours.below, &b"/"[..], name.as_bytes()].concat()
    }
}
