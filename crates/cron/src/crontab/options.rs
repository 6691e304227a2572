//! The `CRON_…` variables of a crontab.

use std::collections::HashMap;
use std::time::Duration;

use chain::escape;
use cli::similar;

use super::How;
use super::command;
use crate::job::{Missed, Overlap, Policy};
use crate::schedule::{Columns, Zone, duration};

/// Every option.
pub(crate) const NAMES: [&str; 8] = [
    "CRON_TZ",
    "CRON_SECONDS",
    "CRON_OVERLAP",
    "CRON_TIMEOUT",
    "CRON_JITTER",
    "CRON_MISSED",
    "CRON_USER",
    "CRON_NAME",
];

/// Longest jitter: with more, which run of a day it is cannot be told.
const LONGEST_JITTER: Duration = Duration::from_secs(86_400);

/// The zones that a file names: each is looked for once.
#[derive(Default)]
pub(super) struct Zones(HashMap<Vec<u8>, Result<Zone, String>>);

impl Zones {
    fn find(&mut self, name: &[u8]) -> Result<Zone, String> {
        let find = || Zone::named(name);
        self.0.entry(name.to_vec()).or_insert_with(find).clone()
    }
}

/// What options say at a line.
#[derive(Clone, Debug)]
pub(super) struct Options {
    /// None where the last `CRON_TZ` names no zone: jobs below it do not run.
    pub(super) zone: Option<Zone>,
    /// Whether a `CRON_TZ` has been there.
    pub(super) zone_was_set: bool,
    pub(super) columns: Columns,
    pub(super) user: Option<Vec<u8>>,
    pub(super) name: Option<String>,
    pub(super) policy: Policy,
}

impl Options {
    pub(super) fn new(how: &How) -> Options {
        Options {
            zone: Some(how.zone.clone()),
            zone_was_set: false,
            columns: Columns::default(),
            user: None,
            name: None,
            policy: Policy::default(),
        }
    }

    /// Takes an option.
    ///
    /// # Errors
    /// What is wrong with the value. The option is then as it was, but for a zone or a user
    /// that does not exist.
    pub(super) fn set(
        &mut self,
        name: &str,
        value: &[u8],
        how: &How,
        zones: &mut Zones,
    ) -> Result<(), String> {
        match name {
            "CRON_TZ" => {
                self.zone_was_set = true;
                self.zone = None;
                self.zone = Some(match value {
                    b"" => how.zone.clone(),
                    value => zones.find(value.strip_prefix(b":").unwrap_or(value))?,
                });
            }
            "CRON_SECONDS" => {
                self.columns = one_of(value, &[("yes", Columns::Six), ("no", Columns::Five)])?;
            }
            "CRON_OVERLAP" => {
                self.policy.overlap = one_of(
                    value,
                    &[
                        ("skip", Overlap::Skip),
                        ("queue", Overlap::Queue),
                        ("replace", Overlap::Replace),
                        ("allow", Overlap::Allow),
                    ],
                )?;
            }
            "CRON_MISSED" => {
                self.policy.missed =
                    one_of(value, &[("skip", Missed::Skip), ("once", Missed::Once)])?;
            }
            "CRON_TIMEOUT" => {
                let length = duration::read(value)?;
                self.policy.timeout = (!length.is_zero()).then_some(length);
            }
            "CRON_JITTER" => {
                let length = duration::read(value)?;
                if length > LONGEST_JITTER {
                    return Err(format!("{} is more than a day", escape(value)));
                }
                self.policy.jitter = length;
            }
            "CRON_USER" => {
                // An unknown one is told at each job that would run as it.
                self.user = (!value.is_empty()).then(|| value.to_vec());
            }
            "CRON_NAME" if value.is_empty() => self.name = None,
            "CRON_NAME" if command::is_name(value) => {
                self.name = Some(String::from_utf8_lossy(value).into_owned());
            }
            "CRON_NAME" => {
                return Err(format!(
                    "{} is no name: it has letters, digits, ., _ and - only, and begins with a \
                     letter or digit",
                    escape(value)
                ));
            }
            _ => return Err(no_such(name.as_bytes())),
        }
        Ok(())
    }
}

/// There is no option of that name.
pub(super) fn no_such(name: &[u8]) -> String {
    let shown = escape(name);
    match similar::nearest(name, NAMES) {
        Some(near) => format!("there is no option {shown}; did you mean {near}?"),
        None => format!("there is no option {shown}; there are {}", NAMES.join(", ")),
    }
}

fn one_of<T: Copy>(value: &[u8], known: &[(&'static str, T)]) -> Result<T, String> {
    let lower = value.to_ascii_lowercase();
    if let Some((_, found)) = known.iter().find(|(word, _)| word.as_bytes() == lower) {
        return Ok(*found);
    }
    let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
    let shown = if value.is_empty() {
        "nothing".to_string()
    } else {
        escape(value)
    };
    Err(match similar::nearest(value, words.iter().copied()) {
        Some(near) => format!(
            "{shown} is none of {}; did you mean {near}?",
            words.join(", ")
        ),
        None => format!("{shown} is none of {}", words.join(", ")),
    })
}
