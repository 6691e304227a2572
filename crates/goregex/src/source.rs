//! What is left of a source, and the rules of escapes.

/// What is left of a source.
#[derive(Clone, Copy)]
pub(super) struct Source<'a>(pub(super) &'a str);

impl<'a> Source<'a> {
    pub(super) fn peek(self) -> Option<char> {
        self.0.chars().next()
    }

    pub(super) fn starts(self, with: &str) -> bool {
        self.0.starts_with(with)
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let mut chars = self.0.chars();
        let next = chars.next();
        self.0 = chars.as_str();
        next
    }

    pub(super) fn skip(&mut self, what: &str) -> bool {
        match self.0.strip_prefix(what) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    /// What was read since `self`, up to `now`.
    pub(super) fn until(self, now: Source) -> &'a str {
        let length = self.0.len().saturating_sub(now.0.len());
        self.0.get(..length).unwrap_or(self.0)
    }
}

/// An error of Go's: its words and the part of the source.
pub(super) fn wrong<T>(what: &str, part: &str) -> Result<T, String> {
    Err(format!("{what}: `{part}`"))
}

/// A character by its escape, at the `\`.
pub(super) fn escape(source: &mut Source) -> Result<u32, String> {
    let begin = *source;
    source.next();
    let Some(c) = source.next() else {
        return wrong("trailing backslash at end of expression", "");
    };
    let code = match c {
        '0'..='7' => octal(c, source),
        'x' => hexadecimal(source),
        'a' => Some(7),
        'f' => Some(0xc),
        'n' => Some(0xa),
        'r' => Some(0xd),
        't' => Some(9),
        'v' => Some(0xb),
        _ if c.is_ascii() && !c.is_ascii_alphanumeric() => Some(u32::from(c)),
        _ => None,
    };
    match code {
        Some(code) => Ok(code),
        None => wrong("invalid escape sequence", begin.until(*source)),
    }
}

/// Up to three digits; one alone that is not zero would be a reference back.
fn octal(first: char, source: &mut Source) -> Option<u32> {
    let digit = |source: &Source| source.peek().and_then(|c| c.to_digit(8));
    if first != '0' && digit(source).is_none() {
        return None;
    }
    let mut code = first.to_digit(8)?;
    for _ in 0..2 {
        let Some(digit) = digit(source) else { break };
        code = code * 8 + digit;
        source.next();
    }
    Some(code)
}

fn hexadecimal(source: &mut Source) -> Option<u32> {
    let first = source.next()?;
    if first != '{' {
        let high = first.to_digit(16);
        let low = source.next().and_then(|c| c.to_digit(16));
        return Some(high? * 16 + low?);
    }
    let mut code: Option<u32> = None;
    loop {
        match source.next()? {
            '}' => return code,
            c => {
                let next = code.unwrap_or(0) * 16 + c.to_digit(16)?;
                code = Some(next).filter(|code| *code <= 0x10_ffff);
                code?;
            }
        }
    }
}
