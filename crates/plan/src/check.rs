//! What can be wrong with a plan as a whole: a name twice, an unknown name, a circle, a
//! logger of which only one side knows.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::{Plan, Problem, Unit};

/// All faults of `plan`, in the order of its units, then of its groups: first the names,
/// then the loggers, then the circles. Of circles that share a unit at least one is named.
pub fn check(plan: &Plan) -> Vec<Problem> {
    let mut problems = Vec::new();
    let names = Names::of(plan, &mut problems);
    let mut waits_for: Vec<Vec<usize>> = Vec::with_capacity(plan.units.len());
    for unit in &plan.units {
        let mut found = Vec::new();
        for needed in named_by(unit) {
            found.extend(names.unit(unit, needed, &mut problems));
        }
        waits_for.push(found);
    }
    for unit in &plan.units {
        check_pipes(plan, &names, unit, &mut problems);
    }
    for circle in circles(&waits_for) {
        let names = circle.iter().map(|index| plan.units[*index].name.clone());
        problems.push(Problem::Cycle(names.collect()));
    }
    check_groups(plan, &names, &mut problems);
    problems
}

/// Whose end a unit's end must come before: what it needs, and its logger.
fn named_by(unit: &Unit) -> impl Iterator<Item = &String> {
    unit.needs.iter().chain(unit.logger.as_ref())
}

/// Who has which name; of several, the first.
struct Names<'a> {
    units: BTreeMap<&'a str, usize>,
    groups: BTreeMap<&'a str, usize>,
}

