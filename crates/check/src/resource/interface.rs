//! A network interface.

use super::{Form, Kind, REQUIRED, WANTED, row};
use crate::probe;

pub(super) const KIND: Kind = Kind {
    section: "interface",
    shown: "Interface",
    label: Some("name"),
    label_shown: true,
    gated: true,
    waits: false,
    attributes: &[
        row("name", Form::Text),
        row("exists", REQUIRED).always(),
        row("addrs", WANTED),
        row("mtu", WANTED),
        row("skip", Form::Bool),
    ],
    properties: &[("exists", "exists"), ("addrs", "addrs"), ("mtu", "mtu")],
    probe: probe::interface::probe,
};
