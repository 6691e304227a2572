//! Results that count for a while. Who asks while tests run waits for them: they run once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::run::Group;

type Results = Arc<(Vec<Group>, Duration)>;

/// See the module's text.
pub(super) struct Cache {
    keep: Duration,
    last: Mutex<Option<(Instant, Results)>>,
}

impl Cache {
    /// For `keep` after the end of a run; for ever where that is zero.
    pub(super) fn new(keep: Duration) -> Cache {
        Cache {
            keep,
            last: Mutex::new(None),
        }
    }

    /// The results that count, made by `run` where there are none.
    pub(super) fn get(&self, run: impl FnOnce() -> (Vec<Group>, Duration)) -> Results {
        // Held during the run: that is the queue of those who wait for it.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((ended, results)) = &*last
            && (self.keep.is_zero() || ended.elapsed() < self.keep)
        {
            return Arc::clone(results);
        }
        let results = Arc::new(run());
        *last = Some((Instant::now(), Arc::clone(&results)));
        results
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn those_who_ask_at_once_share_a_run() {
        let cache = Cache::new(Duration::from_secs(60));
        let runs = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| {
                    cache.get(|| {
                        runs.fetch_add(1, Ordering::SeqCst);
                        (Vec::new(), Duration::ZERO)
                    });
                });
            }
        });
        assert_eq!(runs.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn what_is_old_is_made_anew() {
        let cache = Cache::new(Duration::from_nanos(1));
        let mut runs = 0;
        for _ in 0..3 {
            cache.get(|| {
                runs += 1;
                (Vec::new(), Duration::ZERO)
            });
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(runs, 3);
    }
}
