//! Lines about the files of every service, kept until each is copied: where nothing of the
//! image's runs in between, nobody can tell, and a service is looked at once.

use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use layouts::Problem;
use layouts::fix_attrs::Line;

use super::apply::{self, is_plain};

/// What is still to be applied of a list.
#[derive(Default)]
pub struct Later {
    file: PathBuf,
    hidden: bool,
    lines: Vec<Kept>,
}

/// A line about a path in each service directory.
struct Kept {
    number: u32,
    line: Line,
    /// The path in a service directory, and the first component of it.
    path: Vec<u8>,
    first: Vec<u8>,
}

impl Later {
    /// Takes from the end of a list those lines that are about a path in each directory of
    /// `services`; none ahead of a line of another kind, which may be about the same files.
    pub(super) fn take(
        file: &Path,
        lines: &mut Vec<(u32, Line)>,
        hidden: bool,
        services: &Path,
    ) -> Later {
        let each = [services.as_os_str().as_bytes(), b"/*/"].concat();
        let kept = |(number, line): &(u32, Line)| {
            let path = line.path.strip_prefix(&each[..])?;
            let plain = |part: &[u8]| !part.is_empty() && part != b".." && is_plain(part);
            let fits = !line.recurse && path.split(|byte| *byte == b'/').all(plain);
            let first = path.split(|byte| *byte == b'/').next()?;
            fits.then(|| Kept {
                number: *number,
                line: line.clone(),
                path: path.to_vec(),
                first: first.to_vec(),
            })
        };
        let mut found: Vec<Kept> = lines.iter().rev().map_while(kept).collect();
        lines.truncate(lines.len() - found.len());
        found.reverse();
        Later {
            file: file.to_path_buf(),
            hidden,
            lines: found,
        }
    }

    /// Applies them to the service directory `name`, which is open as `dir` and of which
    /// `has` says what is in it.
    pub(crate) fn apply_to(
        &self,
        name: &[u8],
        dir: &OwnedFd,
        has: impl Fn(&[u8]) -> bool,
    ) -> Vec<Problem> {
        let mut problems = Vec::new();
        for kept in &self.lines {
            if !has(&kept.first) || apply::is_right(&kept.line, dir, &kept.path) {
                continue;
            }
            let star = kept.line.path.len() - kept.path.len() - 2;
            let (above, below) = kept.line.path.split_at(star);
            let line = Line {
                path: [above, &escaped(name), &below[1..]].concat(),
                ..kept.line.clone()
            };
            problems.extend(apply::apply(&line, &self.file, kept.number, self.hidden));
        }
        problems
    }

    /// Applies them to every service.
    pub fn apply_to_all(&self) -> Vec<Problem> {
        let lines = self.lines.iter();
        lines
            .flat_map(|kept| apply::apply(&kept.line, &self.file, kept.number, self.hidden))
            .collect()
    }
}

/// A name as a pattern that only it matches.
fn escaped(name: &[u8]) -> Vec<u8> {
    let mut pattern = Vec::with_capacity(name.len());
    for byte in name {
        if matches!(byte, b'*' | b'?' | b'[' | b']' | b'\\') {
            pattern.push(b'\\');
        }
        pattern.push(*byte);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::fs::{self, flags};
    use layouts::fix_attrs::Owner;
    use temp::{Temp, mode, set_mode};

    fn line(path: &str, mode: u32) -> Line {
        Line {
            path: path.as_bytes().to_vec(),
            recurse: false,
            owner: Owner {
                uid: kernel::credentials::user(),
                gid: kernel::credentials::group(),
            },
            file_mode: Some(mode),
            dir_mode: None,
        }
    }

    #[test]
    fn lines_at_the_end_about_every_service_are_kept_and_no_others() {
        let mut lines = vec![
            (1, line("/s/*/run", 0o755)),
            (2, line("/s/a/run", 0o700)),
            (3, line("/s/*/run", 0o755)),
            (4, line("/s/*/log/run", 0o755)),
        ];
        let later = Later::take(Path::new("list"), &mut lines, false, Path::new("/s"));
        let numbers: Vec<u32> = later.lines.iter().map(|kept| kept.number).collect();
        assert_eq!(numbers, [3, 4]);
        assert_eq!(lines.len(), 2);
        for other in [
            "/s/*/*",
            "/s/*/../x",
            "/s/*/",
            "/s/*",
            "/t/*/run",
            "/s/?/run",
        ] {
            let mut lines = vec![(1, line(other, 0o755))];
            Later::take(Path::new("list"), &mut lines, false, Path::new("/s"));
            assert_eq!(lines.len(), 1, "{other}");
        }
    }

    #[test]
    fn they_are_applied_to_one_service_or_to_all() {
        let temp = Temp::new();
        for file in ["s/a[1]/run", "s/a[1]/log/run", "s/a1/run"] {
            set_mode(&temp.write(file, ""), 0o644);
        }
        let services = temp.at("s");
        let text = |below: &str| format!("{}/*/{below}", services.display());
        let mut lines = vec![
            (1, line(&text("run"), 0o755)),
            (2, line(&text("log/run"), 0o700)),
        ];
        let later = Later::take(Path::new("list"), &mut lines, false, &services);
        let dir = fs::open(&services.join("a[1]"), flags::O_PATH, 0).unwrap();
        assert_eq!(later.apply_to(b"a[1]", &dir, |name| name == b"run"), []);
        assert_eq!(mode(&temp.at("s/a[1]/run")), 0o755);
        assert_eq!(mode(&temp.at("s/a[1]/log/run")), 0o644);
        assert_eq!(mode(&temp.at("s/a1/run")), 0o644);
        assert_eq!(later.apply_to_all(), []);
        assert_eq!(mode(&temp.at("s/a[1]/log/run")), 0o700);
        assert_eq!(mode(&temp.at("s/a1/run")), 0o755);
    }
}
