//! What is mounted: `/proc/self/mountinfo`, proc_pid_mountinfo(5).

use std::path::Path;

use bstr::{BString, ByteSlice};

use super::reading;

/// A mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Where.
    pub point: BString,
    /// The options of this mount.
    pub options: BString,
    /// The kind of filesystem.
    pub kind: BString,
    /// What is mounted.
    pub source: BString,
    /// The options of the filesystem.
    pub super_options: BString,
}

/// Reads a table; one that cannot be read has no mounts.
pub fn read(path: &Path) -> Vec<Mount> {
    let table = reading::table(path).unwrap_or_default();
    table.lines().filter_map(parse).collect()
}

/// A line: `ID PARENT DEVICE ROOT POINT OPTIONS [TAG...] - KIND SOURCE SUPER-OPTIONS`. The source
/// may be nothing.
fn parse(line: &[u8]) -> Option<Mount> {
    let (first, rest) = line.split_once_str(" - ")?;
    let mut first = first.split(|byte| *byte == b' ');
    let point = first.nth(4)?;
    let options = first.next()?;
    let mut rest = rest.split(|byte| *byte == b' ');
    Some(Mount {
        point: unescaped(point),
        options: options.into(),
        kind: unescaped(rest.next()?),
        source: unescaped(rest.next()?),
        super_options: rest.next()?.into(),
    })
}

/// The kernel writes blanks and the like as a backslash and three octal digits.
fn unescaped(field: &[u8]) -> BString {
    let mut text = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, behind)) = rest.split_first() {
        let escape = behind.get(..3).filter(|_| *first == b'\\');
        let byte = escape.and_then(|digits| u8::from_str_radix(digits.to_str().ok()?, 8).ok());
        match byte {
            Some(byte) => {
                text.push(byte);
                rest = behind.get(3..).unwrap_or_default();
            }
            None => {
                text.push(*first);
                rest = behind;
            }
        }
    }
    text.into()
}

/// Options, each once: parted at commas that stand outside double quotes.
pub fn options(text: &[u8]) -> Vec<BString> {
    let mut quoted = false;
    let parts = text.split(|byte| {
        quoted ^= *byte == b'"';
        *byte == b',' && !quoted
    });
    let mut options: Vec<BString> = Vec::new();
    for part in parts {
        if !options.iter().any(|known| known == part) {
            options.push(part.into());
        }
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_with_its_escapes() {
        let line =
            b"63 43 0:39 / /tmp/mnt\\040a rw,noexec shared:1 master:2 - tmpfs na,me rw,size=1k";
        let mount = parse(line).expect("a mount");
        assert_eq!(mount.point, "/tmp/mnt a");
        assert_eq!(mount.options, "rw,noexec");
        assert_eq!(mount.kind, "tmpfs");
        assert_eq!(mount.source, "na,me");
        assert_eq!(mount.super_options, "rw,size=1k");
        let mount = parse(b"1 2 0:1 / /a rw - tmpfs  rw").expect("a mount without a source");
        assert_eq!(mount.source, "");
        assert_eq!(parse(b"1 2 0:1 / /a rw"), None);
        assert_eq!(unescaped(b"a\\04"), "a\\04");
        assert_eq!(unescaped(b"\\777"), "\\777");
    }

    #[test]
    fn options_are_parted_at_commas_outside_quotes() {
        let rows: [(&str, &[&str]); 4] = [
            ("rw,relatime", &["rw", "relatime"]),
            ("rw,ro,rw", &["rw", "ro"]),
            ("a=\"b,c\",d", &["a=\"b,c\"", "d"]),
            ("", &[""]),
        ];
        for (text, wanted) in rows {
            assert_eq!(options(text.as_bytes()), wanted);
        }
    }
}
