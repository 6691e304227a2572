//! What can be wrong with a plan as a whole: a name twice, an unknown name, a cycle.

use std::collections::BTreeMap;
use std::fmt;

use crate::{Plan, Unit};

/// A fault of a plan. `Display` says what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Two units share a name.
    Duplicate(String),
    /// `unit` needs `needed`, or logs to it, and it does not exist.
    Unknown {
        /// The unit with the need.
        unit: String,
        /// The name that no unit has.
        needed: String,
    },
    /// These units wait for each other in a circle; the first name is repeated last.
    /// A unit waits for what it needs, and a logger ends after what it reads from.
    Cycle(Vec<String>),
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Duplicate(name) => write!(
                out,
                "two units are called \"{}\": rename or remove one of them",
                name.escape_debug()
            ),
            Problem::Unknown { unit, needed } => write!(
                out,
                "unit \"{}\" needs \"{}\", which does not exist: add it or remove the need",
                unit.escape_debug(),
                needed.escape_debug()
            ),
            Problem::Cycle(names) => {
                write!(out, "units need each other in a circle: ")?;
                for (place, name) in names.iter().enumerate() {
                    let arrow = if place == 0 { "" } else { " -> " };
                    write!(out, "{arrow}\"{}\"", name.escape_debug())?;
                }
                write!(out, ": remove one of these needs")
            }
        }
    }
}

/// All faults of `plan`, in the order of its units: first the names, then the
/// circles. Of circles that share a unit at least one is named.
pub fn check(plan: &Plan) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, unit) in plan.units.iter().enumerate() {
        if by_name.contains_key(unit.name.as_str()) {
            problems.push(Problem::Duplicate(unit.name.clone()));
        } else {
            by_name.insert(&unit.name, index);
        }
    }
    let mut waits_for: Vec<Vec<usize>> = Vec::with_capacity(plan.units.len());
    for unit in &plan.units {
        let mut found = Vec::new();
        for needed in named_by(unit) {
            match by_name.get(needed.as_str()) {
                Some(index) => found.push(*index),
                None => problems.push(Problem::Unknown {
                    unit: unit.name.clone(),
                    needed: needed.clone(),
                }),
            }
        }
        waits_for.push(found);
    }
    for circle in circles(&waits_for) {
        let names = circle.iter().map(|index| plan.units[*index].name.clone());
        problems.push(Problem::Cycle(names.collect()));
    }
    problems
}

/// Whose end a unit's end must come before: what it needs, and its logger.
fn named_by(unit: &Unit) -> impl Iterator<Item = &String> {
    unit.needs.iter().chain(unit.logger.as_ref())
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Unseen,
    OnPath,
    Done,
}

/// A walk in depth without recursion: each edge back onto the path closes a circle.
fn circles(waits_for: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut found = Vec::new();
    let mut marks = vec![Mark::Unseen; waits_for.len()];
    for root in 0..waits_for.len() {
        if marks[root] != Mark::Unseen {
            continue;
        }
        marks[root] = Mark::OnPath;
        let mut path = vec![(root, 0)];
        while let Some((unit, edge)) = path.last_mut() {
            let Some(&next) = waits_for[*unit].get(*edge) else {
                marks[*unit] = Mark::Done;
                path.pop();
                continue;
            };
            *edge += 1;
            match marks[next] {
                Mark::Unseen => {
                    marks[next] = Mark::OnPath;
                    path.push((next, 0));
                }
                Mark::OnPath => {
                    let units = path.iter().map(|(unit, _)| *unit);
                    let mut circle: Vec<usize> = units.skip_while(|unit| *unit != next).collect();
                    circle.push(next);
                    found.push(circle);
                }
                Mark::Done => {}
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(units: &[(&str, &[&str])]) -> Plan {
        let units = units.iter().map(|(name, needs)| Unit {
            needs: needs.iter().map(|need| need.to_string()).collect(),
            ..Unit::service(*name)
        });
        Plan {
            units: units.collect(),
        }
    }

    fn cycle(names: &[&str]) -> Problem {
        Problem::Cycle(names.iter().map(|name| name.to_string()).collect())
    }

    #[test]
    fn a_sound_plan_has_no_problems() {
        let diamond = plan(&[("a", &["b", "c"]), ("b", &["d"]), ("c", &["d"]), ("d", &[])]);
        assert_eq!(check(&diamond), []);
        assert_eq!(check(&Plan::default()), []);
    }

    #[test]
    fn a_name_used_twice_is_a_problem_each_further_time() {
        let twice = plan(&[("a", &[]), ("b", &[]), ("a", &[]), ("a", &[])]);
        let duplicate = Problem::Duplicate("a".into());
        assert_eq!(check(&twice), [duplicate.clone(), duplicate]);
    }

    #[test]
    fn a_need_for_nobody_is_a_problem() {
        let unknown = |unit: &str, needed: &str| Problem::Unknown {
            unit: unit.into(),
            needed: needed.into(),
        };
        let mut bad = plan(&[("a", &["x", "b", "y"]), ("b", &[])]);
        bad.units[1].logger = Some("b/log".into());
        assert_eq!(
            check(&bad),
            [unknown("a", "x"), unknown("a", "y"), unknown("b", "b/log")]
        );
    }

    #[test]
    fn a_circle_is_named_from_its_first_unit_to_itself() {
        let bad = plan(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"])]);
        assert_eq!(check(&bad), [cycle(&["b", "c", "b"])]);
    }

    #[test]
    fn a_unit_that_needs_itself_is_a_circle() {
        assert_eq!(check(&plan(&[("a", &["a"])])), [cycle(&["a", "a"])]);
    }

    #[test]
    fn two_circles_apart_are_both_named() {
        let bad = plan(&[("a", &["b"]), ("b", &["a"]), ("c", &["d"]), ("d", &["c"])]);
        assert_eq!(
            check(&bad),
            [cycle(&["a", "b", "a"]), cycle(&["c", "d", "c"])]
        );
    }

    #[test]
    fn a_logger_that_needs_what_it_reads_from_is_a_circle() {
        let mut bad = plan(&[("a", &[]), ("a/log", &["a"])]);
        bad.units[0].logger = Some("a/log".into());
        assert_eq!(check(&bad), [cycle(&["a", "a/log", "a"])]);
    }

    #[test]
    fn a_service_may_need_its_own_logger() {
        let mut good = plan(&[("a", &["a/log"]), ("a/log", &[])]);
        good.units[0].logger = Some("a/log".into());
        assert_eq!(check(&good), []);
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let count = 200_000;
        let units = (0..count).map(|number| Unit {
            needs: vec![format!("{}", (number + 1) % count)],
            ..Unit::service(number.to_string())
        });
        let long = Plan {
            units: units.collect(),
        };
        let problems = check(&long);
        assert_eq!(problems.len(), 1);
        assert!(matches!(&problems[0], Problem::Cycle(names) if names.len() == count + 1));
    }

    #[test]
    fn problems_say_what_is_wrong_and_what_to_do() {
        assert_eq!(
            Problem::Duplicate("a\n".into()).to_string(),
            "two units are called \"a\\n\": rename or remove one of them"
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
            cycle(&["a", "b", "a"]).to_string(),
            "units need each other in a circle: \"a\" -> \"b\" -> \"a\": remove one of these needs"
        );
    }
}
