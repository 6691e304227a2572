//! How long a unit waits for its next start, and when it has had enough of them.

use std::collections::VecDeque;
use std::time::Duration;

use plan::{Backoff, Limit};

use crate::Time;

/// Restarts that are remembered at most; see [`Limit::starts`].
const REMEMBERED: usize = 10_000;

/// Wait after the first failure to make a process at all; doubled each time.
const FIRST_RETRY: Duration = Duration::from_secs(1);

/// Longest wait after such a failure: s6-supervise waits a minute.
const LAST_RETRY: Duration = Duration::from_secs(60);

/// Least wait after a process could not execute its program: s6-supervise's.
pub(crate) const NOT_EXECUTED: Duration = Duration::from_secs(10);

/// The wait after the `failures`-th end in a row, the first being 0.
pub(crate) fn wait(policy: &Backoff, failures: u32) -> Duration {
    let factor = policy.factor.checked_pow(failures).unwrap_or(u32::MAX);
    let wait = policy.first.checked_mul(factor);
    wait.unwrap_or(Duration::MAX)
        .min(policy.max.max(policy.first))
}

/// The wait after the `failures`-th time in a row that no process could be made, the
/// first being 0.
pub(crate) fn retry(failures: u32) -> Duration {
    let factor = 2u32.checked_pow(failures).unwrap_or(u32::MAX);
    let wait = FIRST_RETRY.checked_mul(factor);
    wait.unwrap_or(LAST_RETRY).min(LAST_RETRY)
}

/// Whether one more restart at `now` keeps within `limit`; if so it is remembered.
pub(crate) fn admit(limit: &Limit, restarts: &mut VecDeque<Time>, now: Time) -> bool {
    while restarts
        .front()
        .is_some_and(|first| now.since(*first) >= limit.within)
    {
        restarts.pop_front();
    }
    let allowed = usize::try_from(limit.starts).unwrap_or(REMEMBERED);
    if restarts.len() >= allowed.min(REMEMBERED) {
        return false;
    }
    restarts.push_back(now);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use plan::OnLimit;

    fn policy(first: u64, factor: u32, max: u64) -> Backoff {
        Backoff {
            floor: Duration::ZERO,
            first: Duration::from_secs(first),
            factor,
            max: Duration::from_secs(max),
            reset_after: Duration::ZERO,
        }
    }

    #[test]
    fn a_fixed_back_off_never_grows() {
        let waits = [0, 1, 2, 1000].map(|failures| wait(&policy(3, 1, 60), failures).as_secs());
        assert_eq!(waits, [3, 3, 3, 3]);
    }

    #[test]
    fn an_exponential_back_off_grows_to_its_longest_wait() {
        let waits = [0, 1, 2, 3, 4, 40, 4_000_000].map(|failures| {
            let wait = wait(&policy(2, 3, 100), failures);
            wait.as_secs()
        });
        assert_eq!(waits, [2, 6, 18, 54, 100, 100, 100]);
    }

    #[test]
    fn a_longest_wait_below_the_first_does_not_shorten_it() {
        assert_eq!(wait(&policy(5, 2, 0), 7).as_secs(), 5);
    }

    #[test]
    fn a_wait_beyond_every_clock_is_the_longest_wait() {
        assert_eq!(
            wait(&policy(u64::MAX, 2, 9), 1),
            Duration::from_secs(u64::MAX)
        );
    }

    #[test]
    fn a_process_that_cannot_be_made_is_tried_after_1_2_4_up_to_60_seconds() {
        let waits = [0, 1, 2, 5, 6, 31, 32, 9999].map(|failures| retry(failures).as_secs());
        assert_eq!(waits, [1, 2, 4, 32, 60, 60, 60, 60]);
    }

    #[test]
    fn a_restart_limit_slides() {
        let limit = Limit {
            starts: 2,
            within: Duration::from_nanos(10),
            then: OnLimit::GiveUp,
        };
        let mut restarts = VecDeque::new();
        let admitted = [0, 5, 9, 10, 14, 15].map(|now| admit(&limit, &mut restarts, Time(now)));
        assert_eq!(admitted, [true, true, false, true, false, true]);
    }

    #[test]
    fn a_huge_restart_limit_is_remembered_to_a_bound() {
        let limit = Limit {
            starts: u32::MAX,
            within: Duration::MAX,
            then: OnLimit::GiveUp,
        };
        let mut restarts = VecDeque::new();
        for _ in 0..REMEMBERED {
            assert!(admit(&limit, &mut restarts, Time(0)));
        }
        assert!(!admit(&limit, &mut restarts, Time(0)));
        assert_eq!(restarts.len(), REMEMBERED);
    }
}
