//! What must hold for any bytes: one function for each parser and each byte format.
//!
//! The fuzz targets below `fuzz/fuzz_targets` call them with what the fuzzer makes up;
//! the test of this crate calls them with the corpus, on any toolchain. A function
//! panics when what it states does not hold.
#![forbid(unsafe_code)]

mod checks;
mod image;
mod input;
mod language;
mod people;
mod records;
mod scratch;
mod state;

/// A function that panics when the bytes break what it states.
pub type Check = fn(&[u8]);

/// Every target, by name. Each has a file in `fuzz/fuzz_targets` and a directory in
/// `fuzz/corpus`.
pub const TARGETS: &[(&str, Check)] = &[
    ("accounts", image::accounts),
    ("assignments", language::assignments),
    ("block", language::block),
    ("boot_handover", image::boot_handover),
    ("container_environment", image::container_environment),
    ("control_letters", records::control_letters),
    ("crontab", people::crontab),
    ("death_tally", records::death_tally),
    ("engine_events", state::engine_events),
    ("engine_state", state::engine_state),
    ("envdir", records::envdir),
    ("event_names", records::event_names),
    ("fix_attrs", image::fix_attrs),
    ("gjson", checks::gjson),
    ("glob", language::glob),
    ("gossfile", check::for_fuzzing::gossfile),
    ("gotemplate", checks::gotemplate),
    ("install_words", people::install_words),
    ("lint_script", image::lint_script),
    ("manifest", people::manifest),
    ("matcher", checks::matcher),
    ("messages", people::messages),
    ("netstring", language::netstring),
    ("numbers", language::numbers),
    ("options", people::options),
    ("patterns", checks::patterns),
    ("plan_check", state::plan_check),
    ("positionals", language::positionals),
    ("regex", people::regex),
    ("requests", people::requests),
    ("script", language::script),
    ("service_directory", image::service_directory),
    ("settings", image::settings),
    ("signal_names", image::signal_names),
    ("status", records::status),
    ("status_report", people::status_report),
    ("substitution", language::substitution),
    ("survival", state::survival),
    ("tai64n", records::tai64n),
    ("test_expression", people::test_expression),
    ("transform", language::transform),
    ("try_words", people::try_words),
    ("workers", image::workers),
];

/// Lets the target called `name` judge `bytes`.
///
/// # Panics
/// What the target states does not hold, or there is no such target.
pub fn check(name: &str, bytes: &[u8]) {
    let found = TARGETS.iter().find(|(other, _)| *other == name);
    let (_, check) = found.unwrap_or_else(|| panic!("there is no target {name}"));
    check(bytes);
}

#[cfg(test)]
mod seeds;
#[cfg(test)]
mod tests;
