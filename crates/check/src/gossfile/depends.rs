//! `eventually` and `depends-on`: what goss does not have.

use std::collections::HashMap;

use crate::duration::GoDuration;
use crate::near::nearest;
use crate::node::Node;
use crate::problem::MOST_TOLD;
use crate::problem::Problem;
use crate::resource::Resource;

/// Reads the extensions of all resources; what is wrong joins `problems`.
pub(super) fn resolve(resources: &mut [Resource], problems: &mut Vec<Problem>) {
    let mut names: Option<HashMap<String, usize>> = None;
    for at in 0..resources.len() {
        let Some(resource) = resources.get(at) else {
            break;
        };
        let eventually = resource.given("eventually").cloned();
        let depends_on = resource.given("depends-on").cloned();
        if eventually.is_none() && depends_on.is_none() {
            continue;
        }
        let names = names.get_or_insert_with(|| index(resources));
        let mut wanted = Vec::new();
        for item in depends_on
            .iter()
            .flat_map(|n| n.items().unwrap_or_default())
        {
            match find(item, names, problems.len() > MOST_TOLD) {
                Ok(other) => wanted.push(other),
                Err(problem) => problems.push(problem),
            }
        }
        let time = eventually.map(|node| duration(&node)).transpose();
        if let Some(resource) = resources.get_mut(at) {
            resource.depends_on = wanted;
            match time {
                Ok(time) => resource.eventually = time,
                Err(problem) => problems.push(problem),
            }
        }
    }
    if names.is_some() {
        circles(resources, problems);
    }
}

fn name(resource: &Resource) -> String {
    format!("{}:{}", resource.kind.section, resource.key)
}

fn index(resources: &[Resource]) -> HashMap<String, usize> {
    let named = resources.iter().map(name);
    named.enumerate().map(|(at, name)| (name, at)).collect()
}

/// The place of a resource; where `many` are wrong, nobody reads what is meant.
fn find(item: &Node, names: &HashMap<String, usize>, many: bool) -> Result<usize, Problem> {
    let word = item.to_text().unwrap_or_default();
    if let Some(at) = names.get(&word) {
        return Ok(*at);
    }
    let all: Vec<&str> = match many {
        true => Vec::new(),
        false => names.keys().map(String::as_str).collect(),
    };
    let problem = Problem::at(
        &item.place,
        format!("depends on `{word}`, which is not here"),
    );
    Err(match nearest(&word, &all) {
        Some(near) => problem.remedy(format!("did you mean `{near}`?")),
        None => problem.remedy("write TYPE:KEY, such as `port:tcp:80`"),
    })
}

fn duration(node: &Node) -> Result<std::time::Duration, Problem> {
    let text = node.to_text().unwrap_or_default();
    match GoDuration::parse(&text) {
        Some(time) if time.0 > 0 => Ok(time.to_std()),
        _ => {
            let what = format!("`eventually: {text}` is no time");
            Err(Problem::at(&node.place, what).remedy("write one such as 30s or 1m30s"))
        }
    }
}

/// Says each circle of resources that wait for each other. Resources that wait for none, and
/// then those that wait only for such ones, are taken away; what is left waits for itself.
fn circles(resources: &[Resource], problems: &mut Vec<Problem>) {
    let mut waits: Vec<usize> = resources.iter().map(|r| r.depends_on.len()).collect();
    let mut waiting: HashMap<usize, Vec<usize>> = HashMap::new();
    for (at, resource) in resources.iter().enumerate() {
        for other in &resource.depends_on {
            waiting.entry(*other).or_default().push(at);
        }
    }
    let free = waits.iter().enumerate().filter(|(_, count)| **count == 0);
    let mut free: Vec<usize> = free.map(|(at, _)| at).collect();
    while let Some(at) = free.pop() {
        for other in waiting.get(&at).into_iter().flatten() {
            if let Some(count) = waits.get_mut(*other) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    free.push(*other);
                }
            }
        }
    }
    let is_bound = |at: &usize| waits.get(*at).is_some_and(|count| *count > 0);
    let mut told = vec![false; resources.len()];
    for begin in 0..resources.len() {
        // From a bound one along what it waits for, until one comes again.
        let mut path: Vec<usize> = Vec::new();
        let mut at = begin;
        while is_bound(&at) && told.get(at) == Some(&false) {
            if let Some(mark) = told.get_mut(at) {
                *mark = true;
            }
            path.push(at);
            let next = resources.get(at).map(|r| r.depends_on.iter());
            let Some(next) = next.and_then(|mut next| next.find(|other| is_bound(other))) else {
                break;
            };
            at = *next;
        }
        let Some(from) = path.iter().position(|other| *other == at) else {
            continue;
        };
        let circle = path.iter().skip(from).chain([&at]);
        let named: Vec<String> = circle
            .filter_map(|at| resources.get(*at))
            .map(name)
            .collect();
        let Some(first) = resources.get(at) else {
            continue;
        };
        let what = format!("resources wait for each other: {}", named.join(" -> "));
        problems.push(Problem::at(&first.place, what).remedy("take one of the `depends-on` out"));
    }
}
