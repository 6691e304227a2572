//! Crontabs: files become jobs, and sentences about what is wrong with them.

mod command;
mod file;
mod folder;
mod line;
mod options;
pub(crate) mod review;

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use chain::Environment;
use kernel::accounts::Accounts;
use kernel::escape_path;

use crate::job::Job;
use crate::schedule::Zone;

/// What is said of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The file and the line, from 1; 0 where the file itself is meant.
    pub(crate) place: (PathBuf, usize),
    /// Where in the line, from 1; 0 where all of it is meant.
    pub(crate) column: usize,
    /// Whether a job is lost by it.
    pub(crate) fatal: bool,
    /// What it is called in lists: words with dashes.
    pub(crate) name: &'static str,
    /// What, why, and what to do.
    pub(crate) text: String,
}

impl Problem {
    /// `FILE:LINE:COLUMN`, as far as they are known.
    pub(crate) fn shown_place(&self) -> String {
        let mut place = escape_path(&self.place.0);
        for number in [self.place.1, self.column] {
            if number == 0 {
                break;
            }
            place.push_str(&format!(":{number}"));
        }
        place
    }

    /// One line: `FILE:LINE:COLUMN: error[NAME]: what; what to do`.
    pub(crate) fn line(&self) -> String {
        let severity = if self.fatal { "error" } else { "warning" };
        format!(
            "{}: {severity}[{}]: {}",
            self.shown_place(),
            self.name,
            self.text
        )
    }
}

/// Whether a user stands between the schedule and the command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum UserField {
    /// In files called `/etc/crontab`, and in those of a directory called `cron.d`.
    #[default]
    ByPlace,
    /// In every file.
    Always,
    /// In none.
    Never,
}

/// How crontabs are read.
#[derive(Clone, Debug)]
pub(crate) struct How {
    /// The zone of jobs for which none is given.
    pub(crate) zone: Zone,
    /// Whether there is a field for users.
    pub(crate) users: UserField,
    /// Who there is.
    pub(crate) accounts: Accounts,
}

impl How {
    /// Whether lines of that file have a field for users.
    pub(crate) fn has_users(&self, path: &Path) -> bool {
        match self.users {
            UserField::Always => true,
            UserField::Never => false,
            UserField::ByPlace => {
                let folder = path.parent().and_then(Path::file_name);
                path.ends_with("etc/crontab") || folder.is_some_and(|name| name == "cron.d")
            }
        }
    }

    /// As in this container: its zone, its users. Beside it, what is wrong with its `TZ`.
    pub(crate) fn here(environment: &Environment) -> (How, Option<String>) {
        let (zone, said) = match Zone::of_container(environment.get(b"TZ")) {
            Ok(zone) => (zone, None),
            Err(why) => (
                Zone::utc(),
                Some(format!("TZ: {why}; UTC is used until then")),
            ),
        };
        let how = How {
            zone,
            users: UserField::ByPlace,
            accounts: Accounts::read(Path::new("/")).unwrap_or_default(),
        };
        (how, said)
    }
}

/// Reads crontabs; of a directory like /etc/cron.d, every file that counts. What is good is
/// given whatever is wrong beside it. Names of jobs are made unique over all of them.
pub(crate) fn read(paths: &[PathBuf], how: &How) -> (Vec<Job>, Vec<Problem>) {
    let mut jobs = Vec::new();
    let mut problems = Vec::new();
    let mut seen = HashSet::new();
    for path in paths {
        for file in folder::files(path, &mut problems) {
            if seen.insert(file.clone()) {
                file::read(&file, how, &mut jobs, &mut problems);
            }
        }
    }
    make_unique(&mut jobs);
    (jobs, problems)
}

/// Reads what stands in one crontab.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn read_text(path: &Path, text: &[u8], how: &How) -> (Vec<Job>, Vec<Problem>) {
    let (mut jobs, mut problems) = (Vec::new(), Vec::new());
    file::text(path, text, how, &mut jobs, &mut problems);
    make_unique(&mut jobs);
    (jobs, problems)
}

/// The crontabs that a path stands for: itself, or those of a directory.
pub(crate) fn files(path: &Path) -> Vec<PathBuf> {
    folder::files(path, &mut Vec::new())
}

/// `report`, `report-2`, `report-3`.
fn make_unique(jobs: &mut [Job]) {
    let mut taken: HashSet<String> = jobs.iter().map(|job| job.name.clone()).collect();
    let mut used: HashMap<String, usize> = HashMap::new();
    for job in jobs {
        let count = used.entry(job.name.clone()).or_insert(0);
        *count += 1;
        if *count == 1 {
            continue;
        }
        let mut name = format!("{}-{count}", job.name);
        while taken.contains(&name) {
            *count += 1;
            name = format!("{}-{count}", job.name);
        }
        taken.insert(name.clone());
        job.name = name;
    }
}
