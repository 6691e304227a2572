//! Addresses of the web, read as leniently and refused in the same words as Go does: what is in
//! a gossfile has been accepted by it.

use std::fmt::Write;

use super::host;

/// An address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Url {
    /// In small letters; empty where there is none.
    pub(super) scheme: String,
    /// Name and password, decoded.
    pub(super) user: Option<(String, Option<String>)>,
    /// Name or address, with brackets and port as they are written.
    pub(super) host: String,
    /// The path, encoded.
    pub(super) path: String,
    /// What stands behind `?`, as it is written; none without one.
    pub(super) query: Option<String>,
    /// As it is written, without what is not to be shown: Go prints it in errors.
    pub(super) shown: String,
}

impl Url {
    /// Reads an address.
    ///
    /// # Errors
    /// In Go's words.
    pub(super) fn parse(written: &str) -> Result<Url, String> {
        let wrong = |why: String| format!("parse {}: {why}", quoted(written));
        if written.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            return Err(wrong(
                "net/url: invalid control character in URL".to_string(),
            ));
        }
        let (bare, _fragment) = written.split_once('#').unwrap_or((written, ""));
        let (scheme, rest) = scheme(bare).map_err(|why| wrong(why.to_string()))?;
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query.to_string())),
            None => (rest, None),
        };
        let mut url = Url {
            scheme,
            query,
            shown: written.to_string(),
            ..Url::default()
        };
        if !rest.starts_with('/') {
            if !url.scheme.is_empty() {
                // `mailto:x` and the like: there is no host to ask.
                return Ok(url);
            }
            let first = rest.split('/').next().unwrap_or_default();
            if first.contains(':') {
                let why = "first path segment in URL cannot contain colon";
                return Err(wrong(why.to_string()));
            }
        }
        let path = match rest.strip_prefix("//") {
            Some(rest) => {
                let end = rest.find('/').unwrap_or(rest.len());
                let (authority, path) = rest.split_at(end);
                let (user, host) = match authority.rsplit_once('@') {
                    Some((user, host)) => (Some(userinfo(user).map_err(wrong)?), host),
                    None => (None, authority),
                };
                host::check(host).map_err(wrong)?;
                url.user = user;
                url.host = host.to_string();
                path
            }
            None => rest,
        };
        url.path = encoded_path(path).map_err(wrong)?;
        if let Some((user, Some(_))) = &url.user {
            // A password is not for logs.
            let (before, behind) = written.split_once("://").unwrap_or_default();
            let behind = behind.split_once('@').map_or(behind, |(_, behind)| behind);
            url.shown = format!("{before}://{user}:***@{behind}");
        }
        Ok(url)
    }

    /// What it means below this one: RFC 3986, 5.2.
    ///
    /// # Errors
    /// In Go's words.
    pub(super) fn join(&self, written: &str) -> Result<Url, String> {
        let mut url = Url::parse(written)?;
        if !url.scheme.is_empty() {
            url.shown = url.text();
            return Ok(url);
        }
        url.scheme.clone_from(&self.scheme);
        if url.host.is_empty() {
            url.host.clone_from(&self.host);
            url.user.clone_from(&self.user);
            if url.path.is_empty() {
                url.path.clone_from(&self.path);
                url.query = url.query.or_else(|| self.query.clone());
            } else if !url.path.starts_with('/') {
                let base = self.path.rsplit_once('/').map_or("", |(base, _)| base);
                url.path = format!("{base}/{}", url.path);
            }
        }
        url.path = without_dots(&url.path);
        url.shown = url.text();
        Ok(url)
    }

    /// The host without brackets, and its port or that of the scheme.
    pub(super) fn target(&self) -> (String, String) {
        let (host, port) = host::parted(&self.host);
        let own = match self.scheme.as_str() {
            "https" => "443",
            "socks5" | "socks5h" => "1080",
            _ => "80",
        };
        let port = if port.is_empty() { own } else { port };
        (host.to_string(), port.to_string())
    }

    /// What a request asks its server for.
    pub(super) fn request_target(&self) -> String {
        let path = if self.path.is_empty() {
            "/"
        } else {
            &self.path
        };
        match &self.query {
            Some(query) => format!("{path}?{query}"),
            None => path.to_string(),
        }
    }

    /// All of it but for who asks.
    pub(super) fn text(&self) -> String {
        let query = match &self.query {
            Some(query) => format!("?{query}"),
            None => String::new(),
        };
        format!("{}://{}{}{query}", self.scheme, self.host, self.path)
    }
}

fn scheme(written: &str) -> Result<(String, &str), &'static str> {
    for (at, byte) in written.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme"),
            b':' => {
                let (scheme, rest) = written.split_at(at);
                return Ok((
                    scheme.to_ascii_lowercase(),
                    rest.get(1..).unwrap_or_default(),
                ));
            }
            _ => break,
        }
    }
    Ok((String::new(), written))
}

