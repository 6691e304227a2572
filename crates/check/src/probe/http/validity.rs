//! From when to when a certificate is valid: RFC 5280, 4.1.2.5. rustls tells that only of those
//! whose issuer it checks.

use gotemplate::go;

/// Seconds since 1970; none where it is no certificate.
pub(super) fn of(der: &[u8]) -> Option<(u64, u64)> {
    let (certificate, _) = element(der, SEQUENCE)?;
    let (mut rest, _) = element(certificate, SEQUENCE)?;
    if let Some((_, behind)) = element(rest, VERSION) {
        rest = behind;
    }
    // The serial number, the kind of signature, and the issuer stand ahead of it.
    for tag in [INTEGER, SEQUENCE, SEQUENCE] {
        (_, rest) = element(rest, tag)?;
    }
    let (validity, _) = element(rest, SEQUENCE)?;
    let (from, rest) = time(validity)?;
    let (to, _) = time(rest)?;
    Some((from, to))
}

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;

/// The content of the first element, which has to be of that kind, and what follows it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first()?;
    if *first != tag {
        return None;
    }
    let (length, rest) = match length {
        0..=127 => (usize::from(*length), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            let fold = |sum, byte: &u8| sum << 8 | usize::from(*byte);
            (digits.iter().fold(0, fold), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

fn time(bytes: &[u8]) -> Option<(u64, &[u8])> {
    if let Some((text, rest)) = element(bytes, UTC_TIME) {
        let year: u64 = str::from_utf8(text.get(..2)?).ok()?.parse().ok()?;
        // Two digits are of the years 1950 to 2049.
        let year = if year < 50 { 2000 + year } else { 1900 + year };
        return Some((seconds(year, text.get(2..)?)?, rest));
    }
    let (text, rest) = element(bytes, GENERALIZED_TIME)?;
    let year = str::from_utf8(text.get(..4)?).ok()?.parse().ok()?;
    Some((seconds(year, text.get(4..)?)?, rest))
}

/// `MMDDHHMMSSZ` of a year.
fn seconds(year: u64, text: &[u8]) -> Option<u64> {
    let part = |at: usize| -> Option<u64> {
        let digits = str::from_utf8(text.get(at..at + 2)?).ok()?;
        digits.parse().ok()
    };
    let (month, day) = (part(0)?, part(2)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || text.get(10) != Some(&b'Z') {
        return None;
    }
    let whole = |number: u64| i64::try_from(number).ok();
    let midnight = go::seconds(whole(year)?, whole(month)?, whole(day)?, 0);
    let midnight = u64::try_from(midnight).ok()?;
    Some(midnight + part(4)? * 3600 + part(6)? * 60 + part(8)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted() {
        assert_eq!(seconds(1970, b"0101000000Z"), Some(0));
        assert_eq!(seconds(2000, b"0229000000Z"), Some(951_782_400));
        assert_eq!(seconds(2026, b"1130150102Z"), Some(1_796_050_862));
        assert_eq!(seconds(1969, b"1231000000Z"), None);
        assert_eq!(seconds(2000, b"1301000000Z"), None);
    }

    #[test]
    fn rubbish_is_no_certificate() {
        for bytes in [
            &b""[..],
            b"\x30",
            b"\x30\x82\xff",
            b"\x30\x02\x30\x00",
            &[0x30; 64],
        ] {
            assert_eq!(of(bytes), None);
        }
    }
}
