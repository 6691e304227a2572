//! POSIX regular expressions (regcomp(3)), on bytes in the C locale: what scripts of
//! this family mean by a regular expression, leftmost-longest match included.

use std::mem::MaybeUninit;

use crate::c_string;

/// A compiled expression.
pub struct Regex {
    compiled: Box<libc::regex_t>,
    groups: usize,
}

/// How an expression is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Syntax {
    /// Extended instead of basic.
    pub extended: bool,
    /// Letters match in either case.
    pub ignore_case: bool,
}

impl Regex {
    /// Compiles `expression`.
    ///
    /// # Errors
    /// What is wrong with it, in the C library's words.
    pub fn new(expression: &[u8], syntax: Syntax) -> Result<Regex, String> {
        let text = c_string(expression).map_err(|_| "it holds a NUL".to_string())?;
        let mut flags = 0;
        if syntax.extended {
            flags |= libc::REG_EXTENDED;
        }
        if syntax.ignore_case {
            flags |= libc::REG_ICASE;
        }
        let mut compiled: Box<MaybeUninit<libc::regex_t>> = Box::new(MaybeUninit::zeroed());
        // SAFETY: regcomp fills in the buffer when it answers 0; the box gives it an
        // address that never changes. On failure only regerror may look at it.
        unsafe {
            let code = libc::regcomp(compiled.as_mut_ptr(), text.as_ptr(), flags);
            if code == 0 {
                let pointer = Box::into_raw(compiled).cast::<libc::regex_t>();
                return Ok(Regex {
                    compiled: Box::from_raw(pointer),
                    groups: count_groups(expression, syntax.extended),
                });
            }
            let mut message = [0u8; 256];
            libc::regerror(
                code,
                compiled.as_ptr(),
                message.as_mut_ptr().cast(),
                message.len(),
            );
            let end = message.iter().position(|b| *b == 0).unwrap_or(0);
            Err(String::from_utf8_lossy(&message[..end]).into_owned())
        }
    }

    /// How many parenthesised parts it has.
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// Where the first match in `text` and each of its parts begin and end; a part
    /// that took no part in it is `None`. Text ends at a NUL.
    pub fn find(&self, text: &[u8]) -> Option<Vec<Option<(usize, usize)>>> {
        let end = text.iter().position(|b| *b == 0).unwrap_or(text.len());
        let text = c_string(&text[..end]).ok()?;
        let nothing = libc::regmatch_t {
            rm_so: -1,
            rm_eo: -1,
        };
        let mut found = vec![nothing; self.groups() + 1];
        // SAFETY: the expression is compiled, the text is a C string and the array
        // has the length that is given.
        let code = unsafe {
            libc::regexec(
                &*self.compiled,
                text.as_ptr(),
                found.len(),
                found.as_mut_ptr(),
                0,
            )
        };
        (code == 0).then(|| {
            found
                .iter()
                .map(|part| {
                    Some((
                        usize::try_from(part.rm_so).ok()?,
                        usize::try_from(part.rm_eo).ok()?,
                    ))
                })
                .collect()
        })
    }

    /// Whether any part of `text` matches.
    pub fn matches(&self, text: &[u8]) -> bool {
        self.find(text).is_some()
    }
}

impl Drop for Regex {
    fn drop(&mut self) {
        // SAFETY: compiled by regcomp and freed once.
        unsafe { libc::regfree(&mut *self.compiled) };
    }
}

/// The parenthesised parts of a valid expression. The C library counts them too, in
/// a field whose place differs from one C library to the next.
fn count_groups(expression: &[u8], extended: bool) -> usize {
    let mut count = 0;
    let mut at = 0;
    while let Some(byte) = expression.get(at) {
        match byte {
            b'\\' => {
                count += usize::from(!extended && expression.get(at + 1) == Some(&b'('));
                at += 1;
            }
            b'(' if extended => count += 1,
            b'[' => at = bracket_end(expression, at),
            _ => {}
        }
        at += 1;
    }
    count
}

/// Where the bracket expression that begins at `start` ends.
fn bracket_end(expression: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    at += usize::from(expression.get(at) == Some(&b'^'));
    at += usize::from(expression.get(at) == Some(&b']'));
    while let Some(byte) = expression.get(at) {
        match (byte, expression.get(at + 1)) {
            (b']', _) => break,
            (b'[', Some(kind @ (b':' | b'.' | b'='))) => {
                let close = [*kind, b']'];
                let rest = &expression[at + 2..];
                let end = rest.windows(2).position(|pair| pair == close);
                at += 2 + end.map_or(0, |end| end + 2);
            }
            _ => at += 1,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extended_basic_and_case() {
        let extended = Syntax {
            extended: true,
            ignore_case: true,
        };
        let regex = Regex::new(b"^(a+)(x)?B$", extended).unwrap();
        assert_eq!(regex.groups(), 2);
        assert_eq!(
            regex.find(b"AAb"),
            Some(vec![Some((0, 3)), Some((0, 2)), None])
        );
        assert!(!regex.matches(b"ac"));
        assert!(Regex::new(b"a+", Syntax::default()).unwrap().matches(b"a+"));
        assert!(Regex::new(b"(", extended).is_err());
    }

    #[test]
    fn groups_are_counted_where_they_are_groups() {
        for (expression, extended, count) in [
            (&b"((a)|(b))"[..], true, 3),
            (b"\\((a)[(]", true, 1),
            (b"[]()](x)[^](](y)[[:alpha:](](z)", true, 3),
            (b"\\(a\\)(b)", false, 1),
            (b"a", true, 0),
        ] {
            let syntax = Syntax {
                extended,
                ignore_case: false,
            };
            let regex = Regex::new(expression, syntax).unwrap();
            assert_eq!(regex.groups(), count, "{}", expression.escape_ascii());
        }
    }
}
