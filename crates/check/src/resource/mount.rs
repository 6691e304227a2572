//! A mount point.

use super::{Form, Kind, REQUIRED, WANTED, row};
use crate::probe;

pub(super) const KIND: Kind = Kind {
    section: "mount",
    shown: "Mount",
    label: Some("mountpoint"),
    label_shown: true,
    gated: true,
    waits: true,
    attributes: &[
        row("mountpoint", Form::Text),
        row("exists", REQUIRED).always(),
        row("opts", WANTED),
        row("vfs-opts", WANTED),
        row("source", WANTED),
        row("filesystem", WANTED),
        row("timeout", Form::Integer(1000)).always(),
        row("skip", Form::Bool),
        row("usage", WANTED),
    ],
    properties: &[
        ("exists", "exists"),
        ("opts", "opts"),
        ("vfs-opts", "vfs-opts"),
        ("source", "source"),
        ("filesystem", "filesystem"),
        ("usage", "usage"),
    ],
    probe: probe::mount::probe,
};
