//! The matrix of places where a container may have to boot: one cell is one of each axis.
//!
//! Every cell must boot and stop; none may refuse. What a cell's hook and services saw they
//! write to a directory of the test's, since a cell may have no output.
#![forbid(unsafe_code)]

pub mod calls;
pub mod cell;
pub mod image;
pub mod pairs;

/// Says how many cells a test has lived, past what captures a passing test's words.
pub fn tell(name: &str, cells: usize) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "anywhere: {name}: {cells} cells");
}
