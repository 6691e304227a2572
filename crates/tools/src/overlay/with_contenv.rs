//! with-contenv: becomes a program with the container's environment, and only that.

use chain::{Call, Environment, Exec, Outcome, Program, Result};

use super::contenv;

pub(super) const PROGRAM: Program = Program {
    name: "with-contenv",
    usage: "prog...",
    summary: "run a program with the container's environment",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let argv = call.rest();
    if contenv::is_kept(call) || argv.is_empty() {
        return Ok(Outcome::exec_or_exit(call, argv));
    }
    let env = Environment::from_entries(
        contenv::variables(call)?
            .into_iter()
            .map(|(name, value)| [&name[..], b"=", &value].concat())
            .collect(),
    );
    // The program is looked up where the container's PATH says, not the small PATH
    // that hooks and services start with.
    let path = env.get(b"PATH").unwrap_or(chain::DEFAULT_PATH).to_vec();
    Ok(Outcome::Exec(Exec::new(argv, env, path)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chain::Environment;

    #[test]
    fn where_the_environment_was_kept_nothing_changes() {
        let env = Environment::from_entries(vec![b"S6_KEEP_ENV=1".to_vec(), b"A=1".to_vec()]);
        let mut call = Call::new("with-contenv", "", vec![b"prog".to_vec()], env.clone());
        match run(&mut call) {
            Ok(Outcome::Exec(next)) => {
                assert_eq!(next.argv, [b"prog".to_vec()]);
                assert_eq!(next.env.entries(), env.entries());
            }
            _ => panic!("it becomes the program"),
        }
    }

    #[test]
    fn without_a_program_there_is_nothing_to_do() {
        let mut call = Call::new("with-contenv", "", Vec::new(), Environment::new());
        assert!(matches!(run(&mut call), Ok(Outcome::Exit(0))));
    }
}
