//! Laws that hold for all matchers and values, and that nothing makes one panic.

use proptest::prelude::*;

use super::*;
use crate::node::Scalar;
use crate::place::Place;

fn node(body: Body) -> Node {
    let place = Place {
        file: "test".into(),
        line: 1,
        column: 1,
    };
    Node { place, body }
}

fn scalar(value: Value) -> Node {
    let text = match &value {
        Value::Text(text) => text.to_string(),
        other => crate::value::go::format(other).to_string(),
    };
    node(Body::Scalar(Scalar {
        text,
        value,
        plain: true,
        json: false,
    }))
}

fn named(name: &str, argument: Node) -> Node {
    node(Body::Map(vec![(scalar(name.into()), argument)]))
}

fn list(items: Vec<Node>) -> Node {
    node(Body::List(items))
}

fn simple() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (-3_i64..4).prop_map(Value::Int),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_map(Value::Float),
        Just(Value::Uint(u64::MAX)),
        "[ab1.\n ]{0,4}".prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        prop::collection::vec(any::<u8>(), 0..6).prop_map(Value::text),
        r#"\{"a": ?[0-9\[\]"]{0,4}\}"#.prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    simple().prop_recursive(3, 16, 4, |inner| {
        let entries = prop::collection::btree_map("[a-c]{1,2}", inner.clone(), 0..4);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
            prop::collection::vec("[a-c]{0,2}", 0..4)
                .prop_map(|items| Value::Texts(items.into_iter().map(Into::into).collect())),
            entries.prop_map(|map| {
                Value::Map(map.into_iter().map(|(k, v)| (k.into(), v)).collect())
            }),
            prop::collection::vec((simple(), inner), 1..3).prop_map(Value::OddMap),
        ]
    })
}

/// Any tree of nodes, most of them with the names of matchers.
fn any_node() -> impl Strategy<Value = Node> {
    let known: Vec<&str> = names::NAMES.iter().map(|row| row.name).collect();
    let name = prop_oneof![
        8 => prop::sample::select(known).prop_map(Value::from),
        1 => simple(),
    ];
    simple()
        .prop_map(scalar)
        .prop_recursive(4, 24, 4, move |inner| {
            let entry = (name.clone().prop_map(scalar), inner.clone());
            prop_oneof![
                2 => prop::collection::vec(inner, 0..4).prop_map(list),
                6 => entry.clone().prop_map(|entry| node(Body::Map(vec![entry]))),
                1 => prop::collection::vec(entry, 0..3).prop_map(|all| node(Body::Map(all))),
            ]
        })
}

/// Whether it is met; none for an error.
fn met(matcher: &Node, actual: &Value) -> Option<bool> {
    let verdict = Matcher::parse(matcher).ok()?.compare(actual.clone());
    match verdict.error {
        Some(_) => None,
        None => Some(verdict.success),
    }
}

proptest! {
    #[test]
    fn nothing_panics(matcher in any_node(), actual in value()) {
        if let Ok(matcher) = Matcher::parse(&matcher) {
            let verdict = matcher.compare(actual);
            prop_assert!(!verdict.success || verdict.error.is_none());
        }
    }

    #[test]
    fn not_turns_it_around(matcher in any_node(), actual in value()) {
        let once = met(&named("not", matcher.clone()), &actual);
        let twice = met(&named("not", named("not", matcher.clone())), &actual);
        let plain = met(&matcher, &actual);
        prop_assert_eq!(once, plain.map(|met| !met));
        prop_assert_eq!(twice, plain);
    }

    #[test]
    fn de_morgan(a in any_node(), b in any_node(), actual in value()) {
        let not = |node: &Node| named("not", node.clone());
        let both = list(vec![a.clone(), b.clone()]);
        let neither = list(vec![not(&a), not(&b)]);
        prop_assert_eq!(
            met(&not(&named("and", both.clone())), &actual),
            met(&named("or", neither.clone()), &actual)
        );
        prop_assert_eq!(
            met(&not(&named("or", both)), &actual),
            met(&named("and", neither), &actual)
        );
    }

    #[test]
    fn the_order_of_lists_does_not_count(
        items in prop::collection::vec(simple(), 0..6).prop_shuffle(),
        wanted in prop::collection::vec(any_node(), 0..5),
        name in prop::sample::select(&["contain-elements", "consist-of"]),
        turn in 0_usize..6,
    ) {
        let plain = met(&named(name, list(wanted.clone())), &Value::List(items.clone()));
        let (mut turned_items, mut turned) = (items, wanted);
        turned_items.reverse();
        if !turned.is_empty() {
            let by = turn % turned.len();
            turned.rotate_left(by);
        }
        let other = met(&named(name, list(turned)), &Value::List(turned_items));
        prop_assert_eq!(plain, other);
    }

    #[test]
    fn a_list_consists_of_itself(items in prop::collection::vec("[a-c]{0,2}", 0..6)) {
        let wanted = items.iter().map(|item| scalar(Value::from(item.as_str()))).collect();
        let actual = Value::Texts(items.iter().map(|item| item.as_str().into()).collect());
        prop_assert_eq!(met(&named("consist-of", list(wanted)), &actual), Some(true));
    }

    #[test]
    fn paths_do_not_panic(
        json in r#"[\[\]{}:,"a1 nul\\tre.-]{0,24}"#,
        path in r#"[#()\[\]{}|.@!a1*?"\\=<>%~,:]{0,16}"#,
    ) {
        let _ = gjson::get(json.as_bytes(), path.as_bytes());
        let document = br#"{"a":[{"a":1,"1":"a"},[1,"a",[null]],true],"1":{"a":"1"}}"#;
        let _ = gjson::get(document, path.as_bytes());
    }
}