fn userinfo(written: &str) -> Result<(String, Option<String>), String> {
    let is_good = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
    if !written.chars().all(is_good) {
        return Err("net/url: invalid userinfo".to_string());
    }
    let (name, password) = match written.split_once(':') {
        Some((name, password)) => (name, Some(decoded(password)?)),
        None => (written, None),
    };
    Ok((decoded(name)?, password))
}

fn decoded(text: &str) -> Result<String, String> {
    let bytes = decoded_bytes(text)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn decoded_bytes(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        if *first != b'%' {
            bytes.push(*first);
            rest = behind;
            continue;
        }
        let digits = behind
            .get(..2)
            .and_then(|digits| str::from_utf8(digits).ok());
        let is_hex = |digits: &&str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let byte = digits
            .filter(is_hex)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let Some(byte) = byte else {
            let shown = rest.get(..3).unwrap_or(rest);
            let shown = String::from_utf8_lossy(shown);
            return Err(format!("invalid URL escape {}", quoted(&shown)));
        };
        bytes.push(byte);
        rest = behind.get(2..).unwrap_or_default();
    }
    Ok(bytes)
}

/// A path as it is sent: as it is written where it can be, else encoded anew.
fn encoded_path(path: &str) -> Result<String, String> {
    let bytes = decoded_bytes(path)?;
    let is_fine = |c: char| c.is_ascii_alphanumeric() || "-_.~!$&'()*+,;=:@[]%/".contains(c);
    if path.chars().all(is_fine) {
        return Ok(path.to_string());
    }
    let mut text = String::with_capacity(path.len());
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    Ok(text)
}

fn without_dots(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let mut rest = path.split('/').skip(1).peekable();
    while let Some(part) = rest.next() {
        let is_last = rest.peek().is_none();
        match part {
            "." if is_last => parts.push(""),
            "." => {}
            ".." => {
                parts.pop();
                if is_last {
                    parts.push("");
                }
            }
            _ => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// Text as Go quotes it.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_ascii_control() => {
                let _ = write!(quoted, "\\x{:02x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All of these were shown to the original.
    #[test]
    fn what_is_no_address_is_refused_in_gos_words() {
        let rows = [
            ("http://127.0.0.1/%zz", "invalid URL escape \"%zz\""),
            ("http://127.0.0.1:x/", "invalid port \":x\" after host"),
            ("http://[::1", "missing ']' in host"),
            ("http://h/\x01", "net/url: invalid control character in URL"),
            (
                "127.0.0.1:18090/echo",
                "first path segment in URL cannot contain colon",
            ),
            (":x", "missing protocol scheme"),
        ];
        for (written, why) in rows {
            let wanted = format!("parse {}: {why}", quoted(written));
            assert_eq!(Url::parse(written), Err(wanted));
        }
    }

    #[test]
    fn what_is_asked_for_is_written_as_go_writes_it() {
        let rows = [
            ("http://h", "/"),
            ("http://h?q", "/?q"),
            ("http://h/echo?a b&c=%zz", "/echo?a b&c=%zz"),
            ("http://h/e cho", "/e%20cho"),
            ("http://h/é#frag", "/%C3%A9"),
            (
                "http://h/<>\"|{}^`\\[]",
                "/%3C%3E%22%7C%7B%7D%5E%60%5C%5B%5D",
            ),
            ("http://h/a%2fb[]!", "/a%2fb[]!"),
        ];
        for (written, wanted) in rows {
            let url = Url::parse(written).expect("an address");
            assert_eq!(url.request_target(), wanted);
        }
    }

    #[test]
    fn its_parts_are_told_apart() {
        let url = Url::parse("HTTPS://us%40r:pa%3Ass@[::1]:8443/x").expect("an address");
        assert_eq!(url.scheme, "https");
        assert_eq!(
            url.user,
            Some(("us@r".to_string(), Some("pa:ss".to_string())))
        );
        assert_eq!(url.target(), ("::1".to_string(), "8443".to_string()));
        assert_eq!(url.shown, "HTTPS://us@r:***@[::1]:8443/x");
        let url = Url::parse("localhost:80/x").expect("an address");
        assert_eq!((url.scheme.as_str(), url.host.as_str()), ("localhost", ""));
        assert_eq!(Url::parse("localhost").expect("a path").scheme, "");
    }

    #[test]
    fn a_location_is_read_beside_the_address_before() {
        let base = Url::parse("http://me:x@h/a/b?q").expect("an address");
        let rows = [
            ("/x", "http://h/x"),
            ("x?y", "http://h/a/x?y"),
            ("../x#f", "http://h/x"),
            ("?z", "http://h/a/b?z"),
            ("//other/x", "http://other/x"),
            ("https://o/..", "https://o/.."),
            ("../../../x/.", "http://h/x/"),
        ];
        for (written, wanted) in rows {
            assert_eq!(
                base.join(written).map(|url| url.text()),
                Ok(wanted.to_string())
            );
        }
        assert!(base.join("/x").is_ok_and(|url| url.user.is_some()));
        assert!(base.join("http://h/x").is_ok_and(|url| url.user.is_none()));
    }
}
