//! A table for names of one's own files: there are thousands, and nobody gains by making them
//! collide, so they need no hash that resists it.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A table with that hash.
pub(super) type QuickMap<K, V> = HashMap<K, V, BuildHasherDefault<Fnv>>;

/// FNV-1a with 64 bits, eight bytes at a time (draft-eastlake-fnv).
pub(super) struct Fnv(u64);

const PRIME: u64 = 0x0100_0000_01b3;

impl Default for Fnv {
    fn default() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        let mut blocks = bytes.chunks_exact(8);
        for block in &mut blocks {
            let word = block
                .iter()
                .fold(0, |word, byte| word << 8 | u64::from(*byte));
            self.0 = (self.0 ^ word).wrapping_mul(PRIME).rotate_left(23);
        }
        for byte in blocks.remainder() {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(PRIME);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
