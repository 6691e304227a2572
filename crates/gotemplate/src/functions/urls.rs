//! Sprig's functions of URLs, by the rules of Go's net/url.

use super::Param::{Map as Dict, Str};
use super::{Function, any, fixed, text};
use crate::quote::quote;
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    fixed("urlJoin", &[Dict], |_, args| {
        let Value::Map(map) = any(args, 0) else {
            return Ok("".into());
        };
        let part = |name: &str| match map.get_str(name) {
            None => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.to_string()),
            Some(other) => Err(format!(
                "unable to parse {name} key, must be of type string, but {} found",
                other.type_name()
            )),
        };
        let url = Url {
            scheme: part("scheme")?,
            host: part("host")?,
            path: part("path")?,
            query: part("query")?,
            opaque: part("opaque")?,
            fragment: part("fragment")?,
            userinfo: part("userinfo")?,
        };
        Ok(url.join().into())
    }),
    fixed("urlParse", &[Str], |_, args| {
        let source = text(args, 0);
        let url = Url::parse(source)
            .map_err(|why| format!("unable to parse url: parse {}: {why}", quote(source)))?;
        let hostname = url.hostname().to_owned();
        Ok(Value::map([
            ("fragment", url.fragment.into()),
            ("host", url.host.into()),
            ("hostname", Value::from(hostname)),
            ("opaque", url.opaque.into()),
            ("path", url.path.into()),
            ("query", url.query.into()),
            ("scheme", url.scheme.into()),
            ("userinfo", url.userinfo.into()),
        ]))
    }),
];

#[derive(Default)]
struct Url {
    scheme: String,
    host: String,
    path: String,
    query: String,
    opaque: String,
    fragment: String,
    userinfo: String,
}

impl Url {
    fn parse(source: &str) -> Result<Url, String> {
        if source.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            return Err("net/url: invalid control character in URL".into());
        }
        let mut url = Url::default();
        let (rest, fragment) = source.split_once('#').unwrap_or((source, ""));
        url.fragment = unescape(fragment)?;
        let mut rest = rest;
        if let Some((scheme, behind)) = scheme(rest)? {
            url.scheme = scheme.to_ascii_lowercase();
            rest = behind;
        }
        let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
        url.query = query.to_owned();
        rest = before;
        if !rest.starts_with('/') {
            if !url.scheme.is_empty() {
                url.opaque = rest.to_owned();
                return Ok(url);
            }
            let segment = rest.split('/').next().unwrap_or("");
            if segment.contains(':') {
                return Err("first path segment in URL cannot contain colon".into());
            }
        }
        let has_authority =
            rest.starts_with("//") && (!url.scheme.is_empty() || !rest.starts_with("///"));
        if has_authority {
            let behind = rest.get(2..).unwrap_or("");
            let end = behind.find('/').unwrap_or(behind.len());
            let (authority, path) = behind.split_at(end);
            rest = path;
            let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
            url.userinfo = user.to_owned();
            check_host(host)?;
            url.host = unescape(host)?;
        }
        url.path = unescape(rest)?;
        Ok(url)
    }

    /// The host without its port and brackets.
    fn hostname(&self) -> &str {
        if let Some(inner) = self.host.strip_prefix('[') {
            return inner.split(']').next().unwrap_or("");
        }
        match self.host.rsplit_once(':') {
            Some((host, _)) => host,
            None => &self.host,
        }
    }

    fn join(&self) -> String {
        let mut out = String::new();
        if !self.scheme.is_empty() {
            out.push_str(&self.scheme);
            out.push(':');
        }
        if !self.opaque.is_empty() {
            out.push_str(&self.opaque);
        } else {
            if !(self.host.is_empty() && self.userinfo.is_empty()) {
                out.push_str("//");
                if !self.userinfo.is_empty() {
                    out.push_str(&self.userinfo);
                    out.push('@');
                }
                out.push_str(&self.host);
                if !self.path.is_empty() && !self.path.starts_with('/') {
                    out.push('/');
                }
            } else if !self.scheme.is_empty() && self.path.starts_with('/') {
                out.push_str("//");
            }
            out.push_str(&escape(&self.path, b"$&+,/:;=@-_.~!'()*"));
        }
        if !self.query.is_empty() {
            out.push('?');
            out.push_str(&self.query);
        }
        if !self.fragment.is_empty() {
            out.push('#');
            out.push_str(&escape(&self.fragment, b"$&+,/:;=?@-_.~!()*"));
        }
        out
    }
}

/// The scheme and what stands behind its colon.
fn scheme(text: &str) -> Result<Option<(&str, &str)>, String> {
    for (at, c) in text.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if at > 0 => {}
            ':' if at == 0 => return Err("missing protocol scheme".into()),
            ':' => {
                return Ok(text
                    .split_at_checked(at)
                    .map(|(s, r)| (s, r.get(1..).unwrap_or(""))));
            }
            _ => return Ok(None),
        }
    }
    Ok(None)
}

fn check_host(host: &str) -> Result<(), String> {
    let port = if host.starts_with('[') {
        match host.rfind(']') {
            None => return Err("missing ']' in host".into()),
            Some(end) => host.get(end + 1..).unwrap_or(""),
        }
    } else {
        host.find(':').and_then(|at| host.get(at..)).unwrap_or("")
    };
    let digits = port.strip_prefix(':');
    let valid = digits.map_or(port.is_empty(), |d| d.bytes().all(|b| b.is_ascii_digit()));
    if !valid {
        return Err(format!("invalid port {} after host", quote(port)));
    }
    if let Some(c) = host
        .chars()
        .find(|c| matches!(c, ' ' | '^' | '{' | '}' | '|' | '\\' | '`'))
    {
        return Err(format!(
            "invalid character {} in host name",
            quote(&c.to_string())
        ));
    }
    Ok(())
}

/// The text with its percent signs read.
fn unescape(text: &str) -> Result<String, String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if *byte != b'%' {
            out.push(*byte);
            at += 1;
            continue;
        }
        let digits = bytes
            .get(at + 1..at + 3)
            .and_then(|d| std::str::from_utf8(d).ok());
        let valid = digits.filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        match valid.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => out.push(byte),
            None => {
                let end = bytes.len().min(at + 3);
                let bad = String::from_utf8_lossy(bytes.get(at..end).unwrap_or(&[]));
                return Err(format!("invalid URL escape {}", quote(&bad)));
            }
        }
        at += 3;
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn escape(text: &str, plain: &[u8]) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
