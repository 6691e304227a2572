//! A name, and what it resolves to.

use super::{Form, Kind, REQUIRED, WANTED, row};

pub(super) const KIND: Kind = Kind {
    section: "dns",
    shown: "DNS",
    label: Some("resolve"),
    label_shown: true,
    gated: true,
    waits: true,
    attributes: &[
        row(
            "resolve",
            Form::Text,
            "the name; `MX:example.com` asks for records of a type",
        ),
        row("resolvable", REQUIRED, "whether there is an answer")
            .always()
            .or("resolveable"),
        row("addrs", WANTED, "the answers, sorted"),
        row(
            "timeout",
            Form::Integer(500),
            "milliseconds that measuring may take",
        )
        .always(),
        row(
            "server",
            Form::Text,
            "the server that is asked, `IP[:PORT]`; with none the hosts file and the resolver of the system",
        ),
        row("skip", Form::Bool, "whether nothing of it is measured"),
    ],
    properties: &[("resolvable", "resolvable"), ("addrs", "addrs")],
};
