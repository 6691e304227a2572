//! Positional parameters as execlineb leaves them in the environment: `#`, `0`, `1`…

use chain::{Call, Environment, Failure, Result, Word, escape};
use execline::{frame, number};

/// The parameters of a script.
pub(super) struct Positionals {
    /// The script's name, `0`.
    pub(super) zeroth: Word,
    /// `1`, `2`…
    pub(super) args: Vec<Word>,
}

/// Reads them.
///
/// # Errors
/// One that should be there is not: exit code 100.
pub(super) fn read(call: &Call) -> Result<Positionals> {
    let count = value(&call.env, b"#")?;
    let count = number::unsigned(&count).ok_or_else(|| {
        Failure::Invalid(format!(
            "the variable # is {}, not a number: was this called from an execline script?",
            escape(&count)
        ))
    })?;
    let numbered = |index: u32| value(&call.env, index.to_string().as_bytes());
    Ok(Positionals {
        zeroth: numbered(0)?,
        args: (1..=count).map(numbered).collect::<Result<_>>()?,
    })
}

fn value(env: &Environment, name: &[u8]) -> Result<Word> {
    env.get(name).map(<[u8]>::to_vec).ok_or_else(|| {
        Failure::Invalid(format!(
            "the variable {} is not set: was this called from an execline script?",
            escape(name)
        ))
    })
}

/// Sets `#` and `1`… to `args`, and removes the parameters that were there beyond.
pub(super) fn write(env: &mut Environment, args: &[Word], before: usize) {
    env.set(b"#", args.len().to_string().as_bytes());
    for (index, word) in args.iter().enumerate() {
        env.set((index + 1).to_string().as_bytes(), word);
    }
    for index in args.len() + 1..=before {
        env.unset(index.to_string().as_bytes());
    }
}

/// Sets the frame aside.
pub(super) fn push(env: &mut Environment) {
    *env = Environment::from_entries(frame::push(env.entries(), frame::is_positional));
}

/// Drops the frame.
pub(super) fn pop(env: &mut Environment) {
    *env = Environment::from_entries(frame::pop(env.entries(), frame::is_positional));
}
