//! Containers that we make carry a label, by which one is found whose id nobody has told.

use std::time::Duration;

use super::runtime::{Call, Runtime};

/// The label; its value is the run's own.
const LABEL: &str = "mainstay-check";

/// The label of a run, as engines take it.
pub(crate) fn of(token: &str) -> String {
    format!("{LABEL}={token}")
}

/// The container of a run, where there is one: a client that was ended may have made it, and
/// the engine may be at it still.
pub(crate) fn find(runtime: &Runtime, token: &str) -> Option<String> {
    let filter = format!("label={}", of(token));
    let tries: &[u64] = match runtime.signals.first() {
        Some(_) => &[0, 300, 1000],
        None => &[0],
    };
    for pause in tries {
        std::thread::sleep(Duration::from_millis(*pause));
        let call = Call::new(["ps", "-aq", "--no-trunc", "--filter", &filter]);
        let ended = runtime.call(call).ok()?;
        if let Some(id) = ended.text().lines().next() {
            return Some(id.to_string());
        }
    }
    None
}
