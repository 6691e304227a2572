//! s6-applyuidgid: takes user, groups and supplementary groups from options or the
//! environment, then becomes a program.

use chain::{Call, Failure, Outcome, Program, Result};

use super::identity::Identity;
use super::words;

pub(super) const PROGRAM: Program = Program {
    name: "s6-applyuidgid",
    usage: "[ -z ] [ -u uid ] [ -g gid ] [ -G gidlist ] [ -U ] prog...",
    summary: "run a program with the given user and group ids",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut identity = Identity::default();
    let mut unexport = false;
    for option in call.options("zu:g:G:U")? {
        let misuse = || call.misuse();
        match option.letter {
            b'z' => unexport = true,
            b'u' => {
                identity.user = Some(words::number32(&option.value).ok_or_else(misuse)?);
            }
            b'g' => {
                identity.group = Some(words::number32(&option.value).ok_or_else(misuse)?);
            }
            b'G' => {
                identity.supplementary =
                    Some(words::group_list(&option.value).ok_or_else(misuse)?);
            }
            _ => identity = from_environment(call)?,
        }
    }
    let next = call.program()?;
    identity.assume(call.name)?;
    if unexport {
        for name in ["UID", "GID", "GIDLIST"] {
            call.env.unset(name.as_bytes());
        }
    }
    Ok(Outcome::exec(call, next))
}

fn from_environment(call: &Call) -> Result<Identity> {
    Ok(Identity {
        user: Some(variable(call, "UID", words::number32)?),
        group: Some(variable(call, "GID", words::number32)?),
        supplementary: Some(variable(call, "GIDLIST", words::group_list)?),
    })
}

fn variable<T>(call: &Call, name: &str, parse: fn(&[u8]) -> Option<T>) -> Result<T> {
    let value = call
        .env
        .get(name.as_bytes())
        .ok_or_else(|| Failure::Invalid(format!("{name} is not set")))?;
    parse(value).ok_or_else(|| Failure::Invalid(format!("{name} holds no valid id")))
}
