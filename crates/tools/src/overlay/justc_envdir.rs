//! justc-envdir: adds the variables of a directory, one file each, as they are.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use chain::{Call, Exec, Outcome, Program, Result, Unable};
use layouts::environment::{self, Readers, Variables};

pub(super) const PROGRAM: Program = Program {
    name: "justc-envdir",
    usage: "[ -I | -i ] dir prog...",
    summary: "add the variables of a directory, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let insists = call
        .options("Ii")?
        .iter()
        .fold(true, |_, option| option.letter == b'i');
    let dir = call.operand()?;
    let argv = call.program()?;
    let place = Path::new(OsStr::from_bytes(&dir));
    let found = match environment::read(place, Readers::Anybody) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && !insists => Variables::default(),
        other => other.unable("read", &dir)?,
    };
    for problem in found.problems {
        chain::warn(PROGRAM.name, &problem.to_string());
    }
    let mut env = call.env.clone();
    for (name, value) in found.variables {
        env.set(&name, &value);
    }
    // As called, whatever the directory says about PATH.
    let path = call.path().to_vec();
    Ok(Outcome::Exec(Exec::new(argv, env, path)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chain::{Environment, Failure};

    fn call(words: &[&str]) -> Result<Outcome> {
        let args = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        let env = Environment::from_entries(vec![b"PATH=/a".to_vec(), b"A=0".to_vec()]);
        run(&mut Call::new("justc-envdir", "", args, env))
    }

    #[test]
    fn variables_are_added_and_the_path_is_the_callers() {
        let dir = std::env::temp_dir().join(format!("justc-envdir-{}", std::process::id()));
        std::fs::create_dir(&dir).unwrap();
        std::fs::write(dir.join("A"), "1\n").unwrap();
        std::fs::write(dir.join("PATH"), "/b").unwrap();
        std::fs::write(dir.join("EMPTY"), "").unwrap();
        let outcome = call(&[dir.to_str().unwrap(), "prog"]);
        std::fs::remove_dir_all(&dir).unwrap();
        let Ok(Outcome::Exec(next)) = outcome else {
            panic!("it becomes the program");
        };
        assert_eq!(next.env.get(b"A"), Some(&b"1\n"[..]));
        assert_eq!(next.env.get(b"EMPTY"), Some(&b""[..]));
        assert_eq!(next.env.get(b"PATH"), Some(&b"/b"[..]));
        assert_eq!(next.path, b"/a");
    }

    #[test]
    fn a_missing_directory_is_an_error_unless_said_otherwise() {
        assert!(matches!(call(&["/no/such", "prog"]), Err(Failure::System { .. })));
        assert!(matches!(call(&["-I", "/no/such", "prog"]), Ok(Outcome::Exec(_))));
        assert!(matches!(call(&["-Ii", "/no/such", "prog"]), Err(Failure::System { .. })));
        assert!(matches!(call(&["/no/such"]), Err(Failure::Usage(_))));
    }
}
