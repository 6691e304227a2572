//! What every program of the set shares: the form of its table line, its options,
//! what it may answer, the grammar of its messages and its exit codes.
//!
//! A program is a function from a [`Call`] to an [`Outcome`]. It changes process
//! state as it must (cwd, descriptors, ids) and never executes anything itself:
//! only `main` calls execve, so chain loading is a value that can be tested.
#![forbid(unsafe_code)]

mod block;
mod call;
mod environment;

mod exec;
mod failure;
mod options;
mod program;

pub use block::{Block, Forked, Report, RunBlock, fork, run_to_end};
pub use call::{Call, Ours};
pub use environment::Environment;
pub use exec::{DEFAULT_PATH, exec};
pub use failure::{Failure, Result, Unable, exit, warn};
pub use kernel::escape;
pub use options::{Opt, Options};
pub use program::{Exec, Outcome, Program};

/// A word: any bytes but NUL.
pub type Word = Vec<u8>;
