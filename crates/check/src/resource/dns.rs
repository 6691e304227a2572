//! A name, and what it resolves to.

use super::{Form, Kind, REQUIRED, WANTED, row};
use crate::probe;

pub(super) const KIND: Kind = Kind {
    section: "dns",
    shown: "DNS",
    label: Some("resolve"),
    label_shown: true,
    gated: true,
    waits: true,
    attributes: &[
        row("resolve", Form::Text),
        row("resolvable", REQUIRED).always().or("resolveable"),
        row("addrs", WANTED),
        row("timeout", Form::Integer(500)).always(),
        row("server", Form::Text),
        row("skip", Form::Bool),
    ],
    properties: &[("resolvable", "resolvable"), ("addrs", "addrs")],
    probe: probe::dns::probe,
};
