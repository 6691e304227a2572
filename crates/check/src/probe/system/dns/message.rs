//! A question and its answer as RFC 1035 writes them. Names and texts are shown as zone files
//! show them, since gossfiles expect them so; the libraries for messages that are kept well do
//! not give the strings of a TXT record one by one and as bytes.

use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The kind of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An address of IPv4.
    A = 1,
    /// A server of a zone.
    Ns = 2,
    /// Another name.
    Cname = 5,
    /// The name of an address.
    Ptr = 12,
    /// A server for mail.
    Mx = 15,
    /// Texts.
    Txt = 16,
    /// An address of IPv6.
    Aaaa = 28,
    /// A server for a service.
    Srv = 33,
    /// Who may issue certificates.
    Caa = 257,
}

/// What an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// An address of IPv4.
    A(Ipv4Addr),
    /// An address of IPv6.
    Aaaa(Ipv6Addr),
    /// What else was asked for, in goss's words: one for each, for a TXT record one for each of
    /// its strings.
    Shown(Vec<String>),
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    /// Its code: 0 where the name is there.
    pub(super) code: u8,
    /// Whether it was too long for a datagram.
    pub(super) truncated: bool,
    /// Its records of the kind that was asked for.
    pub(super) records: Vec<Record>,
}

/// The longest name, with its lengths and the root.
const LONGEST: usize = 255;

