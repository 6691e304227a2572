//! The network interfaces, as the kernel lists them over netlink: rtnetlink(7).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bstr::{BString, ByteSlice};
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, recv, send, socket_with,
    sockopt,
};

/// An interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its number.
    pub index: u32,
    /// Its name.
    pub name: BString,
    /// The longest packet.
    pub mtu: u32,
    /// Its addresses, each with the length of its network.
    pub addresses: Vec<(IpAddr, u8)>,
}

/// Messages and their attributes, as `linux/rtnetlink.h` numbers them.
const RTM_NEWLINK: u16 = 16;
const RTM_GETLINK: u16 = 18;
const RTM_NEWADDR: u16 = 20;
const RTM_GETADDR: u16 = 22;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
/// `NLM_F_REQUEST | NLM_F_DUMP`.
const DUMP: u16 = 0x301;

/// Asks the kernel for all of this network namespace.
///
/// # Errors
/// As netlink(7).
pub fn all() -> io::Result<Vec<Interface>> {
    let mut interfaces = Vec::new();
    dump(RTM_GETLINK, |kind, body| {
        if kind == RTM_NEWLINK {
            interfaces.extend(link(body));
        }
    })?;
    dump(RTM_GETADDR, |kind, body| {
        let Some((index, address, length)) = address(body).filter(|_| kind == RTM_NEWADDR) else {
            return;
        };
        if let Some(found) = interfaces.iter_mut().find(|one| one.index == index) {
            found.addresses.push((address, length));
        }
    })?;
    Ok(interfaces)
}

fn dump(question: u16, mut take: impl FnMut(u16, &[u8])) -> io::Result<()> {
    let socket = socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        // NETLINK_ROUTE is 0.
        None,
    )?;
    bind(&socket, &SocketAddrNetlink::new(0, 0))?;
    let patience = Some(std::time::Duration::from_secs(5));
    sockopt::set_socket_timeout(&socket, sockopt::Timeout::Recv, patience)?;
    let mut request = Vec::with_capacity(20);
    request.extend(20u32.to_ne_bytes());
    request.extend(question.to_ne_bytes());
    request.extend(DUMP.to_ne_bytes());
    // Sequence, sender, and a `rtgenmsg` for any family.
    request.extend([0; 12]);
    send(&socket, &request, SendFlags::empty())?;
    let mut buffer = vec![0; 64 << 10];
    loop {
        let (count, _) = recv(&socket, buffer.as_mut_slice(), RecvFlags::empty())?;
        let mut rest = buffer.get(..count).unwrap_or_default();
        if rest.is_empty() {
            return Ok(());
        }
        while let Some(length) = u32_at(rest, 0).and_then(|length| usize::try_from(length).ok()) {
            let (Some(kind), Some(body)) = (u16_at(rest, 4), rest.get(16..length)) else {
                return Err(io::ErrorKind::InvalidData.into());
            };
            match kind {
                NLMSG_DONE => return Ok(()),
                NLMSG_ERROR => {
                    let errno = u32_at(body, 0).unwrap_or(0).cast_signed().wrapping_neg();
                    return Err(io::Error::from_raw_os_error(errno));
                }
                _ => take(kind, body),
            }
            rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
    }
}

/// An `ifinfomsg` and what follows it.
fn link(body: &[u8]) -> Option<Interface> {
    let mut interface = Interface {
        index: u32_at(body, 4)?,
        name: BString::default(),
        mtu: 0,
        addresses: Vec::new(),
    };
    for (kind, value) in attributes(body.get(16..)?) {
        match kind {
            IFLA_IFNAME => interface.name = value.trim_end_with(|c| c == '\0').into(),
            IFLA_MTU => interface.mtu = u32_at(value, 0)?,
            _ => {}
        }
    }
    Some(interface)
}

/// An `ifaddrmsg` and what follows it. The local address counts where there is one: beside it
/// the other is that of the far end.
fn address(body: &[u8]) -> Option<(u32, IpAddr, u8)> {
    let (length, index) = (*body.get(1)?, u32_at(body, 4)?);
    let mut found = None;
    for (kind, value) in attributes(body.get(8..)?) {
        if kind == IFA_LOCAL || (kind == IFA_ADDRESS && found.is_none()) {
            found = parse(value).or(found);
        }
    }
    Some((index, found?, length))
}

fn parse(bytes: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(bytes).map(|bytes| Ipv4Addr::from(bytes).into());
    let six = || <[u8; 16]>::try_from(bytes).map(|bytes| Ipv6Addr::from(bytes).into());
    four.or_else(|_| six()).ok()
}

fn attributes(mut rest: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let length = usize::from(u16_at(rest, 0)?);
        let kind = u16_at(rest, 2)?;
        let value = rest.get(4..length)?;
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, value))
    })
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_ne_bytes(bytes.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_is_there() {
        let all = all().expect("interfaces");
        let lo = all.iter().find(|one| one.name == "lo").expect("lo");
        assert!(lo.mtu > 0);
        assert_eq!(lo.index, 1);
    }

    #[test]
    fn what_is_cut_short_is_nothing() {
        assert_eq!(attributes(&[8, 0, 1]).count(), 0);
        assert_eq!(attributes(&[8, 0, 1, 0, 1]).count(), 0);
        assert_eq!(attributes(&[0; 64]).count(), 0);
        assert_eq!(link(&[0; 12]), None);
        assert_eq!(address(&[0; 4]), None);
    }
}
