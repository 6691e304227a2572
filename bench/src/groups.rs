//! The control groups of a container: what it is charged for memory, how many
//! processes it has. Version 1 and 2.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const TOP: &str = "/sys/fs/cgroup";

/// The groups of one container; removed with it.
pub(crate) struct Groups {
    memory: Option<PathBuf>,
    pids: Option<PathBuf>,
    version: u8,
}

impl Groups {
    /// Fresh groups called `name`. Where this machine has no such controller, or does
    /// not let us, that measure is left out.
    pub(crate) fn new(name: &str) -> Groups {
        let top = Path::new(TOP);
        if top.join("cgroup.controllers").exists() {
            let _ = fs::write(top.join("cgroup.subtree_control"), "+memory +pids");
            let group = make(top.join(name));
            return Groups {
                memory: group.clone(),
                pids: group,
                version: 2,
            };
        }
        Groups {
            memory: make(top.join("memory").join(name)),
            pids: make(top.join("pids").join(name)),
            version: 1,
        }
    }

    fn all(&self) -> impl Iterator<Item = &PathBuf> {
        self.memory.iter().chain(&self.pids)
    }

    /// Moves the calling process into them.
    ///
    /// # Errors
    /// As write(2).
    pub(crate) fn enter(&self) -> io::Result<()> {
        for group in self.all() {
            let procs = fs::OpenOptions::new()
                .write(true)
                .open(group.join("cgroup.procs"));
            procs?.write_all(b"0")?;
        }
        Ok(())
    }

    /// What the container is charged for: its processes, the kernel's memory for them,
    /// what it wrote to tmpfs. In bytes.
    pub(crate) fn charge(&self) -> Option<f64> {
        let file = match self.version {
            2 => "memory.current",
            _ => "memory.usage_in_bytes",
        };
        number(&self.memory.as_ref()?.join(file))
    }

    /// How many processes there are; those that wait to be reaped count.
    pub(crate) fn processes(&self) -> Option<f64> {
        number(&self.pids.as_ref()?.join("pids.current"))
    }

    /// Pids, as seen from here, of everybody in the groups.
    pub(crate) fn members(&self) -> Vec<i32> {
        let Some(group) = self.all().next() else {
            return Vec::new();
        };
        let text = fs::read_to_string(group.join("cgroup.procs")).unwrap_or_default();
        text.lines().filter_map(|line| line.parse().ok()).collect()
    }
}

impl Drop for Groups {
    fn drop(&mut self) {
        for group in self.all() {
            // A group empties a moment after its last process has been reaped.
            for _ in 0..100 {
                match fs::remove_dir(group) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        kernel::clock::sleep(std::time::Duration::from_millis(5));
                    }
                    _ => break,
                }
            }
        }
    }
}

fn make(group: PathBuf) -> Option<PathBuf> {
    match fs::create_dir(&group) {
        Ok(()) => Some(group),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Some(group),
        Err(_) => None,
    }
}

fn number(path: &Path) -> Option<f64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}