/// A question about a name; a point at its end says no more than its absence.
///
/// # Errors
/// No such name can be asked for; in the words that goss passes on.
pub(super) fn question(id: u16, name: &str, kind: Kind) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(name.len() + 18);
    bytes.extend(id.to_be_bytes());
    // Recursion is desired; one question and nothing else.
    bytes.extend([1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    let begin = bytes.len();
    let name = name.strip_suffix('.').unwrap_or(name);
    for label in name.split('.').filter(|_| !name.is_empty()) {
        match u8::try_from(label.len()) {
            Ok(length @ 1..=63) => bytes.push(length),
            _ => return Err("dns: bad rdata".to_string()),
        }
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    if bytes.len() - begin > LONGEST {
        return Err("dns: bad rdata".to_string());
    }
    bytes.extend((kind as u16).to_be_bytes());
    bytes.extend([0, 1]);
    Ok(bytes)
}

/// Reads what may be the answer to a question.
///
/// # Errors
/// It is no message.
pub(super) fn reply(bytes: &[u8], kind: Kind) -> Result<Reply, String> {
    read(bytes, kind).ok_or_else(|| "the answer is no DNS message".to_string())
}

fn read(bytes: &[u8], kind: Kind) -> Option<Reply> {
    let (high, low) = (*bytes.get(2)?, *bytes.get(3)?);
    let (questions, answers) = (u16_at(bytes, 4)?, u16_at(bytes, 6)?);
    let mut at = 12;
    for _ in 0..questions {
        (_, at) = name(bytes, at)?;
        at = at.checked_add(4).filter(|at| *at <= bytes.len())?;
    }
    let mut records = Vec::new();
    for _ in 0..answers {
        (_, at) = name(bytes, at)?;
        let found = u16_at(bytes, at)?;
        let length = usize::from(u16_at(bytes, at + 8)?);
        let (begin, end) = (at + 10, at + 10 + length);
        let data = bytes.get(begin..end)?;
        if found == kind as u16 {
            records.push(record(bytes, begin, data, kind)?);
        }
        at = end;
    }
    Some(Reply {
        code: low & 15,
        truncated: high & 2 != 0,
        records,
    })
}

/// What a record says. A name in it may point back into the whole message.
fn record(message: &[u8], begin: usize, data: &[u8], kind: Kind) -> Option<Record> {
    let number = |at| u16_at(data, at);
    let name = |at: usize| Some(name(message, begin + at)?.0);
    Some(match kind {
        Kind::A => Record::A(<[u8; 4]>::try_from(data).ok()?.into()),
        Kind::Aaaa => Record::Aaaa(<[u8; 16]>::try_from(data).ok()?.into()),
        Kind::Ns | Kind::Cname | Kind::Ptr => Record::Shown(vec![name(0)?]),
        Kind::Mx => Record::Shown(vec![format!("{} {}", number(0)?, name(2)?)]),
        Kind::Srv => Record::Shown(vec![format!(
            "{} {} {} {}",
            number(0)?,
            number(2)?,
            number(4)?,
            name(6)?
        )]),
        Kind::Caa => {
            let (flag, length) = (data.first()?, usize::from(*data.get(1)?));
            let tag = String::from_utf8_lossy(data.get(2..2 + length)?);
            let value = String::from_utf8_lossy(data.get(2 + length..)?);
            Record::Shown(vec![format!("{flag} {tag} {value}")])
        }
        Kind::Txt => {
            let mut texts = Vec::new();
            let mut rest = data;
            while let Some((length, behind)) = rest.split_first() {
                let length = usize::from(*length);
                texts.push(escaped(behind.get(..length)?, b"\"\\"));
                rest = behind.get(length..)?;
            }
            Record::Shown(texts)
        }
    })
}

/// A name with a point at its end, and where what follows it begins.
fn name(message: &[u8], mut at: usize) -> Option<(String, usize)> {
    let mut shown = String::new();
    let mut behind = None;
    let mut length = 0;
    // Each pointer has to go back, so that they end.
    let mut bound = at;
    loop {
        let first = *message.get(at)?;
        match first {
            0 => break,
            1..=63 => {
                let end = at + 1 + usize::from(first);
                shown += &escaped(message.get(at + 1..end)?, b".  '@;()\"\\");
                shown.push('.');
                length += usize::from(first) + 1;
                at = end;
            }
            192.. => {
                let target = usize::from(u16_at(message, at)? & 0x3fff);
                behind = behind.or(Some(at + 2));
                if target >= bound {
                    return None;
                }
                (at, bound) = (target, target);
            }
            64..=191 => return None,
        }
        if length > LONGEST {
            return None;
        }
    }
    if shown.is_empty() {
        shown.push('.');
    }
    Some((shown, behind.unwrap_or(at + 1)))
}

/// Text of a zone file: a backslash ahead of what is `special`, and before three digits for what
/// cannot be printed.
fn escaped(bytes: &[u8], special: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            _ if special.contains(byte) => {
                text.push('\\');
                text.push(char::from(*byte));
            }
            b' '..=b'~' => text.push(char::from(*byte)),
            _ => {
                let _ = write!(text, "\\{byte:03}");
            }
        }
    }
    text
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_be_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(kind: Kind, data: &[u8]) -> Vec<u8> {
        let mut bytes = question(7, "a.test", kind).expect("a question");
        bytes[2] = 0x81;
        bytes[7] = 1;
        // The name is that of the question.
        bytes.extend([0xc0, 12]);
        bytes.extend((kind as u16).to_be_bytes());
        bytes.extend([0, 1, 0, 0, 0, 60]);
        bytes.extend(u16::try_from(data.len()).expect("short").to_be_bytes());
        bytes.extend(data);
        bytes
    }

    fn shown(kind: Kind, data: &[u8]) -> Vec<String> {
        let reply = reply(&answer(kind, data), kind).expect("a reply");
        match &reply.records[..] {
            [Record::Shown(texts)] => texts.clone(),
            [Record::A(address)] => vec![address.to_string()],
            [Record::Aaaa(address)] => vec![address.to_string()],
            other => panic!("{other:?}"),
        }
    }

    /// All of these were shown to the original.
    #[test]
    fn records_are_shown_as_zone_files_show_them() {
        assert_eq!(shown(Kind::A, &[10, 0, 0, 9]), ["10.0.0.9"]);
        assert_eq!(shown(Kind::Cname, b"\x01A\x04test\0"), ["A.test."]);
        assert_eq!(shown(Kind::Ns, b"\x06we ird\xc0\x0e"), ["we\\ ird.test."]);
        assert_eq!(shown(Kind::Mx, b"\0\x14\x02m2\xc0\x0e"), ["20 m2.test."]);
        assert_eq!(
            shown(Kind::Srv, b"\0\x01\0\x02\x01\xbb\x01s\0"),
            ["1 2 443 s."]
        );
        assert_eq!(
            shown(Kind::Txt, b"\x04p on\x06q\"uo\\t\x03\xc3\xa9\x01\0"),
            ["p on", "q\\\"uo\\\\t", "\\195\\169\\001", ""]
        );
        assert_eq!(
            shown(Kind::Caa, b"\0\x05issuele\"ts.org; x"),
            ["0 issue le\"ts.org; x"]
        );
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let good = answer(Kind::Mx, b"\0\x14\x02m2\xc0\x0e");
        for end in 0..good.len() {
            assert!(reply(&good[..end], Kind::Mx).is_err(), "{end}");
        }
        // A name that points at itself, and one that points ahead.
        assert!(reply(&answer(Kind::Ns, b"\xc0\x24"), Kind::Ns).is_err());
        assert!(reply(&answer(Kind::Ns, b"\xc0\x26\0"), Kind::Ns).is_err());
        assert!(reply(&answer(Kind::A, &[1, 2, 3]), Kind::A).is_err());
    }

    #[test]
    fn names_that_cannot_be_asked_for_are_refused() {
        let long = ["a"; 130].join(".");
        let label = "a".repeat(64);
        for name in ["a..test", ".a", long.as_str(), label.as_str()] {
            assert!(question(1, name, Kind::A).is_err(), "{name}");
        }
        assert_eq!(question(1, "", Kind::A).map(|bytes| bytes.len()), Ok(17));
        assert_eq!(
            question(1, "a.test.", Kind::A),
            question(1, "a.test", Kind::A)
        );
    }
}
