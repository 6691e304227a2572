//! case: becomes the block whose expression a value matches.

use chain::{Call, Failure, Outcome, Program, Result, Word, escape};
use execline::glob::{self, Style};
use kernel::regex::{Regex, Syntax};

use super::{blocks, positionals};

pub(super) const PROGRAM: Program = Program {
    name: "case",
    usage: "[ -s | -S ] [ -e | -E ] [ -n | -N ] [ -i ] value { re1 { prog1... } re2 { prog2... } ... } progdefault...",
    summary: "run the block whose expression a value matches",
    run,
};

#[derive(Default)]
struct Matching {
    shell: bool,
    /// Basic expressions; in shell patterns, no escapes.
    e: bool,
    /// Parts of the match as positionals; in shell patterns, paths.
    n: bool,
    /// Either case; in shell patterns, leading dots are special.
    i: bool,
}

fn run(call: &mut Call) -> Result<Outcome> {
    let mut matching = Matching::default();
    for option in call.options("sSeEnNi")? {
        match option.letter {
            b's' => matching.shell = true,
            b'S' => matching.shell = false,
            b'e' => matching.e = true,
            b'E' => matching.e = false,
            b'N' => matching.n = true,
            b'n' => matching.n = false,
            _ => matching.i = true,
        }
    }
    let value = call.operand()?;
    if call.args.is_empty() {
        return Err(call.misuse());
    }
    let block = blocks::take(call, "block")?;
    let mut inner = call.inner(block);
    while !inner.args.is_empty() {
        let expression = inner.operand()?;
        let what = format!("block of expression {}", escape(&expression));
        let command = blocks::take(&mut inner, &what)?;
        let Some(parts) = matching.parts(&expression, &value)? else {
            continue;
        };
        if matching.n && !matching.shell {
            call.env.set(b"0", &expression);
            positionals::write(&mut call.env, &parts, 0);
        }
        return Ok(Outcome::exec_or_exit(call, command));
    }
    let default = call.rest();
    Ok(Outcome::exec_or_exit(call, default))
}

impl Matching {
    /// The parts of `value`, if all of it matches.
    fn parts(&self, expression: &[u8], value: &[u8]) -> Result<Option<Vec<Word>>> {
        if self.shell {
            let style = Style {
                no_escape: self.e,
                path: self.n,
                leading_dot: self.i,
            };
            return Ok(glob::matches(expression, value, style).then(Vec::new));
        }
        let syntax = Syntax {
            extended: !self.e,
            ignore_case: self.i,
        };
        let failure = |why| {
            Failure::Invalid(format!(
                "{} is no regular expression: {why}",
                escape(expression)
            ))
        };
        Regex::new(expression, syntax).map_err(failure)?;
        // A group of our own keeps an alternative from ending at one anchor.
        let whole = match self.e {
            true => [b"^\\(", expression, b"\\)$"].concat(),
            false => [b"^(", expression, b")$"].concat(),
        };
        let regex = Regex::new(&whole, syntax).map_err(failure)?;
        Ok(regex.find(value).map(|found| {
            found
                .iter()
                .skip(2)
                .map(|part| part.map_or(Vec::new(), |(start, end)| value[start..end].to_vec()))
                .collect()
        }))
    }
}
