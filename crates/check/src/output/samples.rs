//! One list of results with every kind of finding, for the tests of all formats.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use crate::place::Place;
use crate::resource;
use crate::result::{Conversion, Finding, Outcome, Shown, Subject, TestResult};
use crate::run::Group;
use crate::value::Value;

fn list(items: &[Value]) -> Value {
    Value::List(items.to_vec())
}

fn map(name: &str, argument: Value) -> Value {
    Value::Map([(name.into(), argument)].into())
}

fn subject(section: &str, id: &str) -> Subject {
    Subject {
        kind: resource::kind(section).expect("a type"),
        id: id.to_string(),
        title: String::new(),
        meta: None,
    }
}

/// The results of a resource; each is named, and has its outcome and what else is said by `with`.
fn group(subject: Subject, results: Vec<TestResult>) -> Group {
    let subject = Arc::new(subject);
    let own = |mut result: TestResult| {
        result.subject = Arc::clone(&subject);
        result
    };
    results.into_iter().map(own).collect()
}

fn result(property: &'static str, outcome: Outcome, finding: Finding) -> TestResult {
    TestResult {
        subject: Arc::new(subject("matching", "")),
        property,
        place: Some(Place {
            file: "goss.yaml".into(),
            line: 3,
            column: 5,
        }),
        outcome,
        finding,
        error: None,
        hint: None,
        started: UNIX_EPOCH + Duration::new(1_796_048_530, 120_000_000),
        took: Duration::from_micros(1_234_567),
    }
}

fn pass(property: &'static str, value: Value) -> TestResult {
    let finding = finding(value.clone(), "matches expectation", Shown::plain(value));
    result(property, Outcome::Pass, finding)
}

fn skip(property: &'static str) -> TestResult {
    result(property, Outcome::Skip, Finding::default())
}

fn finding(actual: Value, message: &str, expected: Shown) -> Finding {
    Finding {
        actual: Some(Shown::plain(actual)),
        message: message.to_string(),
        expected: Some(expected),
        ..Finding::default()
    }
}

fn matching(id: &str, finding: Finding) -> Group {
    let results = vec![result("matches", Outcome::Fail, finding)];
    group(subject("matching", id), results)
}

fn error(why: &str, finding: Finding) -> TestResult {
    TestResult {
        error: Some(why.to_string()),
        ..result("matches", Outcome::Fail, finding)
    }
}

fn patterns() -> TestResult {
    let texts = |texts: &[&str]| list(&texts.iter().map(|text| (*text).into()).collect::<Vec<_>>());
    let expected = Shown::plain(texts(&["ok", "/z<&>/"]));
    let mut finding = finding("object: *bytes.Reader".into(), "to have patterns", expected);
    finding.missing = Some(Shown::plain(texts(&["/z<&>/"])));
    finding.found = Some(Shown::plain(texts(&["ok"])));
    TestResult {
        hint: Some("the line most like it: z < & >".to_string()),
        ..result("stdout", Outcome::Fail, finding)
    }
}

fn matchers() -> Group {
    let versions = map("semver-constraint", ">1.0.0".into());
    let tree = list(&["<y>".into(), map("not", versions.clone()), versions]);
    let actual = list(&[Value::Int(1), "<x>".into()]);
    let mut finding = finding(actual.clone(), "to consist of", Shown::tree(tree.clone()));
    finding.missing = Some(Shown::tree(tree));
    finding.extra = Some(Shown::plain(actual));
    finding.found = Some(Shown::tree(list(&[])));
    matching("matchers", finding)
}

fn conversions() -> Group {
    let path = "a.#(b>1)".to_string();
    let text = "{\"a\":\"9007199254740993\"}";
    let mut finding = finding(
        Value::Int(9_007_199_254_740_993),
        "to be numerically lt",
        Shown::plain(Value::Float(1e21)),
    );
    finding.chain = vec![
        Conversion::Gjson { path },
        Conversion::ToArray,
        Conversion::ToString,
        Conversion::ToNumeric,
    ];
    finding.untransformed = Some(Shown::plain(text.into()));
    matching("conversions", finding)
}

fn texts() -> Group {
    let actual = Value::text(b"one\ntwo\xff\nthree\nfour\n".to_vec());
    let expected: Value = "one\n2\nthree\nfour\n".into();
    let mut finding = finding(actual.clone(), "to equal", Shown::plain(expected));
    finding.untransformed = Some(Shown::plain(actual));
    matching("texts", finding)
}

fn unholdable() -> Group {
    let infinite = Value::Float(f64::INFINITY);
    let odd = Value::OddMap(vec![(Value::Int(1), Value::Float(f64::NAN))]);
    matching("infinite", finding(infinite, "to equal", Shown::plain(odd)))
}

/// All but those that JSON cannot hold; not sorted by their names, and the last one passed.
pub(crate) fn groups() -> Vec<Group> {
    let mut told = subject("command", "printf 'a|b\\n' # TODO\nfalse");
    told.title = "T \"<1>\" & more".to_string();
    let list_of_two = list(&[Value::Int(1), "x".into()]);
    told.meta = Some(Value::Map(
        [
            ("list".into(), list_of_two),
            ("empty".into(), Value::Null),
            ("map".into(), map("z", Value::Float(1e6))),
            ("lines".into(), "one\ntwo".into()),
        ]
        .into(),
    ));
    let mut bare = subject("matching", "errors");
    bare.meta = Some(Value::Map([].into()));
    let mut number = finding(
        Value::Int(0),
        "to be numerically gt",
        Shown::plain(Value::Int(3)),
    );
    number.chain = vec![Conversion::ToNumeric];
    number.untransformed = Some(Shown::plain("x".into()));
    let mut gated = skip("mode");
    gated.hint = Some("depends on file:/a, which failed".to_string());
    vec![
        group(told, vec![pass("exit-status", Value::Int(0)), patterns()]),
        group(
            subject("kernel-param", "net.ipv4.ip_forward"),
            vec![pass("value", "<&>\u{2028}\u{1}\t".into())],
        ),
        matchers(),
        conversions(),
        texts(),
        group(
            bare,
            vec![
                error(
                    "matchers.ToNumeric{}: strconv.ParseFloat: parsing \"x\": invalid syntax",
                    number,
                ),
                error("over lines:\n\n\t<int>: 5", Finding::default()),
            ],
        ),
        group(
            subject("file", "/etc/\"é\\"),
            vec![
                result(
                    "exists",
                    Outcome::Fail,
                    finding(
                        Value::Bool(false),
                        "to equal",
                        Shown::plain(Value::Bool(true)),
                    ),
                ),
                skip("owner"),
                gated,
            ],
        ),
        group(subject("service", "none"), Vec::new()),
        group(
            subject("user", "root"),
            vec![pass("groups", list(&["root".into()]))],
        ),
    ]
}

/// The same with what JSON cannot hold.
pub(crate) fn all_groups() -> Vec<Group> {
    let mut groups = groups();
    groups.insert(1, unholdable());
    groups
}
