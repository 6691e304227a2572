//! Lines for people on the standard error.

/// `eprintln!` that nobody need listen to: where the reader has gone, what was begun is put in
/// order all the same.
macro_rules! say {
    ($($words:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($words)*);
    }};
}

pub(crate) use say;
