//! The layout of s6-overlay v2 (and of docker-base, which is built on it): hooks and
//! services in `/etc`, supervised copies in `/var/run/s6/services`.

mod elf;
pub mod fix_attrs;
pub mod handlers;
pub mod left_out;
pub mod lint;
pub mod picture;
pub mod script;
pub mod scripts;
mod service;
pub mod services;
mod texts;
pub mod user_files;

pub use service::{
    Found, RULES as SERVICE_RULES, read_scan_dir, read_scan_dir_in, read_service, read_service_in,
};
pub use texts::{INIT_STAGE2, INIT_STAGE2_FIXATTRS, INIT_STAGE3};
