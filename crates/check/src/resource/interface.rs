//! A network interface.

use super::{Form, Kind, REQUIRED, WANTED, row};

pub(super) const KIND: Kind = Kind {
    section: "interface",
    shown: "Interface",
    label: Some("name"),
    label_shown: true,
    gated: true,
    waits: false,
    attributes: &[
        row("name", Form::Text, "the interface"),
        row("exists", REQUIRED, "whether there is one").always(),
        row("addrs", WANTED, "its addresses, `127.0.0.1/8`"),
        row("mtu", WANTED, "its largest packet, bytes"),
        row("skip", Form::Bool, "whether nothing of it is measured"),
    ],
    properties: &[("exists", "exists"), ("addrs", "addrs"), ("mtu", "mtu")],
};
