//! Reading values from a stream as it comes, one for each delimiter: the part that
//! forstdin and forbacktickx share.

use chain::{Call, Failure, Opt, Outcome, Result, Unable, Word};
use execline::netstring;
use kernel::{errno, fd};

use super::each::{Each, Step};

/// The letters that [`Lines::set`] takes, as for getopt(3).
const OPTIONS: &str = "EepP:o:x:NnCc0d:";

/// How a stream is cut.
pub(super) struct Lines {
    /// What ends a value; none: the stream is netstrings.
    delimiters: Word,
    /// The value goes without its delimiter, and one that has none is dropped.
    chomp: bool,
    /// Values that are empty are passed over.
    crunch: bool,
}

impl Lines {
    /// Lines.
    fn new() -> Lines {
        Lines {
            delimiters: b"\n".to_vec(),
            chomp: true,
            crunch: false,
        }
    }

    /// Reads the options and the name of the variable.
    ///
    /// # Errors
    /// An option that does not exist or does not fit, or no name: the usage.
    pub(super) fn from_words(call: &mut Call) -> Result<(Each, Lines)> {
        let (mut each, mut lines) = (Each::new(), Lines::new());
        for option in call.options(OPTIONS)? {
            lines.set(call, &mut each, option)?;
        }
        each.variable = call.operand()?;
        Ok((each, lines))
    }

    /// Takes an option; one that is not about cutting goes to `each`.
    fn set(&mut self, call: &Call, each: &mut Each, option: Opt) -> Result<()> {
        match option.letter {
            b'N' => self.chomp = false,
            b'n' => self.chomp = true,
            b'C' => self.crunch = true,
            b'c' => self.crunch = false,
            b'0' => self.delimiters = vec![0],
            b'd' => self.delimiters = option.value,
            letter => {
                each.set(call, letter, &option.value)?;
            }
        }
        Ok(())
    }

    /// Runs `each` for every value that comes over `from`, and gives the outcome of
    /// the program: exit code 1 when there was none.
    pub(super) fn run(&self, call: &Call, each: &mut Each, from: i32) -> Result<Outcome> {
        let mut waiting = Vec::new();
        let mut any = false;
        let mut buffer = [0u8; 8192];
        loop {
            while let Some((value, used)) = self.first(&waiting)? {
                waiting.drain(..used);
                if let Some(value) = value {
                    any = true;
                    if let Step::Leave(outcome) = each.step(call, &value)? {
                        return Ok(outcome);
                    }
                }
            }
            let count =
                errno::retry(|| fd::read(from, &mut buffer)).unable("read standard input", b"")?;
            if count == 0 {
                break;
            }
            waiting.extend_from_slice(&buffer[..count]);
        }
        if !waiting.is_empty() {
            if self.delimiters.is_empty() {
                return Err(broken_netstring());
            }
            if !self.chomp {
                any = true;
                if let Step::Leave(outcome) = each.step(call, until_nul(&waiting))? {
                    return Ok(outcome);
                }
            }
        }
        let code = each.finish();
        Ok(Outcome::Exit(if any { code } else { 1 }))
    }

    /// The first whole value of `bytes` and how many bytes it took; the value is
    /// `None` when it is passed over.
    fn first(&self, bytes: &[u8]) -> Result<Option<(Option<Word>, usize)>> {
        if self.delimiters.is_empty() {
            let found = netstring::first(bytes).map_err(|_| broken_netstring())?;
            return Ok(found.map(|(value, used)| (Some(until_nul(value).to_vec()), used)));
        }
        let end = bytes.iter().position(|byte| self.delimiters.contains(byte));
        Ok(end.map(|end| {
            let value = if self.chomp {
                &bytes[..end]
            } else {
                &bytes[..=end]
            };
            let passed_over = self.crunch && end == 0;
            let value = (!passed_over).then(|| until_nul(value).to_vec());
            (value, end + 1)
        }))
    }
}

/// A variable ends where a NUL stands (environ(7)).
fn until_nul(value: &[u8]) -> &[u8] {
    let end = value.iter().position(|byte| *byte == 0);
    &value[..end.unwrap_or(value.len())]
}

fn broken_netstring() -> Failure {
    Failure::Other {
        code: chain::exit::SYSTEM,
        text: "with an empty -d, standard input must be a sequence of netstrings".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_end_at_their_delimiter() {
        let mut lines = Lines::new();
        assert_eq!(
            lines.first(b"ab\nc").unwrap(),
            Some((Some(b"ab".to_vec()), 3))
        );
        assert_eq!(lines.first(b"ab").unwrap(), None);
        lines.chomp = false;
        assert_eq!(
            lines.first(b"\nx").unwrap(),
            Some((Some(b"\n".to_vec()), 1))
        );
        lines.crunch = true;
        assert_eq!(lines.first(b"\nx").unwrap(), Some((None, 1)));
        lines.delimiters.clear();
        assert_eq!(
            lines.first(b"2:ab,3").unwrap(),
            Some((Some(b"ab".to_vec()), 5))
        );
        assert!(lines.first(b"x").is_err());
    }
}
