//! Walks a tar archive as it comes (POSIX pax, GNU long names), and says of each file where in
//! it a text stands. Archives within it (the layers of an image) are walked too.

use std::io::{self, Read};

use flate2::read::GzDecoder;
use memchr::memmem::Finder;

/// A text that is looked for, and how it is called.
pub(super) struct Needle {
    pub(super) name: String,
    finder: Finder<'static>,
    length: usize,
}

impl Needle {
    pub(super) fn new(name: &str, text: &[u8]) -> Needle {
        Needle {
            name: name.to_string(),
            finder: Finder::new(text).into_owned(),
            length: text.len(),
        }
    }
}

/// Where a text was found: its name, and the file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hit {
    pub(super) name: String,
    pub(super) place: String,
}

/// Most hits that are told.
const MOST: usize = 100;

/// Longest name in an archive.
const LONGEST_NAME: u64 = 64 << 10;

const BLOCK: usize = 512;

/// What was found, and what could not be looked into.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) hits: Vec<Hit>,
    pub(super) unread: Vec<String>,
}

impl Findings {
    fn add(&mut self, name: &str, place: &str) {
        let hit = Hit {
            name: name.to_string(),
            place: place.to_string(),
        };
        if self.hits.len() < MOST && !self.hits.contains(&hit) {
            self.hits.push(hit);
        }
    }
}

/// Walks an image as `save` writes it.
///
/// # Errors
/// It is no archive, or ends too early.
pub(super) fn walk_image(
    from: &mut dyn Read,
    needles: &[Needle],
    findings: &mut Findings,
) -> io::Result<()> {
    walk(from, &mut |name, file| {
        let mut file = Peeked::new(file)?;
        let layer = name
            .rsplit('/')
            .find(|part| *part != "layer.tar")
            .unwrap_or(name);
        let layer = format!("layer {}", layer.get(..12).unwrap_or(layer));
        match file.head() {
            [0x1f, 0x8b, ..] => walk_layer(&mut GzDecoder::new(file), &layer, needles, findings),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => {
                findings
                    .unread
                    .push(format!("{layer} is compressed with zstd"));
                Ok(())
            }
            head if is_tar(head) => walk_layer(&mut file, &layer, needles, findings),
            _ => search(&mut file, &format!("the image's {name}"), needles, findings),
        }
    })
}

fn walk_layer(
    from: &mut dyn Read,
    layer: &str,
    needles: &[Needle],
    findings: &mut Findings,
) -> io::Result<()> {
    walk(from, &mut |name, file| {
        search(file, &format!("/{name} in {layer}"), needles, findings)
    })
}

fn is_tar(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar")
}

/// Reads a text to its end, and notes which needles it holds.
///
/// # Errors
/// As `from` has them.
pub(super) fn search(
    from: &mut dyn Read,
    place: &str,
    needles: &[Needle],
    findings: &mut Findings,
) -> io::Result<()> {
    let overlap = needles
        .iter()
        .map(|needle| needle.length)
        .max()
        .unwrap_or(1);
    let overlap = overlap.saturating_sub(1);
    let mut buffer = vec![0; (overlap + (128 << 10)).next_power_of_two()];
    let mut held = 0;
    loop {
        let room = buffer.get_mut(held..).unwrap_or_default();
        let length = from.read(room)?;
        if length == 0 {
            return Ok(());
        }
        held += length;
        let text = buffer.get(..held).unwrap_or_default();
        for needle in needles {
            if needle.finder.find(text).is_some() {
                findings.add(&needle.name, place);
            }
        }
        // What may be the beginning of one stays.
        let keep = overlap.min(held);
        buffer.copy_within(held - keep..held, 0);
        held = keep;
    }
}

