//! An environment: `NAME=value` entries in order, any bytes but NUL.

use crate::Word;

/// The environment of a program. Order, doubles and entries without `=` stay as they
/// were handed over, since another process could observe them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    entries: Vec<Word>,
}

impl Environment {
    /// An empty one.
    pub fn new() -> Environment {
        Environment::default()
    }

    /// From entries as execve(2) takes them.
    pub fn from_entries(entries: Vec<Word>) -> Environment {
        Environment { entries }
    }

    /// The entries, for execve(2).
    pub fn entries(&self) -> &[Word] {
        &self.entries
    }

    /// The value of the first entry called `name`.
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.entries.iter().find_map(|entry| value_of(entry, name))
    }

    /// Gives `name` this value: in place of its first entry, else as the last one.
    /// Any further entries of the name go.
    pub fn set(&mut self, name: &[u8], value: &[u8]) {
        let mut entry = Vec::with_capacity(name.len() + 1 + value.len());
        entry.extend_from_slice(name);
        entry.push(b'=');
        entry.extend_from_slice(value);
        match self
            .entries
            .iter()
            .position(|e| value_of(e, name).is_some())
        {
            Some(at) => {
                self.entries[at] = entry;
                let mut index = 0;
                self.entries.retain(|e| {
                    index += 1;
                    index - 1 <= at || value_of(e, name).is_none()
                });
            }
            None => self.entries.push(entry),
        }
    }

    /// Removes every entry called `name`.
    pub fn unset(&mut self, name: &[u8]) {
        self.entries.retain(|entry| value_of(entry, name).is_none());
    }

    /// Removes everything.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// The names of all entries that have one, in order.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.entries.iter().filter_map(|entry| {
            let at = entry.iter().position(|b| *b == b'=')?;
            Some(&entry[..at])
        })
    }

    /// Names and values, in order.
    pub fn pairs(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.entries.iter().filter_map(|entry| {
            let at = entry.iter().position(|b| *b == b'=')?;
            Some((&entry[..at], &entry[at + 1..]))
        })
    }
}

fn value_of<'a>(entry: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    entry.strip_prefix(name)?.strip_prefix(b"=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_keeps_the_place_and_drops_doubles() {
        let entries = ["A=1", "B=2", "A=3", "odd"].map(|e| e.as_bytes().to_vec());
        let mut env = Environment::from_entries(entries.to_vec());
        assert_eq!(env.get(b"A"), Some(&b"1"[..]));
        env.set(b"A", b"9");
        env.set(b"C", b"");
        let now: Vec<&[u8]> = env.entries().iter().map(Vec::as_slice).collect();
        assert_eq!(now, [&b"A=9"[..], b"B=2", b"odd", b"C="]);
        env.unset(b"B");
        assert_eq!(env.get(b"B"), None);
        assert_eq!(env.get(b"od"), None);
    }
}
