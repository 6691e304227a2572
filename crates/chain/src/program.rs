//! A program: its line in the table and what it may answer.

use crate::{Call, Environment, Report, Result, Word};

/// One program of the set.
pub struct Program {
    /// The name it is called by.
    pub name: &'static str,
    /// Its operands and options, without the name: `[ -n ] path...`.
    pub usage: &'static str,
    /// What it does, in one line without a full stop.
    pub summary: &'static str,
    /// What it does.
    pub run: fn(&mut Call) -> Result<Outcome>,
}

/// What a program wants next.
#[must_use]
pub enum Outcome {
    /// To end with this code.
    Exit(u8),
    /// To become another program.
    Exec(Exec),
}

/// A program to become.
pub struct Exec {
    /// Its words; the first is looked up in `path` unless it holds a slash.
    pub argv: Vec<Word>,
    /// Its environment.
    pub env: Environment,
    /// Where to look the first word up: the PATH of the program that asks, as it was
    /// called, not the one that it hands on.
    pub path: Word,
    /// What the program sees as its own name, if not the first word.
    pub zeroth: Option<Word>,
    /// Who wants to know if this fails.
    pub report: Option<Report>,
    /// What to become, silently, if this cannot be executed.
    pub fallback: Option<Box<Exec>>,
}

impl Exec {
    /// `argv` with this environment, looked up along `path`.
    pub fn new(argv: Vec<Word>, env: Environment, path: Word) -> Exec {
        Exec {
            argv,
            env,
            path,
            zeroth: None,
            report: None,
            fallback: None,
        }
    }

    /// The word that names the program; empty when there is none.
    pub fn word(&self) -> &[u8] {
        self.argv.first().map_or(b"", Vec::as_slice)
    }
}

impl Outcome {
    /// Becomes `argv` with the environment of `call`; with nothing to become, ends
    /// with 0.
    pub fn exec_or_exit(call: &Call, argv: Vec<Word>) -> Outcome {
        if argv.is_empty() {
            Outcome::Exit(0)
        } else {
            Outcome::exec(call, argv)
        }
    }

    /// Becomes `argv` with the environment of `call`.
    pub fn exec(call: &Call, argv: Vec<Word>) -> Outcome {
        Outcome::Exec(Exec::new(argv, call.env.clone(), call.path().to_vec()))
    }

    /// The same, telling `report` if it fails.
    pub fn reporting(self, report: Report) -> Outcome {
        match self {
            Outcome::Exec(exec) => Outcome::Exec(Exec {
                report: Some(report),
                ..exec
            }),
            Outcome::Exit(code) => Outcome::Exit(code),
        }
    }
}
