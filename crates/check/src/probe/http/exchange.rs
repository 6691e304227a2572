//! One request and its answer: connect, through a proxy or not, write, read.

use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use rustls::ClientConfig;

use super::request::{Request, of_proxy};
use super::response::{self, Response};
use super::socks;
use super::tls;
use super::url::Url;
use super::wire::{Timed, Wire};
use crate::probe::System;
use crate::probe::system::dns::{self, Deadline, Trouble};
use crate::probe::system::{connect, errno};

/// What all requests of a resource share.
pub(super) struct Way<'a> {
    pub(super) system: &'a System,
    pub(super) tls: Arc<ClientConfig>,
    pub(super) until: Deadline,
}

/// Why there is no answer.
pub(super) enum Failure {
    /// Its time is over.
    Late,
    /// In Go's words.
    Other(String),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        match error.kind() {
            ErrorKind::TimedOut => Failure::Late,
            _ => Failure::Other(words(&error)),
        }
    }
}

/// What Go says of an error while something is read or written.
pub(super) fn words(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::UnexpectedEof => "unexpected EOF".to_string(),
        _ => errno::words(error),
    }
}

impl Way<'_> {
    /// Asks, and reads the head of the answer.
    pub(super) fn ask(&self, request: &Request, proxy: Option<&Url>) -> Result<Response, Failure> {
        let url = &request.url;
        let other = |why: String| Err(Failure::Other(why));
        if !matches!(url.scheme.as_str(), "http" | "https") {
            let scheme = super::url::quoted(&url.scheme);
            return other(format!("unsupported protocol scheme {scheme}"));
        }
        if url.host.is_empty() {
            return other("http: no Host in request URL".to_string());
        }
        let (host, port) = url.target();
        let mut wire = match proxy {
            Some(proxy) => self.to_proxy(proxy)?,
            None => self.connect(&host, &port)?,
        };
        let mut whole = proxy;
        if let Some(proxy) = proxy.filter(|proxy| proxy.scheme.starts_with("socks5")) {
            wire = socks::through(wire, proxy, &host, &port)?;
            whole = None;
        } else if let Some(proxy) = proxy.filter(|_| url.scheme == "https") {
            wire = self.tunnel(wire, proxy, &host, &port)?;
            whole = None;
        }
        if url.scheme == "https" {
            wire = tls::begin(Arc::clone(&self.tls), &host, wire)?;
        }
        // A server may have answered and closed before all was written.
        let sent = wire
            .write_all(&request.written(whole))
            .and_then(|()| wire.flush());
        match response::read(BufReader::new(wire), &request.method, request.unpacks) {
            Ok(response) => Ok(response),
            Err(why) => Err(sent.err().unwrap_or(why).into()),
        }
    }

    fn to_proxy(&self, proxy: &Url) -> Result<Box<dyn Wire>, Failure> {
        let (host, port) = proxy.target();
        let wire = self.connect(&host, &port).map_err(|why| match why {
            Failure::Other(why) => Failure::Other(format!("proxyconnect tcp: {why}")),
            Failure::Late => Failure::Late,
        })?;
        match proxy.scheme.as_str() {
            "https" => Ok(tls::begin(Arc::clone(&self.tls), &host, wire)?),
            _ => Ok(wire),
        }
    }

    /// Asks a proxy for a connection to a host.
    fn tunnel(
        &self,
        mut wire: Box<dyn Wire>,
        proxy: &Url,
        host: &str,
        port: &str,
    ) -> Result<Box<dyn Wire>, Failure> {
        let target = match host.contains(':') {
            true => format!("[{host}]:{port}"),
            false => format!("{host}:{port}"),
        };
        let mut text = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
        if let Some(words) = of_proxy(proxy) {
            text += &format!("Proxy-Authorization: {words}\r\n");
        }
        text += "\r\n";
        wire.write_all(text.as_bytes())
            .and_then(|()| wire.flush())?;
        // What follows the head belongs to what comes through: it is not read ahead.
        let mut reader = BufReader::with_capacity(1, wire);
        let (status, reason, _) = response::head(&mut reader)?;
        match status {
            200 => Ok(reader.into_inner()),
            _ => Err(Failure::Other(reason)),
        }
    }

    fn connect(&self, host: &str, port: &str) -> Result<Box<dyn Wire>, Failure> {
        let other = |why: String| Failure::Other(format!("dial tcp: {why}"));
        let Ok(number) = port.parse::<u16>() else {
            return Err(other(format!("address {port}: invalid port")));
        };
        let addresses: Vec<IpAddr> = match host {
            "" => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            _ => match dns::lookup(self.system, host, self.until) {
                Ok(found) if found.is_empty() => {
                    return Err(other(format!("lookup {host}: no such host")));
                }
                Ok(found) => found,
                Err(Trouble::Late) => return Err(Failure::Late),
                Err(Trouble::Other(why)) => return Err(other(format!("lookup {host}: {why}"))),
            },
        };
        let targets: Vec<SocketAddr> = addresses
            .into_iter()
            .map(|address| SocketAddr::new(address, number))
            .collect();
        match connect::first(&targets, None, self.until) {
            Ok(stream) => Ok(Box::new(Timed::new(stream, self.until))),
            Err(why) if why.kind() == ErrorKind::TimedOut && why.raw_os_error().is_none() => {
                Err(Failure::Late)
            }
            Err(why) => {
                let target = targets.first().map(ToString::to_string).unwrap_or_default();
                let why = errno::words(&why);
                Err(Failure::Other(format!("dial tcp {target}: connect: {why}")))
            }
        }
    }
}

/// Reads a whole body.
///
/// # Errors
/// In Go's words; it is longer than can be kept.
pub(super) fn whole(body: &mut dyn Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    match body.take(MOST + 1).read_to_end(&mut bytes) {
        Ok(_) if bytes.len() as u64 > MOST => {
            Err("the body is longer than can be kept (64 MiB)".to_string())
        }
        Ok(_) => Ok(bytes),
        Err(why) if why.kind() == ErrorKind::TimedOut => Err(
            "context deadline exceeded (Client.Timeout or context cancellation while reading body)"
                .to_string(),
        ),
        Err(why) => Err(words(&why)),
    }
}

/// The longest body.
const MOST: u64 = 64 << 20;
