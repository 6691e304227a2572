//! What may stand in a goss file: one file a type, one table of all. The loader, the run, the
//! writer, `lint`, `add`, the JSON Schema and the docs read the same rows.

mod addr;
mod command;
mod dns;
mod file;
mod gossfile;
mod group;
mod http;
mod interface;
mod kernel_param;
mod mainstay;
mod matching;
mod mount;
mod package;
mod port;
mod process;
mod service;
mod user;

use std::time::Duration;

use crate::node::Node;
use crate::place::Place;
use crate::value::Value;

/// A type of resource.
#[derive(Debug)]
pub struct Kind {
    /// Its section in a file, such as `kernel-param`.
    pub section: &'static str,
    /// Its name in results, such as `KernelParam`.
    pub shown: &'static str,
    /// The attribute that names what is measured, where the key is only a label.
    pub label: Option<&'static str>,
    /// Whether the label joins the key in results: `KEY: LABEL`.
    pub label_shown: bool,
    /// Whether all else is skipped where the first property is not as expected.
    pub gated: bool,
    /// Whether measuring may wait for something: a network, another process.
    pub waits: bool,
    /// Its attributes in the order in which they are written.
    pub attributes: &'static [Attribute],
    /// The attributes that are compared, in the order in which that is done: each with its name
    /// in results.
    pub properties: &'static [(&'static str, &'static str)],
}

/// An attribute of a type.
#[derive(Debug)]
pub struct Attribute {
    /// Its name in a file.
    pub name: &'static str,
    /// What it takes.
    pub form: Form,
    /// Whether it is written also when it was not given, as null, 0 or false.
    pub always_written: bool,
    /// What it is, in words.
    pub about: &'static str,
    /// A name that it had, or another that means the same.
    pub alias: Option<&'static str>,
    /// Whether a text that spells a number is that number: goss 0.3 wrote such.
    pub spelled: bool,
}

/// What an attribute takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A text.
    Text,
    /// A list of texts.
    Texts,
    /// A truth.
    Bool,
    /// A whole number; what counts where it is 0 or absent.
    Integer(i64),
    /// Anything.
    Any,
    /// What is expected of a value; required or not.
    Matcher {
        /// Whether its absence is a failure of the property.
        required: bool,
    },
    /// What is expected of a text that is read line by line: a list is of patterns.
    Stream,
}

/// A resource of a file.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its type.
    pub kind: &'static Kind,
    /// Its key in the file.
    pub key: String,
    /// Where the key stands.
    pub place: Place,
    /// A person's words for it.
    pub title: String,
    /// What its author wants to see beside its failures.
    pub meta: Option<Value>,
    /// Whether nothing of it is measured.
    pub skip: bool,
    /// For how long it is measured again until it is as expected; an extension.
    pub eventually: Option<Duration>,
    /// The resources that must be as expected first, by their place in the list of all; an
    /// extension. The loader has refused circles.
    pub depends_on: Vec<usize>,
    /// What was given, by the attribute's own name (an alias counts as it), unconverted.
    pub given: Vec<(&'static str, Node)>,
}

impl Resource {
    /// What was given for an attribute; none where that was null.
    pub fn given(&self, attribute: &str) -> Option<&Node> {
        let found = self.given.iter().find(|(name, _)| *name == attribute);
        found.map(|(_, node)| node).filter(|node| !node.is_null())
    }

    /// A text attribute; empty where it was not given.
    pub fn text(&self, attribute: &str) -> String {
        self.given(attribute)
            .and_then(|node| node.to_text().ok())
            .unwrap_or_default()
    }

    /// A truth; false where it was not given.
    pub fn is_set(&self, attribute: &str) -> bool {
        matches!(self.given(attribute).map(Node::to_bool), Some(Ok(true)))
    }

    /// A whole number; the attribute's own default where it is 0 or was not given.
    pub fn number(&self, attribute: &str) -> i64 {
        let default = self.kind.attributes.iter().find_map(|row| match row.form {
            Form::Integer(default) if row.name == attribute => Some(default),
            _ => None,
        });
        let given = self
            .given(attribute)
            .and_then(|node| node.to_integer().ok());
        given.filter(|number| *number != 0).or(default).unwrap_or(0)
    }

