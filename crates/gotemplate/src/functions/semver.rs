//! Semantic versions.

use std::fmt;

/// A semantic version, as `semver` makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The text that it was read from.
    pub original: String,
    /// The first number.
    pub major: u64,
    /// The second number.
    pub minor: u64,
    /// The third number.
    pub patch: u64,
    /// What stands behind the minus.
    pub prerelease: String,
    /// What stands behind the plus.
    pub metadata: String,
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.prerelease.is_empty() {
            write!(out, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(out, "+{}", self.metadata)?;
        }
        Ok(())
    }
}
