//! Running a program once for each value: the part that forx, forstdin and
//! forbacktickx share.

use chain::{Call, Outcome, Result, Word};
use kernel::process;

use super::child::{self, Started};
use super::codes::Codes;
use super::import_value;

/// How a loop runs.
pub(super) struct Each {
    /// The variable that holds the value.
    pub(super) variable: Word,
    /// What runs.
    pub(super) body: Vec<Word>,
    /// Substitute the value in the body instead of exporting it (`-E`).
    pub(super) substitute: bool,
    /// Which exit codes let it go on.
    pub(super) codes: Codes,
    /// How many bodies may run at once; 1: one after another.
    pub(super) at_once: usize,
    running: Vec<i32>,
    failed: bool,
}

/// What a step of the loop came to.
pub(super) enum Step {
    /// Go on with the next value.
    Next,
    /// Return this from the program.
    Leave(Outcome),
}

impl Each {
    /// A loop one after another that nothing ends early.
    pub(super) fn new() -> Each {
        Each {
            variable: Word::new(),
            body: Vec::new(),
            substitute: false,
            codes: Codes::any(),
            at_once: 1,
            running: Vec::new(),
            failed: false,
        }
    }

    /// Takes an option that all loops have; false when it is another.
    pub(super) fn set(&mut self, call: &Call, letter: u8, value: &[u8]) -> Result<bool> {
        match letter {
            b'E' => self.substitute = true,
            b'e' => self.substitute = false,
            b'p' => self.at_once = usize::MAX,
            b'P' => {
                self.at_once = match execline::number::unsigned(value) {
                    None | Some(0) => return Err(call.misuse()),
                    Some(count) => count as usize,
                }
            }
            b'o' | b'x' => self.codes = Codes::parse(call, letter, value)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Runs the body for one value.
    pub(super) fn step(&mut self, call: &Call, value: &[u8]) -> Result<Step> {
        while self.at_once > 1 && self.running.len() >= self.at_once {
            self.reap_one();
        }
        let started = if self.substitute {
            self.start_substituted(call, value)?
        } else {
            let name = self.variable.clone();
            child::start_prepared(call, self.body.clone(), |own| {
                own.env.set(&name, value);
                Ok(())
            })?
        };
        let pid = match started {
            Started::Become(outcome) => return Ok(Step::Leave(outcome)),
            Started::Running(pid) => pid,
        };
        if self.at_once > 1 {
            self.running.push(pid);
            return Ok(Step::Next);
        }
        let Ok(status) = process::wait(pid) else {
            return Ok(Step::Next);
        };
        let code = child::exit_code(status);
        Ok(if self.codes.goes_on(code) {
            Step::Next
        } else {
            Step::Leave(Outcome::Exit(code))
        })
    }

    /// With `-E` the original's body is `importas -u -i`, which always starts: that
    /// the body itself cannot be executed is told by the child and ends with 127 or
    /// 126 there.
    fn start_substituted(&self, call: &Call, value: &[u8]) -> Result<Started> {
        let argv = import_value::substituted(&self.variable, value, &self.body)?;
        child::start_unwatched(call, argv, |own| own.env.unset(&self.variable))
    }

    /// Waits for what still runs. The exit code of the loop: 1 when any body that
    /// ran beside others ended with a code that should have ended the loop.
    pub(super) fn finish(&mut self) -> u8 {
        while !self.running.is_empty() {
            self.reap_one();
        }
        u8::from(self.failed)
    }

    fn reap_one(&mut self) {
        let Some(reaped) = process::wait_any() else {
            self.running.clear();
            return;
        };
        let Some(at) = self.running.iter().position(|pid| *pid == reaped.pid) else {
            return;
        };
        self.running.swap_remove(at);
        self.failed |= !self.codes.goes_on(child::exit_code(reaped.status));
    }
}
