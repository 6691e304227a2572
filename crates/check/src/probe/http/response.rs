//! An answer: its head, and its body as it comes.

use std::io::{self, BufRead, BufReader, ErrorKind, Read};

use bstr::ByteSlice;
use flate2::read::MultiGzDecoder;

use super::headers::Headers;
use super::url::quoted;
use super::wire::Wire;

/// The longest head. Go takes 10 MiB; no server has more than this to say.
const LONGEST_HEAD: usize = 1 << 20;

/// As many headers at most.
const MOST_HEADERS: usize = 4096;

/// As many lines at most say how long the next piece of a body is, one after the other.
const LONGEST_LINE: u64 = 4096;

/// As many answers at most say that another follows.
const MOST_INTERIM: usize = 5;

/// An answer.
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: Headers,
    pub(super) body: Box<dyn Read + Send>,
}

/// The connection, read in blocks.
pub(super) type Reader = BufReader<Box<dyn Wire>>;

/// Reads the head of an answer to `method`; `unpacks` where the request has asked for gzip by
/// itself.
///
/// # Errors
/// In Go's words, or those of an end of its time.
pub(super) fn read(mut reader: Reader, method: &str, unpacks: bool) -> io::Result<Response> {
    let (status, _, mut headers) = head(&mut reader)?;
    let chunked = headers.holds("Transfer-Encoding", "chunked");
    let none = method == "HEAD" || status == 204 || status == 304 || status < 200;
    let length = length(&headers, chunked)?;
    headers.remove("Transfer-Encoding");
    headers.remove("Trailer");
    if chunked {
        headers.remove("Content-Length");
    }
    if headers.holds("Connection", "close") {
        headers.remove("Connection");
    }
    let body: Box<dyn Read + Send> = match (none, chunked, length) {
        (true, _, _) => Box::new(io::empty()),
        (false, true, _) => Box::new(Chunked {
            reader,
            rest: None,
            done: false,
        }),
        (false, false, Some(rest)) => Box::new(Exact { reader, rest }),
        (false, false, None) => Box::new(reader),
    };
    let packed = headers
        .get("Content-Encoding")
        .is_some_and(|value| value.eq_ignore_ascii_case(b"gzip"));
    let body = match unpacks && packed && !none {
        true => {
            headers.remove("Content-Encoding");
            headers.remove("Content-Length");
            Box::new(MultiGzDecoder::new(body))
        }
        false => body,
    };
    Ok(Response {
        status,
        headers,
        body,
    })
}

/// The head of the answer that counts, those before it that promise one passed over.
pub(super) fn head(reader: &mut Reader) -> io::Result<(u16, String, Headers)> {
    for _ in 0..MOST_INTERIM {
        let head = one_head(reader)?;
        if !(100..200).contains(&head.0) || head.0 == 101 {
            return Ok(head);
        }
    }
    Err(broken("too many 1xx informational responses"))
}

fn one_head(reader: &mut Reader) -> io::Result<(u16, String, Headers)> {
    let text = head_text(reader)?;
    let mut config = httparse::ParserConfig::default();
    config.allow_obsolete_multiline_headers_in_responses(true);
    let mut room = vec![httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut room);
    let first_line = || {
        let line = ByteSlice::lines(text.as_slice()).next().unwrap_or_default();
        quoted(&line.to_str_lossy())
    };
    match config.parse_response(&mut response, &text) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return Err(ErrorKind::UnexpectedEof.into()),
        Err(httparse::Error::HeaderName | httparse::Error::HeaderValue) => {
            return Err(broken("malformed MIME header"));
        }
        Err(httparse::Error::TooManyHeaders) => return Err(broken("too many headers")),
        Err(_) => {
            return Err(broken(&format!("malformed HTTP response {}", first_line())));
        }
    }
    let mut headers = Headers::default();
    for header in response.headers.iter() {
        let unfolded = ByteSlice::lines(header.value).map(<[u8]>::trim_ascii);
        headers.add(header.name, &bstr::join(" ", unfolded));
    }
    let reason = response.reason.unwrap_or_default().to_string();
    Ok((response.code.unwrap_or_default(), reason, headers))
}

/// All up to the empty line.
fn head_text(reader: &mut Reader) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    loop {
        let begin = text.len();
        let room = (LONGEST_HEAD - begin) as u64;
        let count = reader.by_ref().take(room).read_until(b'\n', &mut text)?;
        let line = text.get(begin..).unwrap_or_default();
        if count == 0 && begin == 0 {
            return Err(io::Error::other("EOF"));
        }
        if !line.ends_with(b"\n") {
            return Err(match count as u64 == room {
                true => io::Error::other(format!(
                    "net/http: server response headers exceeded {LONGEST_HEAD} bytes; aborted"
                )),
                false => ErrorKind::UnexpectedEof.into(),
            });
        }
        if line == b"\n" || line == b"\r\n" {
            return Ok(text);
        }
    }
}

fn broken(why: &str) -> io::Error {
    io::Error::other(format!(
        "net/http: HTTP/1.x transport connection broken: {why}"
    ))
}

