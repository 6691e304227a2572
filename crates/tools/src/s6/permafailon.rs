//! s6-permafailon: exits 125, which ends a service for good, when it has ended too
//! often in a way; else becomes a program.

use std::time::Duration;

use chain::{Call, Failure, Outcome, Program, Result, Word, escape};
use kernel::{clock, fd, signal};
use s6wire::death_tally::{self, Death};
use s6wire::{Ending, Tai64n};

use super::{supervisor, words};

pub(super) const PROGRAM: Program = Program {
    name: "s6-permafailon",
    usage: "seconds deathcount events prog...",
    summary: "exit 125 if the service of this directory has ended too often, else run a program",
    run,
};

/// What `finish` exits with to say: not again.
const PERMANENT_FAILURE: u8 = 125;

/// Ways of ending, as the events word lists them.
struct Events(Vec<Range>);

enum Range {
    Codes(u8, u8),
    Signal(u8),
}

impl Events {
    fn parse(word: &[u8]) -> Result<Events> {
        let mut items: Vec<&[u8]> = word.split(|b| *b == b',').collect();
        // A comma at the end is no item.
        if items.len() > 1 && items.last() == Some(&&b""[..]) {
            items.pop();
        }
        let ranges = items.into_iter().map(range).collect::<Result<_>>()?;
        Ok(Events(ranges))
    }

    fn hold(&self, death: &Death) -> bool {
        self.0.iter().any(|range| match (range, death.ending) {
            (Range::Signal(wanted), Ending::Killed(signal)) => *wanted == signal,
            (Range::Codes(low, high), Ending::Exited(code)) => (*low..=*high).contains(&code),
            // The tally holds 128 and the signal as the code of a killed process.
            (Range::Codes(low, high), Ending::Killed(signal)) => {
                (*low..=*high).contains(&(signal | 0x80))
            }
            (Range::Signal(_), Ending::Exited(_)) => false,
        })
    }
}

fn range(item: &[u8]) -> Result<Range> {
    let invalid = || Failure::Invalid(format!("{} is no exit code, interval or signal", escape(item)));
    let code = |text: &[u8]| words::number(text).and_then(|n| u8::try_from(n).ok());
    if !item.first().is_some_and(u8::is_ascii_digit) {
        let sig = item.get(..3).is_some_and(|s| s.eq_ignore_ascii_case(b"SIG"));
        return signal::parse(if sig { &item[3..] } else { item })
            .and_then(|number| u8::try_from(number).ok())
            .map(Range::Signal)
            .ok_or_else(invalid);
    }
    let mut ends = item.splitn(2, |b| *b == b'-');
    let low = ends.next().and_then(code).ok_or_else(invalid)?;
    let high = match ends.next() {
        None => low,
        Some(text) => code(text).ok_or_else(invalid)?,
    };
    if low > high {
        return Err(invalid());
    }
    Ok(Range::Codes(low, high))
}

fn run(call: &mut Call) -> Result<Outcome> {
    call.options("")?;
    let seconds = number(call)?;
    let count = number(call)?;
    let events = Events::parse(&call.operand()?)?;
    // A finish script may have nothing more to do.
    let next: Vec<Word> = call.rest();
    if count == 0 {
        return Err(call.misuse());
    }
    let deaths = match supervisor::record(supervisor::path(b"supervise/death_tally")) {
        Ok(bytes) => death_tally::decode(&bytes).unwrap_or_default(),
        Err(error) => {
            let why = kernel::errno::text(&error);
            chain::warn(call.name, &format!("unable to read supervise/death_tally: {why}"));
            Vec::new()
        }
    };
    let now = Tai64n::from_wall(clock::wall());
    let recent = |death: &&Death| now.since(death.stamp) <= Duration::from_secs(seconds);
    let found = deaths.iter().filter(recent).filter(|d| events.hold(d)).count();
    if (found as u64) < count {
        return Ok(Outcome::exec_or_exit(call, next));
    }
    let line = format!(
        "{}: info: permanent failure: the service ended {} so in the last {}\n",
        call.name,
        kernel::words::count(found, "time"),
        kernel::words::count(seconds, "second")
    );
    let _ = fd::write_all(2, line.as_bytes());
    Ok(Outcome::Exit(PERMANENT_FAILURE))
}

fn number(call: &mut Call) -> Result<u64> {
    let word = call.operand()?;
    words::number(&word).ok_or_else(|| call.misuse())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(word: &str, ending: Ending) -> bool {
        let death = Death {
            stamp: Tai64n::default(),
            ending,
        };
        Events::parse(word.as_bytes()).unwrap().hold(&death)
    }

    #[test]
    fn events_are_codes_intervals_and_signals() {
        assert!(holds("1,101-103,SIGSEGV", Ending::Exited(102)));
        assert!(!holds("1,101-103,SIGSEGV", Ending::Exited(104)));
        assert!(holds("sigsegv", Ending::Killed(11)));
        assert!(holds("sig11", Ending::Killed(11)));
        assert!(holds("139", Ending::Killed(11)));
        assert!(!holds("11", Ending::Killed(11)));
        assert!(holds("3,", Ending::Exited(3)));
        for word in ["", ",3", "300", "5-3", "SIG", "SIG200", "1-x", "-5"] {
            assert!(Events::parse(word.as_bytes()).is_err(), "{word}");
        }
    }
}
