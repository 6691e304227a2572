//! What the substituting programs share: options, failures, and becoming the words
//! that come out.

use chain::{Call, Failure, Opt, Outcome, Result, Word, escape};
use execline::substitution::Substitution;
use execline::transform::Transform;

/// Lets `key` stand for `values`.
///
/// # Errors
/// The key is empty or taken: exit code 111, as the original's.
pub(super) fn add(substitution: &mut Substitution, key: &[u8], values: Vec<Word>) -> Result<()> {
    substitution.add(key, values).map_err(|bad| bad_key(&bad.0))
}

/// The failure of a key that is empty or taken.
pub(super) fn bad_key(key: &[u8]) -> Failure {
    Failure::Other {
        code: chain::exit::SYSTEM,
        text: format!(
            "bad substitution key {:?}: a key is not empty and stands once",
            escape(key)
        ),
    }
}

/// Takes those of `options` that say how a value is transformed; `other` gets the
/// rest.
pub(super) fn transform(
    options: Vec<Opt>,
    mut other: impl FnMut(Opt) -> Result<()>,
) -> Result<Transform> {
    let mut transform = Transform::default();
    for option in options {
        if !transform.set(option.letter, &option.value) {
            other(option)?;
        }
    }
    Ok(transform)
}

/// The words that `value` becomes.
///
/// # Errors
/// It is no sequence of netstrings and has to be: exit code 111.
pub(super) fn words(transform: &Transform, value: &[u8]) -> Result<Vec<Word>> {
    transform.apply(value).map_err(|_| Failure::Other {
        code: chain::exit::SYSTEM,
        text: "with an empty -d, the value must be a sequence of netstrings".to_string(),
    })
}

/// Becomes the words that are left after the substitution.
pub(super) fn become_rest(call: &mut Call, substitution: &Substitution) -> Outcome {
    let argv = substitution.apply(&call.rest());
    Outcome::exec_or_exit(call, argv)
}
