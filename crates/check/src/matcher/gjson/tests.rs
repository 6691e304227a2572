use super::*;
use crate::value::json::{Style, encode};

const DOCUMENT: &str = r#"{
  "name": {"first": "Tom", "last": "Anderson"},
  "age": 37,
  "children": ["Sara", "Alex", "Jack"],
  "fav.movie": "Deer Hunter",
  "friends": [
    {"first": "Dale", "last": "Murphy", "age": 44, "nets": ["ig", "fb", "tw"]},
    {"first": "Roger", "last": "Craig", "age": 68, "nets": ["fb", "tw"]},
    {"first": "Jane", "last": "Murphy", "age": 47, "nets": ["ig", "tw"]}
  ],
  "null": null, "yes": true, "no": false, "e": "\u00e9\ud83d\ude00\n"
}"#;

/// Paths, and what is there as JSON; nothing where there is nothing.
const PATHS: &[(&str, &str)] = &[
    ("name.last", r#""Anderson""#),
    ("age", "37"),
    ("children.#", "3"),
    ("children.1", r#""Alex""#),
    ("child*.2", r#""Jack""#),
    ("c?ildren.0", r#""Sara""#),
    (r"fav\.movie", r#""Deer Hunter""#),
    ("friends.#.first", r#"["Dale","Roger","Jane"]"#),
    (r#"friends.#(last=="Murphy").first"#, r#""Dale""#),
    (r#"friends.#(last=="Murphy")#.first"#, r#"["Dale","Jane"]"#),
    ("friends.#(age>45)#.last", r#"["Craig","Murphy"]"#),
    (r#"friends.#(first%"D*").last"#, r#""Murphy""#),
    (r#"friends.#(first!%"D*").last"#, r#""Craig""#),
    (r#"friends.#(nets.#(=="fb"))#.first"#, r#"["Dale","Roger"]"#),
    ("children.@reverse", r#"["Jack","Alex","Sara"]"#),
    ("children|@reverse|0", r#""Jack""#),
    ("name.@keys", r#"["first","last"]"#),
    ("name|@values|1", r#""Anderson""#),
    (
        "friends.#.nets|@flatten",
        r#"["ig","fb","tw","fb","tw","ig","tw"]"#,
    ),
    ("[name.first,age]", r#"["Tom",37]"#),
    ("{name.first,years:age}", r#"{"first":"Tom","years":37}"#),
    (r#"{name.first,"a":!"b"}"#, r#"{"a":"b","first":"Tom"}"#),
    ("name.{first,none}", r#"{"first":"Tom"}"#),
    ("null", "null"),
    ("e", "\"é😀\\n\""),
    ("none", ""),
    ("name.none", ""),
    ("none|@keys", "[]"),
    ("none.deep|@keys", ""),
    ("children.7", ""),
    ("children.-1", ""),
    ("age.x", ""),
    ("friends.#(age>100)#", "[]"),
    ("friends.#(age>100)", ""),
    ("@this.age", "37"),
    ("..0.age", "37"),
    ("..#", "1"),
    ("@dig:age", "[37,44,68,47]"),
    ("friends|@group", ""),
    (
        "{a:children,b:children}|@group|1",
        r#"{"a":"Alex","b":"Alex"}"#,
    ),
    ("friends|@join|last", r#""Murphy""#),
    ("!true", "true"),
    ("children|@tostr|@fromstr|0", r#""Sara""#),
];

#[test]
fn paths_find_what_gjson_finds() {
    for (path, wanted) in PATHS {
        let found = get(DOCUMENT.as_bytes(), path.as_bytes());
        let found = found.map(|value| encode(&value, Style::default()).unwrap());
        let found = found.map(|json| String::from_utf8(json).unwrap());
        match wanted.is_empty() {
            true => assert_eq!(found, Err(format!("Path not found: {path}"))),
            false => assert_eq!(found.as_deref(), Ok(*wanted), "{path}"),
        }
    }
}

#[test]
fn what_is_no_json_is_said() {
    for text in [
        "",
        " ",
        "{",
        "{\"a\"}",
        "[1,]",
        "01",
        "1 2",
        "nul",
        "\"\t\"",
        "[1}",
        "{\"a\":1,}",
    ] {
        assert_eq!(
            get(text.as_bytes(), b"a"),
            Err("Invalid json".to_string()),
            "{text}"
        );
    }
    for text in [
        "1",
        " true ",
        "\"\\u00e9\"",
        "[]",
        "{}",
        "-0.5e+7",
        "[[],{}]",
    ] {
        assert!(valid::is_valid(text.as_bytes()), "{text}");
    }
}

#[test]
fn depth_and_size_are_bounded() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(get(deep.as_bytes(), b"@this").is_err());
    assert!(get(deep.as_bytes(), b"#").is_ok());
    assert!(get(b"{}", "a|".repeat(10_000).as_bytes()).is_err());
    let double = vec!["[@this,@this]"; 60].join("|");
    assert!(get(b"[1]", double.as_bytes()).is_err());
    assert!(get(deep.as_bytes(), b"@flatten:{\"deep\":true}").is_err());
}
