//! What goss lets pass though it is a mistake: a section that it ignores, an expectation that can
//! never be met.

mod expectation;

use crate::near::nearest;
use crate::node::Node;
use crate::problem::Problem;
use crate::resource::{Form, Kind, Resource, SECTIONS_WRITTEN};

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// What is surely a mistake.
    pub(super) mistakes: Vec<Problem>,
    /// What goss warns of.
    pub(super) warnings: Vec<Problem>,
    /// What may be meant.
    pub(super) doubts: Vec<Problem>,
}

/// A section that is not known. One that begins with `x-` is its author's own, for anchors.
/// `hinted` asks for what may have been meant.
pub(super) fn section(key: &Node, name: &str, hinted: bool) -> Told {
    let mut told = Told::default();
    if name.starts_with("x-") {
        return told;
    }
    let mut names = SECTIONS_WRITTEN.to_vec();
    names.extend(super::section::OTHERS);
    let problem = Problem::at(&key.place, format!("unknown section `{name}`"));
    let near = if hinted { nearest(name, &names) } else { None };
    told.mistakes.push(match near {
        Some(near) => problem.remedy(format!("did you mean `{near}`?")),
        None => problem.remedy(
            "what is in a section is indented below it; a section for anchors alone has a name \
             that begins with `x-`",
        ),
    });
    told
}

/// The names in a section: what has none.
pub(super) fn names(kind: &'static Kind, body: &Node, told: &mut Told) {
    for (key, body) in body.entries().unwrap_or_default() {
        if key.is_null() {
            let what = format!("a {} without a name", kind.section);
            told.mistakes.push(Problem::at(&key.place, what));
        }
        for (name, _) in body.entries().unwrap_or_default() {
            if name.is_null() {
                let what = "an attribute without a name".to_string();
                told.mistakes.push(Problem::at(&name.place, what));
            }
        }
    }
}

/// The resources of a section.
pub(super) fn resources(kind: &'static Kind, resources: &[Resource], told: &mut Told) {
    for resource in resources {
        of_resource(kind, resource, told);
    }
}

fn of_resource(kind: &'static Kind, resource: &Resource, told: &mut Told) {
    for row in kind.attributes {
        let Some(node) = resource.given(row.name) else {
            if let (Form::Matcher { required: true }, false) = (row.form, resource.skip) {
                let id = &resource.key;
                let what = format!(
                    "{}:{id} has no `{}`, which each {} must have",
                    kind.shown, row.name, kind.section
                );
                told.mistakes.push(Problem::at(&resource.place, what));
            }
            continue;
        };
        match row.form {
            Form::Matcher { .. } => expectation::of_value(kind, row.name, node, told),
            Form::Stream => expectation::of_stream(node, told),
            Form::Text | Form::Texts | Form::Bool | Form::Integer(_) | Form::Any => {}
        }
    }
    if kind.section == "port" && !is_port(&resource.subject()) {
        let what = format!("`{}` is no port", resource.subject());
        let remedy = "write a number such as 80, or tcp:80, tcp6:80, udp:53, udp6:53";
        told.doubts
            .push(Problem::at(&resource.place, what).remedy(remedy));
    }
    if kind.section == "file" && resource.given("contains").is_some() {
        let problem = Problem::at(&resource.place, "`contains` has been renamed to `contents`");
        told.warnings.push(problem);
    }
}

/// Whether it names a port: a number, with or without a protocol ahead.
fn is_port(subject: &str) -> bool {
    let (protocol, port) = subject.split_once(':').unwrap_or(("tcp", subject));
    matches!(protocol, "tcp" | "tcp6" | "udp" | "udp6") && port.parse::<u16>().is_ok()
}
