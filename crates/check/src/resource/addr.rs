//! An address that answers, or does not.

use super::{Form, Kind, REQUIRED, row};
use crate::probe;

pub(super) const KIND: Kind = Kind {
    section: "addr",
    shown: "Addr",
    label: Some("address"),
    label_shown: true,
    gated: false,
    waits: true,
    attributes: &[
        row("address", Form::Text),
        row("local-address", Form::Text),
        row("reachable", REQUIRED).always(),
        row("timeout", Form::Integer(500)).always(),
        row("skip", Form::Bool),
    ],
    properties: &[("reachable", "reachable")],
    probe: probe::addr::probe,
};
