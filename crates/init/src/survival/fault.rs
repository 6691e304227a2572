//! Crashes on request, so that tests can see what becomes of them. In debug builds alone:
//! a release answers such a request as one that it does not know.

/// Crashes as asked. Comes back where there is no such way.
pub(crate) fn crash(how: &[u8]) {
    match how {
        b"panic" => panic!("asked for by a test"),
        b"overflow" => {
            std::hint::black_box(recurse(0));
        }
        b"abort" => std::process::abort(),
        _ => {}
    }
}

#[expect(unconditional_recursion, reason = "this is what overflows the stack")]
fn recurse(depth: u64) -> u64 {
    let room = std::hint::black_box([depth; 512]);
    recurse(depth + 1) + room[0]
}
