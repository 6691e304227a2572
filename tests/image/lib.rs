//! Images with Mainstay under a real container engine: the tests are in `tests/`, one file per
//! subject. Each file is a program of its own and so has an engine of its own: prefer few files
//! with several tests.
//!
//! [`base_image`] is what the project's users pull: `images/Dockerfile` over a stand-in for the
//! system that the variant is of.
#![forbid(unsafe_code)]

mod base;
mod example;

pub use base::{base_image, build_base, build_base_in, context};
pub use example::{build_example, example_base, try_to_build_example};
