//! What a reading child hands to PID 1: services and problems as bytes. PID 1 trusts
//! neither: every length is checked against what is there before anything is made.

use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::time::Duration;

use plan::{Backoff, Criticality, Kind, Limit, OnLimit, Readiness, Restart, Unit, When};

use super::Service;
use crate::Problem;

/// The first bytes, with the version of what follows.
const MAGIC: &[u8] = b"services 1\n";

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

/// Services and problems as bytes.
pub fn encode(services: &[Service], problems: &[Problem]) -> Vec<u8> {
    let mut out = Writer(MAGIC.to_vec());
    out.count(services.len());
    services.iter().for_each(|service| out.service(service));
    out.count(problems.len());
    problems.iter().for_each(|problem| out.problem(problem));
    out.0
}

/// The inverse of [`encode`].
///
/// # Errors
/// For any bytes that are not its work, whole and with nothing after them.
pub fn decode(bytes: &[u8]) -> Result<(Vec<Service>, Vec<Problem>), Undecodable> {
    let mut input = Reader(bytes.strip_prefix(MAGIC).ok_or(Undecodable)?);
    let services = input.list(Reader::service)?;
    let problems = input.list(Reader::problem)?;
    if input.0.is_empty() {
        Ok((services, problems))
    } else {
        Err(Undecodable)
    }
}

struct Writer(Vec<u8>);

impl Writer {
    fn byte(&mut self, value: u8) {
        self.0.push(value);
    }

