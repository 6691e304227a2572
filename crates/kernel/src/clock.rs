//! The two clocks: monotonic for waiting, wall time for stamps that people read.

use std::time::Duration;

fn read(clock: libc::clockid_t) -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is a valid timespec that outlives the call.
    unsafe { libc::clock_gettime(clock, &mut time) };
    Duration::new(time.tv_sec.max(0) as u64, time.tv_nsec as u32)
}

/// Time since an arbitrary start (CLOCK_MONOTONIC). Never jumps.
pub fn monotonic() -> Duration {
    read(libc::CLOCK_MONOTONIC)
}

/// Time since the epoch (CLOCK_REALTIME). May jump; times before 1970 read as 1970.
pub fn wall() -> Duration {
    read(libc::CLOCK_REALTIME)
}

/// Sets the time since the epoch (clock_settime(2)).
///
/// # Errors
/// EPERM without CAP_SYS_TIME.
pub fn set_wall(time: Duration) -> std::io::Result<()> {
    let mut wanted = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    wanted.tv_sec = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    wanted.tv_nsec = i64::from(time.subsec_nanos());
    // SAFETY: `wanted` is a valid timespec that outlives the call.
    crate::check(unsafe { libc::clock_settime(libc::CLOCK_REALTIME, &wanted) }).map(drop)
}

/// Sleeps for this long, through interruptions by signals.
pub fn sleep(time: Duration) {
    std::thread::sleep(time);
}
