//! Tests what an image promises. Also under the names `goss` and `dgoss`.
#![forbid(unsafe_code)]

use std::path::Path;
use std::process::ExitCode;

use check::command::{self, Name};

// musl's own asks the kernel for a page and gives it back at every turn of a loop.
#[global_allocator]
static HEAP: kernel::heap::Heap = kernel::heap::Heap;

fn main() -> ExitCode {
    let mut words = std::env::args_os();
    let zeroth = words.next().unwrap_or_default();
    let name = Path::new(&zeroth)
        .file_name()
        .and_then(|name| name.to_str());
    let name = Name::of(name.unwrap_or_default());
    ExitCode::from(command::main(name, words.collect()))
}
