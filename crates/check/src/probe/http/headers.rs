//! Headers by their names as Go writes them.

use bstr::{BString, ByteSlice};

/// Names and values, in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Headers(pub(super) Vec<(String, BString)>);

impl Headers {
    /// Adds one; blanks around the value do not count.
    pub(super) fn add(&mut self, name: &str, value: &[u8]) {
        self.0.push((canonical(name), trimmed(value).into()));
    }

    /// The first of a name.
    pub(super) fn get(&self, name: &str) -> Option<&BString> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value)
    }

    /// Removes all of a name.
    pub(super) fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }

    /// Whether one of a name holds a word among others, parted by commas.
    pub(super) fn holds(&self, name: &str, word: &str) -> bool {
        self.0.iter().any(|(known, value)| {
            known == name
                && value
                    .split(|byte| *byte == b',')
                    .any(|part| part.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
        })
    }

    /// One line each, sorted.
    pub(super) fn shown(&self) -> Vec<u8> {
        let mut lines: Vec<Vec<u8>> = self
            .0
            .iter()
            .map(|(name, value)| [name.as_bytes(), b": ", value.as_slice()].concat())
            .collect();
        lines.sort();
        bstr::join("\n", lines)
    }
}

/// The same of a text.
pub(super) fn trimmed_text(value: &str) -> &str {
    value.trim_matches([' ', '\t'])
}

fn trimmed(value: &[u8]) -> &[u8] {
    value.trim_with(|c| c == ' ' || c == '\t')
}

/// A name with capital letters where Go has them; one that is none stays as it is.
pub(super) fn canonical(name: &str) -> String {
    if !is_token(name) {
        return name.to_string();
    }
    let mut capital = true;
    let letters = name.chars().map(|c| {
        let c = match capital {
            true => c.to_ascii_uppercase(),
            false => c.to_ascii_lowercase(),
        };
        capital = c == '-';
        c
    });
    letters.collect()
}

/// Whether it may be a name or a method: RFC 9110, 5.6.2.
pub(super) fn is_token(word: &str) -> bool {
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !word.is_empty() && word.bytes().all(is_good)
}

/// Whether it may be a value: no line ends and the like.
pub(super) fn is_value(value: &[u8]) -> bool {
    !value
        .iter()
        .any(|byte| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_go_writes_them() {
        let rows = [
            ("x-lower-name", "X-Lower-Name"),
            ("ETag", "Etag"),
            ("WWW-authenticate", "Www-Authenticate"),
            ("x_under", "X_under"),
            ("3d", "3d"),
            ("bad name", "bad name"),
        ];
        for (name, wanted) in rows {
            assert_eq!(canonical(name), wanted);
        }
    }

    #[test]
    fn lines_are_sorted() {
        let mut headers = Headers::default();
        headers.add("b", b"  two  ");
        headers.add("a", b"1");
        headers.add("A", b"0");
        headers.add("zed", b"");
        assert_eq!(headers.shown().as_bstr(), "A: 0\nA: 1\nB: two\nZed: ");
    }
}
