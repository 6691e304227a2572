//! One question to one server: by a datagram, and by a stream where the answer does not fit.

use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};

use super::message::{self, Kind, Record};
use super::{Deadline, hosts};
use crate::probe::System;
use crate::probe::system::errno;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Its time is over.
    Late,
    /// Something else, in words like Go's.
    Other(String),
}

/// The port of name servers.
const PORT: u16 = 53;

/// The longest answer by a datagram.
const LONGEST: usize = 64 << 10;

/// A server as it is written: an address or a name, with a port or without.
///
/// # Errors
/// It is neither, in Go's words.
pub fn server(written: &str, system: &System) -> Result<SocketAddr, String> {
    if let Ok(address) = written.parse::<IpAddr>() {
        return Ok(SocketAddr::new(address, PORT));
    }
    let bare = written
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    if let Some(Ok(address)) = bare.map(str::parse) {
        return Ok(SocketAddr::new(address, PORT));
    }
    let (host, port) = match written.rsplit_once(':') {
        Some((host, port)) => match port.parse() {
            Ok(number) => (host, number),
            Err(_) => return Err(format!("dial udp: lookup udp/{port}: unknown port")),
        },
        None => (written, PORT),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let address = host.parse().ok();
    let address = address.or_else(|| hosts::find(system, host).first().copied());
    match address {
        Some(address) => Ok(SocketAddr::new(address, port)),
        None => Err(format!("dial udp: lookup {host}: no such host")),
    }
}

/// Asks once; the records of that kind. A server that knows of none, or does not want to say,
/// has none.
///
/// # Errors
/// There is no answer, or it is no message.
pub fn ask(
    server: SocketAddr,
    name: &str,
    kind: Kind,
    until: Deadline,
) -> Result<Vec<Record>, Trouble> {
    coded(server, name, kind, until).map(|(_, records)| records)
}

/// The same with the code of the answer.
pub(super) fn coded(
    server: SocketAddr,
    name: &str,
    kind: Kind,
    until: Deadline,
) -> Result<(u8, Vec<Record>), Trouble> {
    let id = RandomState::new().hash_one(name) as u16;
    let question = message::question(id, name, kind).map_err(Trouble::Other)?;
    let mut reply = read(&by_datagram(server, &question, until)?, kind)?;
    if reply.truncated {
        reply = read(&by_stream(server, &question, until)?, kind)?;
    }
    Ok((reply.code, reply.records))
}

fn read(bytes: &[u8], kind: Kind) -> Result<message::Reply, Trouble> {
    message::reply(bytes, kind).map_err(Trouble::Other)
}

fn by_datagram(server: SocketAddr, question: &[u8], until: Deadline) -> Result<Vec<u8>, Trouble> {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let dial = |error: &io::Error| trouble(server, "udp", "dial", error);
    let socket = UdpSocket::bind((any, 0)).map_err(|error| dial(&error))?;
    socket.connect(server).map_err(|error| dial(&error))?;
    let trouble = |what: &str, error: &io::Error| match trouble(server, "udp", what, error) {
        Trouble::Late => Trouble::Late,
        Trouble::Other(_) => {
            let own = socket.local_addr().map(|own| own.to_string());
            let (own, why) = (own.unwrap_or_default(), errno::words(error));
            Trouble::Other(format!("{what} udp {own}->{server}: {what}: {why}"))
        }
    };
    socket
        .send(question)
        .map_err(|error| trouble("write", &error))?;
    let mut buffer = vec![0; LONGEST];
    loop {
        let rest = until.rest().ok_or(Trouble::Late)?;
        socket
            .set_read_timeout(Some(rest))
            .map_err(|error| trouble("read", &error))?;
        match socket.recv(&mut buffer) {
            Ok(count) => {
                let answer = buffer.get(..count).unwrap_or_default();
                // Anybody may send something; what answers has the number of the question.
                if count >= 12 && answer.get(..2) == question.get(..2) {
                    return Ok(answer.to_vec());
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(trouble("read", &error)),
        }
    }
}

fn by_stream(server: SocketAddr, question: &[u8], until: Deadline) -> Result<Vec<u8>, Trouble> {
    let rest = || until.rest().ok_or(Trouble::Late);
    let trouble = |what: &str, error: &io::Error| trouble(server, "tcp", what, error);
    let mut stream =
        TcpStream::connect_timeout(&server, rest()?).map_err(|error| trouble("dial", &error))?;
    let length = u16::try_from(question.len()).unwrap_or(u16::MAX);
    let framed = [&length.to_be_bytes(), question].concat();
    let limit = |stream: &TcpStream, rest| {
        stream
            .set_read_timeout(Some(rest))
            .and_then(|()| stream.set_write_timeout(Some(rest)))
            .map_err(|error| trouble("dial", &error))
    };
    limit(&stream, rest()?)?;
    stream
        .write_all(&framed)
        .map_err(|error| trouble("write", &error))?;
    let mut read = |length: usize| {
        let mut bytes = vec![0; length];
        let mut filled = 0;
        while let Some(free) = bytes.get_mut(filled..).filter(|free| !free.is_empty()) {
            limit(&stream, rest()?)?;
            match stream.read(free) {
                Ok(0) => return Err(trouble("read", &ErrorKind::UnexpectedEof.into())),
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(trouble("read", &error)),
            }
        }
        Ok(bytes)
    };
    let length = read(2)?;
    let length = length.try_into().map(u16::from_be_bytes).unwrap_or(0);
    read(length.into())
}

fn trouble(server: SocketAddr, network: &str, what: &str, error: &io::Error) -> Trouble {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => Trouble::Late,
        _ => Trouble::Other(format!(
            "{what} {network} {server}: {}",
            errno::words(error)
        )),
    }
}
