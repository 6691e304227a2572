//! A command: what it prints, and the code it ends with.

use super::{Form, Kind, REQUIRED, row};

pub(super) const KIND: Kind = Kind {
    section: "command",
    shown: "Command",
    label: Some("exec"),
    label_shown: false,
    gated: false,
    waits: true,
    attributes: &[
        row(
            "exec",
            Form::Text,
            "the command; the key where it is not given. It runs by `sh -c`",
        ),
        row(
            "exit-status",
            REQUIRED,
            "the exit code; -1 where a signal ended the shell",
        )
        .always()
        .spelled(),
        row("stdout", Form::Stream, "what it prints").always(),
        row("stderr", Form::Stream, "what it complains of").always(),
        row(
            "timeout",
            Form::Integer(10000),
            "milliseconds that measuring may take",
        )
        .always(),
        row("skip", Form::Bool, "whether nothing of it is measured"),
    ],
    properties: &[
        ("exit-status", "exit-status"),
        ("stdout", "stdout"),
        ("stderr", "stderr"),
    ],
};
