//! The file of hosts: hosts(5).

use std::net::IpAddr;

use bstr::ByteSlice;

use crate::probe::System;

/// The addresses that the file has for a name, in its order; case does not count, nor does a
/// point at the end.
pub(super) fn find(system: &System, name: &str) -> Vec<IpAddr> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let mut found = Vec::new();
    for line in system.hosts().lines() {
        let line = line.split(|byte| *byte == b'#').next().unwrap_or_default();
        let mut words = line
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty());
        let address = words.next().and_then(|word| parse(word.to_str().ok()?));
        let is_named = |word: &[u8]| {
            let word = word.strip_suffix(b".").unwrap_or(word);
            word.eq_ignore_ascii_case(name.as_bytes())
        };
        if let Some(address) = address.filter(|_| words.any(is_named)) {
            found.push(address);
        }
    }
    found
}

/// An address, a zone behind it let pass.
pub(super) fn parse(word: &str) -> Option<IpAddr> {
    word.split('%').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_the_addresses_of_all_its_lines() {
        let root = temp::Temp::new();
        root.write(
            "etc/hosts",
            "127.0.0.1 localhost # me\n::1\tip6-localhost  LocalHost.\n# 9.9.9.9 localhost\n\
             rubbish localhost\nfe80::1%eth0 zone\n",
        );
        let system = System::under(root.path());
        let found = |name| {
            let found = find(&system, name).into_iter();
            found.map(|address| address.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(found("localhost"), ["127.0.0.1", "::1"]);
        assert_eq!(found("LOCALHOST."), ["127.0.0.1", "::1"]);
        assert_eq!(found("zone"), ["fe80::1"]);
        assert!(found("me").is_empty());
    }
}
