//! The image's hooks and services, made available under `/var/run/s6/etc`.

use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use kernel::dir;
use kernel::fs::{self, flags};
use layouts::user_files::no_profile;
use layouts::{Loss, Problem};
use places::name;

use crate::tree::{self, Kind};

/// Links `etc`'s four directories into `to` (`/var/run/s6/etc`), or copies them there
/// when `copied` (`S6_READ_ONLY_ROOT`). With a `profile` they come from
/// `etc`/cont-profile.d/PROFILE instead. `to` begins anew; a directory that the image
/// does not have is not there either.
///
/// # Errors
/// When `to` cannot be made or emptied. A directory that cannot be linked or copied
/// is a problem of its own.
pub fn provide(
    etc: &Path,
    to: &Path,
    profile: Option<&[u8]>,
    copied: bool,
) -> io::Result<Vec<Problem>> {
    let from = places::user_files(etc, profile);
    let mut problems = Vec::new();
    if profile.is_some() && !from.is_dir() {
        problems.push(no_profile(&from));
    }
    let dir = tree::fresh_dir(to)?;
    for entry in name::USER_DIRECTORIES {
        let source = from.join(entry);
        if tree::is_absent_dir(&source) {
            continue;
        }
        let place = to.join(entry);
        let outcome = if copied {
            // By descriptor: who may write above could exchange the path meanwhile.
            dir::make(&dir, entry.as_bytes(), 0o755).and_then(|()| {
                let as_dir = flags::O_PATH | flags::O_DIRECTORY;
                fs::open_entry(dir.as_raw_fd(), entry.as_bytes(), as_dir)
            })
        } else {
            dir::make_link(source.as_os_str().as_bytes(), &dir, entry.as_bytes())
                .and_then(|()| tree::open_dir(&place))
        };
        match outcome {
            Err(error) => {
                let what = "make available here what the image brings";
                let problem = Problem::refused(&place, what, &error, "it is left out");
                problems.push(problem.that_loses(Loss::Whole));
            }
            Ok(copy) if copied => {
                let kind = match entry {
                    name::SERVICES => Kind::Services,
                    _ => Kind::Plain,
                };
                problems.extend(tree::copy(&source, &copy, kind));
            }
            Ok(_) => {}
        }
    }
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use super::*;
    use temp::Temp;

    fn image() -> Temp {
        let temp = Temp::new();
        temp.write("etc/cont-init.d/10-a", "#!/bin/sh\n");
        temp.write("etc/services.d/web/run", "#!/bin/sh\n");
        temp.write("etc/available/db/run", "#!/bin/sh\n");
        temp.link("../available/db", "etc/services.d/db");
        temp.write("etc/cont-profile.d/test/cont-init.d/20-b", "#!/bin/sh\n");
        temp
    }

    #[test]
    fn directories_are_linked() {
        let temp = image();
        let to = temp.at("run/etc");
        temp.write("run/etc/cont-finish.d/old", "of the last run");
        assert_eq!(provide(&temp.at("etc"), &to, None, false).unwrap(), []);
        let link = std::fs::read_link(to.join("cont-init.d")).unwrap();
        assert_eq!(link, temp.at("etc/cont-init.d"));
        assert!(to.join("services.d/web/run").exists());
        assert!(!to.join("cont-finish.d").exists());
    }

    #[test]
    fn on_a_read_only_root_they_are_copied_and_linked_services_too() {
        let temp = image();
        let to = temp.at("run/etc");
        assert_eq!(provide(&temp.at("etc"), &to, None, true).unwrap(), []);
        for name in ["cont-init.d", "services.d/web", "services.d/db"] {
            let copy = std::fs::symlink_metadata(to.join(name)).unwrap();
            assert!(copy.is_dir(), "{name}");
        }
        assert!(to.join("services.d/db/run").exists());
    }

    #[test]
    fn a_profile_takes_the_place_of_etc() {
        let temp = image();
        let to = temp.at("run/etc");
        let problems = provide(&temp.at("etc"), &to, Some(b"test"), false).unwrap();
        assert_eq!(problems, []);
        assert!(to.join("cont-init.d/20-b").exists());
        assert!(!to.join("services.d").exists());
        let problems = provide(&temp.at("etc"), &to, Some(b"none"), false).unwrap();
        assert_eq!(problems.len(), 1);
        assert!(!to.join("cont-init.d").exists());
    }
}
