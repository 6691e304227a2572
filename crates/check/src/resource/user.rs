//! A user of the image.

use super::{Form, Kind, REQUIRED, WANTED, row};

pub(super) const KIND: Kind = Kind {
    section: "user",
    shown: "User",
    label: Some("username"),
    label_shown: true,
    gated: true,
    waits: false,
    attributes: &[
        row("username", Form::Text, "the name"),
        row("exists", REQUIRED, "whether /etc/passwd has it").always(),
        row("uid", WANTED, "its number").spelled(),
        row("gid", WANTED, "its first group's number").spelled(),
        row("groups", WANTED, "the names of all its groups, sorted"),
        row("home", WANTED, "its home"),
        row("shell", WANTED, "its shell"),
        row("skip", Form::Bool, "whether nothing of it is measured"),
    ],
    properties: &[
        ("exists", "exists"),
        ("uid", "uid"),
        ("gid", "gid"),
        ("home", "home"),
        ("groups", "groups"),
        ("shell", "shell"),
    ],
};
