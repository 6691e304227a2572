//! Running what lies on a file system that is mounted noexec, as /run is under some
//! engines: a script through its interpreter, a program from where the image keeps it.
//! The working directory stays the copy's.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use kernel::process::{self, ExecVector};
use kernel::script::interpreter;
use kernel::{errno, mount};

use places::{IMAGE_SERVICES, Paths, name};

/// Becomes the program at `path`, with `words` from the first on; comes back only with
/// the reason why not. `sources`: where else it may be.
pub(crate) fn exec(
    path: &Path,
    words: &[Vec<u8>],
    env: &ExecVector,
    sources: impl FnOnce() -> Vec<PathBuf>,
) -> io::Error {
    let error = become_it(path.as_os_str().as_bytes(), words, env);
    if !errno::is(&error, errno::EACCES) || !mount::is_noexec(path) || !has_run_bit(path) {
        return error;
    }
    if let Some(interpreter) = interpreter(path) {
        let script = path.as_os_str().as_bytes().to_vec();
        let rest = words.iter().skip(1).cloned();
        let words: Vec<Vec<u8>> = interpreter
            .into_iter()
            .chain([script])
            .chain(rest)
            .collect();
        return become_it(&words[0], &words, env);
    }
    for source in sources() {
        let _ = become_it(source.as_os_str().as_bytes(), words, env);
    }
    error
}

fn become_it(path: &[u8], words: &[Vec<u8>], env: &ExecVector) -> io::Error {
    match ExecVector::new(words) {
        Ok(words) => process::execve(path, &words, env),
        Err(error) => error,
    }
}

fn has_run_bit(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// Where the image keeps `file` of the service `service`, whose copy is in `dir`.
pub(crate) fn sources_of_service(dir: &Path, service: &str, file: &str) -> Vec<PathBuf> {
    // The scan directory is a part of the state; a logger lies one deeper.
    let depth = 1 + service.split('/').count();
    let linked = dir
        .ancestors()
        .nth(depth)
        .map(|state| state.join(name::USER_FILES).join(name::SERVICES));
    linked
        .into_iter()
        .chain([
            places::in_etc(name::SERVICES),
            PathBuf::from(IMAGE_SERVICES),
        ])
        .map(|services| services.join(service).join(file))
        .collect()
}

/// Where the image keeps a signal's handler.
pub(crate) fn sources_of_handler(path: &Path) -> Vec<PathBuf> {
    let control = Path::new(places::IMAGE_CONTROL);
    path.file_name()
        .map(|name| control.join(name))
        .into_iter()
        .collect()
}

/// Where the image keeps a hook of which `path` may be a copy.
pub(crate) fn sources_of_hook(paths: &Paths, path: &Path) -> Vec<PathBuf> {
    path.strip_prefix(&paths.user_files)
        .map(|rest| Path::new(places::ETC).join(rest))
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_where_the_image_keeps_them() {
        let found = sources_of_service(Path::new("/run/s6/services/a"), "a", "run");
        assert_eq!(found[0], Path::new("/run/s6/etc/services.d/a/run"));
        assert_eq!(found[1], Path::new("/etc/services.d/a/run"));
        let found = sources_of_service(Path::new("/run/s6/services/a/log"), "a/log", "finish");
        assert_eq!(found[0], Path::new("/run/s6/etc/services.d/a/log/finish"));
        assert_eq!(found[2], Path::new("/etc/s6/services/a/log/finish"));
    }
}
