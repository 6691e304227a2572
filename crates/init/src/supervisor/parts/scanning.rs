//! Reading the scan directory again: what runs, what is asked for, what came to nothing.

use std::os::fd::OwnedFd;

use crate::boot::handover::Handover;
use crate::boot::scan::Scan;

/// See the module's text.
#[derive(Default)]
pub(crate) struct Scanning {
    /// The scan directory's own control fifo.
    pub(crate) control: Option<OwnedFd>,
    /// The child that reads, and what has come of it.
    pub(crate) running: Option<(Scan, Handover)>,
    /// A reading that was asked for while another runs; whether services that are gone are
    /// dropped then.
    pub(crate) next: Option<bool>,
    /// What was said of no service while the container boots.
    pub(crate) said: Vec<String>,
    /// How many readings in a row came to nothing.
    pub(crate) lost: u32,
}

impl Scanning {
    /// Asks for a reading after the one that runs.
    pub(crate) fn ask(&mut self, drop_missing: bool) {
        self.next = Some(self.next.unwrap_or(false) || drop_missing);
    }

    /// Whether a reading runs or is asked for; if so, whether services that are gone are
    /// dropped then.
    pub(crate) fn wanted(&self) -> Option<bool> {
        match (&self.running, self.next) {
            (None, next) => next,
            (Some((scan, _)), next) => Some(scan.drop_missing || next == Some(true)),
        }
    }
}
