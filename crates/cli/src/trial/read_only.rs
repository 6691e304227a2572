//! A root that can only be read, as `docker run --read-only --tmpfs /run:exec --tmpfs /tmp`
//! has it: what the image brings stays as it is; what engines keep in memory can be
//! written.

use std::fs;
use std::path::{Path, PathBuf};

use chain::{Result, Unable};
use kernel::mount;

use super::{layers, obstacles};

/// What stays as it was mounted, with all below it.
const KEPT: [&str; 5] = ["/dev", "/proc", "/run", "/sys", "/tmp"];

/// Makes every mount of the root read-only. The root below may be made of several.
///
/// # Errors
/// What the kernel refuses, with a remedy.
pub(super) fn make(plain_user: bool) -> Result<()> {
    let mounts = fs::read("/proc/self/mountinfo").unable("read", b"/proc/self/mountinfo")?;
    for point in points(&mounts) {
        mount::make_this_read_only(&point).map_err(|error| {
            let what = format!("make {} read-only", kernel::escape_path(&point));
            obstacles::mount(&what, &error, plain_user)
        })?;
    }
    Ok(())
}

/// The mount points that become read-only, each once.
fn points(mounts: &[u8]) -> Vec<PathBuf> {
    let mut points: Vec<PathBuf> = layers::points(mounts)
        .filter(|point| !KEPT.iter().any(|kept| point.starts_with(Path::new(kept))))
        .collect();
    points.sort();
    points.dedup();
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_engines_keep_in_memory_stays_writable() {
        let line = |point: &str| format!("30 1 0:30 / {point} rw - overlay overlay rw\n");
        let all = [
            "/",
            "/usr",
            "/run",
            "/dev/shm",
            "/srv/a\\040b",
            "/usr",
            "/running",
        ];
        let text: String = all.map(line).concat();
        assert_eq!(
            points(text.as_bytes()),
            ["/", "/running", "/srv/a b", "/usr"].map(PathBuf::from)
        );
    }
}
