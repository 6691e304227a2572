//! A condition that decides between two ways to go on: the part that ifelse and ifte share.

use chain::{Call, Outcome, Result, Word};

use super::child::{self, Ran};

/// How the end of a condition is read.
#[derive(Default)]
pub(super) struct Condition {
    /// It holds where it would not (`-n`).
    negated: bool,
    /// A crash counts as an exit code that is not 0, and is no failure (`-X`).
    crash_is_false: bool,
}

impl Condition {
    /// Reads the options.
    ///
    /// # Errors
    /// An option that is neither: the usage.
    pub(super) fn from_options(call: &mut Call) -> Result<Condition> {
        let mut condition = Condition::default();
        for option in call.options("nX")? {
            match option.letter {
                b'n' => condition.negated = true,
                _ => condition.crash_is_false = true,
            }
        }
        Ok(condition)
    }

    /// Runs `test`, and becomes `then` or `otherwise`.
    ///
    /// # Errors
    /// The test cannot be started, or it crashed.
    pub(super) fn choose(
        self,
        call: &mut Call,
        test: Vec<Word>,
        then: Vec<Word>,
        otherwise: Vec<Word>,
    ) -> Result<Outcome> {
        let status = match child::run(call, test)? {
            Ran::Become(outcome) => return Ok(outcome),
            Ran::Ended(status) => status,
        };
        let holds = child::truth(status, self.crash_is_false)? != self.negated;
        Ok(Outcome::exec_or_exit(
            call,
            if holds { then } else { otherwise },
        ))
    }
}
