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