    fn number(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn count(&mut self, value: usize) {
        self.number(u32::try_from(value).unwrap_or(u32::MAX));
    }

    fn bytes(&mut self, value: &[u8]) {
        // Cut rather than refused: only the text of a problem can be this long.
        let value = &value[..value.len().min(LONGEST_TEXT)];
        self.count(value.len());
        self.0.extend_from_slice(value);
    }

    fn text(&mut self, value: &str) {
        let mut end = value.len().min(LONGEST_TEXT);
        while !value.is_char_boundary(end) {
            end -= 1;
        }
        self.bytes(&value.as_bytes()[..end]);
    }

    fn option<T>(&mut self, value: Option<T>, write: impl Fn(&mut Writer, T)) {
        self.byte(u8::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
    }

    fn duration(&mut self, value: Duration) {
        self.0.extend_from_slice(&value.as_secs().to_le_bytes());
        self.number(value.subsec_nanos());
    }

    fn service(&mut self, service: &Service) {
        self.unit(&service.unit);
        self.bytes(service.dir.as_os_str().as_bytes());
        self.option(service.notification_fd, Writer::number);
        self.number(service.max_death_tally);
        self.byte(u8::from(service.own_session));
        self.option(service.lock_fd, Writer::number);
        self.byte(u8::from(service.own_pid_namespace));
    }

    fn unit(&mut self, unit: &Unit) {
        self.text(&unit.name);
        self.byte(match unit.kind {
            Kind::Service => 0,
            Kind::OneShot => 1,
        });
        self.count(unit.needs.len());
        unit.needs.iter().for_each(|name| self.text(name));
        self.byte(u8::from(unit.wanted));
        self.byte(match unit.readiness {
            Readiness::WhenUp => 0,
            Readiness::Notified => 1,
        });
        self.byte(match unit.restart.when {
            When::Never => 0,
            When::OnFailure => 1,
            When::Always => 2,
        });
        let backoff = unit.restart.backoff;
        for time in [
            backoff.floor,
            backoff.first,
            backoff.max,
            backoff.reset_after,
        ] {
            self.duration(time);
        }
        self.number(backoff.factor);
        self.option(unit.restart.limit, |out, limit| {
            out.number(limit.starts);
            out.duration(limit.within);
            out.byte(match limit.then {
                OnLimit::GiveUp => 0,
                OnLimit::StopContainer => 1,
            });
        });
        self.byte(match unit.criticality {
            Criticality::Ordinary => 0,
            Criticality::Critical => 1,
        });
        self.byte(unit.down_signal);
        self.option(unit.kill_after, Writer::duration);
        self.option(unit.start_within, Writer::duration);
        self.byte(u8::from(unit.has_finish));
        self.option(unit.finish_within, Writer::duration);
        self.option(unit.logger.as_deref(), Writer::text);
    }

    fn problem(&mut self, problem: &Problem) {
        self.bytes(problem.path.as_os_str().as_bytes());
        self.option(problem.line, Writer::number);
        self.text(&problem.cause);
        self.text(&problem.remedy);
    }
}

type Decoded<T> = Result<T, Undecodable>;

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Decoded<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Undecodable)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Decoded<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| Undecodable)
    }

    fn byte(&mut self) -> Decoded<u8> {
        Ok(self.array::<1>()?[0])
    }

    fn choice<T: Copy>(&mut self, choices: &[T]) -> Decoded<T> {
        let index = usize::from(self.byte()?);
        choices.get(index).copied().ok_or(Undecodable)
    }

    fn flag(&mut self) -> Decoded<bool> {
        self.choice(&[false, true])
    }

    fn number(&mut self) -> Decoded<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn bytes(&mut self) -> Decoded<Vec<u8>> {
        let length = self.number()? as usize;
        if length > LONGEST_TEXT {
            return Err(Undecodable);
        }
        Ok(self.take(length)?.to_vec())
    }

    fn text(&mut self) -> Decoded<String> {
        String::from_utf8(self.bytes()?).map_err(|_| Undecodable)
    }

    fn path(&mut self) -> Decoded<PathBuf> {
        Ok(PathBuf::from(OsString::from_vec(self.bytes()?)))
    }

    fn option<T>(&mut self, read: impl Fn(&mut Self) -> Decoded<T>) -> Decoded<Option<T>> {
        self.flag()?.then(|| read(self)).transpose()
    }

    fn list<T>(&mut self, read: impl Fn(&mut Self) -> Decoded<T>) -> Decoded<Vec<T>> {
        let count = self.number()? as usize;
        // Every item takes bytes, so a false count meets the end; nothing is
        // reserved for it.
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(read(self)?);
        }
        Ok(items)
    }

    fn duration(&mut self) -> Decoded<Duration> {
        let seconds = u64::from_le_bytes(self.array()?);
        let nanoseconds = self.number()?;
        if nanoseconds >= 1_000_000_000 {
            return Err(Undecodable);
        }
        Ok(Duration::new(seconds, nanoseconds))
    }

    fn service(&mut self) -> Decoded<Service> {
        Ok(Service {
            unit: self.unit()?,
            dir: self.path()?,
            notification_fd: self.option(Reader::number)?,
            max_death_tally: self.number()?,
            own_session: self.flag()?,
            lock_fd: self.option(Reader::number)?,
            own_pid_namespace: self.flag()?,
        })
    }

    fn unit(&mut self) -> Decoded<Unit> {
        Ok(Unit {
            name: self.text()?,
            kind: self.choice(&[Kind::Service, Kind::OneShot])?,
            needs: self.list(Reader::text)?,
            wanted: self.flag()?,
            readiness: self.choice(&[Readiness::WhenUp, Readiness::Notified])?,
            restart: self.restart()?,
            criticality: self.choice(&[Criticality::Ordinary, Criticality::Critical])?,
            down_signal: self.byte()?,
            kill_after: self.option(Reader::duration)?,
            start_within: self.option(Reader::duration)?,
            has_finish: self.flag()?,
            finish_within: self.option(Reader::duration)?,
            logger: self.option(Reader::text)?,
        })
    }

    fn restart(&mut self) -> Decoded<Restart> {
        Ok(Restart {
            when: self.choice(&[When::Never, When::OnFailure, When::Always])?,
            backoff: {
                let floor = self.duration()?;
                let first = self.duration()?;
                let max = self.duration()?;
                let reset_after = self.duration()?;
                Backoff {
                    floor,
                    first,
                    factor: self.number()?,
                    max,
                    reset_after,
                }
            },
            limit: self.option(|input| {
                Ok(Limit {
                    starts: input.number()?,
                    within: input.duration()?,
                    then: input.choice(&[OnLimit::GiveUp, OnLimit::StopContainer])?,
                })
            })?,
        })
    }

    fn problem(&mut self) -> Decoded<Problem> {
        Ok(Problem {
            path: self.path()?,
            line: self.option(Reader::number)?,
            cause: self.text()?,
            remedy: self.text()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn sample() -> (Vec<Service>, Vec<Problem>) {
        let plain = Service {
            unit: Unit::service("web"),
            dir: PathBuf::from("/var/run/s6/services/web"),
            notification_fd: None,
            max_death_tally: 100,
            own_session: true,
            lock_fd: None,
            own_pid_namespace: false,
        };
        let mut full = Service {
            unit: Unit::one_shot("é"),
            dir: PathBuf::from(OsString::from_vec(b"/x/\xff".to_vec())),
            notification_fd: Some(3),
            max_death_tally: 0,
            own_session: false,
            lock_fd: Some(7),
            own_pid_namespace: true,
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
