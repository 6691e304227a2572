//! What comes of a life, as results like those of all resources.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::matcher::Verdict;
use crate::place::Place;
use crate::resource::Kind;
use crate::result::{Finding, Outcome, Shown, Subject, TestResult};
use crate::run::Group;
use crate::value::Value;

use super::scenario::Scenario;
use super::way::Way;

/// The type of these results. It is no type of a file's resources: it is driven from outside.
pub(super) static KIND: Kind = Kind {
    section: "lifecycle",
    shown: "Lifecycle",
    label: None,
    label_shown: false,
    gated: true,
    waits: true,
    attributes: &[],
    properties: &[],
};

/// The results of one life.
pub(super) struct Results {
    subject: Arc<Subject>,
    pub(super) group: Group,
}

/// A check that is under way.
pub(super) struct Begun {
    started: SystemTime,
    begun: Instant,
}

impl Begun {
    pub(super) fn now() -> Begun {
        Begun {
            started: SystemTime::now(),
            begun: Instant::now(),
        }
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }
}

impl Results {
    pub(super) fn new(scenario: &Scenario, way: &Way) -> Results {
        let id = match way.name.as_str() {
            "" => scenario.name.clone(),
            name => format!("{} ({name})", scenario.name),
        };
        Results {
            subject: Arc::new(Subject {
                kind: &KIND,
                id,
                title: scenario.title.clone(),
                meta: scenario.meta.clone(),
            }),
            group: Vec::new(),
        }
    }

    /// Its name.
    pub(super) fn id(&self) -> &str {
        &self.subject.id
    }

    fn push(&mut self, property: &'static str, place: &Place, begun: &Begun, result: Partial) {
        self.group.push(TestResult {
            subject: Arc::clone(&self.subject),
            property,
            place: Some(place.clone()),
            outcome: result.outcome,
            finding: result.finding,
            error: result.error,
            hint: result.hint,
            started: begun.started,
            took: begun.elapsed(),
        });
    }

    /// What was tried against a limit: what was seen, or what went wrong.
    pub(super) fn tried(
        &mut self,
        property: &'static str,
        place: &Place,
        begun: &Begun,
        seen: Result<String, String>,
        expected: &str,
        hint: Option<String>,
    ) {
        let seen = match seen {
            Ok(seen) => seen,
            Err(why) => return self.failed(property, place, begun, why, hint),
        };
        let finding = Finding {
            actual: Some(Shown::plain(Value::from(seen.as_str()))),
            message: "to be within".to_string(),
            expected: Some(Shown::plain(Value::from(expected))),
            ..Finding::default()
        };
        let result = Partial {
            outcome: Outcome::Pass,
            finding,
            error: None,
            // How long it took is worth knowing also where that was well.
            hint: Some(seen),
        };
        self.push(property, place, begun, result);
    }

    /// What was looked for and must not be there.
    pub(super) fn sought(
        &mut self,
        property: &'static str,
        place: &Place,
        begun: &Begun,
        message: &str,
        found: Vec<String>,
        hint: Option<String>,
    ) {
        let outcome = match found.is_empty() {
            true => Outcome::Pass,
            false => Outcome::Fail,
        };
        let found = found.into_iter().map(Value::from).collect();
        let finding = Finding {
            actual: Some(Shown::plain(Value::List(found))),
            message: message.to_string(),
            expected: Some(Shown::plain(Value::from("none"))),
            ..Finding::default()
        };
        let result = Partial {
            outcome,
            finding,
            error: None,
            hint,
        };
        self.push(property, place, begun, result);
    }

    /// What a matcher says.
    pub(super) fn judged(
        &mut self,
        property: &'static str,
        place: &Place,
        begun: &Begun,
        verdict: Result<Verdict, String>,
        hint: Option<String>,
    ) {
        let verdict = verdict.unwrap_or_else(Verdict::error);
        let outcome = match verdict.success {
            true => Outcome::Pass,
            false => Outcome::Fail,
        };
        let result = Partial {
            outcome,
            finding: verdict.finding,
            error: verdict.error,
            hint: hint.filter(|_| outcome == Outcome::Fail),
        };
        self.push(property, place, begun, result);
    }

    /// What could not be tried.
    pub(super) fn failed(
        &mut self,
        property: &'static str,
        place: &Place,
        begun: &Begun,
        why: String,
        hint: Option<String>,
    ) {
        let result = Partial {
            outcome: Outcome::Fail,
            finding: Finding::default(),
            error: Some(why),
            hint,
        };
        self.push(property, place, begun, result);
    }

    /// What is not looked at.
    pub(super) fn skipped(&mut self, property: &'static str, place: &Place, why: &str) {
        let result = Partial {
            outcome: Outcome::Skip,
            finding: Finding::default(),
            error: None,
            hint: Some(why.to_string()),
        };
        self.push(property, place, &Begun::now(), result);
    }
}

struct Partial {
    outcome: Outcome,
    finding: Finding,
    error: Option<String>,
    hint: Option<String>,
}
