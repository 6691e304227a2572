//! What one run knows of the system: tables that are read once, and what people have chosen.

pub mod accounts;
pub mod capture;
pub mod child;
pub mod duration;
pub mod errno;
pub mod paths;
pub mod processes;
pub mod program;
pub mod reading;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use accounts::{Groups, Users};

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
}
