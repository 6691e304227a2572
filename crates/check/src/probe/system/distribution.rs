//! Which distribution this is, by the files that goss looks at, in its order.

use std::path::Path;

use bstr::ByteSlice;

use super::reading;

/// A distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// Ubuntu.
    Ubuntu,
    /// Red Hat and what comes from it.
    RedHat,
    /// Alpine.
    Alpine,
    /// Arch.
    Arch,
    /// Debian, with the number before the first point of its version; 0 where that is a name.
    Debian(u32),
    /// Any other.
    Other,
}

impl Distribution {
    /// The one below `root`.
    pub fn of(root: &Path) -> Distribution {
        let is_there = |name: &str| root.join("etc").join(name).exists();
        let read = |name: &str| reading::table(&root.join("etc").join(name)).ok();
        if read("lsb-release").is_some_and(|text| text.contains_str("Ubuntu")) {
            return Distribution::Ubuntu;
        }
        if is_there("redhat-release") || is_there("system-release") {
            return Distribution::RedHat;
        }
        if is_there("alpine-release") {
            return Distribution::Alpine;
        }
        if is_there("arch-release") {
            return Distribution::Arch;
        }
        match read("debian_version") {
            Some(version) => {
                let version = version.to_str_lossy();
                let major = version.trim().split('.').next().unwrap_or_default();
                Distribution::Debian(major.parse().unwrap_or(0))
            }
            None => Distribution::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_file_decides() {
        let root = temp::Temp::new();
        let is = || Distribution::of(root.path());
        assert_eq!(is(), Distribution::Other);
        root.write("etc/debian_version", "trixie/sid\n");
        assert_eq!(is(), Distribution::Debian(0));
        root.write("etc/debian_version", "8.11\n");
        assert_eq!(is(), Distribution::Debian(8));
        root.write("etc/arch-release", "");
        assert_eq!(is(), Distribution::Arch);
        root.write("etc/alpine-release", "3\n");
        assert_eq!(is(), Distribution::Alpine);
        root.write("etc/system-release", "");
        assert_eq!(is(), Distribution::RedHat);
        root.write("etc/lsb-release", "DISTRIB_ID=Ubuntu\n");
        assert_eq!(is(), Distribution::Ubuntu);
    }
}
