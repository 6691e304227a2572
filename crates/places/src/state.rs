//! Where a running container's state is in the originals' places.

/// The originals' places, the first that can be written counts. They are one where
/// /var/run is a link to /run, which it is not in every image.
pub const STANDARD: [&str; 2] = ["/var/run/s6", "/run/s6"];

/// The image's hooks and services, linked or copied, in the first of them.
pub const USER_FILES: &str = "/var/run/s6/etc";

/// The directory of what vanishes with the container.
pub const RUN: &str = "/run";

/// The same by its older name.
pub const VAR_RUN: &str = "/var/run";

/// Where s6-overlay v3 has its scan directory.
pub const SCAN_DIR_OF_V3: &str = "/run/service";

/// The directory of the socket for people.
pub const SOCKET_DIR: &str = "/run/mainstay";

/// What is made or looked for at the standard places.
pub const STANDARD_PARTS: [&str; 4] = [STANDARD[0], STANDARD[1], SOCKET_DIR, SCAN_DIR_OF_V3];
