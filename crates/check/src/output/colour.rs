//! When reports have colours, and which.

use std::env;
use std::io::{IsTerminal, stdout};

use crate::result::Outcome;

/// What decides about colours when nobody asks for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Surroundings {
    /// `NO_COLOR` is set to something (<https://no-color.org>).
    pub refused: bool,
    /// `TERM` is `dumb`.
    pub dumb: bool,
    /// The report goes to a terminal.
    pub terminal: bool,
}

impl Surroundings {
    /// Those of this process.
    pub fn of_process() -> Surroundings {
        Surroundings {
            refused: env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()),
            dumb: env::var_os("TERM").is_some_and(|term| term == "dumb"),
            terminal: stdout().is_terminal(),
        }
    }

    /// What is decided where nobody asks: on a terminal that knows them, unless they are refused.
    pub fn automatic(self) -> bool {
        !self.refused && !self.dumb && self.terminal
    }

    /// What flags decide: `on` wins over `off`, `NO_COLOR` over both.
    pub fn decide(self, on: bool, off: bool) -> bool {
        match (on, off) {
            (true, _) => !self.refused,
            (false, true) => false,
            (false, false) => self.automatic(),
        }
    }
}

/// What is decided where nobody asks.
pub fn automatic() -> bool {
    Surroundings::of_process().automatic()
}

/// What flags decide.
pub fn decide(on: bool, off: bool) -> bool {
    Surroundings::of_process().decide(on, off)
}

/// A text in the colour of an outcome: green, red, yellow.
pub(super) fn paint(colour: bool, outcome: Outcome, text: &mut Vec<u8>) {
    if !colour {
        return;
    }
    let number = match outcome {
        Outcome::Pass => "32",
        Outcome::Fail => "31",
        Outcome::Skip => "33",
    };
    text.splice(0..0, format!("\x1b[{number}m").into_bytes());
    text.extend_from_slice(b"\x1b[0m");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_terminal_and_a_refusal_over_flags() {
        let on = Surroundings {
            refused: false,
            dumb: false,
            terminal: true,
        };
        let refused = Surroundings {
            refused: true,
            ..on
        };
        let dumb = Surroundings { dumb: true, ..on };
        let file = Surroundings {
            terminal: false,
            ..on
        };
        // Surroundings, then what is decided without flags, with --color, --no-color and both.
        for (surroundings, decided) in [
            (on, [true, true, false, true]),
            (dumb, [false, true, false, true]),
            (file, [false, true, false, true]),
            (refused, [false, false, false, false]),
        ] {
            let flags = [(false, false), (true, false), (false, true), (true, true)];
            let got = flags.map(|(on, off)| surroundings.decide(on, off));
            assert_eq!(got, decided, "{surroundings:?}");
            assert_eq!(surroundings.automatic(), decided[0], "{surroundings:?}");
        }
    }

    #[test]
    fn a_text_is_painted_whole() {
        let mut text = b"a\nb".to_vec();
        paint(true, Outcome::Skip, &mut text);
        assert_eq!(text, b"\x1b[33ma\nb\x1b[0m");
    }
}
