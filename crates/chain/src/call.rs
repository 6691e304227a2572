//! One call of a program: its words and its environment.

use crate::Failure;
use crate::{Environment, Opt, Options, Program, Result, Word, exec::DEFAULT_PATH};

/// Which program of ours a name, or the file at a path, is; none where it is somebody
/// else's.
pub type Ours = fn(&[u8]) -> Option<&'static Program>;

/// One call of a program.
pub struct Call {
    /// The program's name, as its table line has it.
    pub name: &'static str,
    /// The name for messages; a script's own when the language interpreter runs one.
    pub usage: &'static str,
    /// The name it was called under, as the caller spelt it (`argv[0]`).
    pub invoked_as: Word,
    /// The words after the name that have not been taken yet.
    pub args: Vec<Word>,
    /// The environment as it was handed to the program, and as it hands it on.
    pub env: Environment,
    path: Word,
    ours: Ours,
}

impl Call {
    /// A call of `name` with these words.
    pub fn new(name: &'static str, usage: &'static str, args: Vec<Word>, env: Environment) -> Call {
        let path = env.get(b"PATH").unwrap_or(DEFAULT_PATH).to_vec();
        Call {
            name,
            usage,
            invoked_as: name.as_bytes().to_vec(),
            args,
            env,
            path,
            ours: |_| None,
        }
    }

    /// The same, asking `ours` which programs are ours.
    pub fn knowing(mut self, ours: Ours) -> Call {
        self.ours = ours;
        self
    }

    /// A call of the same program inside of this one, with words of its own: the environment
    /// as it is now, PATH too.
    pub fn inner(&self, args: Vec<Word>) -> Call {
        Call::new(self.name, self.usage, args, self.env.clone()).knowing(self.ours)
    }

    /// The program of ours that a name, or the file at a path, is.
    pub fn ours(&self, word: &[u8]) -> Option<&'static Program> {
        (self.ours)(word)
    }

    /// The same, called under this name.
    pub fn invoked_as(mut self, zeroth: Word) -> Call {
        self.invoked_as = zeroth;
        self
    }

    /// The PATH that this program was called with, where it looks programs up even
    /// after it changed the variable for the next one.
    pub fn path(&self) -> &[u8] {
        &self.path
    }

    /// Takes the options before the first operand. `spec` as for getopt(3): each
    /// letter may be followed by a colon when it takes a value.
    ///
    /// # Errors
    /// A usage failure for an unknown letter or a missing value.
    pub fn options(&mut self, spec: &'static str) -> Result<Vec<Opt>> {
        let mut options = Options::new(spec, &self.args);
        let found = options.collect_all().map_err(|_| self.misuse())?;
        let used = options.used();
        self.args.drain(..used);
        Ok(found)
    }

    /// Takes the next word.
    ///
    /// # Errors
    /// A usage failure when there is none.
    pub fn operand(&mut self) -> Result<Word> {
        if self.args.is_empty() {
            return Err(self.misuse());
        }
        Ok(self.args.remove(0))
    }

    /// Takes the words that are left: a program to become.
    ///
    /// # Errors
    /// A usage failure when there is none.
    pub fn program(&mut self) -> Result<Vec<Word>> {
        if self.args.is_empty() {
            return Err(self.misuse());
        }
        Ok(std::mem::take(&mut self.args))
    }

    /// Takes the words that are left, which may be none.
    pub fn rest(&mut self) -> Vec<Word> {
        std::mem::take(&mut self.args)
    }

    /// The failure of a call whose words do not fit.
    pub fn misuse(&self) -> Failure {
        let usage = format!("{} {}", self.name, self.usage);
        Failure::Usage(usage.trim_end().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Outcome;

    const TRUE: Program = Program {
        name: "true",
        usage: "",
        summary: "succeed",
        run: |_| Ok(Outcome::Exit(0)),
    };

    #[test]
    fn who_is_handed_a_table_knows_which_programs_are_ours() {
        let call = Call::new("if", "", Vec::new(), Environment::new());
        assert!(call.ours(b"true").is_none());
        let call = call.knowing(|word| (word == b"true").then_some(&TRUE));
        let inner = call.inner(vec![b"true".to_vec()]);
        for call in [call, inner] {
            assert_eq!(call.ours(b"true").map(|found| found.name), Some("true"));
            assert!(call.ours(b"sh").is_none());
        }
    }
}
