//! Flags of every command.

use super::flags::{Flag, Takes};

pub(super) static GOSSFILE: Flag = Flag {
    name: "gossfile",
    other: &["g"],
    variable: Some("GOSS_FILE"),
    takes: Takes::Text,
    default: "./goss.yaml",
    summary: "the file of tests; - for the standard input",
};

pub(super) static VARS: Flag = Flag {
    name: "vars",
    other: &[],
    variable: Some("GOSS_VARS"),
    takes: Takes::Text,
    default: "",
    summary: "a JSON or YAML file of variables for templates",
};

pub(super) static VARS_INLINE: Flag = Flag {
    name: "vars-inline",
    other: &[],
    variable: Some("GOSS_VARS_INLINE"),
    takes: Takes::Text,
    default: "",
    summary: "variables as JSON or YAML; they win over those of a file",
};

pub(super) static PACKAGE: Flag = Flag {
    name: "package",
    other: &[],
    variable: None,
    takes: Takes::Text,
    default: "",
    summary: "the package manager: apk, dpkg, pacman, rpm; found out where it is not given",
};

pub(super) static LOG_LEVEL: Flag = Flag {
    name: "log-level",
    other: &["loglevel", "L", "l"],
    variable: Some("GOSS_LOGLEVEL"),
    takes: Takes::Text,
    default: "INFO",
    summary: "how much is said on standard error: TRACE, DEBUG, INFO, WARN, ERROR",
};

pub(super) static HELP: Flag = Flag {
    name: "help",
    other: &["h"],
    variable: None,
    takes: Takes::Truth,
    default: "false",
    summary: "say what can be asked",
};

pub(super) static VERSION: Flag = Flag {
    name: "version",
    other: &["v"],
    variable: None,
    takes: Takes::Truth,
    default: "false",
    summary: "say which release this is",
};

pub(super) static COMPAT: Flag = Flag {
    name: "compat",
    other: &[],
    variable: Some("MAINSTAY_CHECK_COMPAT"),
    takes: Takes::Truth,
    default: "false",
    summary: "accept what goss accepts, also what is surely a mistake",
};

/// All of them.
pub(super) static GLOBALS: &[&Flag] = &[
    &LOG_LEVEL,
    &GOSSFILE,
    &VARS,
    &VARS_INLINE,
    &PACKAGE,
    &COMPAT,
    &HELP,
];
