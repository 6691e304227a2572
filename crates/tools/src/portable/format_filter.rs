//! s6-format-filter: prints each line of standard input inside a text.

use chain::{Call, Failure, Outcome, Program, Result, Word};

use super::output;
use super::read_lines::Lines;

pub(super) const PROGRAM: Program = Program {
    name: "s6-format-filter",
    usage: "format args...",
    summary: "print each line of standard input inside a text",
    run,
};

/// A piece of the format.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(Word),
    Line,
}

fn run(call: &mut Call) -> Result<Outcome> {
    call.options("")?;
    let format = call.operand()?;
    let mut words = vec![call.invoked_as.clone()];
    words.append(&mut call.rest());
    let pieces = pieces(&format, &words)?;
    let mut lines = Lines::new(b'\n');
    while let Some(line) = lines.next()? {
        let mut text = Word::new();
        for piece in &pieces {
            text.extend_from_slice(match piece {
                Piece::Text(text) => text,
                Piece::Line => &line,
            });
        }
        output::line(&text, true)?;
    }
    Ok(Outcome::Exit(0))
}

/// The format with `%%` and `%0` to `%9` filled in.
fn pieces(format: &[u8], words: &[Word]) -> Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut text = Word::new();
    let mut bytes = format.iter();
    while let Some(byte) = bytes.next() {
        if *byte != b'%' {
            text.push(*byte);
            continue;
        }
        match bytes.next() {
            Some(b'%') => text.push(b'%'),
            Some(b's') => {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
                pieces.push(Piece::Line);
            }
            Some(digit @ b'0'..=b'9') => {
                let index = usize::from(digit - b'0');
                let word = words.get(index).ok_or_else(|| {
                    Failure::Invalid(format!("the format asks for argument {index}, not given"))
                })?;
                text.extend_from_slice(word);
            }
            _ => {
                return Err(Failure::Invalid(
                    "in the format, % stands before %, s or a digit".to_string(),
                ));
            }
        }
    }
    pieces.push(Piece::Text(text));
    Ok(pieces)
}
