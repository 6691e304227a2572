//! What is sent, what is followed, and what is made of answers of every kind.

use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use crate::answers::{http, read, response, serve, under, validate};

/// Sends back what it was sent; leads elsewhere where that is asked for.
fn echo() -> u16 {
    http(|request| {
        let path = request.target.as_str();
        match path.split('/').collect::<Vec<_>>()[..] {
            ["", "to", count] => {
                let count: u32 = count.parse().expect("a number");
                let next = match count {
                    1 => "Location: /echo".to_string(),
                    _ => format!("Location: /to/{}", count - 1),
                };
                response(302, &[next.as_str()], b"")
            }
            ["", "code", code] => {
                response(code.parse().expect("a code"), &["Location: /echo"], b"code")
            }
            _ => response(200, &[], &request.raw),
        }
    })
}

#[test]
fn a_request_is_what_goss_sends() {
    let port = echo();
    let sent = |head: &str, rest: &str| {
        format!(
            "{head} HTTP/1.1\\r\\nHost: 127.0.0.1:{port}\\r\\n{rest}Connection: close\\r\\n\\r\\n"
        )
    };
    let agent = "User-Agent: goss/v0.4.10\\r\\n";
    let gzip = "Accept-Encoding: gzip\\r\\n";
    let rows = [
        ("", sent("GET /echo", &format!("{agent}{gzip}"))),
        (
            "    method: post\n",
            sent("post /echo", &format!("{agent}{gzip}")),
        ),
        (
            "    method: POST\n",
            sent(
                "POST /echo",
                &format!("{agent}Content-Length: 0\\r\\n{gzip}"),
            ),
        ),
        (
            "    request-body: hello\n",
            sent(
                "GET /echo",
                &format!("{agent}Content-Length: 5\\r\\n{gzip}"),
            ) + "hello",
        ),
        (
            "    username: u\n    password: 'p:w'\n",
            sent(
                "GET /echo",
                &format!("{agent}Authorization: Basic dTpwOnc=\\r\\n{gzip}"),
            ),
        ),
        (
            "    request-headers: ['x-low: 1', 'User-Agent: me', 'Accept-Encoding: br', 'A: b: c']\n",
            sent(
                "GET /echo",
                "User-Agent: me\\r\\nA: b: c\\r\\nAccept-Encoding: br\\r\\nX-Low: 1\\r\\n",
            ),
        ),
    ];
    for (attributes, wanted) in rows {
        validate(&format!(
            "http:\n  http://127.0.0.1:{port}/echo:\n    status: 200\n{attributes}    body: \"{wanted}\"\n"
        ))
        .passes();
    }
    let done = under(
        "mainstay-check",
        &format!(
            "http:\n  http://127.0.0.1:{port}/echo:\n    status: 200\n    body: ['User-Agent: mainstay-check/']\n"
        ),
        &[],
    );
    done.passes();
}

#[test]
fn nine_redirects_are_followed_and_ten_are_not() {
    let port = echo();
    let to = |path: &str, more: &str| {
        validate(&format!(
            "http:\n  http://127.0.0.1:{port}{path}:\n    status: 200\n{more}"
        ))
    };
    to(
        "/to/9",
        &format!("    body: ['Referer: http://127.0.0.1:{port}/to/1']\n"),
    )
    .passes();
    to("/to/10", "").says("Get \"/echo\": stopped after 10 redirects");
    to("/to/1", "    no-follow-redirects: true\n").says("302");
    let body =
        "    method: POST\n    request-body: hello\n    request-headers: ['Content-Type: q']\n";
    for code in [301, 302, 303] {
        let more = format!("{body}    body: ['/^GET /', '!hello', '!Content-']\n");
        to(&format!("/code/{code}"), &more).passes();
    }
    for code in [307, 308] {
        let more = format!("{body}    body: ['/^POST /', 'hello', 'Content-Type: q']\n");
        to(&format!("/code/{code}"), &more).passes();
    }
    to("/code/300", "").says("300");
}

#[test]
fn what_is_private_stays_with_the_first_host() {
    let port = http(|request| match request.target.as_str() {
        "/away" => response(
            302,
            &[&format!(
                "Location: http://localhost:{}/x",
                port_of(request)
            )],
            b"",
        ),
        "/here" => response(302, &["Location: x"], b""),
        _ => response(200, &[], &request.raw),
    });
    let sends =
        "    request-headers: ['Authorization: q', 'Cookie: c', 'X-Own: 1', 'Host: h.test']\n";
    validate(&format!(
        "http:\n  http://127.0.0.1:{port}/away:\n    status: 200\n{sends}    body: ['X-Own: 1', '!Authorization', '!Cookie', 'Host: localhost']\n  http://127.0.0.1:{port}/here:\n    status: 200\n    request-headers: ['Authorization: q', 'Host: h.test:{port}']\n    body: ['Authorization: q', 'Host: h.test']\n"
    ).replace("'Host: h.test']\n    body: ['X-Own", &format!("'Host: h.test:{port}']\n    body: ['X-Own")))
    .passes();
}