/// Gives each regular file of an archive to `take`, with its name.
fn walk(
    mut from: &mut dyn Read,
    take: &mut dyn FnMut(&str, &mut dyn Read) -> io::Result<()>,
) -> io::Result<()> {
    let mut long_name: Option<String> = None;
    loop {
        let mut header = [0; BLOCK];
        if !fill(&mut from, &mut header)? || header.iter().all(|byte| *byte == 0) {
            // What pads the archive is read, so that its writer can end.
            io::copy(&mut from, &mut io::sink())?;
            return Ok(());
        }
        let size = number(header.get(124..136).unwrap_or_default())?;
        let padding = size.next_multiple_of(BLOCK as u64) - size;
        let mut body = (&mut from).take(size);
        match header.get(156) {
            Some(b'L') => long_name = Some(long(&mut body)?),
            Some(b'x') => long_name = pax_path(&long(&mut body)?).or(long_name),
            Some(b'0' | 0 | b'7') => {
                let name = long_name.take().unwrap_or_else(|| name(&header));
                take(&name, &mut body)?;
            }
            _ => long_name = None,
        }
        io::copy(&mut body, &mut io::sink())?;
        let missing = body.limit();
        let padded = io::copy(&mut (&mut from).take(padding), &mut io::sink())?;
        if missing > 0 || padded < padding {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// Fills a buffer; false at the end of the stream ahead of it.
fn fill(from: &mut dyn Read, buffer: &mut [u8]) -> io::Result<bool> {
    let mut filled = 0;
    while filled < buffer.len() {
        match from.read(buffer.get_mut(filled..).unwrap_or_default())? {
            0 if filled == 0 => return Ok(false),
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            length => filled += length,
        }
    }
    Ok(true)
}

/// A number of a header: octal digits, or binary where the first bit is set.
fn number(field: &[u8]) -> io::Result<u64> {
    let wrong = || io::Error::new(io::ErrorKind::InvalidData, "this is no tar archive");
    if field.first().is_some_and(|byte| byte & 0x80 != 0) {
        let bytes = field
            .get(field.len().saturating_sub(8)..)
            .unwrap_or_default();
        let bytes: [u8; 8] = bytes.try_into().map_err(|_| wrong())?;
        let value = u64::from_be_bytes(bytes);
        return (value < 1 << 60).then_some(value).ok_or_else(wrong);
    }
    let digits = field.iter().filter(|byte| byte.is_ascii_digit());
    let mut value: u64 = 0;
    for digit in digits {
        let more = value.checked_mul(8).filter(|_| *digit < b'8');
        value = more.ok_or_else(wrong)? + u64::from(digit - b'0');
    }
    (value < 1 << 60).then_some(value).ok_or_else(wrong)
}

fn name(header: &[u8; BLOCK]) -> String {
    let text = |range: std::ops::Range<usize>| {
        let field = header.get(range).unwrap_or_default();
        let end = field
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(field.len());
        String::from_utf8_lossy(field.get(..end).unwrap_or_default()).into_owned()
    };
    let prefix = text(345..500);
    match is_tar(header) && header.get(257..263) == Some(b"ustar\0") && !prefix.is_empty() {
        true => format!("{prefix}/{}", text(0..100)),
        false => text(0..100),
    }
}

fn long(body: &mut dyn Read) -> io::Result<String> {
    let mut bytes = Vec::new();
    body.take(LONGEST_NAME).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.trim_end_matches('\0').to_string())
}

/// The path among pax's records: `LENGTH path=VALUE` and a line end.
fn pax_path(records: &str) -> Option<String> {
    let mut lines = records.lines().filter_map(|line| line.split_once(' '));
    lines.find_map(|(_, record)| record.strip_prefix("path=").map(str::to_string))
}

/// A stream whose first block has been looked at.
struct Peeked<'a> {
    head: Vec<u8>,
    at: usize,
    rest: &'a mut dyn Read,
}

impl<'a> Peeked<'a> {
    fn new(rest: &'a mut dyn Read) -> io::Result<Peeked<'a>> {
        let mut head = Vec::new();
        rest.take(BLOCK as u64).read_to_end(&mut head)?;
        Ok(Peeked { head, at: 0, rest })
    }

    fn head(&self) -> &[u8] {
        &self.head
    }
}

impl Read for Peeked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut left = self.head.get(self.at..).unwrap_or_default();
        if left.is_empty() {
            return self.rest.read(buffer);
        }
        let length = left.read(buffer)?;
        self.at += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// A tar archive of these files.
    fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut all = Vec::new();
        for (name, content) in files {
            let mut header = [0; BLOCK];
            header[..name.len()].copy_from_slice(name.as_bytes());
            header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
            header[156] = b'0';
            header[257..263].copy_from_slice(b"ustar\0");
            all.extend_from_slice(&header);
            all.extend_from_slice(content);
            all.resize(all.len().next_multiple_of(BLOCK), 0);
        }
        all.resize(all.len() + 2 * BLOCK, 0);
        all
    }

    fn found(archive: &[u8]) -> Vec<String> {
        let needles = [Needle::new("S", b"hunter2hunter2")];
        let mut findings = Findings::default();
        walk_image(&mut &*archive, &needles, &mut findings).unwrap();
        findings.hits.into_iter().map(|hit| hit.place).collect()
    }

    #[test]
    fn texts_are_found_in_layers_and_beside_them() {
        let big = [
            vec![b'x'; (128 << 10) - 5],
            b"hunter2hunter2".to_vec(),
            vec![b'y'; 9],
        ]
        .concat();
        let layer = tar(&[
            ("etc/clean", b"hunter2"),
            ("etc/app.conf", b"a hunter2hunter2 b"),
            ("big", &big),
        ]);
        let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        zipped.write_all(&layer).unwrap();
        let zipped = zipped.finish().unwrap();
        let image = tar(&[
            ("0123456789abcdef/layer.tar", &layer),
            ("blobs/sha256/fedcba9876543210", &zipped),
            ("config.json", b"{\"Env\":[\"S=hunter2hunter2\"]}"),
        ]);
        let expected = [
            "/etc/app.conf in layer 0123456789ab",
            "/big in layer 0123456789ab",
            "/etc/app.conf in layer fedcba987654",
            "/big in layer fedcba987654",
            "the image's config.json",
        ];
        assert_eq!(found(&image), expected);
    }

    #[test]
    fn what_is_no_archive_ends_with_words() {
        for bytes in [
            &[b'9'; 2000][..],
            &[0xff; 2000],
            &tar(&[("a", b"b")])[..600],
        ] {
            let mut findings = Findings::default();
            assert!(walk_image(&mut &*bytes, &[], &mut findings).is_err());
        }
        let mut findings = Findings::default();
        assert!(walk_image(&mut &b""[..], &[], &mut findings).is_ok());
    }
}