    /// What is measured: the label's attribute, or the key.
    pub fn subject(&self) -> String {
        let label = self
            .kind
            .label
            .map(|label| self.text(label))
            .unwrap_or_default();
        if label.is_empty() {
            self.key.clone()
        } else {
            label
        }
    }

    /// How results name it.
    pub fn id(&self) -> String {
        let subject = self.subject();
        if subject == self.key || !self.kind.label_shown {
            self.key.clone()
        } else {
            format!("{}: {subject}", self.key)
        }
    }
}

/// All types, in the order in which they are measured.
pub const KINDS: &[&Kind] = &[
    &command::KIND,
    &http::KIND,
    &addr::KIND,
    &dns::KIND,
    &package::KIND,
    &service::KIND,
    &file::KIND,
    &process::KIND,
    &user::KIND,
    &group::KIND,
    &port::KIND,
    &kernel_param::KIND,
    &mount::KIND,
    &interface::KIND,
    &matching::KIND,
    &mainstay::KIND,
];

/// The section of included files, which the loader puts in its place.
pub static INCLUDE: &Kind = &gossfile::KIND;

/// The sections in the order in which they are written. `gossfile` holds includes, no resources.
pub const SECTIONS_WRITTEN: &[&str] = &[
    "file",
    "package",
    "addr",
    "port",
    "service",
    "user",
    "group",
    "command",
    "dns",
    "process",
    "gossfile",
    "kernel-param",
    "mount",
    "interface",
    "http",
    "matching",
    "mainstay",
];

/// The type of a section.
pub fn kind(section: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.section == section).copied()
}

/// `attribute!(NAME, FORM)`: a row; `always` for what is written always, `or NAME` for an alias.
const fn row(name: &'static str, form: Form, about: &'static str) -> Attribute {
    Attribute {
        name,
        form,
        about,
        always_written: false,
        alias: None,
        spelled: false,
    }
}

impl Attribute {
    /// Written also when it was not given.
    const fn always(mut self) -> Attribute {
        self.always_written = true;
        self
    }

    /// A text that spells a number is that number.
    const fn spelled(mut self) -> Attribute {
        self.spelled = true;
        self
    }

    /// Known by another name too.
    const fn or(mut self, alias: &'static str) -> Attribute {
        self.alias = Some(alias);
        self
    }
}

/// What is expected of a value.
const WANTED: Form = Form::Matcher { required: false };
/// What is expected of a value and must be said.
const REQUIRED: Form = Form::Matcher { required: true };

/// Attributes of every type, ahead of its own.
pub const COMMON_FIRST: &[Attribute] = &[
    row(
        "title",
        Form::Text,
        "words for people, shown with what fails",
    ),
    row("meta", Form::Any, "anything, shown with what fails"),
];

/// Attributes of every type that goss does not have: it refuses them, so no file that it accepts
/// means something else by them.
pub const EXTENSIONS: &[Attribute] = &[
    row(
        "eventually",
        Form::Text,
        "for how long it is measured again until it is as expected: `30s`",
    ),
    row(
        "depends-on",
        Form::Texts,
        "resources that must be as expected first, `TYPE:KEY`; else it is skipped",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_property_is_an_attribute_that_expects_something() {
        for kind in KINDS {
            for (name, _) in kind.properties {
                let found = kind.attributes.iter().find(|row| row.name == *name);
                let form = found.map(|row| row.form);
                assert!(
                    matches!(form, Some(Form::Matcher { .. } | Form::Stream)),
                    "{} {name}: {form:?}",
                    kind.section
                );
            }
            let expecting = kind
                .attributes
                .iter()
                .filter(|row| matches!(row.form, Form::Matcher { .. } | Form::Stream));
            assert_eq!(expecting.count(), kind.properties.len(), "{}", kind.section);
        }
    }

    #[test]
    fn every_type_is_written() {
        for kind in KINDS {
            assert!(SECTIONS_WRITTEN.contains(&kind.section), "{}", kind.section);
        }
        assert_eq!(SECTIONS_WRITTEN.len(), KINDS.len() + 1);
    }
}
