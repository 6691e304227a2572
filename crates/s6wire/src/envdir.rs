//! Environment directories: one file a variable.
//!
//! Two users with rules of their own: `s6-envdir` ([`Rules`]), and the overlay's
//! `container_environment`, which carries values of any bytes and length.

/// How `s6-envdir` turns a file into a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Take the whole file, not its first line only.
    pub verbatim: bool,
    /// Keep trailing blanks of a line, or the last newline of a whole file.
    pub keep_trailing: bool,
    /// What a NUL becomes.
    pub nul: u8,
    /// Take files of any length, not their first [`CLAMP`] bytes.
    pub whole: bool,
}

/// Bytes that `s6-envdir` reads of each file unless told otherwise (its page says one
/// more than it does).
pub const CLAMP: usize = 4095;

/// The longest name of a file on Linux (NAME_MAX).
const NAME_MAX: usize = 255;

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            verbatim: false,
            keep_trailing: false,
            nul: b'\n',
            whole: false,
        }
    }
}

impl Rules {
    /// The value that a file's bytes stand for. `None` for an empty file: the
    /// variable is removed.
    pub fn value(&self, file: &[u8]) -> Option<Vec<u8>> {
        if file.is_empty() {
            return None;
        }
        let mut value = if self.whole {
            file
        } else {
            &file[..file.len().min(CLAMP)]
        };
        if self.verbatim {
            if !self.keep_trailing {
                value = value.strip_suffix(b"\n").unwrap_or(value);
            }
        } else {
            let end = value.iter().position(|b| *b == b'\n');
            value = &value[..end.unwrap_or(value.len())];
            if !self.keep_trailing {
                let blank = |b: &u8| matches!(b, b' ' | b'\t' | b'\r');
                let end = value.iter().rposition(|b| !blank(b)).map_or(0, |at| at + 1);
                value = &value[..end];
            }
        }
        Some(
            value
                .iter()
                .map(|b| if *b == 0 { self.nul } else { *b })
                .collect(),
        )
    }
}

/// Whether `s6-envdir` takes a file of this name for a variable: it does not begin
/// with a dot and holds no `=`.
pub fn is_variable_file(name: &[u8]) -> bool {
    !name.is_empty() && !name.starts_with(b".") && !name.contains(&b'=')
}

/// Whether a variable of this name can be a file of `container_environment`. Those
/// that cannot (a slash, too long, a dot in front) are carried apart.
pub fn can_be_file_name(name: &[u8]) -> bool {
    is_variable_file(name) && name.len() <= NAME_MAX && !name.contains(&b'/') && !name.contains(&0)
}

/// The value of a file of `container_environment`: its bytes as they are, newlines
/// at the end included, up to a NUL, which no value can hold. An empty file is an
/// empty value (not a variable to remove, as for `s6-envdir`). The value is written
/// to its file in the same way: no newline is added.
///
/// So `justc-envdir` reads them for `with-contenv` in s6-overlay v2, and
/// `s6-envdir -Lfn` in v3, but for empty files, which v3 cannot tell from none.
pub fn container_value(file: &[u8]) -> &[u8] {
    let end = file.iter().position(|b| *b == 0);
    &file[..end.unwrap_or(file.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(options: &str) -> Rules {
        Rules {
            verbatim: options.contains('f'),
            keep_trailing: options.contains('n'),
            whole: options.contains('L'),
            nul: b'\n',
        }
    }

    #[test]
    fn s6_envdir_reads_lines_or_whole_files() {
        let cases: &[(&str, &[u8], &[u8])] = &[
            ("", b"a b \t \nsecond\n", b"a b"),
            ("", b"a\0b\n", b"a\nb"),
            ("", b" \t\n", b""),
            ("", b"dos\r\n", b"dos"),
            ("", b"\n", b""),
            ("", b"no newline  ", b"no newline"),
            ("n", b"a  \nsecond\n", b"a  "),
            ("f", b"a \nsecond\n\n", b"a \nsecond\n"),
            ("f", b"a  ", b"a  "),
            ("fn", b"a\n", b"a\n"),
        ];
        for (options, file, value) in cases {
            assert_eq!(
                rules(options).value(file).as_deref(),
                Some(*value),
                "-{options}"
            );
        }
        assert_eq!(Rules::default().value(b""), None);
        let long = vec![b'x'; 5000];
        assert_eq!(Rules::default().value(&long).unwrap().len(), CLAMP);
        assert_eq!(rules("L").value(&long).unwrap().len(), 5000);
    }

    #[test]
    fn names_that_are_no_variables_are_passed_over() {
        for name in [&b""[..], b".", b"..", b".hidden", b"a=b"] {
            assert!(!is_variable_file(name));
            assert!(!can_be_file_name(name));
        }
        assert!(can_be_file_name(b"PATH"));
        assert!(can_be_file_name(b"with.dot and space"));
        assert!(!can_be_file_name(b"a/b"));
        assert!(!can_be_file_name(&[b'x'; 256]));
        assert!(can_be_file_name(&[b'x'; 255]));
    }

    #[test]
    fn container_environment_is_verbatim_up_to_a_nul() {
        let values: [&[u8]; 7] = [
            b"",
            b"x",
            b"x\n",
            b"\n\n",
            b"a\nb",
            b" blanks ",
            b"\xff\xfe",
        ];
        for value in values {
            assert_eq!(container_value(value), value);
        }
        assert_eq!(container_value(b"a\0b"), b"a");
    }

    #[test]
    fn no_bytes_make_it_panic() {
        for seed in 0..64u8 {
            let noise: Vec<u8> = (0..seed)
                .map(|i| i.wrapping_mul(seed).wrapping_mul(7) % 40)
                .collect();
            for options in ["", "f", "n", "fn", "fnL"] {
                let _ = rules(options).value(&noise);
            }
            let _ = (container_value(&noise), is_variable_file(&noise));
        }
    }
}
