//! What the boot's child does to the image: copies of service directories, the user's
//! files, owners and modes, the environment's directory, the folders of workers.
//! [`layouts`] reads and never writes; everything that writes is here.
#![forbid(unsafe_code)]

mod carrier;
pub mod delivery;
mod descent;
pub mod environment;
pub mod fix_attrs;
pub mod protect;
pub mod services;
mod tree;
pub mod user_files;
pub mod workers;

pub use tree::is_absent_dir;

/// Does it again, twice at most, while the kernel refuses part of it: what comes of a
/// moment's want of descriptors, memory or room is gone by then.
pub fn insist<T>(work: impl Fn() -> T, is_refused: impl Fn(&T) -> bool) -> T {
    let first = work();
    if !is_refused(&first) {
        return first;
    }
    let second = work();
    if !is_refused(&second) { second } else { work() }
}
