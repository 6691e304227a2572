//! `mainstay cron lint`: what in a crontab will not do what was meant.

use chain::{Environment, Failure, Outcome, Result, Word};

pub(super) fn run(arguments: Vec<Word>, environment: &Environment) -> Result<Outcome> {
    let _ = (arguments, environment);
    Err(Failure::Invalid("not yet".to_string()))
}
