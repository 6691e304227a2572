//! Requests and answers: one of each a connection.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

/// Longest head of a request.
const HEAD: usize = 16 * 1024;

/// Most lines of a head.
const LINES: usize = 64;

/// What is asked.
pub(super) struct Request {
    /// `GET`, or any other.
    pub(super) method: String,
    /// Without what stands behind `?`.
    pub(super) path: String,
    /// The values of the header lines `Accept`.
    pub(super) accept: Vec<String>,
}

impl Request {
    /// Reads the head; none where it is no HTTP. It must be there within `patience`, however it
    /// comes.
    pub(super) fn read(mut from: impl Read, patience: Duration) -> io::Result<Option<Request>> {
        let begun = Instant::now();
        let mut head = Vec::new();
        let mut buffer = [0_u8; 2048];
        loop {
            let count = from.read(&mut buffer)?;
            if begun.elapsed() > patience {
                return Err(io::ErrorKind::TimedOut.into());
            }
            if count == 0 {
                return Ok(None);
            }
            head.extend(buffer.iter().take(count));
            let mut lines = [httparse::EMPTY_HEADER; LINES];
            let mut request = httparse::Request::new(&mut lines);
            match request.parse(&head) {
                Ok(httparse::Status::Complete(_)) => return Ok(Some(Request::of(&request))),
                Ok(httparse::Status::Partial) if head.len() < HEAD => {}
                Ok(httparse::Status::Partial) | Err(_) => return Ok(None),
            }
        }
    }

    fn of(request: &httparse::Request<'_, '_>) -> Request {
        let target = request.path.unwrap_or_default();
        let path = target.split(['?', '#']).next().unwrap_or_default();
        let accepting = request
            .headers
            .iter()
            .filter(|line| line.name.eq_ignore_ascii_case("accept"));
        Request {
            method: request.method.unwrap_or_default().to_string(),
            path: path.to_string(),
            accept: accepting
                .map(|line| String::from_utf8_lossy(line.value).into_owned())
                .collect(),
        }
    }
}

/// What is answered.
pub(super) struct Response {
    pub(super) status: u16,
    /// The content type.
    pub(super) content: String,
    pub(super) body: Vec<u8>,
}

impl Response {
    /// A text.
    pub(super) fn text(status: u16, body: &str) -> Response {
        Response {
            status,
            content: "text/plain; charset=utf-8".to_string(),
            body: body.as_bytes().to_vec(),
        }
    }

    /// Sends it; without its body to `HEAD`.
    pub(super) fn send(&self, mut to: impl Write, bare: bool) -> io::Result<()> {
        let reason = match self.status {
            200 => "OK",
            400 => "Bad Request",
            404 => "Not Found",
            _ => "Service Unavailable",
        };
        let mut answer = format!(
            "HTTP/1.1 {} {reason}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n",
            self.status,
            self.content,
            self.body.len()
        )
        .into_bytes();
        if !bare {
            answer.extend(&self.body);
        }
        to.write_all(&answer)?;
        to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_however_it_comes() {
        let text = b"GET /healthz?x=1 HTTP/1.1\r\nHost: a\r\naccept: a/b\r\nAccept: c/d\r\n\r\n";
        let pieces = text.chunks(7);
        struct Slow<'a>(std::slice::Chunks<'a, u8>);
        impl Read for Slow<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let piece = self.0.next().unwrap_or_default();
                buffer[..piece.len()].copy_from_slice(piece);
                Ok(piece.len())
            }
        }
        let request = Request::read(Slow(pieces), Duration::MAX)
            .expect("read")
            .expect("a request");
        assert_eq!(
            (request.method.as_str(), request.path.as_str()),
            ("GET", "/healthz")
        );
        assert_eq!(request.accept, ["a/b", "c/d"]);
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for text in [
            "",
            "nonsense\r\n\r\n",
            "GET / HTTP/1.1\r\n",
            &"x".repeat(2 * HEAD),
        ] {
            assert!(
                Request::read(text.as_bytes(), Duration::MAX)
                    .expect("read")
                    .is_none(),
                "{text:.20}"
            );
        }
    }
}
