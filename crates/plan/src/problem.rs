//! What is wrong with a plan, in words.

use std::fmt;

/// A fault of a plan. `Display` says what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Two units, two groups, or a unit and a group share a name.
    Duplicate(String),
    /// `unit` needs `needed`, logs to it or reads from it, and it does not exist.
    Unknown {
        /// The unit with the need.
        unit: String,
        /// The name that no unit has.
        needed: String,
    },
    /// `unit` needs `group`, or has it as its logger or producer; only units can be needed.
    NeedsGroup {
        /// The unit with the need.
        unit: String,
        /// The name of a group.
        group: String,
    },
    /// `unit` has `logger`, which does not read from it; or the other way round.
    OneSided {
        /// The unit whose output is read.
        unit: String,
        /// The unit that reads.
        logger: String,
    },
    /// These units wait for each other in a circle; the first name is repeated last.
    /// A unit waits for what it needs, and a logger ends after what it reads from.
    Cycle(Vec<String>),
    /// `group` has a member that is neither a unit nor a group.
    UnknownMember {
        /// The group.
        group: String,
        /// The name that nobody has.
        member: String,
    },
    /// These groups are members of each other; the first name is repeated last.
    GroupCycle(Vec<String>),
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Duplicate(name) => write!(
                out,
                "two units or groups are called \"{}\": rename or remove one of them",
                name.escape_debug()
            ),
            Problem::Unknown { unit, needed } => write!(
                out,
                "unit \"{}\" needs \"{}\", which does not exist: add it or remove the need",
                unit.escape_debug(),
                needed.escape_debug()
            ),
            Problem::NeedsGroup { unit, group } => write!(
                out,
                "unit \"{}\" needs \"{}\", which is a group: name its units instead",
                unit.escape_debug(),
                group.escape_debug()
            ),
            Problem::OneSided { unit, logger } => write!(
                out,
                "of \"{}\" and its logger \"{}\" only one names the other: let both do so, or \
                 neither",
                unit.escape_debug(),
                logger.escape_debug()
            ),
            Problem::Cycle(names) => {
                write!(out, "units need each other in a circle: ")?;
                write_circle(out, names)?;
                write!(out, ": remove one of these needs")
            }
            Problem::UnknownMember { group, member } => write!(
                out,
                "group \"{}\" contains \"{}\", which does not exist: add it, or take it out of \
                 the group",
                group.escape_debug(),
                member.escape_debug()
            ),
            Problem::GroupCycle(names) => {
                write!(out, "groups contain each other in a circle: ")?;
                write_circle(out, names)?;
                write!(out, ": take one of them out of the other")
            }
        }
    }
}

fn write_circle(out: &mut fmt::Formatter<'_>, names: &[String]) -> fmt::Result {
    for (place, name) in names.iter().enumerate() {
        let arrow = if place == 0 { "" } else { " -> " };
        write!(out, "{arrow}\"{}\"", name.escape_debug())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_say_what_is_wrong_and_what_to_do() {
        assert_eq!(
            Problem::Duplicate("a\n".into()).to_string(),
            "two units or groups are called \"a\\n\": rename or remove one of them"
        );
        let unknown = Problem::Unknown {
            unit: "a".into(),
            needed: "b".into(),
        };
        assert_eq!(
            unknown.to_string(),
            "unit \"a\" needs \"b\", which does not exist: add it or remove the need"
        );
        assert_eq!(
            Problem::Cycle(["a", "b", "a"].map(String::from).to_vec()).to_string(),
            "units need each other in a circle: \"a\" -> \"b\" -> \"a\": remove one of these needs"
        );
        let [unit, group, logger] = ["a", "g", "log"].map(String::from);
        let one_sided = Problem::OneSided {
            unit: unit.clone(),
            logger,
        };
        assert_eq!(
            one_sided.to_string(),
            "of \"a\" and its logger \"log\" only one names the other: let both do so, or neither"
        );
        let needs = Problem::NeedsGroup {
            unit: unit.clone(),
            group: group.clone(),
        };
        assert_eq!(
            needs.to_string(),
            "unit \"a\" needs \"g\", which is a group: name its units instead"
        );
        let member = Problem::UnknownMember {
            group: group.clone(),
            member: unit,
        };
        assert_eq!(
            member.to_string(),
            "group \"g\" contains \"a\", which does not exist: add it, or take it out of the group"
        );
        assert_eq!(
            Problem::GroupCycle(vec![group.clone(), group]).to_string(),
            "groups contain each other in a circle: \"g\" -> \"g\": take one of them out of the other"
        );
    }
}
