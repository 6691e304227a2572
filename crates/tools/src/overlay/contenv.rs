//! Where the container's environment is, for the programs that give it to others.

use std::io;
use std::path::{Path, PathBuf};

use chain::{Call, Failure, Result, exit};
use kernel::errno;
use layouts::environment::{self, Readers};
use layouts::settings;
use places::Paths;

/// Whether the container's environment was kept as it is (`S6_KEEP_ENV`), so that this
/// process has it already.
pub(super) fn is_kept(call: &Call) -> bool {
    call.env
        .get(b"S6_KEEP_ENV")
        .is_some_and(settings::keeps_env)
}

/// The directory of the container's environment.
///
/// # Errors
/// When there is none: PID 1 of this container is no `/init`.
pub(super) fn dir(call: &Call) -> Result<PathBuf> {
    let variable = |name: &str| call.env.get(name.as_bytes()).map(<[u8]>::to_vec);
    first(&Paths::environments(variable)).ok_or_else(|| Failure::Other {
        code: exit::SYSTEM,
        text: format!(
            "there is no {}/{}; was this container started with /init?",
            places::STANDARD[0],
            places::name::ENVIRONMENT
        ),
    })
}

/// All variables of the container. What does not count, since others could have written
/// it, is told as `program`'s warning.
///
/// # Errors
/// When there is no directory of them, or it cannot be read.
pub(super) fn variables(call: &Call) -> Result<Vec<environment::Variable>> {
    let dir = dir(call)?;
    let found = environment::read(&dir, Readers::of_container())
        .map_err(|error| unreadable(&dir, error))?;
    for problem in found.problems {
        chain::warn(call.name, &problem.to_string());
    }
    Ok(found.variables)
}

/// One variable of the container, from this process's environment where it was kept.
pub(super) fn value(call: &Call, name: &[u8]) -> Result<Option<Vec<u8>>> {
    if is_kept(call) {
        return Ok(call.env.get(name).map(<[u8]>::to_vec));
    }
    Ok(environment::value(&dir(call)?, name))
}

fn unreadable(dir: &Path, error: io::Error) -> Failure {
    Failure::System {
        what: format!("read {}", kernel::escape_path(dir)),
        error,
    }
}

fn first(places: &[PathBuf]) -> Option<PathBuf> {
    let exists = |place: &&PathBuf| match place.metadata() {
        Ok(metadata) => metadata.is_dir(),
        // There, but not for this user: reading it gives the reason.
        Err(error) => errno::is(&error, errno::EACCES),
    };
    places.iter().find(exists).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chain::Environment;

    #[test]
    fn the_first_place_that_is_a_directory_counts() {
        let here = std::env::temp_dir();
        assert_eq!(first(&["/no/such/place".into(), here.clone()]), Some(here));
        assert_eq!(first(&["/etc/passwd".into()]), None);
    }

    #[test]
    fn a_kept_environment_is_this_processs_own() {
        let call = |entry: &str| {
            let env = Environment::from_entries(vec![entry.into(), b"A=1".to_vec()]);
            Call::new("x", "", Vec::new(), env)
        };
        assert!(is_kept(&call("S6_KEEP_ENV=1")));
        assert!(!is_kept(&call("S6_KEEP_ENV=0")));
        assert!(!is_kept(&call("OTHER=1")));
        let kept = call("S6_KEEP_ENV=1");
        assert_eq!(
            value(&kept, b"A").ok().flatten().as_deref(),
            Some(&b"1"[..])
        );
    }
}
