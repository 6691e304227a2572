//! A group of the image.

use super::{Form, Kind, REQUIRED, WANTED, row};
use crate::probe;

pub(super) const KIND: Kind = Kind {
    section: "group",
    shown: "Group",
    label: Some("groupname"),
    label_shown: true,
    gated: true,
    waits: false,
    attributes: &[
        row("groupname", Form::Text),
        row("exists", REQUIRED).always(),
        row("gid", WANTED),
        row("skip", Form::Bool),
    ],
    properties: &[("exists", "exists"), ("gid", "gid")],
    probe: probe::group::probe,
};
