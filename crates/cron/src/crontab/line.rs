//! What a line of a crontab is: an assignment, or a job with assignments in front of it.

/// An assignment at the beginning of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Assignment<'a> {
    pub(super) name: &'a [u8],
    /// The value without its quotes, and where it stands in the line.
    pub(super) value: &'a [u8],
    /// Whether it stood in quotes.
    pub(super) quoted: bool,
    /// Where the value begins, from 0.
    pub(super) column: usize,
    /// Where it ends, with the blanks behind it.
    pub(super) end: usize,
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

fn blanks(line: &[u8], from: usize) -> usize {
    from + line[from..]
        .iter()
        .take_while(|byte| is_blank(**byte))
        .count()
}

/// The assignment with which a line begins at `from`: `NAME=value`, `NAME = "a value"`
/// (crontab(5)). The value is one word or what stands in quotes, for `CRON_…`; for other
/// names it is the rest of the line.
pub(super) fn assignment(line: &[u8], from: usize) -> Option<Assignment<'_>> {
    let (name, end) = name(line, from)?;
    let equals = blanks(line, end);
    if line.get(equals) != Some(&b'=') {
        return None;
    }
    let begin = blanks(line, equals + 1);
    let rest = &line[begin..];
    let is_option = name.starts_with(b"CRON_");
    let quote = rest
        .first()
        .copied()
        .filter(|byte| *byte == b'"' || *byte == b'\'');
    let closing = quote.and_then(|quote| rest.iter().skip(1).position(|byte| *byte == quote));
    if let Some(length) = closing {
        let end = blanks(line, begin + length + 2);
        // Something behind the quote belongs to an option's job; elsewhere the quotes are
        // part of the value, as in crontab(5).
        if is_option || end == line.len() {
            let value = &rest[1..=length];
            return Some(Assignment {
                name,
                value,
                quoted: true,
                column: begin + 1,
                end,
            });
        }
    }
    let length = match is_option {
        true => rest.iter().take_while(|byte| !is_blank(**byte)).count(),
        false => {
            rest.len()
                - rest
                    .iter()
                    .rev()
                    .take_while(|byte| is_blank(**byte))
                    .count()
        }
    };
    Some(Assignment {
        name,
        value: &rest[..length],
        quoted: false,
        column: begin,
        end: blanks(line, begin + length),
    })
}

/// The name and where it ends; it may stand in quotes.
fn name(line: &[u8], from: usize) -> Option<(&[u8], usize)> {
    let rest = &line[from..];
    let quoted = rest
        .first()
        .copied()
        .filter(|byte| *byte == b'"' || *byte == b'\'');
    let (name, taken) = match quoted {
        Some(quote) => {
            let length = rest.iter().skip(1).position(|byte| *byte == quote)?;
            (&rest[1..=length], length + 2)
        }
        None => {
            let part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
            let length = rest.iter().take_while(part).count();
            (&rest[..length], length)
        }
    };
    let first = name.first()?;
    let fine = (first.is_ascii_alphabetic() || *first == b'_') && !name.contains(&b'=');
    fine.then_some((name, from + taken))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<(String, String, usize)> {
        let found = assignment(line.as_bytes(), 0)?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Some((text(found.name), text(found.value), found.end))
    }

    #[test]
    fn assignments_are_as_crontab_has_them() {
        for (line, name, value) in [
            ("A=b", "A", "b"),
            ("A = b c ", "A", "b c"),
            ("A=\"b c \"", "A", "b c "),
            ("A='b'  ", "A", "b"),
            ("\"A\"='b'", "A", "b"),
            ("A=", "A", ""),
            ("A=\"\"", "A", ""),
            ("A='b' c", "A", "'b' c"),
            ("A=\"b", "A", "\"b"),
            ("A=b=c", "A", "b=c"),
            ("CRON_TZ=Europe/Berlin", "CRON_TZ", "Europe/Berlin"),
        ] {
            let (found, said, end) = read(line).expect(line);
            assert_eq!(
                (found.as_str(), said.as_str(), end),
                (name, value, line.len()),
                "{line}"
            );
        }
        for line in [
            "0 5 * * * a=b",
            "@daily x",
            "* * * * * A=b x",
            "A b",
            "=b",
            "1A=b",
            "",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }

    #[test]
    fn an_option_leaves_the_rest_of_its_line() {
        let line = "CRON_NAME=\"a b\" 0 5 * * * x";
        assert_eq!(read(line), Some(("CRON_NAME".into(), "a b".into(), 16)));
        assert_eq!(
            read("CRON_TZ=UTC  0 5"),
            Some(("CRON_TZ".into(), "UTC".into(), 13))
        );
    }
}
