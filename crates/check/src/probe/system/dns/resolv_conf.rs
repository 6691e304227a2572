//! Whom the system asks: resolv.conf(5), with Go's defaults and limits.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use bstr::ByteSlice;

use super::hosts;

/// Whom to ask and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resolver {
    /// At most three.
    pub(super) servers: Vec<SocketAddr>,
    /// What a name may be short for.
    pub(super) search: Vec<String>,
    /// A name with so many points is first asked for as it is.
    pub(super) ndots: usize,
    /// How long one server may take.
    pub(super) timeout: Duration,
    /// How often all are asked.
    pub(super) attempts: usize,
}

pub(super) fn parse(text: &[u8]) -> Resolver {
    let mut resolver = Resolver {
        servers: Vec::new(),
        search: Vec::new(),
        ndots: 1,
        timeout: Duration::from_secs(5),
        attempts: 2,
    };
    for line in text.lines() {
        let Ok(line) = line.to_str() else {
            continue;
        };
        if line.starts_with(['#', ';']) {
            continue;
        }
        let mut words = line.split_ascii_whitespace();
        match words.next() {
            Some("nameserver") if resolver.servers.len() < 3 => {
                let address = words.next().and_then(hosts::parse);
                let server = address.map(|address| SocketAddr::new(address, 53));
                resolver.servers.extend(server);
            }
            Some("domain") => {
                resolver.search = words.next().map(str::to_string).into_iter().collect()
            }
            Some("search") => resolver.search = words.map(str::to_string).collect(),
            Some("options") => words.for_each(|word| option(&mut resolver, word)),
            _ => {}
        }
    }
    if resolver.servers.is_empty() {
        let own: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        resolver.servers = own.map(|address| SocketAddr::new(address, 53)).to_vec();
    }
    resolver
}

fn option(resolver: &mut Resolver, word: &str) {
    let Some((name, number)) = word.split_once(':') else {
        return;
    };
    let Ok(number) = number.parse::<u8>() else {
        return;
    };
    match name {
        "ndots" => resolver.ndots = number.min(15).into(),
        "timeout" => resolver.timeout = Duration::from_secs(number.max(1).into()),
        "attempts" => resolver.attempts = number.max(1).into(),
        _ => {}
    }
}

impl Resolver {
    /// The names that a name may mean, in the order in which they are asked for.
    pub(super) fn meanings(&self, name: &str) -> Vec<String> {
        if name.ends_with('.') {
            return vec![name.to_string()];
        }
        let longer = self
            .search
            .iter()
            .map(|domain| format!("{name}.{}", domain.trim_end_matches('.')));
        let itself = std::iter::once(name.to_string());
        match name.matches('.').count() >= self.ndots {
            true => itself.chain(longer).collect(),
            false => longer.chain(itself).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_says_whom_to_ask_for_what() {
        let text = b"# x\nnameserver 10.0.0.1\nnameserver rubbish\nnameserver ::1\n\
            search a.test b.test.\noptions ndots:2 timeout:1 attempts:3 rotate\n";
        let resolver = parse(text);
        let servers: Vec<String> = resolver.servers.iter().map(ToString::to_string).collect();
        assert_eq!(servers, ["10.0.0.1:53", "[::1]:53"]);
        assert_eq!((resolver.ndots, resolver.attempts), (2, 3));
        assert_eq!(
            resolver.meanings("x.y"),
            ["x.y.a.test", "x.y.b.test", "x.y"]
        );
        assert_eq!(
            resolver.meanings("x.y.z"),
            ["x.y.z", "x.y.z.a.test", "x.y.z.b.test"]
        );
        assert_eq!(resolver.meanings("x."), ["x."]);
        assert_eq!(parse(b"").servers.len(), 2);
    }
}
