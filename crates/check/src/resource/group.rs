//! A group of the image.

use super::{Form, Kind, REQUIRED, WANTED, row};

pub(super) const KIND: Kind = Kind {
    section: "group",
    shown: "Group",
    label: Some("groupname"),
    label_shown: true,
    gated: true,
    waits: false,
    attributes: &[
        row("groupname", Form::Text, "the name"),
        row("exists", REQUIRED, "whether /etc/group has it").always(),
        row("gid", WANTED, "its number").spelled(),
        row("skip", Form::Bool, "whether nothing of it is measured"),
    ],
    properties: &[("exists", "exists"), ("gid", "gid")],
};
