//! Checksums.

use super::Param::Str;
use super::{Function, fixed, text};
use sha1::Digest;

pub(super) const FUNCTIONS: &[Function] = &[
    fixed("adler32sum", &[Str], |_, args| {
        Ok(adler32(text(args, 0).as_bytes()).to_string().into())
    }),
    fixed("sha1sum", &[Str], |_, args| {
        Ok(hex(&sha1::Sha1::digest(text(args, 0))).into())
    }),
    fixed("sha256sum", &[Str], |_, args| {
        Ok(hex(&sha2::Sha256::digest(text(args, 0))).into())
    }),
];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// RFC 1950: two sums modulo the largest prime below 2^16.
fn adler32(bytes: &[u8]) -> u32 {
    let (mut a, mut b) = (1u32, 0u32);
    for byte in bytes {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    b << 16 | a
}
