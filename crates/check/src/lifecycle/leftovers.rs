//! What a container may leave behind: processes on this machine, and volumes without a name.

use std::fs;

use crate::container::runtime::{Broken, Call, Runtime};

/// A process on this machine, by its number and the time of its start.
type Process = (u32, String);

/// What belongs to a container, noted while it lives.
#[derive(Debug, Default)]
pub(super) struct Belongings {
    /// Processes that have been seen; none where the engine is on another machine.
    pub(super) processes: Vec<Process>,
    volumes: Vec<String>,
}

/// The names of volumes, one a line.
const VOLUMES: &str = "{{range .Mounts}}{{if eq .Type \"volume\"}}{{.Name}}\n{{end}}{{end}}";

/// Notes what belongs to a container that runs.
///
/// # Errors
/// As [`Runtime::call`].
pub(super) fn note(runtime: &Runtime, id: &str) -> Result<Belongings, Broken> {
    let ended = runtime.call(Call::new(["inspect", "-f", VOLUMES, id]))?;
    let volumes = ended.text();
    let nameless = |name: &&str| name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit());
    Ok(Belongings {
        processes: processes(id),
        volumes: volumes
            .lines()
            .filter(nameless)
            .map(str::to_string)
            .collect(),
    })
}

/// What of it is there though the container is stopped and removed, in words.
///
/// # Errors
/// As [`Runtime::call`].
pub(super) fn left(
    runtime: &Runtime,
    id: &str,
    belongings: &Belongings,
) -> Result<Vec<String>, Broken> {
    let now = processes(id);
    let mut left: Vec<String> = Vec::new();
    let same = belongings
        .processes
        .iter()
        .filter(|(pid, started)| started_at(*pid).is_some_and(|now| now == *started));
    for (pid, _) in now.iter().chain(same) {
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        let words = format!("process {pid} ({})", name.trim());
        if !left.contains(&words) {
            left.push(words);
        }
    }
    for volume in &belongings.volumes {
        if runtime.call(Call::new(["volume", "inspect", volume]))?.ok() {
            left.push(format!("volume {}", volume.get(..12).unwrap_or(volume)));
        }
    }
    Ok(left)
}

/// The processes of this machine whose control group names the container.
fn processes(id: &str) -> Vec<Process> {
    if id.len() < 12 {
        return Vec::new();
    }
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let found = entries.filter_map(|entry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        let groups = fs::read_to_string(entry.path().join("cgroup")).ok()?;
        groups.contains(id).then_some((pid, started_at(pid)?))
    });
    found.collect()
}

fn started_at(pid: u32) -> Option<String> {
    let bytes = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let (_, behind) = text.rsplit_once(')')?;
    let mut fields = behind.split_whitespace();
    // One that has ended and waits for its parent is nobody's any more.
    let state = fields.next()?;
    (state != "Z").then_some(())?;
    fields.nth(18).map(str::to_string)
}
