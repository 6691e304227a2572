//! `mainstay setenv NAME VALUE`: a variable of the container, for later hooks, services
//! and the command.

use chain::{Call, Failure, Outcome, Program, Result, Unable, Word, escape};
use kernel::errno;
use places::Paths;

use crate::help;
use crate::places::{nowhere, variable};
use crate::words::{self, Opt, flag, wrong};

pub(crate) const COMMAND: Program = Program {
    name: "mainstay setenv",
    usage: "NAME VALUE | --unset NAME",
    summary: "set a variable of the container for the hooks, services and command that begin \
              later",
    run,
};

const UNSET: Opt = flag("--unset");

const HELP: &str = "\
Writes NAME into the container's environment, from which with-contenv takes it. What runs
already keeps what it has. The value is kept byte for byte; an empty one is a value.

  --unset            take the variable away
  --                 ends the options: mainstay setenv -- NAME -value

Exit code: 0, 100 wrong words or a name that no variable can have, 111 it cannot be written.
";

fn run(call: &mut Call) -> Result<Outcome> {
    let verb = help::verb(&COMMAND);
    let words = words::read(verb, &[UNSET], call.rest())?;
    if words.help {
        help::print(&COMMAND, HELP);
        return Ok(Outcome::Exit(0));
    }
    let unset = words.has(UNSET.name);
    let given = [words.operands, words.behind].concat();
    let (name, value) = match (unset, given.as_slice()) {
        (true, [name]) => (name, None),
        (false, [name, value]) => (name, Some(value.as_slice())),
        (false, [name]) if name.contains(&b'=') => {
            let at = name.iter().position(|b| *b == b'=').unwrap_or(0);
            let text = format!(
                "NAME and VALUE are two words: mainstay setenv {} {}",
                escape(&name[..at]),
                escape(&name[at + 1..])
            );
            return Err(wrong(verb, &text));
        }
        (true, _) => return Err(wrong(verb, "--unset takes one NAME")),
        (false, _) => return Err(wrong(verb, "it takes two words, NAME and VALUE")),
    };
    if let Some(fault) = fault(name) {
        let text = format!("{} cannot be the name of a variable: {fault}", escape(name));
        return Err(wrong(verb, &text));
    }
    let paths = Paths::find(variable);
    if paths.is_nowhere() {
        return Err(nowhere());
    }
    let dir = &paths.environment;
    match stage::environment::set(dir, name, value) {
        Ok(()) => Ok(Outcome::Exit(0)),
        Err(error) if errno::is(&error, errno::EACCES) || errno::is(&error, errno::EPERM) => {
            Err(Failure::Other {
                code: chain::exit::SYSTEM,
                text: format!(
                    "unable to write {}: {}; only root and the user that the container was \
                     started as may, so call it before s6-setuidgid",
                    kernel::escape_path(dir),
                    errno::text(&error)
                ),
            })
        }
        Err(error) if errno::is(&error, errno::ENOENT) => Err(Failure::Other {
            code: chain::exit::SYSTEM,
            text: format!(
                "{}: {}; does this container run mainstay as /init, and has its boot begun? \
                 Scripts of /run.d export variables instead",
                kernel::escape_path(dir),
                errno::text(&error)
            ),
        }),
        Err(error) => Err(error).unable("write a variable to", dir.as_os_str().as_encoded_bytes()),
    }
}

/// Why no variable can have this name.
fn fault(name: &Word) -> Option<&'static str> {
    if name.is_empty() {
        Some("it is empty")
    } else if name.contains(&b'=') {
        Some("it holds a =")
    } else if !s6wire::envdir::can_be_file_name(name) {
        Some(
            "it is the name of a file too, so it holds no /, begins with no dot and has at most 255 bytes",
        )
    } else if name.contains(&b'\n') {
        Some("it holds a newline")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_fit_and_names_that_do_not() {
        for name in ["A", "lower", "WITH.DOT", "1", "ÄÖ", "a b"] {
            assert_eq!(fault(&name.as_bytes().to_vec()), None, "{name}");
        }
        for name in [
            "",
            "A=B",
            "a/b",
            "../x",
            ".hidden",
            ".",
            "a\nb",
            &"x".repeat(256),
        ] {
            assert!(fault(&name.as_bytes().to_vec()).is_some(), "{name}");
        }
    }
}
