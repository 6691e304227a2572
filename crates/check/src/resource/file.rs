//! A file: its kind, owner, mode and contents.

use super::{Form, Kind, REQUIRED, WANTED, row};
use crate::probe;

pub(super) const KIND: Kind = Kind {
    section: "file",
    shown: "File",
    label: Some("path"),
    label_shown: true,
    gated: true,
    waits: false,
    attributes: &[
        row("path", Form::Text),
        row("exists", REQUIRED).always(),
        row("mode", WANTED),
        row("size", WANTED),
        row("owner", WANTED),
        row("uid", WANTED),
        row("group", WANTED),
        row("gid", WANTED),
        row("linked-to", WANTED),
        row("filetype", WANTED),
        // The name that `contents` had; a resource of its own result, as goss has it.
        row("contains", Form::Stream),
        row("contents", Form::Stream).always(),
        row("md5", WANTED),
        row("sha256", WANTED),
        row("sha512", WANTED),
        row("skip", Form::Bool),
    ],
    properties: &[
        ("exists", "exists"),
        ("mode", "mode"),
        ("owner", "owner"),
        ("uid", "uid"),
        ("group", "group"),
        ("gid", "gid"),
        ("linked-to", "linkedto"),
        ("filetype", "filetype"),
        ("contains", "contains"),
        ("contents", "contents"),
        ("size", "size"),
        ("md5", "md5"),
        ("sha256", "sha256"),
        ("sha512", "sha512"),
    ],
    probe: probe::file::probe,
};
