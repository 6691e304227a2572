//! Time zones: the offset of a moment, and where it changes. All that is known of tzdata is
//! in this file; the rest of the crate does its arithmetic on seconds.

use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use chain::escape;
use cli::similar;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Seconds, calendar};

/// Where systems keep tzdata; tzset(3) has `TZDIR` for another place.
const FOLDERS: [&str; 3] = [
    "/usr/share/zoneinfo",
    "/usr/lib/zoneinfo",
    "/usr/share/lib/zoneinfo",
];

/// What POSIX links to the local zone.
const LOCALTIME: &str = "/etc/localtime";

/// More than any compiled zone has (the largest of tzdata's "fat" form has 4 KiB).
const LARGEST: u64 = 256 * 1024;

/// How deep zones lie: America/Argentina/Buenos_Aires, and `posix` or `right` before it.
const DEEPEST: usize = 4;

/// A time zone. Cheap to copy.
#[derive(Clone, Debug)]
pub(crate) struct Zone {
    name: Arc<str>,
    rules: TimeZone,
}

/// A time during which a zone's offset does not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// Its first second; [`Seconds::MIN`] where it has always been so.
    pub(crate) begin: Seconds,
    /// The first second behind it; [`Seconds::MAX`] where it stays so.
    pub(crate) end: Seconds,
    /// What a clock on the wall shows more than UTC.
    pub(crate) offset: i64,
}

impl Zone {
    /// Coordinated universal time, which needs no tzdata.
    pub(crate) fn utc() -> Zone {
        Zone {
            name: "UTC".into(),
            rules: TimeZone::UTC,
        }
    }

    /// The zone of that name (`Europe/Berlin`).
    ///
    /// # Errors
    /// What is wrong with it and what to do, as the middle of a sentence.
    pub(crate) fn named(name: &[u8]) -> Result<Zone, String> {
        if [&b"UTC"[..], b"Etc/UTC", b"GMT", b"Z"].contains(&name) {
            return Ok(Zone {
                name: String::from_utf8_lossy(name).into(),
                rules: TimeZone::UTC,
            });
        }
        let shown = escape(name);
        if name.is_empty() || name.len() > 128 || !is_zone_name(name) {
            return Err(format!(
                "{shown} is no name of a time zone; write one like Europe/Berlin or UTC"
            ));
        }
        let text = String::from_utf8_lossy(name);
        let folders: Vec<PathBuf> = folders().collect();
        if folders.is_empty() {
            return Err(format!(
                "the time zone {shown} is not known, since this system has no time zones at all; \
                 install the package tzdata (apt-get install tzdata, apk add tzdata, \
                 dnf install tzdata), or use UTC"
            ));
        }
        for folder in &folders {
            if let Ok(rules) = read(&folder.join(&*text), &text) {
                return Ok(Zone {
                    name: (&*text).into(),
                    rules,
                });
            }
        }
        static NAMES: OnceLock<Vec<String>> = OnceLock::new();
        let all = NAMES.get_or_init(|| all_names(&folders[0]));
        Err(format!(
            "there is no time zone {shown}{}",
            match similar::nearest(name, all.iter().map(String::as_str))
                .or_else(|| ends_in(all, name))
            {
                Some(near) => format!("; did you mean {near}?"),
                None => format!(
                    " in {}; write one of its names, as Europe/Berlin, or UTC",
                    folders[0].display()
                ),
            }
        ))
    }

    /// The zone of this container: what its `TZ` says (a name, a path or a rule as POSIX has
    /// it: tzset(3)), else /etc/localtime, else UTC.
    ///
    /// # Errors
    /// What is wrong with `TZ`. The container's clock is then UTC for every program that
    /// asks the C library, so a caller goes on with that.
    pub(crate) fn of_container(tz: Option<&[u8]>) -> Result<Zone, String> {
        let Some(tz) = tz else {
            return Ok(Zone::of_localtime(Path::new(LOCALTIME)));
        };
        let value = tz.strip_prefix(b":").unwrap_or(tz);
        if value.is_empty() {
            return Ok(Zone::utc());
        }
        if value.starts_with(b"/") {
            let path = Path::new(std::ffi::OsStr::from_bytes(value));
            return match read(path, "local") {
                Ok(rules) => Ok(Zone {
                    name: name_in_path(path)
                        .unwrap_or_else(|| path.display().to_string())
                        .into(),
                    rules,
                }),
                Err(why) => Err(format!("{}: {why}", escape(value))),
            };
        }
        // A rule has a digit behind the first name: CET-1CEST. No name in tzdata that has one
        // there is missed, since names are looked for first.
        let named = Zone::named(value);
        let text = String::from_utf8_lossy(value);
        match (named, TimeZone::posix(&text)) {
            (Ok(zone), _) => Ok(zone),
            (Err(_), Ok(rules)) => Ok(Zone {
                name: (&*text).into(),
                rules,
            }),
            (Err(why), Err(_)) => Err(why),
        }
    }

