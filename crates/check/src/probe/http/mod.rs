//! A request, and what is answered. The exchange is our own, over kept libraries for TLS and for
//! the heads of answers: it writes what goss writes, byte for byte, and every step of it ends by
//! the resource's time.

mod exchange;
mod headers;
mod host;
mod proxy;
mod request;
mod response;
mod socks;
mod tls;
mod trust;
mod url;
mod validity;
mod wire;

use std::io::Read;
use std::sync::Arc;

use self::exchange::{Failure, Way};
use self::headers::Headers;
use self::request::Request;
use self::url::{Url, quoted};
use super::system::dns::Deadline;
use super::{Held, Probe, Reading, System, patience};
use crate::duration::GoDuration;
use crate::resource::Resource;
use crate::value::Value;

pub(crate) use self::tls::Roots;

/// As many requests at most follow one another.
const MOST_REQUESTS: usize = 10;

/// Headers that are for the first host alone.
const PRIVATE: &[&str] = &[
    "Authorization",
    "Www-Authenticate",
    "Cookie",
    "Cookie2",
    "Proxy-Authorization",
    "Proxy-Authenticate",
];

struct Of {
    system: Arc<System>,
    resource: Resource,
    patience: GoDuration,
    answer: Option<Result<Answer, String>>,
}

/// What was answered.
struct Answer {
    status: u16,
    headers: Headers,
    body: Box<dyn Read + Send>,
}

pub(crate) fn probe(resource: &Resource, system: &Arc<System>) -> Box<dyn Probe> {
    Box::new(Of {
        system: Arc::clone(system),
        resource: resource.clone(),
        patience: patience(resource),
        answer: None,
    })
}

impl Probe for Of {
    fn read(&mut self, property: &str) -> Reading {
        let (system, resource, patience) = (&self.system, &self.resource, self.patience);
        let answer = self
            .answer
            .get_or_insert_with(|| ask(system, resource, patience));
        match (property, answer) {
            (_, Err(why)) => Reading::Error(why.clone()),
            ("status", Ok(answer)) => Reading::Value(Value::Int(answer.status.into())),
            ("headers", Ok(answer)) => {
                Held::stream("object: *strings.Reader", answer.headers.shown())
            }
            (_, Ok(answer)) => match exchange::whole(&mut *answer.body) {
                Ok(body) => Held::stream("object: *http.cancelTimerBody", body),
                Err(why) => Reading::Error(why),
            },
        }
    }
}

/// Who asks. Under the name of goss that is goss: servers tell by it what checks them.
fn agent(system: &System) -> &'static str {
    match system.strict {
        true => concat!("mainstay-check/", env!("CARGO_PKG_VERSION")),
        false => "goss/v0.4.10",
    }
}

/// Asks, follows where that leads, and reads the head of the last answer.
fn ask(system: &System, resource: &Resource, patience: GoDuration) -> Result<Answer, String> {
    let given = resource.text("proxy");
    // That it is an address is seen before anything is asked.
    if !given.is_empty() {
        Url::parse(&given)?;
    }
    let way = Way {
        system,
        tls: tls::Asked::of(resource).config(system)?,
        until: Deadline::within(patience.to_std()),
    };
    let mut request = Request::of(resource, agent(system))?;
    let (operation, first) = (request.operation(), request.url.target().0);
    let follows = !resource.is_set("no-follow-redirects");
    let mut count = 0;
    loop {
        count += 1;
        let shown = request.url.shown.clone();
        let wrong = |why: String| format!("{operation} {}: {why}", quoted(&shown));
        let proxy = proxy::of(&request.url, &given).map_err(wrong)?;
        let response = way.ask(&request, proxy.as_ref()).map_err(|why| match why {
            Failure::Late => wrong(
                "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
                    .to_string(),
            ),
            Failure::Other(why) => wrong(why),
        })?;
        let location = match response.status {
            301 | 302 | 303 | 307 | 308 if follows => response.headers.get("Location"),
            _ => None,
        };
        let Some(location) = location.filter(|location| !location.is_empty()) else {
            return Ok(Answer {
                status: response.status,
                headers: response.headers,
                body: response.body,
            });
        };
        let location = location.to_string();
        let next = request.url.join(&location).map_err(|why| {
            wrong(format!(
                "failed to parse Location header {}: {why}",
                quoted(&location)
            ))
        })?;
        if count >= MOST_REQUESTS {
            return Err(format!(
                "{operation} {}: stopped after 10 redirects",
                quoted(&location)
            ));
        }
        redirect(&mut request, response.status, next, &location, &first);
    }
}

/// Turns a request into the one that follows it, as Go does.
fn redirect(request: &mut Request, status: u16, next: Url, location: &str, first: &str) {
    let keeps = matches!(status, 307 | 308);
    if !keeps {
        if !matches!(request.method.as_str(), "GET" | "HEAD") {
            request.method = "GET".to_string();
        }
        request.body.clear();
        for name in ["Encoding", "Language", "Location", "Type"] {
            request.headers.remove(&format!("Content-{name}"));
        }
    }
    // Not from a place that is private to one that is not.
    if !(request.url.scheme == "https" && next.scheme == "http") {
        request.headers.remove("Referer");
        request
            .headers
            .add("Referer", request.url.text().as_bytes());
    }
    let to = next.target().0;
    if to != first
        && !to
            .strip_suffix(first)
            .is_some_and(|rest| rest.ends_with('.'))
    {
        for name in PRIVATE {
            request.headers.remove(name);
        }
    }
    let is_whole = Url::parse(location).is_ok_and(|url| !url.scheme.is_empty());
    if is_whole {
        request.host = None;
    }
    request.url = next;
}
