//! A request: what a resource asks for, and how it is written.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::headers::{Headers, canonical, is_token, is_value, trimmed_text};
use super::url::{Url, quoted};
use crate::node::Node;
use crate::resource::Resource;

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) url: Url,
    /// The header `Host`, where it is not that of the address.
    pub(super) host: Option<String>,
    pub(super) headers: Headers,
    pub(super) body: Vec<u8>,
    /// Whether gzip is asked for without the resource saying so, and undone.
    pub(super) unpacks: bool,
}

/// Headers that are not taken over from a resource: they say what the request itself says.
const OWN: &[&str] = &["Content-Length", "Transfer-Encoding", "Trailer"];

impl Request {
    /// Of a resource.
    ///
    /// # Errors
    /// In Go's words.
    pub(super) fn of(resource: &Resource, agent: &str) -> Result<Request, String> {
        let method = match resource.text("method") {
            method if method.is_empty() => "GET".to_string(),
            method => method,
        };
        if !is_token(&method) {
            return Err(format!("net/http: invalid method {}", quoted(&method)));
        }
        let mut request = Request {
            method,
            url: Url::parse(&resource.subject())?,
            host: None,
            headers: Headers::default(),
            body: resource.text("request-body").into_bytes(),
            unpacks: false,
        };
        let items = resource.given("request-headers").and_then(Node::items);
        for item in items.unwrap_or_default() {
            let line = item.to_text().unwrap_or_default();
            let Some((name, value)) = line.split_once(": ") else {
                return Err(format!(
                    "request-headers: {} is not of the form NAME: VALUE",
                    quoted(&line)
                ));
            };
            request.header(name, value)?;
        }
        let (user, password) = (resource.text("username"), resource.text("password"));
        if !user.is_empty() || !password.is_empty() {
            request.headers.remove("Authorization");
            let words = basic(&user, &password);
            request.headers.add("Authorization", words.as_bytes());
        }
        if request.headers.get("User-Agent").is_none() {
            request.headers.add("User-Agent", agent.as_bytes());
        }
        let has = |name| request.headers.get(name).is_some();
        request.unpacks = !has("Accept-Encoding") && !has("Range") && request.method != "HEAD";
        Ok(request)
    }

    fn header(&mut self, name: &str, value: &str) -> Result<(), String> {
        let wrong = |what: &str, shown: &str| {
            let (does, url) = (self.operation(), quoted(&self.url.shown));
            Err(format!(
                "{does} {url}: net/http: invalid header field {what} {}",
                quoted(shown)
            ))
        };
        if !is_token(name) {
            return wrong("name", name);
        }
        let name = canonical(name);
        if !is_value(value.as_bytes()) {
            return wrong("value for", &name);
        }
        if name == "Host" {
            self.host = Some(trimmed_text(value).to_string());
        } else if !OWN.contains(&name.as_str()) {
            self.headers.add(&name, value.as_bytes());
        }
        Ok(())
    }

    /// The method as Go's errors begin with it.
    pub(super) fn operation(&self) -> String {
        let mut letters = self.method.chars();
        let first = letters.next().map(String::from).unwrap_or_default();
        first + &letters.as_str().to_lowercase()
    }

    /// The request on the wire; through a proxy the whole address stands in it, and the words
    /// that the proxy wants.
    pub(super) fn written(&self, proxy: Option<&Url>) -> Vec<u8> {
        let target = match proxy {
            Some(_) => {
                let (scheme, host) = (&self.url.scheme, &self.url.host);
                format!("{scheme}://{host}{}", self.url.request_target())
            }
            None if self.method == "CONNECT" && self.url.path.is_empty() => self.url.host.clone(),
            None => self.url.request_target(),
        };
        let host = self.host.as_ref().unwrap_or(&self.url.host);
        let mut text =
            format!("{} {target} HTTP/1.1\r\nHost: {host}\r\n", self.method).into_bytes();
        let mut line = |name: &str, value: &[u8]| {
            text.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        };
        let agent = self
            .headers
            .get("User-Agent")
            .filter(|agent| !agent.is_empty());
        if let Some(agent) = agent {
            line("User-Agent", agent);
        }
        let says_none = matches!(self.method.as_str(), "POST" | "PUT" | "PATCH");
        if says_none || !self.body.is_empty() {
            line("Content-Length", self.body.len().to_string().as_bytes());
        }
        let mut headers: Vec<_> = self.headers.0.iter().collect();
        headers.sort_by(|one, other| one.0.cmp(&other.0));
        for (name, value) in headers.iter().filter(|(name, _)| name != "User-Agent") {
            line(name, value);
        }
        if let (Some((user, password)), None) = (&self.url.user, self.headers.get("Authorization"))
        {
            let words = basic(user, password.as_deref().unwrap_or_default());
            line("Authorization", words.as_bytes());
        }
        if let Some(words) = proxy.and_then(of_proxy) {
            line("Proxy-Authorization", words.as_bytes());
        }
        if self.unpacks {
            line("Accept-Encoding", b"gzip");
        }
        line("Connection", b"close");
        text.extend(b"\r\n");
        text.extend(&self.body);
        text
    }
}

/// What a proxy wants to be told, where its address has a name in it.
pub(super) fn of_proxy(proxy: &Url) -> Option<String> {
    let (user, password) = proxy.user.as_ref()?;
    Some(basic(user, password.as_deref().unwrap_or_default()))
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_passwords_are_encoded() {
        let rows = [
            (("", "p"), "Basic OnA="),
            (("u", "p:w"), "Basic dTpwOnc="),
            (("us@r", "pa:ss"), "Basic dXNAcjpwYTpzcw=="),
            (("u", ""), "Basic dTo="),
        ];
        for ((user, password), wanted) in rows {
            assert_eq!(basic(user, password), wanted);
        }
    }
}
