//! s6-softlimit: sets resource limits, then becomes a program.

use chain::{Call, Failure, Outcome, Program, Result, Unable};
use kernel::limits::{self, Limit, Resource};

use super::words;

pub(super) const PROGRAM: Program = Program {
    name: "s6-softlimit",
    usage: "[ -H | -h ] [ -a allmem ] [ -c core ] [ -d data ] [ -f fsize ] [ -l lock ] [ -m mem ] [ -o ofiles ] [ -P prio ] [ -p proc ] [ -r res ] [ -s stack ] [ -t cpusecs ] prog...",
    summary: "set resource limits, then run a program",
    run,
};

/// Which of a resource's two limits are set.
#[derive(Clone, Copy)]
enum Which {
    Soft,
    Hard,
    Both,
}

fn resources(letter: u8) -> &'static [Resource] {
    match letter {
        b'a' => &[Resource::AddressSpace],
        b'c' => &[Resource::Core],
        b'd' => &[Resource::Data],
        b'f' => &[Resource::FileSize],
        b'l' => &[Resource::LockedMemory],
        b'm' => &[
            Resource::Data,
            Resource::Stack,
            Resource::LockedMemory,
            Resource::AddressSpace,
        ],
        b'o' => &[Resource::OpenFiles],
        b'P' => &[Resource::RealTimePriority],
        b'p' => &[Resource::Processes],
        b'r' => &[Resource::Resident],
        b's' => &[Resource::Stack],
        _ => &[Resource::Cpu],
    }
}

fn run(call: &mut Call) -> Result<Outcome> {
    let mut which = Which::Soft;
    for option in call.options("Hha:c:d:f:l:m:o:P:p:r:s:t:")? {
        match option.letter {
            b'H' => which = Which::Both,
            b'h' => which = Which::Hard,
            letter => {
                // "=" stands for the hard limit.
                let value = match option.value.as_slice() {
                    b"=" => None,
                    text => Some(words::number(text).ok_or_else(|| call.misuse())?),
                };
                for resource in resources(letter) {
                    set(*resource, value, which, letter)?;
                }
            }
        }
    }
    let next = call.program()?;
    Ok(Outcome::exec(call, next))
}

fn set(resource: Resource, value: Option<u64>, which: Which, letter: u8) -> Result<()> {
    let option = [b'-', letter];
    let now = limits::get(resource).unable("read the limit of", &option)?;
    let limit = wanted(now, value, which);
    limits::set(resource, limit).map_err(|error| Failure::System {
        what: format!("set the limit of -{} to {}", letter as char, limit.soft),
        error,
    })
}

/// A soft limit above the hard one is the hard one: only root could go further, and
/// scripts mean "as much as there is".
fn wanted(now: Limit, value: Option<u64>, which: Which) -> Limit {
    let value = value.unwrap_or(now.hard);
    match which {
        Which::Soft => Limit {
            soft: value.min(now.hard),
            hard: now.hard,
        },
        Which::Both => Limit {
            soft: value,
            hard: value,
        },
        Which::Hard => Limit {
            soft: now.soft.min(value),
            hard: value,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soft_limits_stop_at_the_hard_one() {
        let now = Limit { soft: 5, hard: 10 };
        let limit = |soft, hard| Limit { soft, hard };
        assert_eq!(wanted(now, Some(7), Which::Soft), limit(7, 10));
        assert_eq!(wanted(now, Some(20), Which::Soft), limit(10, 10));
        assert_eq!(wanted(now, None, Which::Soft), limit(10, 10));
        assert_eq!(wanted(now, Some(4), Which::Hard), limit(4, 4));
        assert_eq!(wanted(now, Some(8), Which::Both), limit(8, 8));
    }
}
