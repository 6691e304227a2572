//! The last steps of a process before its program: what every mode has in common.

use super::Doing;
use harness::{orders::Program, sys};
use std::ffi::{CString, OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Puts this process into the state that `program` asks for and executes it.
/// Returns only the reason why that did not work.
pub(crate) fn start(program: &Program) -> io::Error {
    let Err(error) = prepare(program) else {
        return execute(program);
    };
    error
}

fn prepare(program: &Program) -> io::Result<()> {
    let directory = match program.directory.as_os_str().is_empty() {
        true => Path::new("/"),
        false => &program.directory,
    };
    std::env::set_current_dir(directory)
        .doing(format_args!("change to {}", directory.display()))?;
    sys::new_session().doing("make a session")?;
    for (number, path) in &program.opened {
        let file = match OpenOptions::new().read(true).write(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::ReadOnlyFilesystem => File::open(path),
            other => other,
        };
        let file = file.doing(format_args!("open {}", path.display()))?;
        sys::place_descriptor(file.as_fd(), *number)?;
    }
    for (resource, soft, hard) in &program.limits {
        sys::limit(*resource, *soft, *hard).doing(format_args!("set limit {resource}"))?;
    }
    sys::set_umask(program.umask.unwrap_or(0o022));
    sys::reset_signals(&program.ignored, &program.blocked)?;
    if let Some(kept) = &program.capabilities {
        sys::bound_capabilities(kept).doing("drop capabilities")?;
    }
    // With it a filter needs no privilege, and the filter may deny it.
    if program.no_new_privileges {
        sys::no_new_privileges().doing("set no_new_privs")?;
    }
    if !program.denied.is_empty() {
        sys::deny_system_calls(&program.denied).doing("deny system calls")?;
    }
    if let Some((uid, gid, groups)) = &program.user {
        sys::give_standard_pipes(*uid);
        sys::become_user(*uid, *gid, groups).doing(format_args!("become user {uid}:{gid}"))?;
    }
    program.closed.iter().for_each(|number| sys::close(*number));
    Ok(())
}

fn execute(program: &Program) -> io::Error {
    let list = |strings: &[OsString]| -> io::Result<Vec<CString>> {
        strings.iter().map(sys::c_string).collect()
    };
    let (arguments, environment) = match (list(&program.arguments), list(&program.environment)) {
        (Ok(arguments), Ok(environment)) => (arguments, environment),
        (Err(error), _) | (_, Err(error)) => return error,
    };
    let Some(name) = program.arguments.first() else {
        return io::Error::other("no program given");
    };
    let mut reason = io::Error::from_raw_os_error(libc::ENOENT);
    for candidate in candidates(name, &program.environment) {
        reason = sys::execute(&candidate, &arguments, &environment);
        match reason.raw_os_error() {
            Some(libc::ENOENT | libc::ENOTDIR | libc::EACCES) => {}
            _ => break,
        }
    }
    io::Error::new(
        reason.kind(),
        format!("execute {}: {reason}", name.display()),
    )
}

/// Where a program of this name may be: as it stands with a slash, else along PATH.
fn candidates(name: &OsStr, environment: &[OsString]) -> Vec<CString> {
    if name.as_bytes().contains(&b'/') {
        return sys::c_string(name).into_iter().collect();
    }
    let path = environment
        .iter()
        .find_map(|entry| entry.as_bytes().strip_prefix(b"PATH="))
        .unwrap_or(b"/usr/bin:/bin");
    let directories = path.split(|byte| *byte == b':').map(OsStr::from_bytes);
    directories
        .filter_map(|directory| sys::c_string(Path::new(directory).join(name)).ok())
        .collect()
}
