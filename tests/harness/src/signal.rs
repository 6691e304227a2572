//! The signals that tests send, under their short names.

/// Hang-up.
pub const HUP: i32 = libc::SIGHUP;
/// Interrupt.
pub const INT: i32 = libc::SIGINT;
/// Quit.
pub const QUIT: i32 = libc::SIGQUIT;
/// Abort.
pub const ABRT: i32 = libc::SIGABRT;
/// Kill.
pub const KILL: i32 = libc::SIGKILL;
/// First user-defined signal.
pub const USR1: i32 = libc::SIGUSR1;
/// Segmentation fault.
pub const SEGV: i32 = libc::SIGSEGV;
/// Second user-defined signal.
pub const USR2: i32 = libc::SIGUSR2;
/// Broken pipe.
pub const PIPE: i32 = libc::SIGPIPE;
/// Alarm.
pub const ALRM: i32 = libc::SIGALRM;
/// Terminate.
pub const TERM: i32 = libc::SIGTERM;
/// A child changed.
pub const CHLD: i32 = libc::SIGCHLD;
/// Continue.
pub const CONT: i32 = libc::SIGCONT;
/// Stop.
pub const STOP: i32 = libc::SIGSTOP;
/// Window changed.
pub const WINCH: i32 = libc::SIGWINCH;
/// Power failure.
pub const PWR: i32 = libc::SIGPWR;
/// A limit on processor time was reached.
pub const XCPU: i32 = libc::SIGXCPU;
/// A limit on the size of files was reached.
pub const XFSZ: i32 = libc::SIGXFSZ;
/// A timer of processor time in user mode.
pub const VTALRM: i32 = libc::SIGVTALRM;
/// A timer of processor time.
pub const PROF: i32 = libc::SIGPROF;
/// A descriptor with an owner has news.
pub const IO: i32 = libc::SIGIO;