fn length(headers: &Headers, chunked: bool) -> io::Result<Option<u64>> {
    if chunked {
        return Ok(None);
    }
    let mut all = headers
        .0
        .iter()
        .filter(|(name, _)| name == "Content-Length");
    let Some((_, first)) = all.next() else {
        return Ok(None);
    };
    let bad = || {
        broken(&format!(
            "bad Content-Length {}",
            quoted(&first.to_str_lossy())
        ))
    };
    if all.any(|(_, other)| other != first) || !first.iter().all(u8::is_ascii_digit) {
        return Err(bad());
    }
    let number = first.to_str().ok().and_then(|text| text.parse().ok());
    number.map(Some).ok_or_else(bad)
}

/// A body of a length that was said.
struct Exact {
    reader: Reader,
    rest: u64,
}

impl Read for Exact {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest == 0 || buffer.is_empty() {
            return Ok(0);
        }
        let count = self.reader.by_ref().take(self.rest).read(buffer)?;
        self.rest -= count as u64;
        match count {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(count),
        }
    }
}

/// A body in pieces, each with its length ahead of it.
struct Chunked {
    reader: Reader,
    /// What is left of the piece; none between two.
    rest: Option<u64>,
    done: bool,
}

impl Chunked {
    fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        self.reader
            .by_ref()
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut line)?;
        match line.strip_suffix(b"\n") {
            Some(line) => Ok(line.strip_suffix(b"\r").unwrap_or(line).to_vec()),
            None if line.len() as u64 == LONGEST_LINE => {
                Err(io::Error::other("header line too long"))
            }
            None => Err(ErrorKind::UnexpectedEof.into()),
        }
    }

    fn next_length(&mut self) -> io::Result<u64> {
        let line = self.line()?;
        let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
        let digits = digits.trim_ascii();
        let is_hex = !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit);
        let text = digits.to_str().ok().filter(|_| is_hex);
        let length = text.and_then(|text| u64::from_str_radix(text, 16).ok());
        length.ok_or_else(|| io::Error::other("invalid byte in chunk length"))
    }
}

impl Read for Chunked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.done || buffer.is_empty() {
            return Ok(0);
        }
        let rest = match self.rest {
            Some(rest) => rest,
            None => self.next_length()?,
        };
        if rest == 0 {
            // What follows says more of what has been read; nobody asks for it.
            for _ in 0..MOST_HEADERS {
                if self.line()?.is_empty() {
                    break;
                }
            }
            self.done = true;
            return Ok(0);
        }
        let count = self.reader.by_ref().take(rest).read(buffer)?;
        let rest = rest - count as u64;
        self.rest = (rest > 0).then_some(rest);
        match count {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ if rest == 0 && !self.line()?.is_empty() => {
                Err(io::Error::other("malformed chunked encoding"))
            }
            _ => Ok(count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &[u8]) -> io::Result<(u16, String, Result<Vec<u8>, String>)> {
        // What is written goes nowhere.
        let wire: Box<dyn Wire> = Box::new(io::Cursor::new(text.to_vec()));
        let mut response = read(BufReader::new(wire), "GET", true)?;
        let mut body = Vec::new();
        let read = response.body.read_to_end(&mut body);
        let shown = String::from_utf8_lossy(&response.headers.shown()).into_owned();
        Ok((
            response.status,
            shown,
            read.map(|_| body).map_err(|why| why.to_string()),
        ))
    }

    #[test]
    fn bodies_end_as_their_heads_say() {
        let rows: [(&str, u16, &str, Result<&str, &str>); 9] = [
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef",
                200,
                "Content-Length: 3",
                Ok("abc"),
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
                200,
                "Content-Length: 9",
                Err("unexpected end of file"),
            ),
            (
                "HTTP/1.1 200 OK\r\n\r\nuntil close",
                200,
                "",
                Ok("until close"),
            ),
            ("HTTP/1.0 200 OK\nX: y\n\nold", 200, "X: y", Ok("old")),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\nX-T: v\r\n\r\n",
                200,
                "",
                Ok("abcde"),
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                200,
                "",
                Err("invalid byte in chunk length"),
            ),
            (
                "HTTP/1.1 204 No\r\nX: a\r\n b\r\n\r\n",
                204,
                "X: a b",
                Ok(""),
            ),
            (
                "HTTP/1.1 999 odd\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
                999,
                "Content-Length: 1",
                Ok("x"),
            ),
            (
                "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
                200,
                "Content-Length: 2",
                Ok("ok"),
            ),
        ];
        for (text, status, headers, body) in rows {
            let (found, shown, read) = answer(text.as_bytes()).expect("an answer");
            assert_eq!((found, shown.as_str()), (status, headers), "{text}");
            let body = body
                .map(|body| body.as_bytes().to_vec())
                .map_err(str::to_string);
            assert_eq!(
                read.map_err(
                    |why| why.replace("failed to fill whole buffer", "unexpected end of file")
                ),
                body,
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_answer_is_refused_in_gos_words() {
        let broken = "net/http: HTTP/1.x transport connection broken: ";
        let rows = [
            ("", "EOF".to_string()),
            (
                "garbage\r\n\r\n",
                format!("{broken}malformed HTTP response \"garbage\""),
            ),
            (
                "HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
                format!("{broken}malformed MIME header"),
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                format!("{broken}bad Content-Length \"x\""),
            ),
        ];
        for (text, wanted) in rows {
            let why = answer(text.as_bytes()).map(|_| ()).expect_err("refused");
            assert_eq!(why.to_string(), wanted);
        }
    }
}
