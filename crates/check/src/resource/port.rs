//! A port that is listened to.

use super::{Form, Kind, REQUIRED, WANTED, row};
use crate::probe;

pub(super) const KIND: Kind = Kind {
    section: "port",
    shown: "Port",
    label: Some("port"),
    label_shown: true,
    gated: true,
    waits: false,
    attributes: &[
        row("port", Form::Text),
        row("listening", REQUIRED).always(),
        row("ip", WANTED),
        row("skip", Form::Bool),
    ],
    properties: &[("listening", "listening"), ("ip", "ip")],
    probe: probe::port::probe,
};