/// The port in the header `Host` of a request.
fn port_of(request: &crate::answers::Request) -> String {
    let text = String::from_utf8_lossy(&request.raw).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("Host: "));
    host.and_then(|host| host.rsplit_once(':'))
        .map(|(_, port)| port.to_string())
        .unwrap_or_default()
}

#[test]
fn answers_of_every_kind() {
    let port = http(|request| match request.target.as_str() {
        "/headers" => response(
            200,
            &[
                "x-lower: a",
                "X-LOWER: b",
                "B:  two ",
                "ETag: q",
                "Connection: close",
            ],
            b"h",
        ),
        "/chunks" => {
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
                .to_vec()
        }
        "/close" => b"HTTP/1.0 200 OK\r\n\r\nuntil close".to_vec(),
        "/short" => b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc".to_vec(),
        "/garbage" => b"garbage\r\n\r\n".to_vec(),
        "/nothing" => Vec::new(),
        "/gzip" => response(200, &["Content-Encoding: gzip"], GZIPPED),
        "/badgzip" => response(200, &["Content-Encoding: gzip"], b"not so"),
        _ => response(404, &[], b"nope"),
    });
    let of = |path: &str, more: &str| {
        validate(&format!(
            "http:\n  http://127.0.0.1:{port}{path}:\n    status: 200\n{more}"
        ))
    };
    of(
        "/headers",
        "    headers: \"B: two\\nContent-Length: 1\\nEtag: q\\nX-Lower: a\\nX-Lower: b\"\n",
    )
    .passes();
    of("/chunks", "    body: abcde\n    headers: ''\n").passes();
    of("/close", "    body: until close\n").passes();
    of("/gzip", "    body: \"zipped\\n\"\n    headers: ['!/./']\n").passes();
    of("/badgzip", "    body: x\n").says("Body:");
    of("/short", "    body: [x]\n").says("unexpected EOF");
    of("/garbage", "").says("malformed HTTP response \"garbage\"");
    of("/nothing", "    body: [x]\n").says("/nothing\": EOF");
    of("/nothing", "    body: [x]\n").says("Body: skipped");
    of("/none", "    body: [nope]\n").says("404");
}

/// "zipped\n".
const GZIPPED: &[u8] = &[
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 202, 44, 40, 72, 77, 225, 2, 0, 172, 0, 58, 199, 7, 0, 0,
    0,
];

#[test]
fn a_server_that_never_answers_or_never_ends_is_left_in_time() {
    let silent = serve(|_stream| thread::sleep(Duration::from_secs(20)));
    let endless = serve(|mut stream| {
        read(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b'x'; 4096]).is_ok() {
            thread::sleep(Duration::from_millis(1));
        }
    });
    let begun = Instant::now();
    validate(&format!(
        "http:\n  http://127.0.0.1:{silent}/:\n    status: 200\n    timeout: 300\n"
    ))
    .says("context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
    validate(&format!(
        "http:\n  http://127.0.0.1:{endless}/:\n    status: 200\n    timeout: 300\n    body: {{have-len: 1}}\n"
    ))
    .says("(Client.Timeout or context cancellation while reading body)");
    validate(&format!(
        "http:\n  https://127.0.0.1:{silent}/:\n    status: 200\n    timeout: 300\n"
    ))
    .says("Client.Timeout exceeded");
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_proxy_is_told_the_whole_address() {
    let port = http(|request| match request.method.as_str() {
        "CONNECT" => b"HTTP/1.1 403 no way\r\n\r\n".to_vec(),
        _ => response(200, &[], &request.raw),
    });
    validate(&format!(
        "http:\n  http://example.invalid/a?b:\n    status: 200\n    proxy: http://u:p@127.0.0.1:{port}\n    body: ['/^GET http:..example.invalid.a.b HTTP/', 'Proxy-Authorization: Basic dTpw', 'Host: example.invalid']\n"
    ))
    .passes();
    let secure = "http:\n  https://example.invalid/:\n    status: 200\n";
    let proxy = format!("127.0.0.1:{port}");
    under("goss", secure, &[("HTTPS_PROXY", &proxy)]).says("\"https://example.invalid/\": no way");
    let plain = "http:\n  http://example.invalid/:\n    status: 200\n    body: [GET]\n";
    under("goss", plain, &[("http_proxy", &proxy)]).passes();
    under(
        "goss",
        plain,
        &[("http_proxy", &proxy), ("NO_PROXY", "invalid")],
    )
    .says("no such host");
}
