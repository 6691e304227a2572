//! The record of what was written into an image, kept in the image: what is ours can
//! be told from what the image put in its place since, and taken away again.

use std::collections::BTreeMap;

pub(super) use places::{MANIFEST as PATH, REPLACED};

/// What was written at a path, as far as it can be known again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A directory that was not there before.
    Directory,
    /// A symbolic link with this target.
    Link(Vec<u8>),
    /// A regular file with this digest of its bytes.
    File(u64),
}

/// The record, by real path below the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Manifest {
    /// What was written.
    pub(super) written: BTreeMap<Vec<u8>, Mark>,
    /// Paths whose earlier content is kept below [`REPLACED`].
    pub(super) saved: Vec<Vec<u8>>,
}

/// First line, with the version of the form.
const HEAD: &str =
    "# What `mainstay install` wrote into this image; `--uninstall` takes it away again. 1";

impl Manifest {
    /// Its text: a line each, fields separated by tabs.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{HEAD}\n");
        for (path, mark) in &self.written {
            let (kind, detail) = match mark {
                Mark::Directory => ("directory", String::new()),
                Mark::Link(target) => ("link", quote(target)),
                Mark::File(digest) => ("file", format!("{digest:016x}")),
            };
            text.push_str(&format!("{kind}\t{detail}\t{}\n", quote(path)));
        }
        for path in &self.saved {
            text.push_str(&format!("saved\t\t{}\n", quote(path)));
        }
        text
    }

    /// From its text.
    ///
    /// # Errors
    /// The number of the first line that is not of this form.
    pub(crate) fn parse(text: &str) -> Result<Manifest, usize> {
        let mut manifest = Manifest::default();
        for (number, line) in (1usize..).zip(text.lines()) {
            if number == 1 && line == HEAD {
                continue;
            }
            manifest.line(line).ok_or(number)?;
        }
        Ok(manifest)
    }

    fn line(&mut self, line: &str) -> Option<()> {
        let mut fields = line.split('\t');
        let (kind, detail, path) = (fields.next()?, fields.next()?, fields.next()?);
        let path = unquote(path)?;
        let mark = match kind {
            "directory" => Mark::Directory,
            "link" => Mark::Link(unquote(detail)?),
            "file" => Mark::File(u64::from_str_radix(detail, 16).ok()?),
            "saved" => {
                self.saved.push(path);
                return Some(());
            }
            _ => return None,
        };
        self.written.insert(path, mark);
        Some(())
    }
}

/// The digest by which a file is known again: FNV-1a, 64 bits. It guards against a
/// change that was not noticed, not against forgery; who can forge can edit the
/// manifest too.
pub(super) fn digest(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |digest, byte| {
        (digest ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// A path as one field: printable ASCII but `%` as it is, the rest as %HH.
fn quote(path: &[u8]) -> String {
    path.iter().fold(String::new(), |mut text, byte| {
        match byte {
            b'%' => text.push_str("%25"),
            b' '..=b'~' => text.push(char::from(*byte)),
            byte => text.push_str(&format!("%{byte:02x}")),
        }
        text
    })
}

fn unquote(text: &str) -> Option<Vec<u8>> {
    let mut parts = text.split('%');
    let mut path = parts.next()?.as_bytes().to_vec();
    for part in parts {
        path.push(u8::from_str_radix(part.get(..2)?, 16).ok()?);
        path.extend_from_slice(&part.as_bytes()[2..]);
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_text_reads_back() {
        let mut manifest = Manifest::default();
        let odd = b"/a\tb\n%\xff".to_vec();
        manifest
            .written
            .insert(b"/bin/x".to_vec(), Mark::Link(odd.clone()));
        manifest
            .written
            .insert(odd.clone(), Mark::File(digest(b"text")));
        manifest.written.insert(b"/etc/d".to_vec(), Mark::Directory);
        manifest.saved.push(odd);
        assert_eq!(Manifest::parse(&manifest.text()), Ok(manifest));
        assert_eq!(Manifest::parse(""), Ok(Manifest::default()));
    }

    #[test]
    fn a_line_of_another_form_is_named() {
        let text = format!("{HEAD}\nlink\tx\t/bin/x\nwhatever\n");
        assert_eq!(Manifest::parse(&text), Err(3));
        assert_eq!(Manifest::parse("file\tzz\t/x"), Err(1));
        assert_eq!(Manifest::parse("link\t%q\t/x"), Err(1));
    }
}
