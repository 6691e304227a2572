//! A value for the next program: as a variable, or substituted at once (`-E`).

use chain::{Call, Failure, Outcome, Result, Word, escape};
use execline::substitution::Substitution;

/// Checks the name of a variable.
///
/// # Errors
/// It is empty or holds `=`: exit code 100.
pub(super) fn check_name(name: &[u8]) -> Result<()> {
    if name.is_empty() || name.contains(&b'=') {
        return Err(Failure::Invalid(format!(
            "invalid variable name: {}",
            escape(name)
        )));
    }
    Ok(())
}

/// Hands `value` on to `argv` under `name`; with `substitute` in its words (what
/// `importas -u -i` would do) and not in its environment.
pub(super) fn hand_on(
    call: &mut Call,
    name: &[u8],
    value: &[u8],
    argv: Vec<Word>,
    substitute: bool,
) -> Result<Outcome> {
    if !substitute {
        call.env.set(name, value);
        return Ok(Outcome::exec_or_exit(call, argv));
    }
    call.env.unset(name);
    let argv = substituted(name, value, &argv)?;
    Ok(Outcome::exec_or_exit(call, argv))
}

/// The same of a value that may be missing: the variable is then removed, and there is
/// nothing to substitute.
pub(super) fn hand_on_or_unset(
    call: &mut Call,
    name: &[u8],
    value: Option<Word>,
    argv: Vec<Word>,
    substitute: bool,
) -> Result<Outcome> {
    match value {
        Some(value) => hand_on(call, name, &value, argv, substitute),
        None if substitute => Err(not_set(name)),
        None => {
            call.env.unset(name);
            Ok(Outcome::exec_or_exit(call, argv))
        }
    }
}

/// How what was read becomes a value: the options that backtick and withstdinas share.
pub(super) struct Reading {
    /// The last newline goes (`-n`) or stays (`-N`).
    pub(super) chomp: bool,
    /// The value is put into words (`-E`), not into the environment (`-e`).
    pub(super) substitute: bool,
}

impl Default for Reading {
    fn default() -> Reading {
        Reading {
            chomp: true,
            substitute: false,
        }
    }
}

impl Reading {
    /// Takes an option, one of the letters `NnEe`.
    pub(super) fn set(&mut self, letter: u8) {
        match letter {
            b'N' => self.chomp = false,
            b'n' => self.chomp = true,
            letter => self.substitute = letter == b'E',
        }
    }

    /// What was read, without its last newline if that shall go.
    pub(super) fn chomped(&self, mut read: Vec<u8>) -> Word {
        if self.chomp && read.last() == Some(&b'\n') {
            read.pop();
        }
        read
    }
}

/// `argv` with `name` standing for `value`.
pub(super) fn substituted(name: &[u8], value: &[u8], argv: &[Word]) -> Result<Vec<Word>> {
    let mut substitution = Substitution::new();
    super::substitute::add(&mut substitution, name, vec![value.to_vec()])?;
    Ok(substitution.apply(argv))
}

/// The failure of `importas -i` on a variable that is not set.
pub(super) fn not_set(name: &[u8]) -> Failure {
    Failure::Invalid(format!("{} not set", escape(name)))
}
