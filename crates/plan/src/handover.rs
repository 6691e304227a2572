//! What a child that reads the image hands to PID 1, and PID 1 keeps of it: entries and
//! groups of the plan, and what is to be said, as bytes. PID 1 trusts neither: every length is checked
//! against what is there before anything is made.

use std::fmt;

use crate::bytes::{Malformed, Reader, Writer};
use crate::{Entry, Group};

/// The first bytes, with the version of what follows.
const MAGIC: &[u8] = b"plan 2\n";

/// Longest text that is taken: a path is shorter (PATH_MAX).
const LONGEST_TEXT: usize = 64 * 1024;

/// The bytes are not what [`encode`] makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undecodable;

impl fmt::Display for Undecodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the list of services that the reader handed over is broken")
    }
}

impl From<Malformed> for Undecodable {
    fn from(_: Malformed) -> Undecodable {
        Undecodable
    }
}

/// A line for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The unit that it is about, so that PID 1 does not say it again; none where it is
    /// about no single one.
    pub unit: Option<String>,
    /// The line.
    pub text: String,
}

/// What a hand-over holds.
pub type Found = (Vec<Entry>, Vec<Group>, Vec<Remark>);

/// Entries, groups and remarks as bytes.
pub fn encode(entries: &[Entry], groups: &[Group], remarks: &[Remark]) -> Vec<u8> {
    let mut out = Writer::after(MAGIC.to_vec());
    out.length(entries.len());
    for entry in entries {
        entry.write(&mut out);
    }
    out.length(groups.len());
    for group in groups {
        group.write(&mut out);
    }
    out.length(remarks.len());
    for remark in remarks {
        out.option(remark.unit.as_deref(), Writer::text);
        out.text(cut(&remark.text));
    }
    out.into_bytes()
}

/// The inverse of [`encode`].
///
/// # Errors
/// For any bytes that are not its work, whole and with nothing after them.
pub fn decode(bytes: &[u8]) -> Result<Found, Undecodable> {
    let mut from = Reader::new(bytes.strip_prefix(MAGIC).ok_or(Undecodable)?);
    let entries = from.list(Entry::read)?;
    let groups = from.list(Group::read)?;
    let remarks = from.list(|from| -> Result<Remark, Malformed> {
        Ok(Remark {
            unit: from.option(Reader::text)?,
            text: from.text()?,
        })
    })?;
    from.end_of_input()?;
    Ok((entries, groups, remarks))
}

/// Cut rather than refused: only what a line quotes can be this long.
fn cut(text: &str) -> &str {
    let mut end = text.len().min(LONGEST_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Criticality, Limit, OnLimit, Program, Readiness, Unit, When, Words};
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    use std::path::PathBuf;
    use std::time::Duration;

    fn sample() -> Found {
        let plain = Entry {
            unit: Unit::service("web"),
            program: Program::of_directory(PathBuf::from("/var/run/s6/services/web")),
        };
        let mut full = Entry {
            unit: Unit::one_shot("é"),
            program: Program {
                directory: PathBuf::from(OsString::from_vec(b"/x/\xff".to_vec())),
                start: Words::Given(vec![b"/bin/up".to_vec(), b"".to_vec(), b"\xff".to_vec()]),
                finish: Words::Given(vec![]),
                notification_fd: Some(3),
                max_death_tally: 0,
                own_session: false,
                lock_fd: Some(7),
                own_pid_namespace: true,
                may_hang: true,
            },
        };
        full.unit.needs = vec!["a".into(), "b".into()];
        full.unit.wanted = false;
        full.unit.readiness = Readiness::Notified;
        full.unit.criticality = Criticality::Critical;
        full.unit.kill_after = Some(Duration::from_nanos(1));
        full.unit.start_within = Some(Duration::MAX);
        full.unit.has_finish = true;
        full.unit.finish_within = None;
        full.unit.logger = Some("é/log".into());
        full.unit.reads_from = vec!["web".into(), "é".into()];
        full.unit.restart.when = When::OnFailure;
        full.unit.restart.limit = Some(Limit {
            starts: 3,
            within: Duration::from_secs(60),
            then: OnLimit::StopContainer,
        });
        let remarks = vec![
            Remark {
                unit: Some("é/log".into()),
                text: "/a:3: cause; remedy".into(),
            },
            Remark {
                unit: None,
                text: String::new(),
            },
        ];
        let groups = vec![
            Group {
                name: "all".into(),
                members: vec!["web".into(), "rest".into()],
            },
            Group {
                name: "rest".into(),
                members: Vec::new(),
            },
        ];
        (vec![plain, full], groups, remarks)
    }

    #[test]
    fn what_goes_in_comes_out() {
        let (entries, groups, remarks) = sample();
        let bytes = encode(&entries, &groups, &remarks);
        assert_eq!(decode(&bytes), Ok((entries, groups, remarks)));
        assert_eq!(decode(&encode(&[], &[], &[])), Ok((vec![], vec![], vec![])));
    }

    #[test]
    fn a_text_that_is_too_long_is_cut_between_letters() {
        let remark = Remark {
            unit: None,
            text: "é".repeat(LONGEST_TEXT),
        };
        let (_, _, remarks) = decode(&encode(&[], &[], &[remark])).expect("it decodes");
        assert!(remarks[0].text.len() <= LONGEST_TEXT);
        assert!(remarks[0].text.chars().all(|c| c == 'é'));
    }

    #[test]
    fn broken_bytes_are_an_error_and_never_a_panic() {
        let (entries, groups, remarks) = sample();
        let bytes = encode(&entries, &groups, &remarks);
        for end in 0..bytes.len() {
            assert_eq!(decode(&bytes[..end]), Err(Undecodable), "cut at {end}");
        }
        assert_eq!(decode(&[&bytes[..], b"x"].concat()), Err(Undecodable));
        // Every byte changed to values that lengths, flags and texts trip over: the
        // answer may be another list, but there is one.
        for at in MAGIC.len()..bytes.len() {
            for value in [0, 1, 2, 0x7f, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] = value;
                if let Ok((entries, groups, remarks)) = decode(&changed) {
                    assert_eq!(
                        decode(&encode(&entries, &groups, &remarks)),
                        Ok((entries, groups, remarks))
                    );
                }
            }
        }
        assert_eq!(decode(b"plan 1\n\0\0\0\0\0\0\0\0"), Err(Undecodable));
        let mut huge = MAGIC.to_vec();
        huge.extend_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(decode(&huge), Err(Undecodable));
    }
}
