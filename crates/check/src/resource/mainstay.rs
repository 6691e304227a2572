//! A service of Mainstay, or the whole container that it supervises. An extension: goss has no
//! such section.

use super::{Form, Kind, WANTED, row};
use crate::probe;

pub(super) const KIND: Kind = Kind {
    section: "mainstay",
    shown: "Mainstay",
    label: Some("name"),
    label_shown: true,
    gated: false,
    waits: true,
    attributes: &[
        row("name", Form::Text),
        row("up", WANTED),
        row("ready", WANTED),
        row("restarts", WANTED),
        row("user", WANTED),
        row("uptime", WANTED),
        row("zombies", WANTED),
        row("boot-time", WANTED),
        row("skip", Form::Bool),
    ],
    properties: &[
        ("up", "up"),
        ("ready", "ready"),
        ("restarts", "restarts"),
        ("user", "user"),
        ("uptime", "uptime"),
        ("zombies", "zombies"),
        ("boot-time", "boot-time"),
    ],
    probe: probe::mainstay::probe,
};