impl<'a> Names<'a> {
    fn of(plan: &'a Plan, problems: &mut Vec<Problem>) -> Names<'a> {
        let mut names = Names {
            units: BTreeMap::new(),
            groups: BTreeMap::new(),
        };
        for (index, unit) in plan.units.iter().enumerate() {
            match names.units.entry(&unit.name) {
                Entry::Occupied(_) => problems.push(Problem::Duplicate(unit.name.clone())),
                Entry::Vacant(place) => {
                    place.insert(index);
                }
            }
        }
        for (index, group) in plan.groups.iter().enumerate() {
            let name = group.name.as_str();
            if names.units.contains_key(name) || names.groups.contains_key(name) {
                problems.push(Problem::Duplicate(group.name.clone()));
            } else {
                names.groups.insert(name, index);
            }
        }
        names
    }

    /// The unit that `unit` counts on by this name.
    fn unit(&self, unit: &Unit, name: &str, problems: &mut Vec<Problem>) -> Option<usize> {
        let found = self.units.get(name).copied();
        if found.is_none() {
            let (unit, name) = (unit.name.clone(), name.to_owned());
            problems.push(match self.groups.contains_key(name.as_str()) {
                true => Problem::NeedsGroup { unit, group: name },
                false => Problem::Unknown { unit, needed: name },
            });
        }
        found
    }
}

/// That a unit and its logger, and a logger and its units, name each other.
fn check_pipes(plan: &Plan, names: &Names, unit: &Unit, problems: &mut Vec<Problem>) {
    if let Some(logger) = &unit.logger
        && let Some(index) = names.units.get(logger.as_str())
        && !plan.units[*index].reads_from.contains(&unit.name)
    {
        problems.push(Problem::OneSided {
            unit: unit.name.clone(),
            logger: logger.clone(),
        });
    }
    for producer in &unit.reads_from {
        if let Some(index) = names.unit(unit, producer, problems)
            && plan.units[index].logger.as_ref() != Some(&unit.name)
        {
            problems.push(Problem::OneSided {
                unit: producer.clone(),
                logger: unit.name.clone(),
            });
        }
    }
}

fn check_groups(plan: &Plan, names: &Names, problems: &mut Vec<Problem>) {
    let mut contains: Vec<Vec<usize>> = Vec::with_capacity(plan.groups.len());
    for group in &plan.groups {
        let mut found = Vec::new();
        for member in &group.members {
            if names.units.contains_key(member.as_str()) {
                continue;
            }
            match names.groups.get(member.as_str()) {
                Some(index) => found.push(*index),
                None => problems.push(Problem::UnknownMember {
                    group: group.name.clone(),
                    member: member.clone(),
                }),
            }
        }
        contains.push(found);
    }
    for circle in circles(&contains) {
        let names = circle.iter().map(|index| plan.groups[*index].name.clone());
        problems.push(Problem::GroupCycle(names.collect()));
    }
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
    use crate::Group;

    fn plan(units: &[(&str, &[&str])]) -> Plan {
        let units = units.iter().map(|(name, needs)| Unit {
            needs: needs.iter().map(|need| need.to_string()).collect(),
            ..Unit::service(*name)
        });
        Plan {
            units: units.collect(),
            groups: Vec::new(),
        }
    }

    /// The same units, with these groups.
    fn with_groups(plan: Plan, groups: &[(&str, &[&str])]) -> Plan {
        let groups = groups.iter().map(|(name, members)| Group {
            name: name.to_string(),
            members: members.iter().map(|member| member.to_string()).collect(),
        });
        Plan {
            groups: groups.collect(),
            ..plan
        }
    }

    /// Makes the second unit the logger of the first.
    fn joined(mut plan: Plan) -> Plan {
        plan.units[0].logger = Some(plan.units[1].name.clone());
        plan.units[1].reads_from = vec![plan.units[0].name.clone()];
        plan
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
        bad.units[1].logger = Some("b-log".into());
        bad.units[1].reads_from = vec!["z".into()];
        assert_eq!(
            check(&bad),
            [
                unknown("a", "x"),
                unknown("a", "y"),
                unknown("b", "b-log"),
                unknown("b", "z")
            ]
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
        let bad = joined(plan(&[("a", &[]), ("a-log", &["a"])]));
        assert_eq!(check(&bad), [cycle(&["a", "a-log", "a"])]);
    }

    #[test]
    fn a_service_may_need_its_own_logger() {
        let good = joined(plan(&[("a", &["a-log"]), ("a-log", &[])]));
        assert_eq!(check(&good), []);
    }

    #[test]
    fn a_logger_and_its_unit_name_each_other_or_not_at_all() {
        let one_sided = Problem::OneSided {
            unit: "a".into(),
            logger: "log".into(),
        };
        let mut bad = joined(plan(&[("a", &[]), ("log", &[])]));
        assert_eq!(check(&bad), []);
        bad.units[1].reads_from.clear();
        assert_eq!(check(&bad), std::slice::from_ref(&one_sided));
        bad.units[0].logger = None;
        bad.units[1].reads_from = vec!["a".into()];
        assert_eq!(check(&bad), [one_sided]);
    }

    #[test]
    fn a_pipeline_is_sound() {
        let mut pipeline = joined(plan(&[("a", &[]), ("b", &[]), ("c", &[])]));
        pipeline.units[1].logger = Some("c".into());
        pipeline.units[2].reads_from = vec!["b".into()];
        assert_eq!(check(&pipeline), []);
    }

    #[test]
    fn groups_contain_units_and_groups() {
        let units = plan(&[("a", &[]), ("b", &[])]);
        let good = with_groups(units, &[("all", &["a", "some"]), ("some", &["b", "a"])]);
        assert_eq!(check(&good), []);
    }

    #[test]
    fn a_group_shares_the_names_of_the_units() {
        let duplicate = |name: &str| Problem::Duplicate(name.into());
        let units = plan(&[("a", &[])]);
        let bad = with_groups(units, &[("a", &[]), ("g", &[]), ("g", &["a"])]);
        assert_eq!(check(&bad), [duplicate("a"), duplicate("g")]);
    }

    #[test]
    fn a_member_that_nobody_is_is_a_problem() {
        let bad = with_groups(plan(&[("a", &[])]), &[("g", &["x", "a"])]);
        let unknown = Problem::UnknownMember {
            group: "g".into(),
            member: "x".into(),
        };
        assert_eq!(check(&bad), [unknown]);
    }

    #[test]
    fn groups_in_a_circle_are_a_problem() {
        let units = plan(&[("a", &[])]);
        let bad = with_groups(
            units,
            &[("f", &["a", "g"]), ("g", &["h"]), ("h", &["a", "g"])],
        );
        let circle = ["g", "h", "g"].map(String::from).to_vec();
        assert_eq!(check(&bad), [Problem::GroupCycle(circle)]);
    }

    #[test]
    fn a_need_for_a_group_is_a_problem() {
        let mut bad = with_groups(plan(&[("a", &["g"])]), &[("g", &[])]);
        let needs = Problem::NeedsGroup {
            unit: "a".into(),
            group: "g".into(),
        };
        assert_eq!(check(&bad), std::slice::from_ref(&needs));
        bad.units[0].needs.clear();
        bad.units[0].reads_from = vec!["g".into()];
        assert_eq!(check(&bad), [needs]);
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
            groups: Vec::new(),
        };
        let problems = check(&long);
        assert_eq!(problems.len(), 1);
        assert!(matches!(&problems[0], Problem::Cycle(names) if names.len() == count + 1));
    }
}
