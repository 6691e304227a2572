//! The layout of s6-overlay v2 (and of docker-base, which is built on it): hooks and
//! services in `/etc`, supervised copies in `/var/run/s6/services`.

mod left_out;
mod limits;
pub mod lint;
pub mod picture;
mod texts;

pub use texts::{INIT_STAGE2, INIT_STAGE2_FIXATTRS, INIT_STAGE3};

use crate::Layout;

/// What PID 1 asks this layout.
pub(crate) const LAYOUT: Layout = Layout {
    boot_script: INIT_STAGE2,
    left_out: left_out::check_in,
    hangs_up: left_out::hangs_up_in,
};
