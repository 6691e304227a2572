//! A name server of our own.

use std::io::{Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::answers::validate;

/// The name in a question, its labels parted by points, and its kind.
fn question(message: &[u8]) -> (String, u16, usize) {
    let mut at = 12;
    let mut labels = Vec::new();
    while message[at] != 0 {
        let length = usize::from(message[at]);
        let label = &message[at + 1..at + 1 + length];
        labels.push(String::from_utf8_lossy(label).into_owned());
        at += 1 + length;
    }
    let kind = u16::from_be_bytes([message[at + 1], message[at + 2]]);
    (labels.join("."), kind, at + 5)
}

fn name(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in name.split('.') {
        bytes.push(u8::try_from(label.len()).expect("short"));
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    bytes
}

/// Code, whether it is cut short, and records.
type Answer = (u8, bool, Vec<(u16, Vec<u8>)>);

fn answer(host: &str, kind: u16, by_stream: bool, count: usize) -> Option<Answer> {
    let good = |records: Vec<(u16, Vec<u8>)>| Some((0, false, records));
    match (host, kind) {
        ("a.test", 1) => good(vec![(1, vec![10, 0, 0, 9]), (1, vec![10, 0, 0, 10])]),
        ("six.test", 28) => {
            let mut address = vec![0x20, 1, 0x0d, 0xb8];
            address.extend([0; 11]);
            address.push(1);
            good(vec![(28, address)])
        }
        ("alias.test", 1) => good(vec![(5, name("a.test")), (1, vec![10, 0, 0, 1])]),
        ("alias.test", 5) => good(vec![(5, name("A.test"))]),
        ("mx.test", 15) => good(vec![(15, [&[0, 20][..], &name("m2.test")].concat())]),
        ("ns.test", 2) => good(vec![(2, name("we ird.test"))]),
        ("srv.test", 33) => good(vec![(
            33,
            [&[0, 1, 0, 2, 1, 187][..], &name("s.test")].concat(),
        )]),
        ("txt.test", 16) => good(vec![(16, b"\x05plain\x03a\"b\x00".to_vec())]),
        ("caa.test", 257) => good(vec![(257, b"\x00\x05issuele.test".to_vec())]),
        ("4.3.2.1.in-addr.arpa", 12) => good(vec![(12, name("host.test"))]),
        // The original crashes where another kind of record answers.
        ("5.3.2.1.in-addr.arpa", 12) => good(vec![(5, name("x.test")), (12, name("via.test"))]),
        ("long.test", 1) if !by_stream => Some((0, true, Vec::new())),
        ("long.test", 1) => good((0..100).map(|n| (1, vec![10, 2, 0, n])).collect()),
        ("third.test", 1) if count < 3 => None,
        ("third.test", 1) => good(vec![(1, vec![10, 1, 1, 1])]),
        ("empty-first.test", 1) if count > 1 => good(vec![(1, vec![10, 1, 1, 2])]),
        ("silent.test", _) => None,
        ("none.test", _) => Some((3, false, Vec::new())),
        ("refused.test", _) => Some((5, false, Vec::new())),
        _ => good(Vec::new()),
    }
}

fn reply(message: &[u8], by_stream: bool, count: usize) -> Option<Vec<u8>> {
    let (host, kind, end) = question(message);
    if host == "rubbish.test" {
        return Some(
            [
                &message[..2],
                &[0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, 255, 255],
            ]
            .concat(),
        );
    }
    let (code, cut, records) = answer(&host, kind, by_stream, count)?;
    let mut bytes = message[..2].to_vec();
    bytes.extend([0x81 | u8::from(cut) << 1, 0x80 | code, 0, 1, 0]);
    bytes.push(u8::try_from(records.len()).expect("few"));
    bytes.extend([0, 0, 0, 0]);
    bytes.extend(&message[12..end]);
    for (kind, data) in records {
        bytes.extend([0xc0, 12]);
        bytes.extend(kind.to_be_bytes());
        bytes.extend([0, 1, 0, 0, 0, 60]);
        bytes.extend(u16::try_from(data.len()).expect("short").to_be_bytes());
        bytes.extend(data);
    }
    Some(bytes)
}

/// Serves names by datagram and by stream on one port.
fn server() -> u16 {
    let (udp, tcp, port) = loop {
        let udp = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let port = udp.local_addr().expect("an address").port();
        if let Ok(tcp) = TcpListener::bind(("127.0.0.1", port)) {
            break (udp, tcp, port);
        }
    };
    let third = Arc::new(AtomicUsize::new(0));
    let empty = Arc::new(AtomicUsize::new(0));
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok((length, from)) = udp.recv_from(&mut buffer) {
            let message = &buffer[..length];
            let (host, kind, _) = question(message);
            let count = match (host.as_str(), kind) {
                ("third.test", 1) => third.fetch_add(1, Ordering::Relaxed) + 1,
                ("empty-first.test", 1) => empty.fetch_add(1, Ordering::Relaxed) + 1,
                _ => 0,
            };
            if let Some(bytes) = reply(message, false, count) {
                let _ = udp.send_to(&bytes, from);
            }
        }
    });
    thread::spawn(move || {
        for mut stream in tcp.incoming().flatten() {
            let mut length = [0; 2];
            let _ = stream.read_exact(&mut length);
            let mut message = vec![0; u16::from_be_bytes(length).into()];
            if stream.read_exact(&mut message).is_ok() {
                let bytes = reply(&message, true, 0).expect("an answer");
                let length = u16::try_from(bytes.len()).expect("short").to_be_bytes();
                let _ = stream.write_all(&[&length[..], &bytes].concat());
            }
        }
    });
    port
}

