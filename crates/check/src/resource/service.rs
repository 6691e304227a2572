//! A service of the system that started everything.

use super::{Form, Kind, WANTED, row};
use crate::probe;

pub(super) const KIND: Kind = Kind {
    section: "service",
    shown: "Service",
    label: Some("name"),
    label_shown: true,
    gated: false,
    waits: true,
    attributes: &[
        row("name", Form::Text),
        row("enabled", WANTED).always(),
        row("running", WANTED).always(),
        row("skip", Form::Bool),
        row("runlevels", WANTED),
    ],
    properties: &[
        ("enabled", "enabled"),
        ("running", "running"),
        ("runlevels", "runlevels"),
    ],
    probe: probe::service::probe,
};
