//! Servers that never answer, drip, or send for ever.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::Duration;

use super::validate;

/// A server on loopback that does `serve` with every client; its port.
fn server(serve: impl Fn(TcpStream) + Send + Sync + Clone + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let serve = serve.clone();
            thread::spawn(move || serve(client));
        }
    });
    port
}

/// Reads the head of a request.
fn ask(client: &mut TcpStream) {
    let mut byte = [0];
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && matches!(client.read(&mut byte), Ok(1)) {
        head.push(byte[0]);
    }
}

fn validate_url(port: u16, expected: &str) -> check_tests::watched::Seen {
    validate(format!(
        "http:\n  http://127.0.0.1:{port}/:\n    status: 200\n    timeout: 700\n    {expected}\n\
         matching:\n  good: {{content: 1, matches: 1}}\n"
    ))
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let port = server(|_client| thread::sleep(Duration::from_secs(60)));
    validate_url(port, "body: [a]").failed("127.0.0.1", "Count: 3");
}

#[test]
fn a_server_that_drips_is_given_up() {
    let port = server(|mut client| {
        ask(&mut client);
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
            .iter()
            .cycle()
        {
            thread::sleep(Duration::from_millis(50));
            if client.write_all(&[*byte]).is_err() {
                return;
            }
        }
    });
    validate_url(port, "body: [a]").failed("127.0.0.1", "Count: 3");
}

#[test]
fn a_server_that_sends_for_ever_is_given_up() {
    for head in [
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-Endless: ",
        "",
    ] {
        let port = server(move |mut client| {
            ask(&mut client);
            let mut sent = client.write_all(head.as_bytes());
            let block = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
            while sent.is_ok() {
                sent = client.write_all(block.as_bytes());
            }
        });
        validate_url(port, "body: [absent]").failed("127.0.0.1", "Count: 3");
    }
}

#[test]
fn answers_that_are_none_are_errors() {
    for answer in [
        "",
        "\0\0\0\0",
        "HTTP/9.9 abc\r\n\r\n",
        "HTTP/1.1 99999999 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        "HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 302 Found\r\n\r\n",
    ] {
        let port = server(move |mut client| {
            ask(&mut client);
            let _ = client.write_all(answer.as_bytes());
        });
        validate_url(port, "body: [absent]").failed("127.0.0.1", "Count: 3");
    }
}

#[test]
fn addresses_that_are_none_are_errors() {
    for url in [
        "http://",
        "nothing",
        "http://a:99999/",
        "ftp://127.0.0.1/",
        "http://[",
    ] {
        let seen = validate(format!(
            "http:\n  {url}: {{status: 200, timeout: 500}}\n\
             matching:\n  good: {{content: 1, matches: 1}}\n"
        ));
        seen.failed("HTTP: ", "Count: 2");
    }
    for address in [
        "tcp://127.0.0.1:99999",
        "tcp://[",
        "x",
        "'tcp://:'",
        "nothing://a:1",
    ] {
        let seen = validate(format!(
            "addr:\n  {address}: {{reachable: true, timeout: 500}}\n\
             matching:\n  good: {{content: 1, matches: 1}}\n"
        ));
        seen.failed("reachable", "Count: 2");
    }
}

#[test]
fn a_name_server_that_never_answers_or_talks_nonsense_is_given_up() {
    let silent = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let talker = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let port = talker.local_addr().expect("an address").port();
    thread::spawn(move || {
        let mut packet = [0; 512];
        while let Ok((count, from)) = talker.recv_from(&mut packet) {
            // The question come back, cut, with pointers that lead to themselves.
            let mut answer = packet.get(..count).unwrap_or_default().to_vec();
            if let Some(flags) = answer.get_mut(2) {
                *flags |= 0x80;
            }
            if let Some(answers) = answer.get_mut(7) {
                *answers = 200;
            }
            answer.extend([0xc0, 0x0c].repeat(100));
            let _ = talker.send_to(&answer, from);
        }
    });
    for port in [silent.local_addr().expect("an address").port(), port] {
        for name in [
            "example.test",
            "A:example.test",
            "TXT:example.test",
            "PTR:127.0.0.1",
        ] {
            let seen = validate(format!(
                "dns:\n  {name}: {{resolvable: true, timeout: 300, server: '127.0.0.1:{port}'}}\n\
                 matching:\n  good: {{content: 1, matches: 1}}\n"
            ));
            seen.failed("resolvable", "Count: 2");
        }
    }
}
