//! When reports have colours.

use std::env;
use std::io::{IsTerminal, stdout};

/// What is decided where nobody asks: on a terminal, unless `NO_COLOR` says otherwise.
pub fn automatic() -> bool {
    !is_refused() && stdout().is_terminal() && env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// What flags decide: `on` wins over `off`, `NO_COLOR` over both.
pub fn decide(on: bool, off: bool) -> bool {
    match (on, off) {
        (true, _) => !is_refused(),
        (false, true) => false,
        (false, false) => automatic(),
    }
}

fn is_refused() -> bool {
    env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}
