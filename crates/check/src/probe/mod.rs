//! Measuring: one file a type of resource.

pub mod system;

pub(crate) mod addr;
pub(crate) mod command;
pub mod describe;
pub(crate) mod dns;
pub(crate) mod file;
pub(crate) mod group;
pub(crate) mod http;
pub(crate) mod interface;
pub(crate) mod kernel_param;
pub(crate) mod mainstay;
pub(crate) mod matching;
pub(crate) mod mount;
pub(crate) mod package;
pub(crate) mod port;
pub(crate) mod process;
pub(crate) mod service;
pub(crate) mod user;

use std::io::{self, Read};
use std::sync::Arc;

pub use system::System;

use crate::duration::GoDuration;
use crate::resource::Resource;
use crate::value::Value;

/// Measures one resource. Its properties are asked for in their order, each at most once.
pub trait Probe: Send {
    /// Measures a property, by the name of its attribute.
    fn read(&mut self, property: &str) -> Reading;
}

/// Begins to measure one.
type Begin = fn(&Resource, &Arc<System>) -> Box<dyn Probe>;

/// How each type is measured, by its section.
const PROBES: &[(&str, Begin)] = &[
    ("addr", addr::probe),
    ("command", command::probe),
    ("dns", dns::probe),
    ("file", file::probe),
    ("group", group::probe),
    ("http", http::probe),
    ("interface", interface::probe),
    ("kernel-param", kernel_param::probe),
    ("mainstay", mainstay::probe),
    ("matching", matching::probe),
    ("mount", mount::probe),
    ("package", package::probe),
    ("port", port::probe),
    ("process", process::probe),
    ("service", service::probe),
    ("user", user::probe),
];

/// A probe for a resource; one that says so where its type is not measured from within.
pub fn of(resource: &Resource, system: &Arc<System>) -> Box<dyn Probe> {
    let section = resource.kind.section;
    match PROBES.iter().find(|(name, _)| *name == section) {
        Some((_, begin)) => begin(resource, system),
        None => Box::new(Unmeasured(section)),
    }
}

/// What is not measured from within: another file, a container's life.
struct Unmeasured(&'static str);

impl Probe for Unmeasured {
    fn read(&mut self, _property: &str) -> Reading {
        Reading::Error(format!("a {} is not measured", self.0))
    }
}

/// What was measured.
pub enum Reading {
    /// A value.
    Value(Value),
    /// A text that is read as it comes.
    Stream(Box<dyn Stream>),
    /// It could not be measured: why, in goss's words where it has some.
    Error(String),
}

/// A text that may be larger than memory.
pub trait Stream: Send {
    /// What goss shows in place of a text that it does not keep, such as `*bytes.Reader`.
    fn placeholder(&self) -> &'static str;

    /// Opens it at its beginning.
    ///
    /// # Errors
    /// As the system has them.
    fn open(&mut self) -> io::Result<Box<dyn Read>>;
}

/// What is measured by its subject alone: nothing is kept from one property to the next.
struct BySubject {
    system: Arc<System>,
    subject: String,
    read: fn(&System, &str, &str) -> Reading,
}

/// A probe of what is measured by its subject alone: `read` is given that and a property.
fn by_subject(
    resource: &Resource,
    system: &Arc<System>,
    read: fn(&System, &str, &str) -> Reading,
) -> Box<dyn Probe> {
    Box::new(BySubject {
        system: Arc::clone(system),
        subject: resource.subject(),
        read,
    })
}

impl Probe for BySubject {
    fn read(&mut self, property: &str) -> Reading {
        (self.read)(&self.system, &self.subject, property)
    }
}

/// How long a resource may take to be measured: its `timeout`, in milliseconds.
fn patience(resource: &Resource) -> GoDuration {
    GoDuration(resource.number("timeout").saturating_mul(1_000_000))
}

impl Reading {
    /// A value.
    pub fn value(value: impl Into<Value>) -> Reading {
        Reading::Value(value.into())
    }
}

/// A text that is in memory.
pub struct Held {
    placeholder: &'static str,
    text: Arc<[u8]>,
}

impl Held {
    /// A stream over a text; see [`Stream::placeholder`].
    pub fn stream(placeholder: &'static str, text: impl Into<Arc<[u8]>>) -> Reading {
        Reading::Stream(Box::new(Held {
            placeholder,
            text: text.into(),
        }))
    }
}

impl Stream for Held {
    fn placeholder(&self) -> &'static str {
        self.placeholder
    }

    fn open(&mut self) -> io::Result<Box<dyn Read>> {
        Ok(Box::new(io::Cursor::new(self.text.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::KINDS;

    #[test]
    fn every_type_is_measured_and_nothing_else() {
        let mut kinds: Vec<&str> = KINDS.iter().map(|kind| kind.section).collect();
        kinds.sort_unstable();
        let probes: Vec<&str> = PROBES.iter().map(|(section, _)| *section).collect();
        assert_eq!(kinds, probes);
    }
}
