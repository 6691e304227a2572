//! The rendered text, and which line of the template each of its lines came from.

use crate::Rendered;

/// Collects the rendered text up to a limit.
pub(crate) struct Output {
    text: String,
    lines: Vec<u32>,
    limit: usize,
    /// Whether the next character begins a line.
    fresh: bool,
}

/// The output would exceed its limit.
pub(crate) struct Full;

impl Output {
    pub(crate) fn new(limit: usize) -> Output {
        Output {
            text: String::new(),
            lines: Vec::new(),
            limit,
            fresh: true,
        }
    }

    fn room(&self, more: usize) -> Result<(), Full> {
        match self.text.len().checked_add(more) {
            Some(length) if length <= self.limit => Ok(()),
            _ => Err(Full),
        }
    }

    /// The template's own text, whose lines go on with it.
    pub(crate) fn text(&mut self, text: &str, line: u32) -> Result<(), Full> {
        self.write(text, line, 1)
    }

    /// What an action printed: all of it comes from the action's line.
    pub(crate) fn printed(&mut self, text: &str, line: u32) -> Result<(), Full> {
        self.write(text, line, 0)
    }

    fn write(&mut self, text: &str, mut line: u32, step: u32) -> Result<(), Full> {
        self.room(text.len())?;
        for piece in text.split_inclusive('\n') {
            if self.fresh {
                self.lines.push(line);
            }
            self.fresh = piece.ends_with('\n');
            line = line.saturating_add(step);
        }
        self.text.push_str(text);
        Ok(())
    }

    pub(crate) fn finish(self) -> Rendered {
        Rendered {
            text: self.text,
            lines: self.lines,
        }
    }
}
