//! What the container came with and PID 1 has in another form while it works: the file mode
//! creation mask and the limit on the size of files. What the image runs gets both as they
//! were handed in (as under s6-overlay v2, which touches neither).

use std::sync::Mutex;

use kernel::limits::{self, Limit, Resource};
use kernel::{process, signal};

/// What our own files are made with: nobody but their owner may write to them, and
/// everybody may read the container's variables, whatever was handed in.
const UMASK: u32 = 0o022;

/// What was handed in; none where that is not known: what there is stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Handed {
    pub(crate) umask: Option<u32>,
    /// Only where ours is another one.
    pub(crate) file_size: Option<Limit>,
}

static HANDED: Mutex<Handed> = Mutex::new(Handed {
    umask: None,
    file_size: None,
});

/// What was handed in.
pub(crate) fn handed() -> Handed {
    HANDED
        .lock()
        .map_or_else(|lock| *lock.into_inner(), |handed| *handed)
}

fn remember(handed: Handed) {
    match HANDED.lock() {
        Ok(mut known) => *known = handed,
        Err(known) => *known.into_inner() = handed,
    }
}

/// Takes the forms of our own, and remembers those that were handed in.
pub(crate) fn take() {
    remember(Handed {
        umask: Some(process::set_umask(UMASK)),
        file_size: raise_file_size(),
    });
}

/// In PID 1, once it is known whether it is this process's `first` program: what that was
/// handed in is what counts, and is `noted` for the next one. Gives what is to be noted.
pub(crate) fn settle(noted: Option<Handed>, first: bool) -> Option<Handed> {
    match noted {
        None if first => Some(handed()),
        noted => {
            remember(noted.unwrap_or_default());
            None
        }
    }
}

/// Our own records are small, and a soft limit is meant for what the image runs.
fn raise_file_size() -> Option<Limit> {
    let limit = limits::get(Resource::FileSize).ok()?;
    let raised = Limit {
        soft: limit.hard,
        ..limit
    };
    let differs = limit != raised && limits::set(Resource::FileSize, raised).is_ok();
    differs.then_some(limit)
}

/// In a process that works for PID 1: a file that becomes too large is an error to it, not
/// its end (SIGXFSZ, setrlimit(2)).
pub(crate) fn survive_large_files() {
    signal::block(&signal::Set::empty().with(signal::SIGXFSZ));
}

/// In a process that is about to become a program of the image: what that is to have.
pub(crate) fn give_back() {
    let handed = handed();
    if let Some(umask) = handed.umask {
        process::set_umask(umask);
    }
    if let Some(limit) = handed.file_size {
        let _ = limits::set(Resource::FileSize, limit);
    }
    let blocked = signal::block(&signal::Set::empty());
    signal::set_mask(&blocked.without(signal::SIGXFSZ));
}
