//! Colours for people: on a terminal, and nowhere else.

use kernel::tty;

/// What a text is to be seen as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As it should be.
    Good,
    /// On its way, or worth a look.
    Notice,
    /// Not as it should be.
    Bad,
    /// Of no matter now.
    Faint,
    /// A heading.
    Strong,
}

/// Whether colours are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Paint(bool);

impl Paint {
    /// No colours.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) const PLAIN: Paint = Paint(false);

    /// Colours where standard output is a terminal that has some, unless NO_COLOR is set
    /// to anything (no-color.org).
    pub(crate) fn of_output() -> Paint {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let dumb = variable("TERM").is_none_or(|kind| kind == "dumb");
        Paint(tty::is_terminal(1) && !dumb && variable("NO_COLOR").is_none())
    }

    /// The text in its colour (ECMA-48, Select Graphic Rendition).
    pub(crate) fn tone(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Good => 32,
            Tone::Notice => 33,
            Tone::Bad => 31,
            Tone::Faint => 2,
            Tone::Strong => 1,
        };
        match self.0 && !text.is_empty() {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_stays_as_it_is() {
        assert_eq!(Paint::PLAIN.tone(Tone::Bad, "x"), "x");
        assert_eq!(Paint(true).tone(Tone::Bad, "x"), "\x1b[31mx\x1b[0m");
        assert_eq!(Paint(true).tone(Tone::Good, ""), "");
    }
}
