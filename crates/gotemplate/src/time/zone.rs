//! Time zones: this machine's, UTC, and those of the zone files.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A zone.
#[derive(Debug, Clone)]
pub(crate) enum Zone {
    Utc,
    Named(TimeZone),
}

impl Zone {
    /// The machine's zone: TZ or /etc/localtime.
    pub(crate) fn local() -> Zone {
        match TimeZone::try_system() {
            Ok(zone) => Zone::Named(zone),
            Err(_) => Zone::Utc,
        }
    }

    /// The zone of a name such as Europe/Berlin; "" is UTC, as in Go.
    pub(crate) fn named(name: &str) -> Option<Zone> {
        match name {
            "" | "UTC" => Some(Zone::Utc),
            "Local" => Some(Zone::local()),
            // Go looks at the spelling's case; names that leave the directory are refused.
            _ if name.contains("..") || name.starts_with('/') => None,
            _ => TimeZone::get(name).ok().map(Zone::Named),
        }
    }

    /// The offset and abbreviation at a moment.
    pub(crate) fn at(&self, seconds: i64) -> (i32, String) {
        match self {
            Zone::Utc => (0, "UTC".into()),
            Zone::Named(zone) => {
                let moment = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
                let info = zone.to_offset_info(moment);
                (info.offset().seconds(), info.abbreviation().to_owned())
            }
        }
    }
}
