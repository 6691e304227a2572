//! What /proc says of a process (proc_pid_stat(5), proc_pid_status(5)).

use std::fs;
use std::path::Path;
use std::time::Duration;

use kernel::accounts::Accounts;

/// Ticks a second in /proc, on every Linux machine that there is.
const TICKS: u64 = 100;

/// How long a zombie may be one: its parent is about to take its exit code.
const MOMENT: Duration = Duration::from_millis(100);

/// The user whom a process runs as: the name, or the number where there is none.
pub(super) fn user(pid: u32) -> Result<String, String> {
    let path = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Uid:"));
    // Real, effective, saved, file system.
    let uid = line.and_then(|line| line.split_whitespace().nth(1));
    let uid: u32 = uid
        .and_then(|uid| uid.parse().ok())
        .ok_or_else(|| format!("{path} tells no user"))?;
    let accounts = Accounts::read(Path::new("/")).ok();
    let user = accounts.as_ref().and_then(|all| all.user_by_id(uid));
    Ok(match user {
        Some(user) => String::from_utf8_lossy(&user.name).into_owned(),
        None => uid.to_string(),
    })
}

/// How long ago a process was started.
pub(super) fn age(pid: u32) -> Result<Duration, String> {
    let fields =
        stat(&pid.to_string()).ok_or_else(|| format!("/proc/{pid}/stat cannot be read"))?;
    // The 22nd field, in ticks since the machine's boot.
    let ticks = fields.get(19).and_then(|ticks| ticks.parse::<u64>().ok());
    let uptime = fs::read_to_string("/proc/uptime").ok();
    let uptime = uptime.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    let (Some(ticks), Some(uptime)) = (ticks, uptime) else {
        return Err("/proc tells no times".to_string());
    };
    let started = Duration::from_millis(ticks.saturating_mul(1000 / TICKS));
    Ok(Duration::try_from_secs_f64(uptime)
        .unwrap_or_default()
        .saturating_sub(started))
}

/// How many processes have ended, and their parents do not look. One that was one only for a
/// moment does not count.
pub(super) fn zombies() -> usize {
    let first = all_zombies();
    if first.is_empty() {
        return 0;
    }
    std::thread::sleep(MOMENT);
    let second = all_zombies();
    first.iter().filter(|pid| second.contains(pid)).count()
}

fn all_zombies() -> Vec<String> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
        .filter(|pid| stat(pid).is_some_and(|fields| fields.first().is_some_and(|s| s == "Z")))
        .collect()
}

/// The fields of /proc/PID/stat behind the name, which may hold anything: from the state on.
fn stat(pid: &str) -> Option<Vec<String>> {
    let bytes = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (_, behind) = text.rsplit_once(')')?;
    Some(behind.split_whitespace().map(str::to_string).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_process_is_young() {
        let own = std::process::id();
        assert!(age(own).unwrap() < Duration::from_secs(3600));
        assert!(user(own).is_ok());
        assert!(user(u32::MAX).is_err());
    }
}
