//! Ports and addresses at which the test itself listens.

use std::net::{Ipv6Addr, TcpListener, UdpSocket};

use crate::answers::{under, validate};

#[test]
fn a_port_is_listened_at_by_its_protocol() {
    let tcp = TcpListener::bind("127.0.0.1:0").expect("a port");
    let udp = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let (tcp, udp) = (
        tcp.local_addr()
            .map(|own| (own.port(), tcp))
            .expect("an address"),
        udp.local_addr()
            .map(|own| (own.port(), udp))
            .expect("an address"),
    );
    validate(&format!(
        "port:\n  '{0}':\n    listening: true\n    ip: [127.0.0.1]\n  tcp:{0}:\n    listening: true\n  udp:{1}:\n    listening: true\n    ip: [127.0.0.1]\n  TCP:{0}:\n    listening: false\n",
        tcp.0, udp.0
    ))
    .passes();
    validate(&format!(
        "addr:\n  127.0.0.1:{0}:\n    reachable: true\n    local-address: 127.0.0.1\n  tcp6://127.0.0.1:{0}:\n    reachable: false\n",
        tcp.0
    ))
    .passes();
}

#[test]
fn a_socket_for_both_families_is_found_by_its_number_under_our_name() {
    // A kernel without IPv6 has no such socket.
    let Ok(both) = TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0)) else {
        return;
    };
    let port = both.local_addr().expect("an address").port();
    let file = format!("port:\n  '{port}':\n    listening: true\n");
    under("mainstay-check", &file, &[]).passes();
    validate(&file).says("listening");
    validate(&format!(
        "port:\n  tcp6:{port}:\n    listening: true\n    ip: ['::']\n"
    ))
    .passes();
}
