//! A command: what it prints, and the code it ends with.

use super::{Form, Kind, REQUIRED, row};
use crate::probe;

pub(super) const KIND: Kind = Kind {
    section: "command",
    shown: "Command",
    label: Some("exec"),
    label_shown: false,
    gated: false,
    waits: true,
    attributes: &[
        row("exec", Form::Text),
        row("exit-status", REQUIRED).always(),
        row("stdout", Form::Stream).always(),
        row("stderr", Form::Stream).always(),
        row("timeout", Form::Integer(10000)).always(),
        row("skip", Form::Bool),
    ],
    properties: &[
        ("exit-status", "exit-status"),
        ("stdout", "stdout"),
        ("stderr", "stderr"),
    ],
    probe: probe::command::probe,
};
