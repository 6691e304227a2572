//! What the fuzz target reaches of this crate's insides. Nobody else is to use it.

use std::path::Path;

use kernel::accounts::Accounts;

use crate::crontab::{self, How, UserField};
use crate::schedule::Zone;

/// A job of a crontab: its name, its command, its first times after a moment.
pub type Found = (String, Vec<u8>, Vec<i64>);

/// Jobs and sentences of a crontab's text; with a field for users, or without.
pub fn read(text: &[u8], has_users: bool, from: i64) -> (Vec<Found>, Vec<String>) {
    let how = How {
        zone: Zone::of_container(Some(b"CET-1CEST,M3.5.0,M10.5.0/3")).expect("a rule of POSIX"),
        users: if has_users {
            UserField::Always
        } else {
            UserField::Never
        },
        accounts: Accounts::parse(b"root:x:0:0:root:/root:/bin/sh\n", b"root:x:0:\n"),
    };
    let (jobs, problems) = crontab::read_text(Path::new("crontab"), text, &how);
    let times = |job: &crate::job::Job| {
        let next = |at: &i64| job.schedule.after(*at);
        std::iter::successors(next(&from), next).take(3).collect()
    };
    let jobs = jobs
        .iter()
        .map(|job| (job.name.clone(), job.command.clone(), times(job)));
    (
        jobs.collect(),
        problems.iter().map(crontab::Problem::line).collect(),
    )
}
