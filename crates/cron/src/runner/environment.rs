//! What a job gets: the container's variables, those of its file, and who it is.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use chain::Environment;
use kernel::accounts::{Account, Accounts};
use kernel::credentials;
use layouts::environment::{self, Readers};
use places::Paths;

use crate::job::Job;

/// The shell of who names none (crontab(5)).
pub(crate) const SHELL: &[u8] = b"/bin/sh";

/// The container's variables, as `with-contenv` would give them, and on top of them the
/// scheduler's own: who starts it may add some. Problems are sentences.
pub(crate) fn container(own: &Environment, problems: &mut Vec<String>) -> Environment {
    let keeps = own.get(b"S6_KEEP_ENV");
    if keeps.is_some_and(layouts::settings::keeps_env) {
        return own.clone();
    }
    let variable = |name: &str| own.get(name.as_bytes()).map(<[u8]>::to_vec);
    let places = Paths::environments(variable);
    let Some(dir) = places.iter().find(|place| place.is_dir()) else {
        return own.clone();
    };
    let mut all = Environment::new();
    match environment::read(dir, Readers::of_container()) {
        Ok(found) => {
            problems.extend(found.problems.iter().map(ToString::to_string));
            for (name, value) in found.variables {
                all.set(&name, &value);
            }
        }
        Err(error) => problems.push(format!(
            "{}: {}; jobs run without the container's variables",
            kernel::escape_path(dir),
            kernel::errno::text(&error)
        )),
    }
    for (name, value) in own.pairs() {
        // The small PATH that every service begins with is nobody's wish.
        if name != b"PATH" || value != places::SMALL_PATH.as_bytes() || all.get(b"PATH").is_none() {
            all.set(name, value);
        }
    }
    all
}

/// Who a job is, where it begins, and what it gets.
pub(crate) struct Setting {
    /// Whom it becomes; none: it stays who the scheduler is.
    pub(crate) account: Option<Account>,
    pub(crate) shell: Vec<u8>,
    pub(crate) directory: PathBuf,
    pub(crate) environment: Environment,
    /// What is to be said once.
    pub(crate) remarks: Vec<String>,
}

impl Setting {
    /// For this job. `start` is where the scheduler was started, if that is a place for jobs.
    ///
    /// # Errors
    /// A sentence: it cannot be run.
    pub(crate) fn of(
        job: &Job,
        own: &Environment,
        start: Option<&Path>,
    ) -> Result<Setting, String> {
        let mut remarks = Vec::new();
        let mut environment = container(own, &mut remarks);
        let accounts = Accounts::read(Path::new("/"))
            .map_err(|error| format!("/etc/passwd: {}", kernel::errno::text(&error)))?;
        let me = credentials::user();
        let mut account = None;
        let mut home = None;
        let named = job.user.as_deref();
        let user = match named {
            None => accounts.user_by_id(me),
            Some(name) => Some(find(&accounts, name).ok_or_else(|| {
                format!(
                    "there is no user {} in /etc/passwd, so it does not run ({})",
                    kernel::escape(name),
                    place(job)
                )
            })?),
        };
        if let (Some(_), Some(user)) = (named, user) {
            if me == 0 || user.uid == me {
                home = Some(user.home.clone());
                for name in [&b"USER"[..], b"LOGNAME"] {
                    environment.set(name, &user.name);
                }
                environment.set(b"HOME", &user.home);
            }
            if me == 0 {
                account = Some(Account {
                    uid: user.uid,
                    gid: user.gid,
                    groups: accounts.groups_of(&user.name, user.gid),
                });
            } else if user.uid != me {
                remarks.push(format!(
                    "runs as user {me}, not as {}: only root can change users ({})",
                    kernel::escape(&user.name),
                    place(job)
                ));
            }
        }
        let unset = |environment: &Environment, name| environment.get(name).is_none();
        if let Some(user) = user.filter(|user| user.uid == me) {
            for (name, value) in [
                (&b"USER"[..], &user.name),
                (b"LOGNAME", &user.name),
                (b"HOME", &user.home),
            ] {
                if unset(&environment, name) {
                    environment.set(name, value);
                }
            }
        }
        for (name, value) in [
            (&b"HOME"[..], &b"/"[..]),
            (b"PATH", places::FULL_PATH.as_bytes()),
        ] {
            if unset(&environment, name) {
                environment.set(name, value);
            }
        }
        environment.set(b"SHELL", SHELL);
        for (name, value) in job.environment.iter() {
            // Who it is, is not the file's to say (crontab(5)).
            if named.is_none() || name != b"LOGNAME" {
                environment.set(name, value);
            }
            if name == b"HOME" {
                home = Some(value.clone());
            }
        }
        let is_said = home.is_some();
        let home = home.or_else(|| environment.get(b"HOME").map(<[u8]>::to_vec));
        let home = home.map_or(PathBuf::from("/"), |home| {
            PathBuf::from(OsStr::from_bytes(&home))
        });
        let directory = match start {
            Some(start) if !is_said => start.to_path_buf(),
            _ => home,
        };
        if !directory.is_dir() {
            remarks.push(format!(
                "there is no directory {}, so it runs in /",
                kernel::escape_path(&directory)
            ));
        }
        Ok(Setting {
            account,
            shell: environment.get(b"SHELL").unwrap_or(SHELL).to_vec(),
            directory,
            environment,
            remarks,
        })
    }
}

/// A user by name, else by number.
fn find<'a>(accounts: &'a Accounts, name: &[u8]) -> Option<&'a kernel::accounts::User> {
    accounts.user(name).or_else(|| {
        let number = std::str::from_utf8(name).ok()?.parse().ok()?;
        accounts.user_by_id(number)
    })
}

fn place(job: &Job) -> String {
    format!("{}:{}", kernel::escape_path(&job.place.0), job.place.1)
}

/// Where the scheduler was started, unless that is a service's directory: what jobs write
/// there would be in the supervisor's way.
pub(crate) fn start_directory(own: &Environment) -> Option<PathBuf> {
    let variable = |name: &str| own.get(name.as_bytes()).map(<[u8]>::to_vec);
    let here = std::env::current_dir().ok()?;
    let services = std::fs::canonicalize(Paths::find(variable).services).ok();
    let is_service = services.is_some_and(|services| here.starts_with(services));
    (!is_service && here != Path::new("/")).then_some(here)
}
