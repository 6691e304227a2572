//! What the fuzz targets call.

/// A gossfile of any bytes.
///
/// # Panics
/// When what must hold for it does not.
pub fn gossfile(bytes: &[u8]) {
    crate::gossfile::properties::hold(bytes);
}
