//! `images/root/scripts` on real package managers, with repositories that the tests make: which
//! packages change, which do not, and what is left of a failure. The tests are in `tests/`, one
//! file a package manager.
#![forbid(unsafe_code)]

mod deb;
pub mod debian;
mod image;
pub mod rpm;

pub use deb::{Archive, Deb, Suite};
pub use image::{Change, Image, Said};

use std::path::PathBuf;

/// The scripts as they are in the images.
pub fn scripts() -> PathBuf {
    harness::workspace().join("images/root/scripts")
}
