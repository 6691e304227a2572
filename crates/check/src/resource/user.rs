//! A user of the image.

use super::{Form, Kind, REQUIRED, WANTED, row};
use crate::probe;

pub(super) const KIND: Kind = Kind {
    section: "user",
    shown: "User",
    label: Some("username"),
    label_shown: true,
    gated: true,
    waits: false,
    attributes: &[
        row("username", Form::Text),
        row("exists", REQUIRED).always(),
        row("uid", WANTED),
        row("gid", WANTED),
        row("groups", WANTED),
        row("home", WANTED),
        row("shell", WANTED),
        row("skip", Form::Bool),
    ],
    properties: &[
        ("exists", "exists"),
        ("uid", "uid"),
        ("gid", "gid"),
        ("home", "home"),
        ("groups", "groups"),
        ("shell", "shell"),
    ],
    probe: probe::user::probe,
};
