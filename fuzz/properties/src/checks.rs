//! The validator's languages: templates, gossfiles, matchers, patterns, paths of JSON.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use check::for_fuzzing;
use check::matcher::{Matcher, Verdict, patterns::Patterns};
use check::node::{Body, Node, Scalar};
use check::output::{FORMATS, Look};
use check::resource;
use check::result::{Outcome, Subject, TestResult};
use check::value::Value;

use crate::input::Input;

/// A template ends within its limits, with a text or with an error that has a place.
pub(crate) fn gotemplate(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut world = gotemplate::World::fixed(gotemplate::Time::unix(1_000_000_000, 1));
    world.limits = gotemplate::Limits {
        steps: 20_000,
        memory: 1 << 20,
        output: 1 << 16,
        ..gotemplate::Limits::default()
    };
    let vars = r#"{"n":1,"f":1.5,"s":"abc é","l":[1,2,3],"m":{"a":1,"b":{"c":"x"}},"z":null}"#;
    let vars = gotemplate::from_json(vars).expect("JSON");
    let data = gotemplate::Value::goss(vars, &world.environment);
    let last = text.matches('\n').count() + 1;
    match gotemplate::render("test", &text, &data, &world) {
        Ok(rendered) => {
            assert!(rendered.text.len() <= 1 << 16);
            let lines = rendered.text.split_inclusive('\n').count();
            assert_eq!(rendered.lines.len(), lines);
            let are_there = |line: &u32| (1..=last).contains(&(*line as usize));
            assert!(rendered.lines.iter().all(are_there));
            if !text.contains("{{") {
                assert_eq!(rendered.text, text, "what is no action stays");
            }
        }
        Err(error) => {
            assert!(!error.message.is_empty());
            assert!((1..=last).contains(&(error.line as usize)), "{error}");
        }
    }
}

/// A matcher is one or is refused; what is not so is so for `not`, what is so for all is so for
/// each; and every format says what came of it.
pub(crate) fn matcher(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let Ok(actual) = for_fuzzing::yaml(&String::from_utf8_lossy(input.piece())) else {
        return;
    };
    let node = |text: &[u8]| for_fuzzing::yaml(&String::from_utf8_lossy(text)).ok();
    let (Some(one), Some(other)) = (node(input.piece()), node(input.rest())) else {
        return;
    };
    let actual = actual.any();
    let of = |node: &Node| {
        Matcher::parse(node)
            .ok()
            .map(|it| it.compare(actual.clone()))
    };
    let (Some(first), Some(second)) = (of(&one), of(&other)) else {
        return;
    };
    report(&first);
    let not = |node: &Node| named("not", node.clone());
    let list = |nodes: [Node; 2]| Node {
        place: one.place.clone(),
        body: Body::List(nodes.to_vec()),
    };
    if let Some(negated) = of(&not(&one)) {
        assert_eq!(negated.error.is_some(), first.error.is_some());
        if first.error.is_none() {
            assert_eq!(negated.success, !first.success, "{actual:?} {one:?}");
        }
        report(&negated);
    }
    let both = of(&named("and", list([one.clone(), other.clone()])));
    let any = of(&named("or", list([not(&one), not(&other)])));
    if let (Some(both), Some(any), None, None) = (both, any, &first.error, &second.error) {
        assert_eq!(both.success, first.success && second.success);
        assert_eq!(both.success, !any.success, "{actual:?} {one:?} {other:?}");
        report(&both);
        report(&any);
    }
}

/// A map with one name.
fn named(name: &str, value: Node) -> Node {
    let key = Node {
        place: value.place.clone(),
        body: Body::Scalar(Scalar {
            text: name.to_string(),
            value: Value::from(name),
            plain: true,
            json: false,
        }),
    };
    Node {
        place: value.place.clone(),
        body: Body::Map(vec![(key, value)]),
    }
}

