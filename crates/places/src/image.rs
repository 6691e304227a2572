//! Where an image has what its boot and its stop read.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::name;

/// The directory of hooks and services.
pub const ETC: &str = "/etc";

/// Services that the image brings under the supervisor's own directory; copied into
/// the scan directory first.
pub const IMAGE_SERVICES: &str = "/etc/s6/services";

/// What belongs to the scan directory's supervisor among them, signal handlers too.
pub const IMAGE_CONTROL: &str = "/etc/s6/services/.s6-svscan";

/// The environment that hooks and services get, one file a variable.
pub const IMAGE_ENVIRONMENT: &str = "/etc/s6/init/env";

/// The beginning of the boot as a script, which images may edit.
pub const STAGE2: &str = "/etc/s6/init/init-stage2";

/// Owners and modes of the user's files, which images may edit.
pub const FIXATTRS: &str = "/etc/s6/init/init-stage2-fixattrs.txt";

/// The end of the stop as a script, which images may edit.
pub const STAGE3: &str = "/etc/s6/init/init-stage3";

/// Scripts that run ahead of everything (docker-base).
pub const RUN_D: &str = "/run.d";

/// Programs of an image's author (docker-base).
pub const SCRIPTS: &str = "/scripts";

/// Services that an image may switch on by a link (docker-base).
pub const SERVICES_AVAILABLE: &str = "/etc/services-available";

/// The services of s6-overlay v3.
pub const V3_SERVICES: &str = "/etc/s6-overlay/s6-rc.d";

/// Where s6-overlay v3 has its programs; with a slash at the end.
pub const OF_V3: [&str; 3] = ["/command/", "/run/s6/basedir/", "/package/admin/"];

/// An entry of [`ETC`].
pub fn in_etc(name: &str) -> PathBuf {
    Path::new(ETC).join(name)
}

/// Where hooks and services come from: `etc`, or its cont-profile.d/PROFILE.
pub fn user_files(etc: &Path, profile: Option<&[u8]>) -> PathBuf {
    match profile {
        Some(profile) => etc.join(name::PROFILES).join(OsStr::from_bytes(profile)),
        None => etc.to_path_buf(),
    }
}
