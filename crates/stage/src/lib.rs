//! What the boot's child does to the image: copies of service directories, the user's
//! files, owners and modes, the environment's directory, the folders of workers.
//! [`layouts`] reads and never writes; everything that writes is here.
#![forbid(unsafe_code)]

mod descent;
pub mod environment;
pub mod fix_attrs;
pub mod protect;
pub mod services;
mod tree;
pub mod user_files;
pub mod workers;

pub use tree::is_absent_dir;
