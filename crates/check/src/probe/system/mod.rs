//! What one run knows of the system: tables that are read once, and what people have chosen.

pub mod accounts;
pub mod capture;
pub mod child;
pub mod connect;
pub mod distribution;
pub mod dns;
pub mod errno;
pub mod interfaces;
pub mod mounts;
pub mod paths;
pub mod processes;
pub mod program;
pub mod reading;
pub mod sockets;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use accounts::{Groups, Users};
use distribution::Distribution;
use interfaces::Interface;
use mounts::Mount;
use processes::Process;
use sockets::Sockets;

use super::http::Roots;
use super::mainstay::status::{self, Unit};

/// Made anew for each run, so that a run sees the system as it is then.
#[derive(Debug, Default)]
pub struct System {
    /// The package manager that `--package` names; none to find it out.
    pub package_manager: Option<String>,
    /// Whether what cannot be measured is an error, though goss calls it absent.
    pub strict: bool,
    /// Whether a port without a family is that of either.
    pub dual_stack: bool,
    /// Where the tables of the system are read, in place of `/`.
    pub root: Option<PathBuf>,
    users: OnceLock<Users>,
    groups: OnceLock<Groups>,
    directory: OnceLock<PathBuf>,
    processes: OnceLock<Vec<Process>>,
    sockets: OnceLock<Sockets>,
    mounts: OnceLock<Vec<Mount>>,
    interfaces: OnceLock<Result<Vec<Interface>, String>>,
    distribution: OnceLock<Distribution>,
    has_systemctl: OnceLock<bool>,
    mainstay: OnceLock<Vec<Unit>>,
    hosts: OnceLock<Vec<u8>>,
    roots: OnceLock<Roots>,
}

impl System {
    /// The same choices, with tables that are read again.
    pub fn anew(&self) -> System {
        System {
            package_manager: self.package_manager.clone(),
            strict: self.strict,
            dual_stack: self.dual_stack,
            root: self.root.clone(),
            ..System::default()
        }
    }

    /// One whose tables stand below `root`.
    pub fn under(root: &Path) -> System {
        System {
            root: Some(root.to_path_buf()),
            ..System::default()
        }
    }

    /// The path of a table, such as `etc/passwd`.
    pub fn at(&self, table: &str) -> PathBuf {
        self.root.as_deref().unwrap_or(Path::new("/")).join(table)
    }

    /// The users of this system's own file.
    pub fn users(&self) -> &Users {
        self.users
            .get_or_init(|| Users::read(&self.at("etc/passwd")))
    }

    /// The groups of this system's own file.
    pub fn groups(&self) -> &Groups {
        self.groups
            .get_or_init(|| Groups::read(&self.at("etc/group")))
    }

    /// The working directory, by the name by which people came to it.
    pub fn directory(&self) -> &Path {
        self.directory.get_or_init(paths::working_directory)
    }

    /// The processes.
    pub fn processes(&self) -> &[Process] {
        self.processes
            .get_or_init(|| processes::under(&self.at("proc")))
    }

    /// Whether a process was called by a name: that of its program, or the first of its words.
    pub fn is_called(&self, pid: i32, name: &[u8]) -> bool {
        let place = self.at("proc").join(pid.to_string());
        let words = reading::table(&place.join("cmdline")).unwrap_or_default();
        let zeroth = words.split(|byte| *byte == 0).next().unwrap_or_default();
        let program = std::fs::read_link(place.join("exe")).unwrap_or_default();
        let last = |path: &[u8]| path.rsplit(|byte| *byte == b'/').next() == Some(name);
        last(zeroth) || last(program.as_os_str().as_encoded_bytes())
    }

    /// The local addresses of a port, written as goss wants it: without a zero ahead of it.
    pub fn listening(&self, protocol: &str, port: &str) -> &[IpAddr] {
        let sockets = self
            .sockets
            .get_or_init(|| sockets::read(&self.at("proc/net")));
        let known = sockets::PROTOCOLS.iter();
        let found = known.clone().find(|(name, _)| *name == protocol);
        let number = port.parse::<u16>().ok();
        let number = number.filter(|number| number.to_string() == port);
        found
            .zip(number)
            .and_then(|((name, _), number)| sockets.get(&(*name, number)))
            .map_or(&[], Vec::as_slice)
    }

    /// What is mounted.
    pub fn mounts(&self) -> &[Mount] {
        self.mounts
            .get_or_init(|| mounts::read(&self.at("proc/self/mountinfo")))
    }

    /// The network interfaces.
    pub fn interfaces(&self) -> &Result<Vec<Interface>, String> {
        self.interfaces
            .get_or_init(|| interfaces::all().map_err(|why| errno::words(&why)))
    }

    /// The distribution.
    pub fn distribution(&self) -> Distribution {
        *self
            .distribution
            .get_or_init(|| Distribution::of(&self.at("")))
    }

    /// Whether `systemctl` is there.
    pub fn has_systemctl(&self) -> bool {
        *self
            .has_systemctl
            .get_or_init(|| program::find("systemctl").is_some())
    }

    /// The services of Mainstay, where that is PID 1.
    pub(crate) fn mainstay(&self) -> &[Unit] {
        self.mainstay
            .get_or_init(|| status::ask().map(|status| status.units).unwrap_or_default())
    }

    /// The file of hosts.
    fn hosts(&self) -> &[u8] {
        self.hosts
            .get_or_init(|| reading::table(&self.at("etc/hosts")).unwrap_or_default())
    }

    /// The certificates that this system believes.
    pub(crate) fn roots(&self) -> &Roots {
        self.roots.get_or_init(|| Roots::of_system(self))
    }
}