/// In every format: those of lines are lines, and JSON is one document.
fn report(verdict: &Verdict) {
    let kind = resource::kind("matching").expect("a type");
    let outcome = match verdict.success {
        true => Outcome::Pass,
        false => Outcome::Fail,
    };
    let result = TestResult {
        subject: Arc::new(Subject {
            kind,
            id: "id".to_string(),
            title: String::new(),
            meta: None,
        }),
        property: "matches",
        place: None,
        outcome,
        finding: verdict.finding.clone(),
        error: verdict.error.clone(),
        hint: None,
        started: SystemTime::UNIX_EPOCH,
        took: Duration::from_millis(1),
    };
    for format in FORMATS {
        for places in [false, true] {
            let look = Look {
                places,
                verbose: true,
                ..Look::default()
            };
            let mut report = (format.report)(&look);
            let mut out = Vec::new();
            // What a format cannot say is an error of its own.
            let taken = report.take(std::slice::from_ref(&result), &mut out);
            let done = taken.and_then(|()| report.finish(Duration::from_millis(2), &mut out));
            if let (Ok(_), "tap") = (&done, format.name) {
                let lines = out
                    .split(|byte| *byte == b'\n')
                    .filter(|line| !line.is_empty());
                assert_eq!(lines.count(), 2, "{}", String::from_utf8_lossy(&out));
            }
            if let (Ok(_), "json", true) = (&done, format.name, places) {
                let json = for_fuzzing::gjson(&out, b"summary.test-count");
                let shown = String::from_utf8_lossy(&out);
                assert_eq!(json, Ok(Value::Float(1.0)), "{shown}");
            }
        }
    }
}

/// Patterns together find what each finds alone, and plain ones what a line holds.
pub(crate) fn patterns(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let many = usize::from(input.byte()) % 40;
    let words: Vec<Value> = (0..many).map(|_| Value::text(input.piece())).collect();
    let text = input.rest();
    let compare = |words: &[Value]| {
        let patterns = Patterns::new(Value::List(words.to_vec()));
        patterns.compare_stream("text", &mut &*text)
    };
    let together = compare(&words);
    let alone: Vec<Verdict> = words
        .iter()
        .map(|word| compare(std::slice::from_ref(word)))
        .collect();
    let wrong = alone.iter().any(|verdict| verdict.error.is_some());
    assert_eq!(together.error.is_some(), wrong);
    if !wrong {
        let all = alone.iter().all(|verdict| verdict.success);
        assert_eq!(together.success, all, "{words:?}");
    }
    for (word, verdict) in words.iter().zip(&alone) {
        let Value::Text(word) = word else { continue };
        let (is_negated, rest) = match word.strip_prefix(b"!") {
            Some(rest) => (true, rest),
            None => (false, word.as_slice()),
        };
        let is_expression = rest.len() > 1 && rest.starts_with(b"/") && rest.ends_with(b"/");
        if is_expression || verdict.error.is_some() {
            continue;
        }
        let begin = rest.iter().position(|byte| !b"\\/!".contains(byte));
        let plain = rest.get(begin.unwrap_or(rest.len())..).unwrap_or_default();
        let is_there = lines(text).any(|line| holds(line, plain));
        let expected = word.is_empty() || is_there != is_negated;
        assert_eq!(verdict.success, expected, "{word:?}");
    }
}

/// The lines of a text as Go's scanner has them.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let text = text
        .strip_suffix(b"\n")
        .map_or((text, text.is_empty()), |text| (text, false));
    let (text, is_empty) = text;
    let lines = text.split(|byte| *byte == b'\n').filter(move |_| !is_empty);
    lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

fn holds(line: &[u8], plain: &[u8]) -> bool {
    plain.is_empty() || line.windows(plain.len()).any(|window| window == plain)
}

/// A path leads to something in what is JSON, or an error says why not.
pub(crate) fn gjson(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let path = input.piece();
    let json = input.rest();
    match for_fuzzing::gjson(json, path) {
        Ok(value) => drop(value.for_report()),
        Err(why) => assert!(!why.is_empty()),
    }
    let whole = for_fuzzing::gjson(json, b"@this");
    let again = for_fuzzing::gjson(json, b"@this|@this");
    assert_eq!(whole.is_ok(), again.is_ok(), "{whole:?} {again:?}");
}
