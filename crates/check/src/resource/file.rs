//! A file: its kind, owner, mode and contents.

use super::{Form, Kind, REQUIRED, WANTED, row};

pub(super) const KIND: Kind = Kind {
    section: "file",
    shown: "File",
    label: Some("path"),
    label_shown: true,
    gated: true,
    waits: false,
    attributes: &[
        row(
            "path",
            Form::Text,
            "the path; `~` and `~USER` are homes. A link is not followed, but for its contents and hashes",
        ),
        row("exists", REQUIRED, "whether it is there").always(),
        row(
            "mode",
            WANTED,
            "the permission bits, four octal digits in quotes: `\"0644\"`",
        ),
        row("size", WANTED, "bytes"),
        row("owner", WANTED, "the name of its owner"),
        row("uid", WANTED, "its owner's number"),
        row("group", WANTED, "the name of its group"),
        row("gid", WANTED, "its group's number"),
        row(
            "linked-to",
            WANTED,
            "what a symbolic link says, as it is written",
        ),
        row(
            "filetype",
            WANTED,
            "`file`, `directory`, `symlink`, `socket`, `pipe`, `character-device`, `block-device`",
        ),
        // The name that `contents` had; a resource of its own result, as goss has it.
        row("contains", Form::Stream, "the old name of `contents`"),
        row("contents", Form::Stream, "its text").always(),
        row("md5", WANTED, "its hash, lower-case hexadecimal"),
        row("sha256", WANTED, "its hash, lower-case hexadecimal"),
        row("sha512", WANTED, "its hash, lower-case hexadecimal"),
        row("skip", Form::Bool, "whether nothing of it is measured"),
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
};
