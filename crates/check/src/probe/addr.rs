//! An address that answers, or does not.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;

use super::system::connect;
use super::system::dns::{self, Deadline};
use super::{Probe, Reading, System, patience};
use crate::duration::GoDuration;
use crate::resource::Resource;

struct Of {
    system: Arc<System>,
    address: String,
    local: Option<IpAddr>,
    patience: GoDuration,
}

pub(crate) fn probe(resource: &Resource, system: &Arc<System>) -> Box<dyn Probe> {
    Box::new(Of {
        system: Arc::clone(system),
        address: normal(&resource.subject()),
        // What is no address is passed over, as goss does.
        local: resource.text("local-address").parse().ok(),
        patience: patience(resource),
    })
}

impl Probe for Of {
    fn read(&mut self, _property: &str) -> Reading {
        let (address, local) = (&self.address, self.local);
        Reading::value(is_reachable(&self.system, address, local, self.patience))
    }
}

/// An address with its protocol.
pub(super) fn normal(address: &str) -> String {
    match address.contains("://") {
        true => address.to_string(),
        false => format!("tcp://{address}"),
    }
}

/// Whether somebody answers. An address that cannot be one is not reachable either.
pub(super) fn is_reachable(
    system: &System,
    address: &str,
    local: Option<IpAddr>,
    patience: GoDuration,
) -> bool {
    let until = Deadline::within(patience.to_std());
    attempt(system, address, local, until).is_some()
}

fn attempt(system: &System, address: &str, local: Option<IpAddr>, until: Deadline) -> Option<()> {
    let (protocol, rest) = address.split_once("://")?;
    let fits: fn(&IpAddr) -> bool = match protocol {
        "tcp" | "udp" => |_| true,
        "tcp4" => IpAddr::is_ipv4,
        "tcp6" => IpAddr::is_ipv6,
        _ => return None,
    };
    until.rest()?;
    let (host, port) = host_and_port(rest)?;
    let port = port_number(system, port, protocol)?;
    let addresses = match host {
        "" => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
        _ => dns::lookup(system, host, until).ok()?,
    };
    let family = |address: &IpAddr| local.is_none_or(|l| l.is_ipv4() == address.is_ipv4());
    let targets: Vec<SocketAddr> = addresses
        .into_iter()
        .filter(|address| fits(address) && family(address))
        .map(|address| SocketAddr::new(address, port))
        .collect();
    match protocol {
        "udp" => targets.iter().find_map(|target| {
            let any: IpAddr = match target {
                SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
                SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
            };
            // Nothing is sent: nobody has to be there.
            let socket = UdpSocket::bind((local.unwrap_or(any), 0)).ok()?;
            socket.connect(target).ok()
        }),
        _ => connect::first(&targets, local, until).ok().map(drop),
    }
}

/// `HOST:PORT`, the brackets of an address of IPv6 taken off.
fn host_and_port(written: &str) -> Option<(&str, &str)> {
    if let Some(rest) = written.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        return Some((host, rest.strip_prefix(':')?));
    }
    let (host, port) = written.rsplit_once(':')?;
    (!host.contains([':', '[', ']'])).then_some((host, port))
}

/// A port by its number, or by its name in `/etc/services`.
fn port_number(system: &System, port: &str, protocol: &str) -> Option<u16> {
    if port.is_empty() {
        return Some(0);
    }
    if let Ok(number) = port.parse() {
        return Some(number);
    }
    let text = super::system::reading::table(&system.at("etc/services")).unwrap_or_default();
    let transport = protocol.get(..3)?;
    let listed = String::from_utf8_lossy(&text).lines().find_map(|line| {
        let line = line.split('#').next()?;
        let mut words = line.split_ascii_whitespace();
        let (name, number) = (words.next()?, words.next()?);
        let (number, kind) = number.split_once('/')?;
        let is_named = name == port || words.any(|word| word == port);
        (kind == transport && is_named).then(|| number.parse().ok())?
    });
    // Those that Go knows where there is no such file.
    let known = || match port {
        "domain" => Some(53),
        "http" => Some(80),
        "https" => Some(443),
        "ftp" => Some(21),
        "ssh" => Some(22),
        "smtp" => Some(25),
        _ => None,
    };
    listed.or_else(known)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn an_address_is_parted_at_its_last_colon() {
        let rows = [
            ("a:1", Some(("a", "1"))),
            (":1", Some(("", "1"))),
            ("[::1]:1", Some(("::1", "1"))),
            ("a", None),
            ("::1:1", None),
            ("[::1]", None),
            ("a:b:1", None),
            ("a:", Some(("a", ""))),
        ];
        for (written, wanted) in rows {
            assert_eq!(host_and_port(written), wanted, "{written}");
        }
    }

    #[test]
    fn somebody_answers_or_not() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let system = System::default();
        let is = |address: &str, local: Option<&str>| {
            let local = local.map(|text| text.parse().expect("an address"));
            let patience = GoDuration(500_000_000);
            is_reachable(
                &system,
                &normal(&address.replace('P', &port.to_string())),
                local,
                patience,
            )
        };
        for address in [
            "127.0.0.1:P",
            "tcp://127.0.0.1:P",
            "tcp4://127.0.0.1:P",
            ":P",
            "127.0.0.1:+P",
        ] {
            assert!(is(address, None), "{address}");
        }
        for address in [
            "tcp6://127.0.0.1:P",
            "TCP://127.0.0.1:P",
            "unix:///tmp",
            "127.0.0.1",
            "127.0.0.1:99999",
            "127.1:P",
            "0:P",
        ] {
            assert!(!is(address, None), "{address}");
        }
        assert!(is("127.0.0.1:P", Some("127.0.0.1")));
        assert!(!is("127.0.0.1:P", Some("192.0.2.9")));
        assert!(!is("127.0.0.1:P", Some("::1")));
        assert!(is("udp://127.0.0.1:1", None));
        drop(listener);
        assert!(!is("127.0.0.1:P", None));
    }
}
