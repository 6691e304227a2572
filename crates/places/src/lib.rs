//! Where things lie: in an image, in a running container, and our own programs.
//!
//! Every path that another program knows too has its one name here, and no other crate
//! spells it out.
#![forbid(unsafe_code)]

mod image;
pub mod name;
pub mod origin;
mod paths;
pub mod private;
mod programs;
pub mod schedulers;
mod state;

pub use image::{
    ETC, FIXATTRS, IMAGE_CONTROL, IMAGE_ENVIRONMENT, IMAGE_SERVICES, OF_V3, RUN_D, SCRIPTS,
    SERVICES_AVAILABLE, STAGE2, STAGE3, V3_SERVICES, in_etc, user_files,
};
pub use paths::Paths;
pub use programs::{
    FULL_PATH, INIT, INIT_SH, LIBEXEC, MAINSTAY, MANIFEST, OUR_BINARY, REPLACED, RUN_SH,
    SMALL_PATH, WORKER_SH,
};
pub use state::{RUN, SCAN_DIR_OF_V3, SOCKET_DIR, STANDARD, STANDARD_PARTS, USER_FILES, VAR_RUN};
