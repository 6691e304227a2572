//! Which files of a directory are crontabs.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use chain::escape;
use kernel::errno;

use super::Problem;

/// The path itself for a file; for a directory its files in the order of their names, but
/// for those whose names Debian's cron and run-parts(8) pass over as well: `job.bak`,
/// `job.dpkg-old`, `job~`. One sentence says which those are.
pub(super) fn files(path: &Path, problems: &mut Vec<Problem>) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.to_path_buf()];
    }
    let mut tell = |name: &'static str, fatal: bool, text: String| {
        problems.push(Problem {
            place: (path.to_path_buf(), 0),
            column: 0,
            fatal,
            name,
            text,
        });
    };
    let entries = match path.read_dir() {
        Ok(entries) => entries,
        Err(error) => {
            tell(
                "unreadable",
                true,
                format!("the directory cannot be listed: {}", errno::text(&error)),
            );
            return Vec::new();
        }
    };
    let (mut files, mut passed_over) = (Vec::new(), Vec::new());
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.as_bytes();
        // .placeholder of packages; ..data of a mounted ConfigMap.
        if name.starts_with(b".") || entry.path().is_dir() {
            continue;
        }
        let fine = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-".contains(byte);
        match name.iter().all(fine) {
            true => files.push(entry.path()),
            false => passed_over.push(escape(name)),
        }
    }
    files.sort();
    passed_over.sort();
    if files.is_empty() && passed_over.is_empty() {
        tell(
            "no-jobs",
            false,
            "there is no crontab in the directory; put a file with lines like 0 5 * * * COMMAND there"
                .to_string(),
        );
    }
    if !passed_over.is_empty() {
        let count = passed_over.len();
        passed_over.truncate(5);
        let more = match count > passed_over.len() {
            true => format!(" and {} more", count - passed_over.len()),
            false => String::new(),
        };
        tell(
            "passed-over",
            false,
            format!(
                "not read, since names of crontabs in a directory have letters, digits, - and _ \
                 only: {}{more}; rename what is meant to run",
                passed_over.join(", ")
            ),
        );
    }
    files
}
