//! What goss lets pass though it is a mistake: a section that it ignores, an expectation that can
//! never be met.

use super::problem::Problem;
use crate::near::nearest;
use crate::node::Node;
use crate::resource::{Kind, Resource, SECTIONS_WRITTEN};

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// What is surely a mistake.
    pub(super) mistakes: Vec<Problem>,
    /// What may be meant.
    pub(super) doubts: Vec<Problem>,
}

/// A section that is not known. One that begins with `x-` is its author's own, for anchors.
pub(super) fn section(key: &Node, name: &str) -> Told {
    let mut told = Told::default();
    if name.starts_with("x-") {
        return told;
    }
    let mut names = SECTIONS_WRITTEN.to_vec();
    names.extend(super::load::OTHERS);
    let problem = Problem::at(&key.place, format!("unknown section `{name}`"));
    told.mistakes.push(match nearest(name, &names) {
        Some(near) => problem.remedy(format!("did you mean `{near}`?")),
        None => problem.remedy("a section for anchors alone has a name that begins with `x-`"),
    });
    told
}

/// The resources of a section.
pub(super) fn resources(_kind: &'static Kind, _body: &Node, _resources: &[Resource]) -> Told {
    Told::default()
}
