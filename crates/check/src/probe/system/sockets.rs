//! Who listens where: `/proc/net/tcp` and its like.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use bstr::ByteSlice;

use super::reading;

/// The protocols that goss knows: each with whether only what listens counts.
pub const PROTOCOLS: &[(&str, bool)] = &[
    ("tcp", true),
    ("tcp6", true),
    ("udp", false),
    ("udp6", false),
];

/// The local addresses by protocol and port, in the order of the tables.
pub type Sockets = HashMap<(&'static str, u16), Vec<IpAddr>>;

/// Reads the tables below a `/proc/net`; one that is not there is empty.
pub fn read(net: &Path) -> Sockets {
    let mut sockets = Sockets::new();
    for (protocol, listening) in PROTOCOLS {
        let table = reading::table(&net.join(protocol)).unwrap_or_default();
        for line in table.lines().skip(1) {
            let Some((address, port, state)) = parse(line) else {
                continue;
            };
            if !*listening || state == LISTEN {
                let found = sockets.entry((*protocol, port)).or_default();
                found.push(address);
            }
        }
    }
    sockets
}

/// The ports of sockets by their inodes, as goss writes them: `tcp:80`; each once, in the order of
/// the tables.
pub fn ports_of(net: &Path, inodes: &HashSet<u64>) -> Vec<String> {
    let mut ports: Vec<String> = Vec::new();
    for (protocol, listening) in PROTOCOLS {
        let table = reading::table(&net.join(protocol)).unwrap_or_default();
        for line in table.lines().skip(1) {
            let Some((_, port, state)) = parse(line) else {
                continue;
            };
            let inode = line.to_str().ok().and_then(inode);
            let is_meant = inode.is_some_and(|inode| inodes.contains(&inode));
            let port = format!("{protocol}:{port}");
            if is_meant && (!*listening || state == LISTEN) && !ports.contains(&port) {
                ports.push(port);
            }
        }
    }
    ports
}

/// The number of a socket, in the tenth field (proc_net_tcp.txt of the kernel).
fn inode(line: &str) -> Option<u64> {
    line.split_ascii_whitespace().nth(9)?.parse().ok()
}

/// `TCP_LISTEN` of the kernel.
const LISTEN: u8 = 10;

/// A line: `sl: LOCAL:PORT REMOTE:PORT STATE ...` in hexadecimal digits.
fn parse(line: &[u8]) -> Option<(IpAddr, u16, u8)> {
    let line = line.to_str().ok()?;
    let mut fields = line.split_ascii_whitespace();
    let (address, port) = fields.nth(1)?.split_once(':')?;
    let state = fields.nth(1)?;
    Some((
        parse_address(address)?,
        u16::from_str_radix(port, 16).ok()?,
        u8::from_str_radix(state, 16).ok()?,
    ))
}

/// An address in words of 32 bits, each as this machine keeps it.
fn parse_address(digits: &str) -> Option<IpAddr> {
    let word = |at: usize| {
        let digits = digits.get(at * 8..at * 8 + 8)?;
        Some(u32::from_str_radix(digits, 16).ok()?.to_ne_bytes())
    };
    match digits.len() {
        8 => Some(Ipv4Addr::from(word(0)?).into()),
        32 => {
            let words = [word(0)?, word(1)?, word(2)?, word(3)?];
            let bytes: [u8; 16] = words.as_flattened().try_into().ok()?;
            Some(Ipv6Addr::from(bytes).into())
        }
        _ => None,
    }
}

/// An address as Go shows it: one of IPv4 within IPv6 is shown as that of IPv4.
pub fn shown(address: IpAddr) -> String {
    address.to_canonical().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TCP: &str = "  sl  local_address rem_address   st tx_queue\n\
        \x20  0: 0200007F:46A0 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0\n\
        \x20  1: 0100007F:46A0 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0\n\
        \x20  2: 0100007F:1F90 0100007F:9999 01 00000000:00000000 00:00000000 00000000 0\n\
        \x20  3: rubbish\n";
    const TCP6: &str = "  sl\n\
        \x20  0: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 0\n\
        \x20  1: 0000000000000000FFFF00000100007F:0051 00000000000000000000000000000000:0000 0A 0\n";

    #[test]
    #[cfg(target_endian = "little")]
    fn tables_are_read_by_protocol_and_port() {
        let root = temp::Temp::new();
        root.write("tcp", TCP);
        root.write("tcp6", TCP6);
        root.write("udp", TCP);
        let sockets = read(root.path());
        let found = |protocol, port| {
            let found = sockets.get(&(protocol, port));
            let all = found.into_iter().flatten();
            all.map(|address| shown(*address)).collect::<Vec<_>>()
        };
        assert_eq!(found("tcp", 18080), ["127.0.0.2", "127.0.0.1"]);
        assert!(found("tcp", 8080).is_empty());
        assert_eq!(found("udp", 8080), ["127.0.0.1"]);
        assert_eq!(found("tcp6", 80), ["::1"]);
        assert_eq!(found("tcp6", 81), ["127.0.0.1"]);
        assert!(found("udp6", 80).is_empty());
    }
}
