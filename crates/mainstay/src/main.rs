//! One static binary that acts by the name it was called under.
//!
//! It starts from a C-shaped entry: Rust's own start-up ignores SIGPIPE, installs
//! signal handlers and reopens closed descriptors, and every program after this one
//! in a chain would see that.
#![no_main]

mod entry;
mod names;

use std::ffi::{CStr, c_char, c_int};

use chain::{Call, Environment, Outcome, Word};

#[global_allocator]
static HEAP: kernel::heap::Heap = kernel::heap::Heap;

/// The C entry point.
///
/// # Safety
/// Called by the C start-up code with the vectors of execve(2).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn main(
    argc: c_int,
    argv: *const *const c_char,
    envp: *const *const c_char,
) -> c_int {
    kernel::memory::begin_with_a_page();
    // SAFETY: the kernel hands over null-terminated arrays of C strings.
    let (mut args, entries) = unsafe { (words(argv), words(envp)) };
    debug_assert_eq!(args.len(), argc as usize);
    let zeroth = if args.is_empty() {
        Vec::new()
    } else {
        args.remove(0)
    };
    std::panic::set_hook(Box::new(internal_error));
    let env = Environment::from_entries(entries);
    let (program, args) = match names::resolve(&zeroth, args) {
        Ok(found) => found,
        Err(line) => {
            let _ = kernel::fd::write_all(2, line.as_bytes());
            return c_int::from(chain::exit::USAGE);
        }
    };
    let call = Call::new(program.name, program.usage, args, env).invoked_as(zeroth);
    let mut call = call.knowing(names::ours);
    let code = match (program.run)(&mut call) {
        Ok(Outcome::Exit(code)) => code,
        Ok(Outcome::Exec(next)) => chain::exec(program.name, next),
        Err(failure) => {
            if !failure.is_told() {
                let line = format!("{}\n", failure.line(program.name));
                let _ = kernel::fd::write_all(2, line.as_bytes());
            }
            failure.code()
        }
    };
    c_int::from(code)
}

/// What becomes of a defect of our own: one line, and, in PID 1, this program once more.
/// Nobody is shown a backtrace.
fn internal_error(info: &std::panic::PanicHookInfo) {
    let payload = info.payload();
    let what = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no more is known");
    let place = info
        .location()
        .map_or(String::new(), |at| format!("{}:{}: ", at.file(), at.line()));
    let line = format!("mainstay: fatal: internal error: {place}{what}; please report this\n");
    // PID 1 must not wait for a reader of its output.
    let _ = kernel::output::write_now(2, line.as_bytes());
    kernel::crash::succeed_after_panic();
    kernel::process::exit_now(chain::exit::INTERNAL);
}

/// Copies a vector of execve(2).
///
/// # Safety
/// `vector` is a null-terminated array of C strings.
unsafe fn words(vector: *const *const c_char) -> Vec<Word> {
    let mut words = Vec::new();
    let mut at = vector;
    // SAFETY: every entry before the null is a C string, see above.
    unsafe {
        while !(*at).is_null() {
            words.push(CStr::from_ptr(*at).to_bytes().to_vec());
            at = at.add(1);
        }
    }
    words
}
