//! The flags of `add`. Those with a default are attributes of its types.

use crate::command::flags::{Flag, Takes};

const fn flag(name: &'static str, takes: Takes, summary: &'static str) -> Flag {
    Flag {
        name,
        other: &[],
        variable: None,
        takes,
        default: match takes {
            Takes::Truth => "false",
            _ => "",
        },
        summary,
    }
}

/// A time for measuring, which is written too.
const fn timeout(default: &'static str) -> Flag {
    Flag {
        default,
        ..flag("timeout", Takes::Duration, "how long measuring may take")
    }
}

pub(super) static EXCLUDE: Flag = flag(
    "exclude-attr",
    Takes::Texts,
    "attributes to leave out, by patterns such as 'g*'",
);

pub(super) static ADDR_TIMEOUT: Flag = timeout("500ms");
pub(super) static COMMAND_TIMEOUT: Flag = timeout("10s");
pub(super) static DNS_TIMEOUT: Flag = timeout("500ms");
pub(super) static HTTP_TIMEOUT: Flag = timeout("5s");
pub(super) static MOUNT_TIMEOUT: Flag = timeout("1s");

pub(super) static SERVER: Flag = flag("server", Takes::Text, "whom to ask: ADDRESS[:PORT]");

pub(super) static INSECURE: Flag = Flag {
    other: &["k"],
    ..flag("insecure", Takes::Truth, "take any certificate")
};

pub(super) static NO_FOLLOW: Flag = Flag {
    other: &["r"],
    ..flag("no-follow-redirects", Takes::Truth, "take the first answer")
};

pub(super) static USERNAME: Flag = Flag {
    other: &["u"],
    ..flag("username", Takes::Text, "a name to log in with")
};

pub(super) static PASSWORD: Flag = Flag {
    other: &["p"],
    ..flag(
        "password",
        Takes::Text,
        "its password; it is written into the file",
    )
};

pub(super) static PROXY: Flag = Flag {
    other: &["x"],
    ..flag(
        "proxy",
        Takes::Text,
        "a server to go through: http://HOST:PORT",
    )
};
