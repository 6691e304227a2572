//! What /proc says of the processes of a container.

use std::fs;
use std::path::PathBuf;

/// The value of a line of /proc/PID/FILE that begins with `key`.
fn field(pid: i32, file: &str, key: &str) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/{file}")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    Some(line.trim_start_matches(':').trim().to_string())
}

fn number(pid: i32, file: &str, key: &str) -> Option<f64> {
    let value = field(pid, file, key)?;
    value.split_whitespace().next()?.parse().ok()
}

/// The path of its program, as the process itself sees it.
pub(crate) fn program(pid: i32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/exe")).ok()
}

/// Its anonymous memory in kB (smaps_rollup, proc_pid_smaps(5)).
pub(crate) fn anonymous(pid: i32) -> Option<f64> {
    number(pid, "smaps_rollup", "Anonymous")
}

/// Its share of all its memory in kB, file pages included.
pub(crate) fn proportional(pid: i32) -> Option<f64> {
    number(pid, "smaps_rollup", "Pss")
}

/// How often it was switched in, of its own accord or not.
pub(crate) fn switches(pid: i32) -> Option<f64> {
    let own = number(pid, "status", "voluntary_ctxt_switches")?;
    let forced = number(pid, "status", "nonvoluntary_ctxt_switches")?;
    Some(own + forced)
}

/// The time that it has spent on a CPU, in ms (schedstat, to the nanosecond).
pub(crate) fn cpu(pid: i32) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/schedstat")).ok()?;
    let nanoseconds: f64 = text.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds / 1e6)
}

/// Whether this process is scheduled ahead of ordinary ones (proc_pid_stat(5), policy).
pub(crate) fn is_real_time() -> bool {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The 41st field; the second ends with the only `)` that counts.
    let rest = text.rsplit(')').next().unwrap_or_default();
    matches!(rest.split_whitespace().nth(38), Some("1" | "2"))
}
