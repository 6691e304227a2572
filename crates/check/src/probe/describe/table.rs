//! Which attributes `add` writes of a type, and how its key is written: one row a type.

use super::super::System;

/// How a type is described.
pub(super) struct Description {
    pub(super) section: &'static str,
    /// The key as it is written: the whole of what was meant.
    pub(super) key: fn(&str, &System) -> String,
    /// What is measured, in its order.
    pub(super) measured: &'static [Measured],
    /// What is written as an empty list, for people to fill.
    pub(super) empty: &'static [&'static str],
}

/// A property that is measured and written.
pub(super) struct Measured {
    pub(super) property: &'static str,
    /// The name by which it is left out; none for what is always written.
    pub(super) excluded_as: Option<&'static str>,
    pub(super) how: How,
}

/// What becomes of a property.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// It has to be measured.
    Needed,
    /// It is false where it cannot be measured.
    OrFalse,
    /// It is written where what stands first is true and it can be measured.
    IfThere,
    /// A text by its lines, as patterns that match it; an empty text where it is left out.
    Lines,
}

const fn needed(property: &'static str) -> Measured {
    Measured {
        property,
        excluded_as: None,
        how: How::Needed,
    }
}

const fn if_there(property: &'static str) -> Measured {
    Measured {
        property,
        excluded_as: Some(property),
        how: How::IfThere,
    }
}

const fn lines(property: &'static str) -> Measured {
    Measured {
        property,
        excluded_as: Some(property),
        how: How::Lines,
    }
}

impl Measured {
    const fn excluded_as(mut self, name: &'static str) -> Measured {
        self.excluded_as = Some(name);
        self
    }

    const fn or_false(mut self) -> Measured {
        self.how = How::OrFalse;
        self
    }
}

/// All that can be described.
pub(super) const DESCRIPTIONS: &[Description] = &[
    Description {
        section: "addr",
        key: |key, _| super::super::addr::normal(key),
        measured: &[needed("reachable")],
        empty: &[],
    },
    Description {
        section: "command",
        key: as_it_is,
        measured: &[needed("exit-status"), lines("stdout"), lines("stderr")],
        empty: &[],
    },
    Description {
        section: "dns",
        key: as_it_is,
        measured: &[needed("resolvable"), needed("addrs").excluded_as("addrs")],
        empty: &[],
    },
    Description {
        section: "file",
        key: path,
        measured: &[
            needed("exists"),
            if_there("mode"),
            if_there("owner"),
            if_there("group"),
            if_there("linked-to"),
            if_there("filetype"),
        ],
        empty: &["contents"],
    },
    Description {
        section: "gossfile",
        key: as_it_is,
        measured: &[],
        empty: &[],
    },
    Description {
        section: "group",
        key: as_it_is,
        // Goss looks for this word where it means `gid`, which excludes nothing there.
        measured: &[needed("exists"), if_there("gid").excluded_as("stderr")],
        empty: &[],
    },
    Description {
        section: "http",
        key: as_it_is,
        measured: &[needed("status")],
        empty: &["body"],
    },
    Description {
        section: "interface",
        key: as_it_is,
        measured: &[needed("exists"), if_there("addrs"), if_there("mtu")],
        empty: &[],
    },
    Description {
        section: "kernel-param",
        key: as_it_is,
        measured: &[needed("value")],
        empty: &[],
    },
    Description {
        section: "mount",
        key: as_it_is,
        measured: &[
            needed("exists").or_false(),
            if_there("opts"),
            if_there("vfs-opts"),
            if_there("source"),
            if_there("filesystem"),
        ],
        empty: &[],
    },
    Description {
        section: "package",
        key: as_it_is,
        measured: &[needed("installed"), if_there("versions")],
        empty: &[],
    },
    Description {
        section: "port",
        key: port,
        measured: &[needed("listening"), needed("ip").excluded_as("ip")],
        empty: &[],
    },
    Description {
        section: "process",
        key: as_it_is,
        measured: &[needed("running")],
        empty: &[],
    },
    Description {
        section: "service",
        key: as_it_is,
        measured: &[needed("enabled"), needed("running")],
        empty: &[],
    },
    Description {
        section: "user",
        key: as_it_is,
        measured: &[
            needed("exists"),
            if_there("uid"),
            if_there("gid"),
            if_there("groups"),
            if_there("home"),
            if_there("shell"),
        ],
        empty: &[],
    },
];

fn as_it_is(key: &str, _system: &System) -> String {
    key.to_string()
}

/// A path from the root on; a home stays a home.
fn path(key: &str, system: &System) -> String {
    match key.starts_with('~') {
        true => key.to_string(),
        false => system
            .path(key)
            .map_or_else(|_| key.to_string(), |path| path.display().to_string()),
    }
}

/// A port with its protocol. Where either family counts, it is the one that somebody listens at:
/// a socket that serves both stands in the table of IPv6 alone.
fn port(key: &str, system: &System) -> String {
    let is_six = || {
        system.dual_stack
            && system.listening("tcp", key).is_empty()
            && !system.listening("tcp6", key).is_empty()
    };
    match key.contains(':') {
        true => key.to_string(),
        false if is_six() => format!("tcp6:{key}"),
        false => format!("tcp:{key}"),
    }
}