    fn of_localtime(path: &Path) -> Zone {
        let Ok(rules) = read(path, "local") else {
            return Zone::utc();
        };
        let target = path.canonicalize().ok();
        let name = target
            .and_then(|target| name_in_path(&target))
            .unwrap_or_else(|| path.display().to_string());
        Zone {
            name: name.into(),
            rules,
        }
    }

    /// What it is called.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The span of a constant offset in which a moment lies.
    pub(crate) fn span(&self, at: Seconds) -> Span {
        let at = at.clamp(calendar::FIRST, calendar::LAST);
        let stamp = |seconds: Seconds| Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX);
        let begin = self.rules.preceding(stamp(at + 1)).next();
        let end = self.rules.following(stamp(at)).next();
        Span {
            begin: begin.map_or(Seconds::MIN, |change| change.timestamp().as_second()),
            end: end.map_or(Seconds::MAX, |change| change.timestamp().as_second()),
            offset: i64::from(self.rules.to_offset(stamp(at)).seconds()),
        }
    }

    /// The moment at which a clock on the wall shows that time: the first where it comes
    /// twice, the end of the gap where it is skipped.
    pub(crate) fn moment(&self, wall: Seconds) -> Seconds {
        let mut span = self.span(wall - 2 * calendar::DAY);
        loop {
            let at = wall - span.offset;
            if at < span.end || span.end >= calendar::LAST {
                return at.max(span.begin);
            }
            span = self.span(span.end);
        }
    }

    #[cfg(test)]
    pub(super) fn rules_for_test(&self) -> &TimeZone {
        &self.rules
    }

    #[cfg(test)]
    pub(super) fn offset_for_test(&self, at: Seconds) -> i64 {
        let stamp = Timestamp::from_second(at).expect("a year that there is");
        i64::from(self.rules.to_offset(stamp).seconds())
    }

    /// A moment as a clock on the wall shows it, with the zone's abbreviation:
    /// `2026-03-29 03:00:00 CEST`.
    pub(crate) fn show(&self, at: Seconds) -> String {
        let at = at.clamp(calendar::FIRST, calendar::LAST);
        let stamp = Timestamp::from_second(at).unwrap_or(Timestamp::MAX);
        let info = self.rules.to_offset_info(stamp);
        let wall = at + i64::from(info.offset().seconds());
        format!("{} {}", calendar::show(wall), info.abbreviation())
    }
}

/// The folders of tzdata that are there.
fn folders() -> impl Iterator<Item = PathBuf> {
    let own = std::env::var_os("TZDIR").map(PathBuf::from);
    own.into_iter()
        .chain(FOLDERS.iter().map(PathBuf::from))
        .filter(|folder| folder.is_dir())
}

/// Every zone of tzdata here: what a mistyped name is compared with.
pub(crate) fn all_names(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    let mut left = vec![(folder.to_path_buf(), String::new(), 0)];
    while let Some((path, prefix, depth)) = left.pop() {
        let Ok(entries) = path.read_dir() else {
            continue;
        };
        for entry in entries.flatten().take(2000) {
            let name = entry.file_name();
            let Some(name) = name
                .to_str()
                .filter(|name| name.starts_with(|letter: char| letter.is_ascii_uppercase()))
            else {
                continue;
            };
            let whole = format!("{prefix}{name}");
            match entry.path().is_dir() {
                true if depth < DEEPEST => {
                    left.push((entry.path(), format!("{whole}/"), depth + 1));
                }
                true => {}
                false => names.push(whole),
            }
        }
    }
    names.sort();
    names
}

/// `Berlin` for Europe/Berlin, `europe/berlin` too.
fn ends_in<'a>(all: &'a [String], name: &[u8]) -> Option<&'a str> {
    let name = String::from_utf8_lossy(name)
        .to_ascii_lowercase()
        .replace(' ', "_");
    let found = all.iter().find(|zone| {
        let zone = zone.to_ascii_lowercase();
        zone.strip_suffix(&name)
            .is_some_and(|before| before.is_empty() || before.ends_with('/'))
    });
    found.map(String::as_str)
}

/// Letters as tzdata's names have them, and no way out of its folder.
fn is_zone_name(name: &[u8]) -> bool {
    let fine = |byte: &u8| byte.is_ascii_alphanumeric() || b"/_+-.".contains(byte);
    name.iter().all(fine)
        && name
            .split(|byte| *byte == b'/')
            .all(|part| !part.is_empty() && !part.starts_with(b"."))
}

/// `Europe/Berlin` for `/usr/share/zoneinfo/Europe/Berlin`.
fn name_in_path(path: &Path) -> Option<String> {
    let text = path.to_str()?;
    let (_, name) = text.split_once("/zoneinfo/")?;
    Some(name.to_string())
}

fn read(path: &Path, name: &str) -> Result<TimeZone, String> {
    let file = File::open(path).map_err(|error| kernel::errno::text(&error))?;
    if !file.metadata().is_ok_and(|about| about.is_file()) {
        return Err("it is no file".to_string());
    }
    let mut bytes = Vec::new();
    file.take(LARGEST)
        .read_to_end(&mut bytes)
        .map_err(|error| kernel::errno::text(&error))?;
    TimeZone::tzif(name, &bytes).map_err(|_| "it is no compiled time zone (tzfile(5))".to_string())
}