fn resolves(port: u16, key: &str, addrs: &str) {
    validate(&format!(
        "dns:\n  '{key}':\n    resolvable: true\n    server: 127.0.0.1:{port}\n    timeout: 300\n    addrs: {addrs}\n"
    ))
    .passes();
}

#[test]
fn records_of_every_kind_are_shown_as_goss_shows_them() {
    let port = server();
    let rows = [
        ("a.test", "{consist-of: [10.0.0.9, 10.0.0.10]}"),
        ("A:a.test", "{consist-of: [10.0.0.9, 10.0.0.10]}"),
        ("XX:a.test", "{have-len: 2}"),
        ("AAAA:six.test", "['2001:db8::1']"),
        ("six.test", "['2001:db8::1']"),
        ("A:alias.test", "{consist-of: [10.0.0.1]}"),
        ("CNAME:alias.test", "[A.test.]"),
        ("MX:mx.test", "['20 m2.test.']"),
        ("NS:ns.test", "['we\\ ird.test.']"),
        ("SRV:srv.test", "['1 2 443 s.test.']"),
        ("TXT:txt.test", "{consist-of: ['', 'a\\\"b', plain]}"),
        ("CAA:caa.test", "['0 issue le.test']"),
        ("PTR:1.2.3.4", "[host.test.]"),
        ("PTR:1.2.3.5", "[via.test.]"),
        ("A:third.test", "[10.1.1.1]"),
        ("A:empty-first.test", "[10.1.1.2]"),
        // The original takes what is cut short for nothing.
        ("A:long.test", "{have-len: 100}"),
    ];
    for (key, addrs) in rows {
        resolves(port, key, addrs);
    }
}

#[test]
fn no_answer_is_told_from_no_name() {
    let port = server();
    let of = |key: &str, expected: bool| {
        validate(&format!(
            "dns:\n  '{key}':\n    resolvable: {expected}\n    server: 127.0.0.1:{port}\n    timeout: 100\n"
        ))
    };
    for key in [
        "none.test",
        "A:none.test",
        "refused.test",
        "A:empty.test",
        "AAAA:a.test",
        "MX:",
    ] {
        of(key, false).passes();
    }
    let begun = Instant::now();
    of("silent.test", false).says("DNS lookup timed out (100ms)");
    of("A:silent.test", false).says("DNS lookup timed out (100ms)");
    assert!(begun.elapsed() < Duration::from_secs(5));
    of("A:rubbish.test", false).says("the answer is no DNS message");
    of("rubbish.test", false).passes();
}
