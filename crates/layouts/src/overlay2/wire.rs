//! What a reading child hands to PID 1: services and problems as bytes. PID 1 trusts
//! neither: every length is checked against what is there before anything is made.

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use plan::Unit;
use plan::bytes::{Malformed, Reader, Writer};

use super::Service;
use crate::{Loss, Problem};

/// The first bytes, with the version of what follows.
const MAGIC: &[u8] = b"services 3\n";

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

/// Services and problems as bytes.
pub fn encode(services: &[Service], problems: &[Problem]) -> Vec<u8> {
    let mut out = Writer::after(MAGIC.to_vec());
    out.length(services.len());
    for service in services {
        service.unit.write(&mut out);
        service.write_rest(&mut out);
    }
    out.length(problems.len());
    for problem in problems {
        write_problem(&mut out, problem);
    }
    out.into_bytes()
}

/// The inverse of [`encode`].
///
/// # Errors
/// For any bytes that are not its work, whole and with nothing after them.
pub fn decode(bytes: &[u8]) -> Result<(Vec<Service>, Vec<Problem>), Undecodable> {
    let mut from = Reader::new(bytes.strip_prefix(MAGIC).ok_or(Undecodable)?);
    let services = from.list(|from| {
        let unit = Unit::read(from)?;
        Service::read_rest(unit, from)
    })?;
    let problems = from.list(read_problem)?;
    from.end_of_input()?;
    Ok((services, problems))
}

impl Service {
    /// Writes everything but its unit.
    pub fn write_rest(&self, out: &mut Writer) {
        write_bytes(out, self.dir.as_os_str().as_bytes());
        out.option(self.notification_fd, Writer::u32);
        out.u32(self.max_death_tally);
        out.bool(self.own_session);
        out.option(self.lock_fd, Writer::u32);
        out.bool(self.own_pid_namespace);
        out.bool(self.may_hang);
    }

    /// What [`Service::write_rest`] wrote of the service with this unit.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn read_rest(unit: Unit, from: &mut Reader) -> Result<Service, Malformed> {
        Ok(Service {
            unit,
            dir: read_path(from)?,
            notification_fd: from.option(Reader::u32)?,
            max_death_tally: from.u32()?,
            own_session: from.bool()?,
            lock_fd: from.option(Reader::u32)?,
            own_pid_namespace: from.bool()?,
            may_hang: from.bool()?,
        })
    }
}

/// Cut rather than refused: only the text of a problem can be this long.
fn write_bytes(out: &mut Writer, value: &[u8]) {
    out.blob(&value[..value.len().min(LONGEST_TEXT)]);
}

fn write_text(out: &mut Writer, value: &str) {
    let mut end = value.len().min(LONGEST_TEXT);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    out.text(&value[..end]);
}

fn read_path(from: &mut Reader) -> Result<PathBuf, Malformed> {
    Ok(PathBuf::from(OsStr::from_bytes(from.blob()?)))
}

fn write_problem(out: &mut Writer, problem: &Problem) {
    write_bytes(out, problem.path.as_os_str().as_bytes());
    out.option(problem.line, Writer::u32);
    write_text(out, &problem.cause);
    write_text(out, &problem.remedy);
}

fn read_problem(from: &mut Reader) -> Result<Problem, Malformed> {
    Ok(Problem {
        path: read_path(from)?,
        line: from.option(Reader::u32)?,
        cause: from.text()?,
        remedy: from.text()?,
        rule: None,
        loses: Loss::Nothing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use plan::{Criticality, Limit, OnLimit, Readiness, When};
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    use std::path::Path;
    use std::time::Duration;

    fn sample() -> (Vec<Service>, Vec<Problem>) {
        let plain = Service {
            unit: Unit::service("web"),
            dir: PathBuf::from("/var/run/s6/services/web"),
            notification_fd: None,
            max_death_tally: 100,
            own_session: true,
            lock_fd: None,
            own_pid_namespace: false,
            may_hang: false,
        };
        let mut full = Service {
            unit: Unit::one_shot("é"),
            dir: PathBuf::from(OsString::from_vec(b"/x/\xff".to_vec())),
            notification_fd: Some(3),
            max_death_tally: 0,
            own_session: false,
            lock_fd: Some(7),
            own_pid_namespace: true,
            may_hang: true,
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
        full.unit.restart.when = When::OnFailure;
        full.unit.restart.limit = Some(Limit {
            starts: 3,
            within: Duration::from_secs(60),
            then: OnLimit::StopContainer,
        });
        let problems = vec![
            Problem::at(Path::new("/a"), 3, "cause", "remedy"),
            Problem::new(Path::new("/b"), "", ""),
        ];
        (vec![plain, full], problems)
    }

    #[test]
    fn what_goes_in_comes_out() {
        let (services, problems) = sample();
        let bytes = encode(&services, &problems);
        assert_eq!(decode(&bytes), Ok((services, problems)));
        assert_eq!(decode(&encode(&[], &[])), Ok((vec![], vec![])));
    }

    #[test]
    fn a_text_that_is_too_long_is_cut_between_letters() {
        let problem = Problem::new(Path::new("/a"), "é".repeat(LONGEST_TEXT), "");
        let (_, problems) = decode(&encode(&[], &[problem])).expect("it decodes");
        assert!(problems[0].cause.len() <= LONGEST_TEXT);
        assert!(problems[0].cause.chars().all(|c| c == 'é'));
    }

    #[test]
    fn broken_bytes_are_an_error_and_never_a_panic() {
        let (services, problems) = sample();
        let bytes = encode(&services, &problems);
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
                if let Ok((services, problems)) = decode(&changed) {
                    assert_eq!(
                        decode(&encode(&services, &problems)),
                        Ok((services, problems))
                    );
                }
            }
        }
        let mut huge = MAGIC.to_vec();
        huge.extend_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(decode(&huge), Err(Undecodable));
    }
}
