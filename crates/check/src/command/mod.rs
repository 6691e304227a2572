//! What people type: one file a command, one table of all.

mod validate;

use std::ffi::OsString;
use std::io::Write;

/// How it was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// `mainstay-check`: what is surely a mistake is an error.
    MainstayCheck,
    /// `goss`: what goss accepts is accepted.
    Goss,
    /// `dgoss`: a container is started and tested.
    Dgoss,
}

/// Runs what `words` ask for (the name of the program is not among them), and says the exit code.
pub fn main(_name: Name, words: Vec<OsString>) -> u8 {
    let stdout = std::io::stdout();
    let mut out = std::io::BufWriter::new(stdout.lock());
    let code = validate::main(words, &mut out);
    let _ = out.flush();
    code
}
