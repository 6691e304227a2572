//! A service of the system that started everything.

use super::{Form, Kind, WANTED, row};

pub(super) const KIND: Kind = Kind {
    section: "service",
    shown: "Service",
    label: Some("name"),
    label_shown: true,
    gated: false,
    waits: true,
    attributes: &[
        row("name", Form::Text, "the service"),
        row("enabled", WANTED, "whether it starts with the system").always(),
        row("running", WANTED, "whether it runs").always(),
        row("skip", Form::Bool, "whether nothing of it is measured"),
        row("runlevels", WANTED, "the run levels in which it starts"),
    ],
    properties: &[
        ("enabled", "enabled"),
        ("running", "running"),
        ("runlevels", "runlevels"),
    ],
};
