//! The system's own way from a name to its addresses: the file of hosts, then the servers of
//! resolv.conf, as Go does it without the C library.

use std::net::{IpAddr, SocketAddr};

use super::ask::{self, Trouble};
use super::message::{Kind, Record};
use super::resolv_conf::{self, Resolver};
use super::{Deadline, hosts};
use crate::probe::System;
use crate::probe::system::reading;

/// The code of an answer that there is no such name.
const NO_SUCH_NAME: u8 = 3;

/// The addresses of a name: those of IPv4 first. None where there is no such name.
///
/// # Errors
/// Nobody could be asked, or not in time.
pub fn lookup(system: &System, name: &str, until: Deadline) -> Result<Vec<IpAddr>, Trouble> {
    if let Some(address) = hosts::parse(name) {
        return Ok(vec![address]);
    }
    if !is_name(name) {
        return Ok(Vec::new());
    }
    let found = hosts::find(system, name);
    if !found.is_empty() {
        return Ok(found);
    }
    let path = system.at("etc/resolv.conf");
    let resolver = resolv_conf::parse(&reading::table(&path).unwrap_or_default());
    let mut trouble = None;
    for meaning in resolver.meanings(name) {
        match addresses(&resolver, &meaning, until) {
            Ok(found) if found.is_empty() => {}
            Ok(found) => return Ok(found),
            Err(Trouble::Late) => return Err(Trouble::Late),
            Err(other) => trouble = Some(other),
        }
    }
    trouble.map_or(Ok(Vec::new()), Err)
}

/// What Go holds for a name at all: letters, digits, hyphens and underscores, and no label
/// without any.
fn is_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_label = |label: &str| {
        let is_good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (1..=63).contains(&label.len())
            && label.bytes().all(is_good)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() < 254 && name.split('.').all(is_label)
}

fn addresses(resolver: &Resolver, name: &str, until: Deadline) -> Result<Vec<IpAddr>, Trouble> {
    // Both kinds are asked for at the same time; the answer to one says nothing of the other.
    let (four, six) = std::thread::scope(|scope| {
        let six = scope.spawn(|| of_kind(resolver, name, Kind::Aaaa, until));
        let four = of_kind(resolver, name, Kind::A, until);
        let lost = || Trouble::Other("the resolver has ended".to_string());
        (four, six.join().unwrap_or_else(|_| Err(lost())))
    });
    match (four, six) {
        (Ok(mut four), Ok(six)) => {
            four.extend(six);
            Ok(four)
        }
        (Ok(some), Err(_)) | (Err(_), Ok(some)) if !some.is_empty() => Ok(some),
        (Err(trouble), _) | (_, Err(trouble)) => Err(trouble),
    }
}

fn of_kind(
    resolver: &Resolver,
    name: &str,
    kind: Kind,
    until: Deadline,
) -> Result<Vec<IpAddr>, Trouble> {
    let mut trouble = Trouble::Late;
    for _ in 0..resolver.attempts {
        for server in &resolver.servers {
            match from(*server, name, kind, until.or_within(resolver.timeout)) {
                Ok(found) => return Ok(found),
                Err(why) => trouble = why,
            }
            if until.rest().is_none() {
                return Err(Trouble::Late);
            }
        }
    }
    Err(trouble)
}

fn from(
    server: SocketAddr,
    name: &str,
    kind: Kind,
    until: Deadline,
) -> Result<Vec<IpAddr>, Trouble> {
    let (code, records) = ask::coded(server, name, kind, until)?;
    let addresses = records.into_iter().filter_map(|record| match record {
        Record::A(address) => Some(address.into()),
        Record::Aaaa(address) => Some(address.into()),
        Record::Shown(_) => None,
    });
    match code {
        0 | NO_SUCH_NAME => Ok(addresses.collect()),
        _ => Err(Trouble::Other(format!("lookup {name}: server misbehaving"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_name_is_not_asked_for() {
        for name in ["a", "a.b.", "_x._tcp.a", "1a", "a-b"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", ".", "a..b", "-a", "a-", "a b", "é", "''"] {
            assert!(!is_name(name), "{name}");
        }
    }
}
